//! What the operations of a transaction came to.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::models::{Account, Event, Note, Seat, Token, User, account, event, note, seat, token, user};
use crate::test::{START, Test, kind};

cases!(
    what_stores_a_record_gives_it_as_stored,
    updates_and_upserts_give_the_record_as_it_is_then,
    an_update_without_changes_gives_the_record,
    deletes_give_whether_there_was_one,
    a_record_that_has_expired_was_not_there,
    unique_values_move,
    a_save_gives_the_record_and_moves_the_version,
    some_results_are_asked_for_and_some_are_not,
    a_refused_transaction_gives_nothing,
    a_handle_belongs_to_its_transaction,
    one_operation_gives_its_result,
    a_record_that_does_not_fit_is_told_by_its_handle,
    transactions_at_once_give_different_results,
);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Order {
    #[hash_key(auto)]
    id: String,
    of: String,
    #[created_at]
    made: i64,
    #[version]
    revision: u32,
}

fn order(of: &str) -> Order {
    Order { id: String::new(), of: of.into(), made: 0, revision: 0 }
}

async fn what_stores_a_record_gives_it_as_stored(t: Test) {
    t.with::<Order>().await;
    let db = t.with::<Note>().await;
    Note::create(&note("b")).exec(db).await.unwrap();
    let (new, put, replacement) = (order("ada"), note("a"), Note { count: 2, ..note("b") });
    let mut tx = db.transaction();
    let created = tx.add_returning(Order::create(&new));
    let stored = tx.add_returning(Note::put(&put));
    let replaced = tx.add_returning(Note::replace(&replacement).only_if(Note::COUNT.eq(0)));
    let done = tx.commit().await.unwrap();
    let created = done.get(created).unwrap();
    assert_eq!((created.id.len(), created.made, created.revision), (26, START, 1));
    assert_eq!(Order::get(&created.id).exec(db).await.unwrap(), Some(created));
    assert_eq!(done.get(stored).unwrap(), put);
    assert_eq!(done.get(replaced).unwrap(), replacement);
    assert_eq!(Note::get_many(["a", "b"]).exec(db).await.unwrap(), [Some(put), Some(replacement)]);
}

async fn updates_and_upserts_give_the_record_as_it_is_then(t: Test) {
    t.with::<User>().await;
    t.with::<Token>().await;
    let db = t.with::<Note>().await;
    Note::create(&Note { nickname: Some("x".into()), ratio: 0.5, ..note("a") }).exec(db).await.unwrap();
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    Token::create(&token("old", START)).exec(db).await.unwrap();
    let change = Note::update("a").add(Note::COUNT, 2).add(Note::RATIO, 0.25).remove(Note::NICKNAME);
    let mut tx = db.transaction();
    let changed = tx.add_returning(change.append(Note::TAGS, ["t"]).only_if(Note::COUNT.eq(0)));
    let aged = tx.add_returning(User::update("u1").add(User::AGE, 1).version(1));
    let upsert = |id: &str| Token::upsert(id).set(Token::USER_ID, "u2").default(Token::CREATED_AT, START + 5);
    let made = tx.add_returning(upsert("new"));
    let moved = tx.add_returning(upsert("old").only_if(Token::USER_ID.eq("u1")));
    let done = tx.commit().await.unwrap();
    let then = Note { count: 2, ratio: 0.75, tags: vec!["t".into()], ..note("a") };
    assert_eq!(done.get(changed).unwrap(), then);
    let aged = done.get(aged).unwrap();
    assert_eq!((aged.age, aged.revision), (37, 2));
    assert_eq!(done.get(moved).unwrap(), Token { user_id: "u2".into(), ..token("old", START) });
    assert_eq!(done.get(made).unwrap(), Token { user_id: "u2".into(), ..token("new", START + 5) });
    assert_eq!(Note::get("a").exec(db).await.unwrap(), Some(then));
    assert_eq!(User::get("u1").exec(db).await.unwrap(), Some(aged));
}

async fn an_update_without_changes_gives_the_record(t: Test) {
    t.with::<Hit>().await;
    let db = t.with::<Note>().await;
    Note::create(&note("a")).exec(db).await.unwrap();
    let mut tx = db.transaction();
    let seen = tx.add_returning(Note::update("a").only_if(Note::COUNT.eq(0)));
    let made = tx.add_returning(Hit::upsert("/").set(Hit::COUNT, 1));
    let checked = tx.add_returning(Note::check("a"));
    // One record is in a transaction once.
    assert_eq!(kind(tx.commit().await), ErrorKind::InvalidInput);
    drop((seen, made, checked));
    Note::create(&note("b")).exec(db).await.unwrap();
    let mut tx = db.transaction();
    let seen = tx.add_returning(Note::update("a").only_if(Note::COUNT.eq(0)));
    let made = tx.add_returning(Hit::upsert("/").set(Hit::COUNT, 1));
    let checked = tx.add_returning(Note::check("b"));
    let done = tx.commit().await.unwrap();
    assert_eq!(done.get(seen).unwrap(), note("a"));
    assert_eq!(done.get(made).unwrap().count, 1);
    done.get(checked).unwrap();
    // By themselves, too.
    let mut tx = db.transaction();
    let seen = tx.add_returning(Note::update("a"));
    assert_eq!(tx.commit().await.unwrap().get(seen).unwrap(), note("a"));
    let mut tx = db.transaction();
    let missing = tx.add_returning(Note::update("c"));
    let error = tx.commit().await.unwrap_err();
    assert_eq!((error.kind(), error.position()), (ErrorKind::NotFound, Some(0)));
    drop(missing);
}

async fn deletes_give_whether_there_was_one(t: Test) {
    t.with::<Account>().await;
    t.with::<Event>().await;
    let db = t.with::<Note>().await;
    Note::create(&note("a")).exec(db).await.unwrap();
    Account::create(&account("a")).exec(db).await.unwrap();
    Event::create(&event("s", 1, 0)).exec(db).await.unwrap();
    let mut tx = db.transaction();
    let was = [
        tx.add_returning(Note::delete("a").only_if(Note::COUNT.eq(0))),
        tx.add_returning(Note::delete("b").only_if(Note::COUNT.eq(0))),
        tx.add_returning(Account::delete("a")),
        tx.add_returning(Account::delete("b")),
        tx.add_returning(Event::delete("s", 1)),
        tx.add_returning(Event::delete("s", 2)),
    ];
    let done = tx.commit().await.unwrap();
    assert_eq!(was.map(|was| done.get(was).unwrap()), [true, false, true, false, true, false]);
    assert_eq!(Note::get("a").exec(db).await.unwrap(), None);
    assert_eq!(Account::get("a").exec(db).await.unwrap(), None);
    Account::create(&Account { id: "c".into(), ..account("a") }).exec(db).await.unwrap();
    t.is_sound::<Account>().await;
    for was in [false, false] {
        let mut tx = db.transaction();
        let deleted = tx.add_returning(Account::delete("a"));
        assert_eq!(tx.commit().await.unwrap().get(deleted).unwrap(), was);
    }
}

async fn a_record_that_has_expired_was_not_there(t: Test) {
    t.with::<Seat>().await;
    let db = t.with::<Token>().await;
    Token::create(&token("a", START)).exec(db).await.unwrap();
    Token::create(&token("b", START)).exec(db).await.unwrap();
    Seat::create(&seat(1, "1A", START + 10)).exec(db).await.unwrap();
    t.advance(86400);
    let mut tx = db.transaction();
    let deleted = tx.add_returning(Token::delete("a"));
    let upsert = Token::upsert("b").default(Token::USER_ID, "u9").set(Token::CREATED_AT, START + 86400);
    let made = tx.add_returning(upsert);
    let left = tx.add_returning(Seat::delete(1));
    let new = Seat::upsert(2).set(Seat::PLACE, "1A").set(Seat::UNTIL, START + 86410);
    let taken = tx.add_returning(new);
    let done = tx.commit().await.unwrap();
    assert!(!done.get(deleted).unwrap() && !done.get(left).unwrap());
    assert_eq!(done.get(made).unwrap(), Token { user_id: "u9".into(), ..token("b", START + 86400) });
    assert_eq!(done.get(taken).unwrap(), seat(2, "1A", START + 86410));
    t.is_sound::<Seat>().await;
}

async fn unique_values_move(t: Test) {
    let db = t.with::<Account>().await;
    for id in ["a", "b"] {
        Account::create(&account(id)).exec(db).await.unwrap();
    }
    let new = account("c").clone_with_login("login-b");
    let mut tx = db.transaction();
    let a = tx.add_returning(Account::update("a").set(Account::LOGIN, "moved").add(Account::BALANCE, -1));
    let b = tx.add_returning(Account::delete("b"));
    let c = tx.add_returning(Account::create(&new));
    let done = tx.commit().await.unwrap();
    assert_eq!(done.get(a).unwrap(), Account { balance: 99, ..account("a").clone_with_login("moved") });
    assert!(done.get(b).unwrap());
    assert_eq!(done.get(c).unwrap(), new);
    assert_eq!(Account::find_by_login("login-b").consistent().exec(db).await.unwrap().map(|c| c.id), Some("c".into()));
    t.is_sound::<Account>().await;
}

async fn a_save_gives_the_record_and_moves_the_version(t: Test) {
    let db = t.with::<User>().await;
    let (mut ada, mut bob) = (user("u1", "core", 1), user("u2", "core", 1));
    User::save(&mut ada).exec(db).await.unwrap();
    ada.age = 40;
    let mut tx = db.transaction();
    let saved = tx.add_returning(User::save(&mut ada));
    let new = tx.add_returning(User::save(&mut bob));
    let done = tx.commit().await.unwrap();
    assert_eq!((ada.revision, bob.revision), (2, 1));
    assert_eq!((done.get(saved).unwrap(), done.get(new).unwrap()), (ada.clone(), bob));
    let mut stale = User { revision: 1, ..ada };
    let mut tx = db.transaction();
    let saved = tx.add_returning(User::save(&mut stale));
    let error = tx.commit().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.expected_version(), error.stored_version()),
        (ErrorKind::VersionConflict, Some(1), Some(2))
    );
    drop(saved);
    assert_eq!(stale.revision, 1);
}

async fn some_results_are_asked_for_and_some_are_not(t: Test) {
    let db = t.with::<Note>().await;
    for id in ["a", "b", "c"] {
        Note::create(&note(id)).exec(db).await.unwrap();
    }
    let mut tx = db.transaction().add(Note::update("a").add(Note::COUNT, 1));
    let b = tx.add_returning(Note::update("b").add(Note::COUNT, 2));
    let mut tx = tx.add(Note::delete("c"));
    let d = tx.add_returning(Note::delete("d"));
    let done = tx.commit().await.unwrap();
    assert!(!done.get(d).unwrap());
    assert_eq!(done.get(b).unwrap().count, 2);
    let left: Vec<_> = Note::get_many(["a", "b", "c"]).exec(db).await.unwrap();
    let counts: Vec<_> = left.iter().map(|note| note.as_ref().map(|note| note.count)).collect();
    assert_eq!(counts, [Some(1), Some(2), None]);
}

async fn a_refused_transaction_gives_nothing(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("a")).exec(db).await.unwrap();
    let clash = note("a");
    for (n, expected) in
        [ErrorKind::AlreadyExists, ErrorKind::ConditionFailed, ErrorKind::NotFound].into_iter().enumerate()
    {
        // One that is never committed.
        drop(db.transaction().add_returning(Note::upsert("new").set(Note::COUNT, 1)));
        let mut tx = db.transaction();
        let deleted = tx.add_returning(Note::delete("b"));
        match n {
            0 => drop(tx.add_returning(Note::create(&clash))),
            1 => drop(tx.add_returning(Note::update("a").set(Note::COUNT, 1).only_if(Note::COUNT.gt(0)))),
            _ => drop(tx.add_returning(Note::update("c").set(Note::COUNT, 1))),
        }
        let error = tx.commit().await.unwrap_err();
        assert_eq!((error.kind(), error.position(), error.repository()), (expected, Some(1), Some("note")));
        drop(deleted);
    }
    assert_eq!(Note::scan().all(db).await.unwrap(), [note("a")]);
}

async fn a_handle_belongs_to_its_transaction(t: Test) {
    let db = t.with::<Note>().await;
    let (a, b) = (note("a"), note("b"));
    let (mut first, mut second) = (db.transaction(), db.transaction());
    let of_first = first.add_returning(Note::put(&a));
    let of_second = second.add_returning(Note::put(&b));
    let first = first.commit().await.unwrap();
    let error = first.get(of_second).unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidInput, Some("transaction")));
    assert!(error.message().contains("another transaction"), "{error}");
    let second = second.commit().await.unwrap();
    assert_eq!(kind(second.get(of_first)), ErrorKind::InvalidInput);
    let mut third = db.transaction();
    let of_third = third.add_returning(Note::delete("a"));
    let none = db.transaction().add(Note::delete("b")).commit().await.unwrap();
    assert_eq!(kind(none.get(of_third)), ErrorKind::InvalidInput);
}

async fn one_operation_gives_its_result(t: Test) {
    t.with::<User>().await;
    let db = t.with::<Note>().await;
    let n = note("n");
    let mut tx = db.transaction();
    let made = tx.add_returning(Note::create(&n));
    assert_eq!(tx.commit().await.unwrap().get(made).unwrap(), n);
    let mut tx = db.transaction();
    let changed = tx.add_returning(Note::update("n").add(Note::COUNT, 1));
    assert_eq!(tx.commit().await.unwrap().get(changed).unwrap().count, 1);
    let mut tx = db.transaction();
    let deleted = tx.add_returning(Note::delete("n"));
    assert!(tx.commit().await.unwrap().get(deleted).unwrap());
    let mut tx = db.transaction();
    let deleted = tx.add_returning(Note::delete("n"));
    assert!(!tx.commit().await.unwrap().get(deleted).unwrap());
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    let mut tx = db.transaction();
    let moved = tx.add_returning(User::update("u1").set(User::EMAIL, "new@example.com"));
    assert_eq!(tx.commit().await.unwrap().get(moved).unwrap().email, "new@example.com");
    let mut tx = db.transaction();
    let deleted = tx.add_returning(User::delete("u1").version(2));
    assert!(tx.commit().await.unwrap().get(deleted).unwrap());
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Hit {
    #[hash_key]
    path: String,
    count: u8,
}

/// What another program stores under the name of [`Hit`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "hit")]
struct Odd {
    #[hash_key]
    path: String,
    count: Option<u8>,
    more: Option<u8>,
}

async fn a_record_that_does_not_fit_is_told_by_its_handle(t: Test) {
    let db = t.with::<Hit>().await;
    let odd = |path: &str| Odd { path: path.into(), count: None, more: Some(1) };
    Odd::put(&odd("/")).exec(db).await.unwrap();
    Odd::put(&odd("/a")).exec(db).await.unwrap();
    let mut tx = db.transaction();
    let unread = tx.add_returning(Hit::update("/").only_if(Hit::COUNT.missing()));
    let changed = tx.add_returning(Hit::update("/a").set(Hit::COUNT, 2));
    let deleted = tx.add_returning(Hit::delete("/b"));
    let done = tx.commit().await.unwrap();
    let error = done.get(unread).unwrap_err();
    let told = (error.kind(), error.repository(), error.operation());
    assert_eq!(told, (ErrorKind::Codec, Some("hit"), Some("update")));
    assert_eq!(done.get(changed).unwrap(), Hit { path: "/a".into(), count: 2 });
    assert!(!done.get(deleted).unwrap());
    assert_eq!(Odd::get("/a").exec(db).await.unwrap(), Some(Odd { count: Some(2), ..odd("/a") }));
}

async fn transactions_at_once_give_different_results(t: Test) {
    let db = t.with::<Note>().await;
    for id in ["a", "b"] {
        Note::create(&note(id)).exec(db).await.unwrap();
    }
    let both = || async {
        let mut tx = db.transaction();
        let a = tx.add_returning(Note::update("a").add(Note::COUNT, 1));
        let b = tx.add_returning(Note::update("b").add(Note::COUNT, 2));
        let done = tx.commit().await.unwrap();
        (done.get(a).unwrap().count, done.get(b).unwrap().count)
    };
    let results: BTreeSet<_> = join_all((0..8).map(|_| both())).await.into_iter().collect();
    assert_eq!(results, (1..=8).map(|n| (n, 2 * n)).collect());
}
