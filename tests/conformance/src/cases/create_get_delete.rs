use reposit::{ErrorKind, operation};

use crate::models::{Account, Event, Note, User, account, event, note, user};
use crate::test::{Test, kind};

cases!(
    a_record_comes_back_as_it_was,
    a_missing_record_is_none,
    create_over_an_existing_key_is_refused,
    put_creates_and_replaces_whole,
    delete_tells_whether_it_existed,
    delete_with_a_condition,
    keys_of_two_parts_are_two_arguments,
    consistent_reads_see_the_last_write,
    generic_code_over_any_repository,
    empty_and_long_keys_are_invalid,
    a_record_that_is_too_large_is_invalid,
    names_and_kinds_are_in_the_error,
    an_undefined_repository_is_told,
);

async fn a_record_comes_back_as_it_was(t: Test) {
    let db = t.with::<User>().await;
    let mut ada = user("u1", "core", 5);
    ada.nickname = Some("Countess".into());
    User::create(&ada).exec(db).await.unwrap();
    let got = User::get("u1").exec(db).await.unwrap().unwrap();
    assert_eq!(got, User { revision: 1, ..ada });
}

async fn a_missing_record_is_none(t: Test) {
    let db = t.with::<User>().await;
    assert_eq!(User::get("nobody").exec(db).await.unwrap(), None);
    assert_eq!(User::find_by_email("nobody@example.com").exec(db).await.unwrap(), None);
    assert_eq!(User::find_by_team("none").all(db).await.unwrap(), []);
}

async fn create_over_an_existing_key_is_refused(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n1")).exec(db).await.unwrap();
    let other = Note { title: "other".into(), ..note("n1") };
    assert_eq!(kind(Note::create(&other).exec(db).await), ErrorKind::AlreadyExists);
    assert_eq!(Note::get("n1").exec(db).await.unwrap(), Some(note("n1")));
}

async fn put_creates_and_replaces_whole(t: Test) {
    let db = t.with::<Note>().await;
    let first = Note { nickname: Some("x".into()), score: Some(1), ..note("n1") };
    Note::put(&first).exec(db).await.unwrap();
    assert_eq!(Note::get("n1").exec(db).await.unwrap(), Some(first));
    Note::put(&note("n1")).exec(db).await.unwrap();
    assert_eq!(Note::get("n1").exec(db).await.unwrap(), Some(note("n1")), "nothing is left of what was replaced");
}

async fn delete_tells_whether_it_existed(t: Test) {
    let db = t.with::<Account>().await;
    Account::create(&account("a")).exec(db).await.unwrap();
    assert!(Account::delete("a").exec(db).await.unwrap());
    assert!(!Account::delete("a").exec(db).await.unwrap());
    assert_eq!(Account::get("a").exec(db).await.unwrap(), None);

    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    assert!(Note::delete("n").exec(db).await.unwrap());
    assert!(!Note::delete("n").exec(db).await.unwrap());
}

async fn delete_with_a_condition(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&Note { count: 5, ..note("n") }).exec(db).await.unwrap();
    let refused = Note::delete("n").only_if(Note::COUNT.lt(5)).exec(db).await;
    assert_eq!(kind(refused), ErrorKind::ConditionFailed);
    assert!(Note::get("n").exec(db).await.unwrap().is_some());
    assert!(Note::delete("n").only_if(Note::COUNT.eq(5)).exec(db).await.unwrap());
    assert!(!Note::delete("n").only_if(Note::COUNT.eq(5)).exec(db).await.unwrap(), "nothing there, nothing deleted");
}

async fn keys_of_two_parts_are_two_arguments(t: Test) {
    let db = t.with::<Event>().await;
    Event::create(&event("s", 1, 0)).exec(db).await.unwrap();
    Event::create(&event("s", 2, 0)).exec(db).await.unwrap();
    assert_eq!(kind(Event::create(&event("s", 2, 9)).exec(db).await), ErrorKind::AlreadyExists);
    assert_eq!(Event::get("s", 2).exec(db).await.unwrap(), Some(event("s", 2, 0)));
    assert_eq!(Event::get("t", 2).exec(db).await.unwrap(), None);
    let changed = Event::update("s", 1).set(Event::TEXT, "new").exec(db).await.unwrap();
    assert_eq!(changed, Event { text: "new".into(), ..event("s", 1, 0) });
    assert!(Event::delete("s", 1).exec(db).await.unwrap());
    assert_eq!(Event::get("s", 2).exec(db).await.unwrap(), Some(event("s", 2, 0)), "its neighbour stays");
}

async fn consistent_reads_see_the_last_write(t: Test) {
    let db = t.with::<Account>().await;
    for n in 0..5 {
        let mut one = account("a");
        one.balance = n;
        one.login = format!("login-{n}");
        Account::put(&one).exec(db).await.unwrap();
        assert_eq!(Account::get("a").consistent().exec(db).await.unwrap(), Some(one.clone()));
        assert_eq!(Account::find_by_login(&one.login).consistent().exec(db).await.unwrap(), Some(one));
    }
    assert_eq!(Account::find_by_login("login-0").consistent().exec(db).await.unwrap(), None);
}

async fn generic_code_over_any_repository(t: Test) {
    async fn there<M: reposit::Repository>(db: &reposit::Database, m: &M) -> bool {
        operation::Get::<M>::new(M::key_parts(&m.key())).exec(db).await.unwrap().is_some()
    }
    let db = t.with::<Event>().await;
    Event::create(&event("s", 1, 0)).exec(db).await.unwrap();
    assert!(there(db, &event("s", 1, 0)).await);
    assert!(!there(db, &event("s", 2, 0)).await);
}

async fn empty_and_long_keys_are_invalid(t: Test) {
    let db = t.with::<User>().await;
    assert_eq!(kind(User::get("").exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(User::create(&user("", "core", 1)).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(
        kind(User::create(&User { email: String::new(), ..user("u", "core", 1) }).exec(db).await),
        ErrorKind::InvalidInput
    );
    assert_eq!(kind(User::find_by_team("").exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(User::find_by_email("").exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(User::update("").set(User::AGE, 1).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(User::update("u").set(User::TEAM, "").exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(User::delete("").exec(db).await), ErrorKind::InvalidInput);
    User::create(&user("u", "core", 1)).exec(db).await.unwrap();
    assert_eq!(User::get("u").exec(db).await.unwrap().map(|u| u.team), Some("core".into()));
}

async fn a_record_that_is_too_large_is_invalid(t: Test) {
    let db = t.with::<Note>().await;
    let large = Note { title: "x".repeat(17 * 1024 * 1024), ..note("n") };
    let created = Note::create(&large).exec(db).await;
    if t.limits().record > large.title.len() + 10_000 {
        created.unwrap();
        assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(large));
        return;
    }
    let error = created.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains("the limit is"), "{error}");
    assert_eq!(Note::get("n").exec(db).await.unwrap(), None);
}

async fn names_and_kinds_are_in_the_error(t: Test) {
    let db = t.with::<User>().await;
    let error = User::update("nobody").set(User::AGE, 1).exec(db).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.repository(), error.operation()),
        (ErrorKind::NotFound, Some("users"), Some("update"))
    );
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    let error = User::create(&User { id: "u2".into(), ..user("u1", "core", 1) }).exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("by_email")));
    assert!(error.to_string().contains("users"), "{error}");
    assert!(error.to_string().contains("by_email"), "{error}");
}

async fn an_undefined_repository_is_told(t: Test) {
    assert_eq!(kind(Note::create(&note("n")).exec(&t.db).await), ErrorKind::SchemaMismatch);
    assert_eq!(kind(Note::get("n").exec(&t.db).await), ErrorKind::SchemaMismatch);
}
