//! Deletes and updates that tell of the record as it was, and updates that tell of none.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::models::{Account, Event, Note, Token, User, account, event, note, token, user};
use crate::test::{START, Test, kind};

cases!(
    a_delete_returns_what_it_deleted,
    a_delete_returns_no_expired_record,
    a_refused_delete_returns_nothing_and_takes_nothing,
    of_several_deletes_one_gets_the_record,
    an_update_returns_the_record_before,
    an_update_that_is_computed_here_returns_the_record_before,
    each_of_several_updates_gets_another_record_before,
    a_refused_update_returns_no_record_before,
    an_update_may_return_nothing,
    a_refusal_is_told_where_nothing_is_returned,
    an_upsert_may_return_nothing,
    a_record_that_does_not_fit_is_told_only_where_it_is_read,
    fields_under_older_names_are_told_under_their_own,
);

async fn a_delete_returns_what_it_deleted(t: Test) {
    t.with::<Event>().await;
    t.with::<User>().await;
    let db = t.with::<Note>().await;
    let n = Note { nickname: Some("x".into()), data: vec![0, 255], ..note("n") };
    Note::create(&n).exec(db).await.unwrap();
    assert_eq!(Note::delete("n").exec_returning(db).await.unwrap(), Some(n));
    assert_eq!(Note::get("n").exec(db).await.unwrap(), None);
    assert_eq!(Note::delete("n").exec_returning(db).await.unwrap(), None);
    Event::create(&event("s", 1, 3)).exec(db).await.unwrap();
    assert_eq!(Event::delete("s", 2).exec_returning(db).await.unwrap(), None);
    assert_eq!(Event::delete("s", 1).exec_returning(db).await.unwrap(), Some(event("s", 1, 3)));
    // Its unique value is free again.
    let ada = User::create(&user("u1", "core", 1)).exec_returning(db).await.unwrap();
    assert_eq!(User::delete("u1").exec_returning(db).await.unwrap(), Some(ada.clone()));
    assert_eq!(User::delete("u1").exec_returning(db).await.unwrap(), None);
    User::create(&User { id: "u2".into(), ..ada }).exec(db).await.unwrap();
    t.is_sound::<User>().await;
}

async fn a_delete_returns_no_expired_record(t: Test) {
    let db = t.with::<Token>().await;
    Token::create(&token("t", START)).exec(db).await.unwrap();
    t.advance(86400);
    assert_eq!(Token::delete("t").exec_returning(db).await.unwrap(), None);
    Token::create(&token("t", START + 86400)).exec(db).await.unwrap();
    assert_eq!(Token::delete("t").exec_returning(db).await.unwrap(), Some(token("t", START + 86400)));
}

async fn a_refused_delete_returns_nothing_and_takes_nothing(t: Test) {
    t.with::<User>().await;
    let db = t.with::<Note>().await;
    Note::create(&Note { count: 5, ..note("n") }).exec(db).await.unwrap();
    let refused = Note::delete("n").only_if(Note::COUNT.lt(5)).exec_returning(db).await;
    assert_eq!(kind(refused), ErrorKind::ConditionFailed);
    let taken = Note::delete("n").only_if(Note::COUNT.eq(5)).exec_returning(db).await.unwrap();
    assert_eq!(taken.map(|note| note.count), Some(5));
    let none = Note::delete("n").only_if(Note::COUNT.eq(5)).exec_returning(db).await.unwrap();
    assert_eq!(none, None, "nothing there, nothing deleted");
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    assert_eq!(kind(User::delete("u1").version(2).exec_returning(db).await), ErrorKind::VersionConflict);
    assert_eq!(kind(User::delete("").exec_returning(db).await), ErrorKind::InvalidInput);
    let taken = User::delete("u1").version(1).exec_returning(db).await.unwrap();
    assert_eq!(taken.map(|user| user.revision), Some(1));
}

async fn of_several_deletes_one_gets_the_record(t: Test) {
    t.with::<Account>().await;
    let db = t.with::<Note>().await;
    for round in 0..3 {
        let id = round.to_string();
        Note::create(&note(&id)).exec(db).await.unwrap();
        Account::create(&account(&id)).exec(db).await.unwrap();
        let notes = join_all((0..6).map(|_| Note::delete(&id).exec_returning(db))).await;
        let got: Vec<_> = notes.into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(got, [note(&id)]);
        let accounts = join_all((0..4).map(|_| Account::delete(&id).exec_returning(db))).await;
        let got: Vec<_> = accounts.into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(got, [account(&id)]);
    }
}

async fn an_update_returns_the_record_before(t: Test) {
    t.with::<User>().await;
    let db = t.with::<Note>().await;
    let n = Note { nickname: Some("x".into()), ..note("n") };
    Note::create(&n).exec(db).await.unwrap();
    let change = || Note::update("n").set(Note::TITLE, "new").remove(Note::NICKNAME).append(Note::TAGS, ["a"]);
    assert_eq!(change().exec_previous(db).await.unwrap(), n);
    let then = Note { title: "new".into(), nickname: None, tags: vec!["a".into()], ..n };
    assert_eq!(Note::get("n").exec(db).await.unwrap().as_ref(), Some(&then));
    assert_eq!(change().only_if(Note::TITLE.eq("new")).exec_previous(db).await.unwrap(), then);
    assert_eq!(Note::update("n").exec_previous(db).await.unwrap().tags, ["a", "a"], "nothing is changed");
    // The version is the one before, too.
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    assert_eq!(User::update("u1").add(User::AGE, 1).exec_previous(db).await.unwrap().revision, 1);
    let before = User::update("u1").add(User::AGE, 1).exec_previous(db).await.unwrap();
    assert_eq!((before.age, before.revision), (37, 2));
}

async fn an_update_that_is_computed_here_returns_the_record_before(t: Test) {
    t.with::<User>().await;
    t.with::<Token>().await;
    let db = t.with::<Note>().await;
    // A float, a unique value, and the field of an expiry.
    Note::create(&Note { ratio: 0.5, ..note("n") }).exec(db).await.unwrap();
    assert_eq!(Note::update("n").add(Note::RATIO, 0.25).exec_previous(db).await.unwrap().ratio, 0.5);
    assert_eq!(Note::update("n").add(Note::RATIO, 0.25).exec_previous(db).await.unwrap().ratio, 0.75);
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    let before = User::update("u1").set(User::EMAIL, "new@example.com").exec_previous(db).await.unwrap();
    assert_eq!(before, User { revision: 1, ..user("u1", "core", 1) });
    assert_eq!(User::find_by_email("new@example.com").exec(db).await.unwrap().map(|user| user.revision), Some(2));
    t.is_sound::<User>().await;
    Token::create(&token("t", START)).exec(db).await.unwrap();
    let before = Token::update("t").set(Token::CREATED_AT, START + 60).exec_previous(db).await.unwrap();
    assert_eq!(before, token("t", START));
}

async fn each_of_several_updates_gets_another_record_before(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    let before = join_all((0..12).map(|_| Note::update("n").add(Note::COUNT, 1).exec_previous(db))).await;
    let counts: BTreeSet<i64> = before.into_iter().map(|before| before.unwrap().count).collect();
    assert_eq!(counts, (0..12).collect());
    let before = join_all((0..6).map(|_| Note::update("n").add(Note::RATIO, 1.0).exec_previous(db))).await;
    let ratios: BTreeSet<String> = before.into_iter().map(|before| before.unwrap().ratio.to_string()).collect();
    assert_eq!(ratios, (0..6).map(|n| n.to_string()).collect());
}

async fn a_refused_update_returns_no_record_before(t: Test) {
    t.with::<User>().await;
    t.with::<Token>().await;
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    let set = || Note::update("n").set(Note::COUNT, 1);
    let refused = set().only_if(Note::COUNT.gt(0)).exec_previous(db).await;
    assert_eq!(kind(refused), ErrorKind::ConditionFailed);
    assert_eq!(kind(Note::update("m").set(Note::COUNT, 1).exec_previous(db).await), ErrorKind::NotFound);
    assert_eq!(kind(Note::update("m").exec_previous(db).await), ErrorKind::NotFound);
    assert_eq!(kind(Note::update("n").add(Note::SMALL, 256).exec_previous(db).await), ErrorKind::InvalidInput);
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(note("n")));
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    User::create(&user("u2", "core", 1)).exec(db).await.unwrap();
    let error = User::update("u1").set(User::EMAIL, "u2@example.com").exec_previous(db).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.index(), error.operation()),
        (ErrorKind::UniqueViolation, Some("by_email"), Some("update"))
    );
    Token::create(&token("t", START)).exec(db).await.unwrap();
    t.advance(86400);
    assert_eq!(kind(Token::update("t").set(Token::USER_ID, "x").exec_previous(db).await), ErrorKind::NotFound);
}

async fn an_update_may_return_nothing(t: Test) {
    t.with::<User>().await;
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    Note::update("n").set(Note::TITLE, "new").add(Note::COUNT, 2).exec_unit(db).await.unwrap();
    Note::update("n").add(Note::RATIO, 0.5).only_if(Note::COUNT.eq(2)).exec_unit(db).await.unwrap();
    Note::update("n").exec_unit(db).await.unwrap();
    let then = Note { title: "new".into(), count: 2, ratio: 0.5, ..note("n") };
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(then));
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    User::update("u1").set(User::EMAIL, "new@example.com").exec_unit(db).await.unwrap();
    let found = User::find_by_email("new@example.com").exec(db).await.unwrap().unwrap();
    assert_eq!(found.revision, 2);
    t.is_sound::<User>().await;
}

async fn a_refusal_is_told_where_nothing_is_returned(t: Test) {
    t.with::<User>().await;
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    assert_eq!(kind(Note::update("m").set(Note::COUNT, 1).exec_unit(db).await), ErrorKind::NotFound);
    assert_eq!(kind(Note::update("m").exec_unit(db).await), ErrorKind::NotFound);
    let refused = Note::update("n").set(Note::COUNT, 1).only_if(Note::COUNT.gt(0)).exec_unit(db).await;
    assert_eq!(kind(refused), ErrorKind::ConditionFailed);
    assert_eq!(kind(Note::update("n").add(Note::SMALL, 256).exec_unit(db).await), ErrorKind::InvalidInput);
    assert_eq!(
        kind(Note::upsert("n").add(Note::SMALL, 200).add(Note::BIG, 1).exec_unit(db).await),
        ErrorKind::InvalidInput
    );
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(note("n")));
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    User::create(&user("u2", "core", 1)).exec(db).await.unwrap();
    let error = User::update("u1").set(User::EMAIL, "u2@example.com").exec_unit(db).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("by_email")));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Hit {
    #[hash_key]
    path: String,
    count: u8,
    weight: f64,
    #[version]
    revision: u32,
}

async fn an_upsert_may_return_nothing(t: Test) {
    let db = t.with::<Hit>().await;
    let hit = || Hit::upsert("/").add(Hit::COUNT, 100).default(Hit::WEIGHT, 1.0);
    hit().exec_unit(db).await.unwrap();
    assert_eq!(
        Hit::get("/").exec(db).await.unwrap(),
        Some(Hit { path: "/".into(), count: 100, weight: 1.0, revision: 1 })
    );
    hit().add(Hit::WEIGHT, 0.0).exec_unit(db).await.unwrap_err();
    hit().exec_unit(db).await.unwrap();
    Hit::upsert("/").add(Hit::WEIGHT, 0.5).set(Hit::COUNT, 200).exec_unit(db).await.unwrap();
    assert_eq!(
        Hit::get("/").exec(db).await.unwrap(),
        Some(Hit { path: "/".into(), count: 200, weight: 1.5, revision: 3 })
    );
    assert_eq!(kind(hit().exec_unit(db).await), ErrorKind::InvalidInput, "beyond what the field holds");
    assert_eq!(Hit::get("/").exec(db).await.unwrap().map(|hit| hit.revision), Some(3));
}

/// What another program stores under the name of [`Hit`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "hit")]
struct Odd {
    #[hash_key]
    path: String,
    count: String,
    weight: f64,
    revision: u32,
}

async fn a_record_that_does_not_fit_is_told_only_where_it_is_read(t: Test) {
    let db = t.with::<Hit>().await;
    let odd = |path: &str| Odd { path: path.into(), count: "many".into(), weight: 1.0, revision: 7 };
    Odd::put(&odd("/")).exec(db).await.unwrap();
    Hit::update("/").set(Hit::WEIGHT, 2.0).exec_unit(db).await.unwrap();
    assert_eq!(Odd::get("/").exec(db).await.unwrap(), Some(Odd { weight: 2.0, revision: 8, ..odd("/") }));
    let error = Hit::update("/").set(Hit::WEIGHT, 3.0).exec_previous(db).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Codec, Some("update")));
    assert!(error.message().contains("count"), "{error}");
    assert_eq!(Odd::get("/").exec(db).await.unwrap().map(|odd| odd.revision), Some(9), "it was done");
    let error = Hit::delete("/").exec_returning(db).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Codec, Some("delete")));
    assert_eq!(Odd::get("/").exec(db).await.unwrap(), None, "it was done");
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "renamed")]
struct Older {
    #[hash_key]
    id: String,
    amount: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "renamed")]
struct Renamed {
    #[hash_key]
    id: String,
    #[serde(alias = "amount")]
    count: i64,
    note: Option<String>,
}

async fn fields_under_older_names_are_told_under_their_own(t: Test) {
    let db = t.with::<Renamed>().await;
    for id in ["a", "b", "c", "d"] {
        Older::create(&Older { id: id.into(), amount: 5 }).exec(db).await.unwrap();
    }
    let renamed = |id: &str, count: i64| Renamed { id: id.into(), count, note: None };
    assert_eq!(Renamed::update("a").add(Renamed::COUNT, 1).exec_previous(db).await.unwrap(), renamed("a", 5));
    assert_eq!(Renamed::update("a").set(Renamed::NOTE, "x").exec_previous(db).await.unwrap(), renamed("a", 6));
    assert_eq!(
        Renamed::delete("b").only_if(Renamed::COUNT.eq(5)).exec_returning(db).await.unwrap(),
        Some(renamed("b", 5))
    );
    Renamed::put(&renamed("c", 7)).only_if(Renamed::COUNT.eq(5)).exec(db).await.unwrap();
    let mut tx = db.transaction();
    let noted = tx.add_returning(Renamed::update("d").set(Renamed::NOTE, "x"));
    let added = tx.add_returning(Renamed::update("c").add(Renamed::COUNT, 1));
    let done = tx.commit().await.unwrap();
    assert_eq!(done.get(noted).unwrap(), Renamed { note: Some("x".into()), ..renamed("d", 5) });
    assert_eq!(done.get(added).unwrap(), renamed("c", 8));
}
