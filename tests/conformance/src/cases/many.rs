//! Creates, saves and deletes of many records, each under its own condition.

use std::time::Duration;

use reposit::{Error, ErrorKind, Operation, Progress, Repository};
use serde::{Deserialize, Serialize};

use crate::models::{Account, Event, Note, Seat, Token, User, account, event, note, seat, token, user};
use crate::test::{START, Test};

cases!(
    records_that_are_there_are_not_created_again,
    of_one_key_the_first_is_created,
    created_records_keep_unique_values,
    versions_and_automatic_fields_are_filled_in,
    over_expired_records_many_are_created,
    records_are_saved_each_under_its_version,
    what_failed_keeps_its_version,
    saves_move_unique_values,
    of_a_record_that_is_saved_twice_the_first_counts,
    what_was_filled_in_is_in_the_slice,
    versioned_records_are_deleted_whatever_their_version,
    many_are_watched,
    any_operation_of_many_can_be_executed,
    nothing_is_done_for_none,
);

/// Position and kind of each failure.
fn failures(error: &Error) -> Vec<(usize, ErrorKind)> {
    error.failures().iter().map(|failure| (failure.position, failure.error.kind())).collect()
}

async fn records_that_are_there_are_not_created_again(t: Test) {
    let db = t.with::<Note>().await;
    let notes: Vec<_> = (0..130).map(|n| Note { count: 1, ..note(&n.to_string()) }).collect();
    Note::create_many(&notes[..120]).exec(db).await.unwrap();
    let mut again: Vec<_> = notes.iter().map(|note| Note { count: 2, ..note.clone() }).collect();
    again[125].id = String::new();
    let error = Note::create_many(&again).exec(db).await.unwrap_err();
    let exist = (0..120).map(|at| (at, ErrorKind::AlreadyExists));
    assert_eq!(failures(&error), exist.chain([(125, ErrorKind::InvalidInput)]).collect::<Vec<_>>());
    assert_eq!((error.kind(), error.operation()), (ErrorKind::AlreadyExists, Some("create_many")));
    let stored = Note::scan().all(db).await.unwrap();
    assert_eq!(stored.len(), 129);
    assert!(stored.iter().all(|note| note.count == if note.id.parse::<u32>().unwrap() < 120 { 1 } else { 2 }));
}

async fn of_one_key_the_first_is_created(t: Test) {
    let db = t.with::<Event>().await;
    let events = [event("s", 1, 1), event("s", 2, 0), event("s", 1, 2), event("s", 1, 3)];
    let error = Event::create_many(&events).exec(db).await.unwrap_err();
    assert_eq!(failures(&error), [(2, ErrorKind::AlreadyExists), (3, ErrorKind::AlreadyExists)]);
    assert_eq!(Event::query("s").all(db).await.unwrap(), [event("s", 1, 1), event("s", 2, 0)]);
}

async fn created_records_keep_unique_values(t: Test) {
    let db = t.with::<Account>().await;
    let numbered = |id: &str, number| Account { number, ..account(id) };
    Account::create(&numbered("old", 1)).exec(db).await.unwrap();
    let accounts = [
        numbered("a", 2),
        Account { login: "login-old".into(), ..numbered("b", 3) },
        Account { login: "login-a".into(), ..numbered("c", 4) },
        numbered("d", 2),
        numbered("old", 5),
        numbered("e", 6),
    ];
    let error = Account::create_many(&accounts).exec(db).await.unwrap_err();
    let failed: Vec<_> = error.failures().iter().map(|f| (f.position, f.error.kind(), f.error.index())).collect();
    let taken = ErrorKind::UniqueViolation;
    let expected = [
        (1, taken, Some("by_login")),
        (2, taken, Some("by_login")),
        (3, taken, Some("by_org_and_number")),
        (4, ErrorKind::AlreadyExists, None),
    ];
    assert_eq!(failed, expected);
    assert_eq!(Account::scan().count(db).await.unwrap(), 3);
    assert_eq!(Account::find_by_login("login-e").consistent().exec(db).await.unwrap(), Some(accounts[5].clone()));
    Account::create_many(&[numbered("d", 3)]).exec(db).await.unwrap();
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "drafts")]
struct Draft {
    #[hash_key(auto)]
    id: String,
    #[created_at]
    created_at: i64,
    #[updated_at]
    updated_at: i64,
    #[version]
    revision: u32,
}

fn draft() -> Draft {
    Draft { id: String::new(), created_at: 0, updated_at: 0, revision: 0 }
}

async fn versions_and_automatic_fields_are_filled_in(t: Test) {
    let db = t.with::<Draft>().await;
    Draft::create_many(&[draft(), draft(), Draft { revision: 7, ..draft() }]).exec(db).await.unwrap();
    let mut stored = Draft::scan().all(db).await.unwrap();
    stored.sort_by_key(|draft| draft.revision);
    assert_eq!(stored.iter().map(|draft| draft.revision).collect::<Vec<_>>(), [1, 1, 7]);
    assert!(stored.iter().all(|draft| draft.id.len() == 26 && draft.created_at == START && draft.updated_at == START));
}

async fn over_expired_records_many_are_created(t: Test) {
    let db = t.with::<Token>().await;
    db.define::<Seat>().await.unwrap();
    Token::put(&token("a", START)).exec(db).await.unwrap();
    Token::put(&token("b", START + 1000)).exec(db).await.unwrap();
    Seat::create(&seat(1, "p", START + 86_400)).exec(db).await.unwrap();
    Seat::create(&seat(2, "q", START + 87_400)).exec(db).await.unwrap();
    t.clock.advance(Duration::from_secs(86_401));
    let now = START + 86_401;
    let error = Token::create_many(&[token("a", now), token("b", now), token("c", now)]).exec(db).await.unwrap_err();
    assert_eq!(failures(&error), [(1, ErrorKind::AlreadyExists)]);
    assert_eq!(Token::get("a").exec(db).await.unwrap(), Some(token("a", now)));
    // Unique values that an expired record had are free.
    let seats = [seat(3, "p", now + 10), seat(1, "r", now + 10), seat(4, "q", now + 10)];
    let error = Seat::create_many(&seats).exec(db).await.unwrap_err();
    assert_eq!(failures(&error), [(2, ErrorKind::UniqueViolation)]);
    assert_eq!(Seat::find_by_place("p").consistent().exec(db).await.unwrap(), Some(seats[0].clone()));
}

async fn records_are_saved_each_under_its_version(t: Test) {
    let db = t.with::<User>().await;
    let mut users: Vec<_> = (0..30).map(|n| user(&n.to_string(), "core", n)).collect();
    User::save_many(&mut users).exec(db).await.unwrap();
    assert!(users.iter().all(|user| user.revision == 1));
    // New ones among them.
    users.insert(3, user("new", "core", 0));
    users.iter_mut().for_each(|user| user.age = 50);
    User::save_many(&mut users).exec(db).await.unwrap();
    assert!(users.iter().all(|user| user.revision == if user.id == "new" { 1 } else { 2 }));
    let stored = User::get_many(users.iter().map(|user| &user.id)).consistent().exec(db).await.unwrap();
    assert_eq!(stored.into_iter().flatten().collect::<Vec<_>>(), users);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "papers")]
struct Paper {
    #[hash_key]
    id: String,
    text: String,
    #[version]
    revision: u8,
}

fn paper(id: &str, revision: u8) -> Paper {
    Paper { id: id.into(), text: "new".into(), revision }
}

async fn what_failed_keeps_its_version(t: Test) {
    let db = t.with::<Paper>().await;
    let mut old: Vec<_> = ["a", "b", "c", "d"].map(|id| paper(id, 0)).to_vec();
    Paper::save_many(&mut old).exec(db).await.unwrap();
    Paper::update("b").set(Paper::TEXT, "another's").exec(db).await.unwrap();
    for _ in 0..3 {
        Paper::update("c").set(Paper::TEXT, "another's").exec(db).await.unwrap();
    }
    let mut papers =
        [paper("a", 1), paper("b", 1), paper("c", 1), paper("d", 0), paper("none", 4), paper("e", 0), paper("f", 255)];
    let error = Paper::save_many(&mut papers).exec(db).await.unwrap_err();
    let expected = [
        (1, ErrorKind::VersionConflict),
        (2, ErrorKind::VersionConflict),
        (3, ErrorKind::AlreadyExists),
        (4, ErrorKind::NotFound),
        (6, ErrorKind::InvalidInput),
    ];
    assert_eq!(failures(&error), expected);
    assert_eq!(error.failures()[1].error.stored_version(), Some(4));
    assert_eq!(papers.each_ref().map(|paper| paper.revision), [2, 1, 1, 0, 4, 1, 255]);
    let stored = Paper::get_many(["a", "b", "c", "d", "none", "e"]).consistent().exec(db).await.unwrap();
    let stored: Vec<_> = stored.iter().map(|paper| paper.as_ref().map(|paper| paper.revision)).collect();
    assert_eq!(stored, [Some(2), Some(2), Some(4), Some(1), None, Some(1)]);
}

async fn saves_move_unique_values(t: Test) {
    let db = t.with::<User>().await;
    let mut users = ["a", "b", "c"].map(|id| user(id, "core", 1));
    User::save_many(&mut users).exec(db).await.unwrap();
    // The second takes what the first gives up, the third asks for what the first has now.
    users[0].email = "new@example.com".into();
    users[1].email = "a@example.com".into();
    users[2].email = "new@example.com".into();
    let error = User::save_many(&mut users).exec(db).await.unwrap_err();
    assert_eq!(failures(&error), [(2, ErrorKind::UniqueViolation)]);
    assert_eq!(users.each_ref().map(|user| user.revision), [2, 2, 1]);
    let found = User::find_by_email("a@example.com").consistent().exec(db).await.unwrap();
    assert_eq!(found.map(|user| user.id).as_deref(), Some("b"));
    let free = User::find_by_email("b@example.com").consistent().exec(db).await.unwrap();
    assert_eq!(free, None);
}

async fn of_a_record_that_is_saved_twice_the_first_counts(t: Test) {
    let db = t.with::<Paper>().await;
    let mut papers = [paper("a", 0), paper("a", 0), paper("a", 1)];
    let error = Paper::save_many(&mut papers).exec(db).await.unwrap_err();
    // In order: the third names the version that the first made.
    assert_eq!(failures(&error), [(1, ErrorKind::AlreadyExists)]);
    assert_eq!(papers.each_ref().map(|paper| paper.revision), [1, 0, 2]);
    assert_eq!(Paper::get("a").consistent().exec(db).await.unwrap(), Some(papers[2].clone()));
}

async fn what_was_filled_in_is_in_the_slice(t: Test) {
    let db = t.with::<Draft>().await;
    let mut drafts = [draft(), draft()];
    Draft::save_many(&mut drafts).exec(db).await.unwrap();
    let keys = drafts.each_ref().map(|draft| draft.id.clone());
    assert!(drafts.iter().all(|draft| draft.created_at == START && draft.revision == 1));
    assert_eq!(Draft::get_many(keys).consistent().exec(db).await.unwrap(), drafts.map(Some));
}

async fn versioned_records_are_deleted_whatever_their_version(t: Test) {
    let db = t.with::<User>().await;
    let mut users: Vec<_> = (0..30).map(|n| user(&n.to_string(), "core", n)).collect();
    User::save_many(&mut users).exec(db).await.unwrap();
    User::save_many(&mut users[..10]).exec(db).await.unwrap();
    let keys = users[..29].iter().map(|user| user.id.as_str()).chain(["none", "0"]);
    User::delete_many(keys).any_version().exec(db).await.unwrap();
    assert_eq!(User::scan().all(db).await.unwrap(), [users[29].clone()]);
    // Their unique values are free.
    User::create(&User { email: "1@example.com".into(), ..user("other", "core", 1) }).exec(db).await.unwrap();
}

async fn many_are_watched(t: Test) {
    let db = t.with::<Paper>().await;
    let progress = Progress::new();
    let mut papers: Vec<_> = (0..60).map(|n| paper(&n.to_string(), 0)).collect();
    Paper::create_many(&papers[30..31]).progress(&progress).exec(db).await.unwrap();
    assert_eq!((progress.total(), progress.done()), (1, 1));
    Paper::save_many(&mut papers).progress(&progress).exec(db).await.unwrap_err();
    assert_eq!((progress.total(), progress.done(), progress.failed(), progress.open().len()), (60, 59, 1, 0));
    assert!(!progress.completed().contains(&30));
    let keys = papers.iter().map(|paper| &paper.id);
    Paper::delete_many(keys).any_version().progress(&progress).exec(db).await.unwrap();
    assert_eq!((progress.total(), progress.done()), (60, 60));
}

async fn any_operation_of_many_can_be_executed(t: Test) {
    async fn run<O: Operation>(t: &Test, operation: O) -> reposit::Result<O::Output> {
        operation.exec(&t.db).await
    }
    t.with::<Paper>().await;
    let mut papers = [paper("a", 0), paper("b", 0), paper("c", 5)];
    run(&t, Paper::create_many(&papers[..1])).await.unwrap();
    let error = run(&t, Paper::save_many(&mut papers)).await.unwrap_err();
    assert_eq!(failures(&error), [(0, ErrorKind::AlreadyExists), (2, ErrorKind::NotFound)]);
    assert_eq!(papers.each_ref().map(|paper| paper.revision), [0, 1, 5]);
    run(&t, Paper::delete_many(["a", "b"]).any_version()).await.unwrap();
    assert_eq!(Paper::scan().count(&t.db).await.unwrap(), 0);
}

async fn nothing_is_done_for_none(t: Test) {
    let db = t.with::<Paper>().await;
    Paper::create_many(&[]).exec(db).await.unwrap();
    Paper::save_many(&mut []).exec(db).await.unwrap();
    Paper::delete_many(Vec::<String>::new()).any_version().exec(db).await.unwrap();
    assert_eq!(Paper::scan().count(db).await.unwrap(), 0);
}
