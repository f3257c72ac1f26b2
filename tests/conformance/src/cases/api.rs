//! What the public surface promises, used as a program would use it.

use reposit::{Cursor, Database, ErrorKind, Page, Repository, Result, Unversioned, Versioned, operation};
use serde::{Deserialize, Serialize};

use crate::Capability;
use crate::models::{Account, Event, Note, Token, User, account, event, note, user};
use crate::test::{Test, kind};

cases!(
    a_session_of_all_operations,
    operations_are_values,
    arguments_are_what_is_at_hand,
    generic_code_writes_too,
    several_models_are_defined_at_once,
    what_was_not_defined_is_told_to_every_operation,
    another_shape_is_told_where_it_is_used,
    each_item_that_failed_says_where,
    an_update_that_is_too_large_is_not_sent,
    a_transaction_counts_its_unique_values,
);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Team {
    #[hash_key]
    id: String,
    members: u32,
}

/// The session that the design shows, as it is written there.
async fn a_session_of_all_operations(t: Test) {
    let db = t.with::<User>().await;
    t.with::<Team>().await;
    for n in 0..30 {
        User::create(&user(&format!("x{n:02}"), "core", 1_700_000_100 + n)).exec(db).await.unwrap();
    }
    Team::create(&Team { id: "core".into(), members: 9 }).exec(db).await.unwrap();
    let (ada, bob) = (user("ada", "core", 1_700_000_000), user("bob", "core", 1_700_000_001));

    User::create(&ada).exec(db).await.unwrap();
    let got: Option<User> = User::get("ada").exec(db).await.unwrap();
    let found = User::find_by_email("ada@example.com").exec(db).await.unwrap();
    assert_eq!((got.clone(), found), (Some(User { revision: 1, ..ada }), got));
    let query = || User::find_by_team("core").range(1_700_000_000..).descending().limit(20);
    let Page { items, next, .. } = query().exec(db).await.unwrap();
    assert_eq!((items.len(), items[0].id.as_str()), (20, "x29"));
    let rest = query().after(next.unwrap()).exec(db).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (11, None));
    let ada = User::update("ada")
        .set(User::AGE, 36)
        .append(User::TAGS, ["founder"])
        .only_if(User::AGE.lt(37))
        .exec(db)
        .await
        .unwrap();
    assert_eq!((ada.tags.last().map(String::as_str), ada.revision), (Some("founder"), 2));
    let join = |who| {
        let grows = Team::update("core").add(Team::MEMBERS, 1).only_if(Team::MEMBERS.lt(10));
        db.transaction().add(User::create(who)).add(grows)
    };
    join(&bob).commit().await.unwrap();
    let refused = join(&user("eve", "core", 1_700_000_002)).commit().await.unwrap_err();
    assert_eq!((refused.position(), refused.kind()), (Some(1), ErrorKind::ConditionFailed));
    assert_eq!((refused.repository(), refused.operation()), (Some("team"), Some("transaction")));
    assert!(User::delete("ada").exec(db).await.unwrap());
    assert!(!User::delete("ada").exec(db).await.unwrap());
}

/// Kept, cloned, sent to a task, done twice.
async fn operations_are_values(t: Test) {
    let db = t.with::<Note>().await;
    let new = note("n");
    let create = Note::create(&new);
    create.clone().exec(db).await.unwrap();
    assert_eq!(kind(create.exec(db).await), ErrorKind::AlreadyExists);
    let get = Note::get(&format!("{}{}", "", "n"));
    let update = Note::update("n").add(Note::COUNT, 1).only_if(Note::COUNT.lt(10));
    let upsert = Note::upsert("n").add(Note::COUNT, 1).default(Note::TITLE, "");
    assert_eq!(kind(upsert.clone().exec(db).await), ErrorKind::InvalidInput);
    let delete = Note::delete("n").only_if(Note::COUNT.lt(10));
    let task = {
        let (db, get, update) = (db.clone(), get.clone(), update.clone());
        tokio::spawn(async move { update.exec(&db).await.and(get.exec(&db).await) })
    };
    assert_eq!(task.await.unwrap().unwrap().unwrap().count, 1);
    assert_eq!(update.exec(db).await.unwrap().count, 2);
    let many = Note::get_many(["n", "none"]);
    assert_eq!(many.clone().exec(db).await.unwrap(), many.exec(db).await.unwrap());
    assert!(delete.clone().exec(db).await.unwrap());
    assert!(!delete.exec(db).await.unwrap());
    assert_eq!(get.exec(db).await.unwrap(), None);
}

async fn arguments_are_what_is_at_hand(t: Test) {
    let db = t.with::<Event>().await;
    t.with::<Note>().await;
    let events: Vec<_> = (0..6).map(|seq| event("s", seq, 0)).collect();
    Event::put_many(&events).exec(db).await.unwrap();
    for id in ["a", "b"] {
        Note::create(&note(id)).exec(db).await.unwrap();
    }
    let ids = vec!["a".to_owned(), "b".to_owned()];
    let literals = ["a", "b"];
    let lent: Vec<&str> = ids.iter().map(String::as_str).collect();
    for found in [
        Note::get_many(&ids).exec(db).await.unwrap(),
        Note::get_many(&lent).exec(db).await.unwrap(),
        Note::get_many(&literals[..]).exec(db).await.unwrap(),
        Note::get_many(ids.clone()).exec(db).await.unwrap(),
    ] {
        assert_eq!(found.into_iter().flatten().count(), 2);
    }
    let keys: Vec<_> = events.iter().map(Repository::key).collect();
    assert_eq!(Event::get_many(&keys).exec(db).await.unwrap().into_iter().flatten().count(), 6);
    let first = [("s", 0), ("s", 1)];
    Event::delete_many(&first[..]).exec(db).await.unwrap();

    let page = Event::query("s").limit(1).exec(db).await.unwrap();
    let cursor: Cursor = page.next.unwrap();
    let text = cursor.to_string();
    let after = |cursor: Cursor| Event::query("s").limit(1).after(cursor);
    for cursor in [(&text).into(), text.as_str().into(), text.clone().into(), (&cursor).into()] {
        assert_eq!(after(cursor).exec(db).await.unwrap().items[0].seq, 3);
    }
}

async fn generic_code_writes_too(t: Test) {
    async fn stored<M: Repository + Unversioned>(db: &Database, record: &M) -> Result<Option<M>> {
        operation::Put::new(record).exec(db).await?;
        operation::Get::new(M::key_parts(&record.key())).consistent().exec(db).await
    }
    async fn saved<M: Versioned>(db: &Database, mut record: M) -> Result<u64> {
        operation::Save::new(&mut record).exec(db).await?;
        Ok(record.version())
    }
    let db = t.with::<Note>().await;
    t.with::<Event>().await;
    t.with::<User>().await;
    assert_eq!(stored(db, &note("n")).await.unwrap(), Some(note("n")));
    assert_eq!(stored(db, &event("s", 1, 2)).await.unwrap(), Some(event("s", 1, 2)));
    assert_eq!(saved(db, user("u", "core", 1)).await.unwrap(), 1);
}

/// The note with another kind of key.
#[derive(Debug, Serialize, Deserialize, Repository)]
#[repository(name = "note")]
struct NumberedNote {
    #[hash_key]
    id: u64,
    title: String,
}

/// The note with an index more.
#[derive(Debug, Serialize, Deserialize, Repository)]
#[repository(name = "note")]
struct IndexedNote {
    #[hash_key]
    id: String,
    #[index]
    title: String,
}

async fn several_models_are_defined_at_once(t: Test) {
    t.with::<Note>().await;
    let refused = t.db.define::<(Token, NumberedNote)>().await.unwrap_err();
    assert_eq!((refused.kind(), refused.repository()), (ErrorKind::SchemaMismatch, Some("note")));
    assert_eq!(refused.operation(), Some("define"));
    assert!(!t.db.plan::<Token>().await.unwrap()[0].is_empty(), "nothing is made where one is refused");
    t.db.define::<(Note, Token)>().await.unwrap();
    assert!(t.db.plan::<(Note, Token)>().await.unwrap().iter().all(|plan| plan.is_empty()));
}

/// On MongoDB too, which would make a collection for whoever writes to it, without its unique indexes.
async fn what_was_not_defined_is_told_to_every_operation(t: Test) {
    let db = &t.db;
    let (a, seconds) = (account("a"), [account("b")]);
    let told = [
        kind(Account::create(&a).exec(db).await),
        kind(Account::put(&a).exec(db).await),
        kind(Account::get("a").exec(db).await),
        kind(Account::get_many(["a"]).exec(db).await),
        kind(Account::find_by_login("a").exec(db).await),
        kind(Account::find_by_login("a").consistent().exec(db).await),
        kind(Account::scan().all(db).await),
        kind(Account::scan().count(db).await),
        kind(Account::update("a").set(Account::LOGIN, "b").exec(db).await),
        kind(
            Account::upsert("a")
                .set(Account::LOGIN, "b")
                .set(Account::ORG, "o")
                .set(Account::NUMBER, 1)
                .set(Account::BALANCE, 1)
                .exec(db)
                .await,
        ),
        kind(Account::delete("a").exec(db).await),
        kind(Account::put_many(&seconds).exec(db).await),
        kind(Account::delete_many(["a"]).exec(db).await),
        kind(db.transaction().add(Account::create(&a)).commit().await),
    ];
    assert_eq!(told, [ErrorKind::SchemaMismatch; 14]);
    if t.can(Capability::Snapshot) {
        assert_eq!(kind(db.snapshot(Account::get("a")).await), ErrorKind::SchemaMismatch);
    }
    let error = db.transaction().add(Account::create(&a)).commit().await.unwrap_err();
    assert_eq!(error.repository(), Some("accounts"));
    db.define::<Account>().await.unwrap();
    Account::create(&a).exec(db).await.unwrap();
}

async fn another_shape_is_told_where_it_is_used(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    assert_eq!(kind(NumberedNote::get(1).exec(db).await), ErrorKind::SchemaMismatch);
    let numbered = NumberedNote { id: 1, title: "one".into() };
    assert_eq!(kind(NumberedNote::create(&numbered).exec(db).await), ErrorKind::SchemaMismatch);
    assert_eq!(kind(NumberedNote::delete(1).exec(db).await), ErrorKind::SchemaMismatch);
    assert_eq!(kind(IndexedNote::find_by_title("note n").all(db).await), ErrorKind::SchemaMismatch);
    assert_eq!(Note::scan().count(db).await.unwrap(), 1);
}

async fn each_item_that_failed_says_where(t: Test) {
    let db = t.with::<Note>().await;
    let error = Note::put_many(&[note("a"), note(""), note("c")]).exec(db).await.unwrap_err();
    let [failure] = error.failures() else { panic!("{error:?}") };
    assert_eq!((failure.position, failure.error.kind()), (1, ErrorKind::InvalidInput));
    assert_eq!((failure.error.repository(), failure.error.operation()), (Some("note"), Some("put_many")));
    let error = Note::delete_many(["", "a"]).exec(db).await.unwrap_err();
    assert_eq!(error.failures().iter().map(|failure| failure.position).collect::<Vec<_>>(), [0]);
    assert_eq!(Note::scan().count(db).await.unwrap(), 1);
}

async fn an_update_that_is_too_large_is_not_sent(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    let long = "x".repeat(17 << 20);
    if t.limits().record > long.len() + 10_000 {
        assert_eq!(Note::update("n").set(Note::TITLE, &long).exec(db).await.unwrap().title, long);
        return;
    }
    for error in [
        Note::update("n").set(Note::TITLE, &long).exec(db).await.unwrap_err(),
        Note::update("n").append(Note::TAGS, [&*long]).exec(db).await.unwrap_err(),
        Note::update("n").set(Note::LABELS.entry("k"), &long).exec(db).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains("the limit is"), "{error}");
    }
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(note("n")));
}

async fn a_transaction_counts_its_unique_values(t: Test) {
    let db = t.with::<Account>().await;
    let accounts: Vec<_> = (0..34).map(|n| Account { number: n, ..account(&format!("a{n}")) }).collect();
    let create =
        |count: usize| accounts[..count].iter().fold(db.transaction(), |all, one| all.add(Account::create(one)));
    // Each is a record, a login, and an organisation with its number: 99 items, and 102.
    let result = create(34).commit().await;
    if t.can(Capability::UniqueValuesFree) || t.limits().transaction_operations != 100 {
        result.unwrap();
        assert_eq!(Account::scan().count(db).await.unwrap(), 34);
        return;
    }
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains("102 items") && error.message().contains("100"), "{error}");
    assert_eq!(Account::scan().count(db).await.unwrap(), 0);
    create(33).commit().await.unwrap();
    // A value that stays is no item; one that moves is two.
    let all = |change: fn(reposit::operation::Update<Account>, usize) -> reposit::operation::Update<Account>| {
        accounts[..33]
            .iter()
            .enumerate()
            .fold(db.transaction(), |all, (n, one)| all.add(change(Account::update(&one.id), n)))
    };
    all(|update, _| update.add(Account::BALANCE, 1)).commit().await.unwrap();
    all(|update, n| update.set(Account::LOGIN, &format!("moved-{n}"))).commit().await.unwrap();
    let error = all(|update, n| update.set(Account::LOGIN, &format!("again-{n}")).set(Account::ORG, "other"));
    assert_eq!(kind(error.commit().await), ErrorKind::InvalidInput);
}
