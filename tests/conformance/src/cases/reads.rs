use std::time::Duration;

use crate::models::{Account, Event, Note, Token, User, account, event, note, token, user};
use crate::test::{START, Test};

cases!(
    records_of_several_models_are_read_snapshot: Snapshot,
    what_is_read_snapshot_is_of_one_moment: Snapshot,
    a_sound_repository_checks_clean,
    explain_shows_the_request_and_sends_nothing: Explain Snapshot,
);

async fn records_of_several_models_are_read_snapshot(t: Test) {
    t.with::<Event>().await;
    t.with::<Token>().await;
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    Event::create(&event("s", 1, 0)).exec(db).await.unwrap();
    Token::create(&token("t", START)).exec(db).await.unwrap();
    let read =
        async || db.snapshot((Note::get("n"), Event::get("s", 1), Note::get("none"), Token::get("t"))).await.unwrap();
    assert_eq!(read().await, (Some(note("n")), Some(event("s", 1, 0)), None, Some(token("t", START))));
    t.clock.advance(Duration::from_secs(86_400));
    assert_eq!(read().await.3, None);
    let read = db.snapshot(vec![Note::get("none"), Note::get("n")]).await.unwrap();
    assert_eq!(read, [None, Some(note("n"))]);
    assert_eq!(db.snapshot(Vec::<reposit::operation::Get<Note>>::new()).await.unwrap(), []);
    let many = (0..101).map(|n| Note::get(&n.to_string())).collect::<Vec<_>>();
    assert_eq!(crate::test::kind(db.snapshot(many).await), reposit::ErrorKind::InvalidInput);
}

async fn what_is_read_snapshot_is_of_one_moment(t: Test) {
    let db = t.with::<Note>().await;
    for id in ["a", "b"] {
        Note::create(&Note { count: 50, ..note(id) }).exec(db).await.unwrap();
    }
    let writer = async {
        for n in 0..10 {
            let sum = if n % 2 == 0 { 7 } else { -7 };
            db.transaction()
                .add(Note::update("a").add(Note::COUNT, sum))
                .add(Note::update("b").add(Note::COUNT, -sum))
                .commit()
                .await
                .unwrap();
        }
    };
    let reader = async {
        for _ in 0..20 {
            let (a, b) = db.snapshot((Note::get("a"), Note::get("b"))).await.unwrap();
            assert_eq!(a.unwrap().count + b.unwrap().count, 100);
        }
    };
    tokio::join!(writer, reader);
}

async fn a_sound_repository_checks_clean(t: Test) {
    let db = t.with::<Account>().await;
    for id in ["a", "b", "c"] {
        Account::create(&Account { phone: Some(id.into()), ..account(id) }).exec(db).await.unwrap();
    }
    Account::update("a").set(Account::LOGIN, "moved").exec(db).await.unwrap();
    Account::delete("b").exec(db).await.unwrap();
    let found = db.verify::<Account>().await.unwrap();
    assert!(found.is_empty(), "{found:?}");
}

async fn explain_shows_the_request_and_sends_nothing(t: Test) {
    t.with::<Note>().await;
    t.with::<User>().await;
    t.with::<Event>().await;
    let db = &t.db;
    let (n, mut ada) = (note("n"), user("u1", "core", 1));
    let events = || Event::find_by_severity("s").range(1..).descending();
    let transaction = db.transaction().add(Note::put(&n)).add(User::check("u1").only_if(User::AGE.gt(99)));
    let shown = [
        (Note::create(&n).explain(db), &["note", "n"][..]),
        (Note::put(&n).explain(db), &["note"]),
        (Note::update("n").set(Note::TITLE, "hello").only_if(Note::COUNT.lt(3)).explain(db), &["note", "hello"]),
        (User::upsert("u9").set(User::EMAIL, "e@x").set(User::TEAM, "t").explain(db), &[]),
        (Note::delete("n").explain(db), &["note"]),
        (User::create(&ada).explain(db), &["users", "u1"]),
        (User::save(&mut ada).explain(db), &["users", "u1"]),
        (Note::get("n").consistent().explain(db), &["note"]),
        (User::find_by_email("e@x").explain(db), &["users", "by_email", "e@x"]),
        (User::find_by_email("e@x").consistent().explain(db), &["users"]),
        (Note::get_many(["n", "m", "n"]).explain(db), &["note", "m"]),
        (Note::put_many(std::slice::from_ref(&n)).explain(db), &["note"]),
        (Note::delete_many(["n", "m"]).explain(db), &["note", "m"]),
        (Note::scan().filter(Note::TITLE.eq("hello")).limit(3).explain(db), &["note", "hello"]),
        (events().explain(db), &["events", "severity"]),
        (transaction.explain(), &["note", "users", "99"]),
        (db.explain_snapshot((Note::get("n"), User::get("u1"))), &["note", "users", "u1"]),
    ];
    for (at, (text, parts)) in shown.into_iter().enumerate() {
        match text {
            // The one that is not whole, and would not be sent.
            Err(error) => assert_eq!((at, error.kind()), (3, reposit::ErrorKind::InvalidInput), "{error}"),
            Ok(text) => assert!(parts.iter().all(|part| text.contains(part)), "{at}: {text}"),
        }
    }
    assert_eq!(ada.revision, 0);
    assert_eq!(Note::scan().count(db).await.unwrap() + User::scan().count(db).await.unwrap(), 0);
}
