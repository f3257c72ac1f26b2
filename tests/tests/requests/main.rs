//! What each operation sends: counted by a proxy in front of the server, and held to the least that can do it.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::try_join_all;
use reposit::{Database, Repository};
use reposit_tests::harness::START;
use reposit_tests::models::{Account, Event, Note, Token, User, account, event, note, token, user};
use reposit_tests::proxy::{Fault, Names, Rule};
use reposit_tests::report;
use reposit_tests::servers::{Protocol, Target};
use serde::{Deserialize, Serialize};

mod automatic_keys;
mod bulk;
mod collections;
mod counted;
mod forms;
mod many;
mod on_postgres;
mod pages;
mod parts;
mod removals;
mod scripts;
mod stale;
mod unstamped;

use counted::{Counted, sends};

/// So many gets at the same time, gathered.
async fn gathered(db: &Database, count: u64) -> reposit::Result<()> {
    let db = db.coalesced(Duration::from_millis(500));
    let ids: Vec<_> = (0..count).map(|n| n.to_string()).collect();
    try_join_all(ids.iter().map(|id| Note::get(id).exec(&db))).await.map(drop)
}

async fn dynamodb_sends(target: Target) {
    let (c, label) = Counted::on(target).await;
    let db = c.db.clone();
    db.define::<User>().await.unwrap();
    db.define::<Note>().await.unwrap();
    db.define::<Event>().await.unwrap();
    db.define::<Token>().await.unwrap();
    db.define::<Account>().await.unwrap();
    let ada = user("u1", "core", 1);
    let n = note("n");

    sends!(c, "create", Note::create(&n).exec(&db), [("PutItem", 1)]);
    sends!(c, "create with ttl", Token::create(&token("t", START)).exec(&db), [("PutItem", 1)]);
    sends!(c, "create with a unique field", User::create(&ada).exec(&db), [("TransactWriteItems", 1)]);
    sends!(c, "create with three", Account::create(&account("a")).exec(&db), [("TransactWriteItems", 1)]);
    sends!(c, "put", Note::put(&n).exec(&db), [("PutItem", 1)]);
    sends!(c, "get", User::get("u1").exec(&db), [("GetItem", 1)]);
    sends!(c, "find by a unique field", User::find_by_email("u1@example.com").exec(&db), [("Query", 1)]);
    sends!(c, "and consistent", User::find_by_email("u1@example.com").consistent().exec(&db), [("GetItem", 2)]);
    sends!(c, "a page", User::find_by_team("core").limit(10).exec(&db), [("Query", 1)]);
    sends!(c, "a page of the primary key", Event::query("s").exec(&db), [("Query", 1)]);
    sends!(c, "first", User::find_by_team("core").first(&db), [("Query", 1)]);
    sends!(c, "count", User::find_by_team("core").count(&db), [("Query", 1)]);
    sends!(c, "scan", Note::scan().exec(&db), [("Scan", 1)]);
    sends!(c, "update", Note::update("n").set(Note::TITLE, "x").add(Note::COUNT, 1).exec(&db), [("UpdateItem", 1)]);
    sends!(c, "update without changes", Note::update("n").exec(&db), [("GetItem", 1)]);
    sends!(c, "update of no unique field", User::update("u1").set(User::AGE, 9).exec(&db), [("UpdateItem", 1)]);
    sends!(
        c,
        "update of a unique field",
        User::update("u1").set(User::EMAIL, "new@example.com").exec(&db),
        [("GetItem", 1), ("TransactWriteItems", 1)]
    );
    let listed = Note::update("n").set(Note::TITLE, "y").only_if(Note::RATIO.is_in([note("n").ratio, 0.25]));
    sends!(c, "update if a float is one of several", listed.exec(&db), [("GetItem", 1), ("UpdateItem", 1)]);
    let one = Note::update("n").set(Note::TITLE, "z").only_if(Note::RATIO.eq(note("n").ratio));
    sends!(c, "update if a float is another", one.exec(&db), [("UpdateItem", 1)]);
    let taken = User { id: "u2".into(), email: "new@example.com".into(), ..user("u2", "core", 2) };
    let refused = async { User::create(&taken).exec(&db).await.map_err(|error| error.kind()).map_or_else(Ok, Err) };
    sends!(c, "create with a value that is taken", refused, [("TransactWriteItems", 1), ("TransactGetItems", 1)]);
    sends!(c, "delete", Note::delete("n").exec(&db), [("DeleteItem", 1)]);
    sends!(c, "get_many", Note::get_many((0..100).map(|n| n.to_string())).exec(&db), [("BatchGetItem", 1)]);
    sends!(c, "100 gets at the same time, gathered", gathered(&db, 100), [("BatchGetItem", 1)]);
    sends!(c, "one get, gathered", gathered(&db, 1), [("GetItem", 1)]);
    sends!(c, "101 gets at the same time", gathered(&db, 101), [("BatchGetItem", 1), ("GetItem", 1)]);
    let notes: Vec<_> = (0..25).map(|n| note(&n.to_string())).collect();
    sends!(c, "put_many", Note::put_many(&notes).exec(&db), [("BatchWriteItem", 1)]);
    let events: Vec<_> = (0..60).map(|n| event("s", n, 0)).collect();
    sends!(c, "put_many in chunks", Event::put_many(&events).exec(&db), [("BatchWriteItem", 3)]);
    sends!(
        c,
        "a transaction",
        db.transaction().add(Note::put(&n)).add(Note::update("1").add(Note::COUNT, 1)).commit(),
        [("TransactWriteItems", 1)]
    );
    told_and_conditional_writes(&c, "PutItem", "UpdateItem", "DeleteItem", "UpdateItem").await;
    let moved = User::update("u1").set(User::EMAIL, "moved@example.com");
    sends!(c, "previous, unique", moved.exec_previous(&db), [("GetItem", 1), ("TransactWriteItems", 1)]);
    let sum = || Note::update("n").add(Note::RATIO, 0.5);
    sends!(c, "previous, of a float", sum().exec_previous(&db), [("GetItem", 1), ("UpdateItem", 1)]);
    sends!(c, "unit, of a float", sum().exec_unit(&db), [("GetItem", 1), ("UpdateItem", 1)]);
    let deleted = User::delete("u1").exec_returning(&db);
    sends!(c, "delete, returning, unique", deleted, [("GetItem", 1), ("TransactWriteItems", 1)]);
    let created = note("created");
    let mut stored = db.transaction();
    let _ = stored.add_returning(Note::create(&created));
    let _ = stored.add_returning(Note::replace(&n));
    sends!(c, "results of what stores records", stored.commit(), [("TransactWriteItems", 1)]);
    let mut one = db.transaction();
    let _ = one.add_returning(Note::update("n").add(Note::COUNT, 1));
    sends!(c, "one result of an update", one.commit(), [("GetItem", 1), ("TransactWriteItems", 1)]);
    let mut three = db.transaction();
    let _ = three.add_returning(Note::update("n").add(Note::COUNT, 1));
    let _ = three.add_returning(Note::delete("created"));
    let _ = three.add_returning(Token::upsert("t").set(Token::USER_ID, "u").set(Token::CREATED_AT, START));
    sends!(c, "results of several", three.commit(), [("BatchGetItem", 1), ("TransactWriteItems", 1)]);
    many::on_dynamodb(&c).await;
    bulk::on_dynamodb(&c).await;
    collections::send(&c, "UpdateItem", true).await;
    unstamped::on_dynamodb(&c).await;
    forms::on(&c, ["PutItem", "PutItem", "GetItem", "Query", "DeleteItem"], &[("UpdateItem", 1)]).await;
    stale::on(&c, ["GetItem", "BatchGetItem", "Query", "Query", "Query"]).await;
    report::ran("requests::each_operation_sends_the_least", &label);
}

/// A part of a note, whose writes keep the rest.
#[derive(Debug, Clone, Serialize, Deserialize, Repository)]
#[repository(name = "note", keep_unknown)]
struct NotePart {
    #[hash_key]
    id: String,
    title: String,
}

/// What tells of the record before or of none, and what has a condition, by the names of the least requests.
async fn told_and_conditional_writes(c: &Counted, store: &str, change: &str, delete: &str, told: &str) {
    let db = c.db.clone();
    let n = note("n");
    Note::put(&n).exec(&db).await.unwrap();
    Token::put(&token("t", START)).exec(&db).await.unwrap();
    sends!(c, "put if", Note::put(&n).only_if(Note::COUNT.eq(0)).exec(&db), [(store, 1)]);
    sends!(c, "put if, where none is", Note::put(&note("new")).only_if(Note::COUNT.eq(9)).exec(&db), [(store, 1)]);
    db.define::<NotePart>().await.unwrap();
    let part = NotePart { id: "n".into(), title: "part".into() };
    sends!(c, "put, keep_unknown", NotePart::put(&part).exec(&db), [(change, 1)]);
    sends!(c, "replace, keep_unknown", NotePart::replace(&part).exec(&db), [(change, 1)]);
    sends!(c, "replace", Note::replace(&n).exec(&db), [(store, 1)]);
    sends!(c, "replace if", Note::replace(&n).only_if(Note::COUNT.eq(0)).exec(&db), [(store, 1)]);
    sends!(c, "update, previous", Note::update("n").add(Note::COUNT, 1).exec_previous(&db), [(told, 1)]);
    sends!(c, "update, unit", Note::update("n").add(Note::COUNT, 1).exec_unit(&db), [(change, 1)]);
    let upsert = || Token::upsert("t").set(Token::USER_ID, "u").set(Token::CREATED_AT, START);
    sends!(c, "upsert, unit", upsert().exec_unit(&db), [(change, 1)]);
    sends!(c, "upsert if", upsert().only_if(Token::USER_ID.eq("u")).exec(&db), [(told, 1)]);
    let aged = User::update("u1").add(User::AGE, 1);
    let user = User::get("u1").consistent().exec(&db).await.unwrap().unwrap();
    sends!(c, "update of one version", aged.version(user.revision).exec(&db), [(told, 1)]);
    let returned = Note::delete("new").exec_returning(&db);
    sends!(c, "delete, returning", returned, [(if told == "findAndModify" { told } else { delete }, 1)]);
}

#[tokio::test]
async fn each_operation_sends_the_least_on_mongodb() {
    let (c, label) = Counted::on(Target::Mongodb).await;
    let db = c.db.clone();
    db.define::<User>().await.unwrap();
    db.define::<Note>().await.unwrap();
    db.define::<Event>().await.unwrap();
    db.define::<Token>().await.unwrap();
    let ada = user("u1", "core", 1);
    let n = note("n");

    sends!(c, "create", Note::create(&n).exec(&db), [("insert", 1)]);
    sends!(c, "create with ttl", Token::create(&token("t", START)).exec(&db), [("update", 1)]);
    sends!(c, "create with a unique field", User::create(&ada).exec(&db), [("insert", 1)]);
    sends!(c, "put", Note::put(&n).exec(&db), [("update", 1)]);
    sends!(c, "get", User::get("u1").exec(&db), [("find", 1)]);
    sends!(c, "find by a unique field", User::find_by_email("u1@example.com").exec(&db), [("find", 1)]);
    sends!(c, "and consistent", User::find_by_email("u1@example.com").consistent().exec(&db), [("find", 1)]);
    sends!(c, "a page", User::find_by_team("core").limit(10).exec(&db), [("find", 1)]);
    sends!(c, "first", User::find_by_team("core").first(&db), [("find", 1)]);
    sends!(c, "count", User::find_by_team("core").count(&db), [("aggregate", 1)]);
    sends!(c, "update", Note::update("n").set(Note::TITLE, "x").add(Note::COUNT, 1).exec(&db), [("findAndModify", 1)]);
    sends!(c, "update without changes", Note::update("n").exec(&db), [("find", 1)]);
    sends!(
        c,
        "update of a unique field",
        User::update("u1").set(User::EMAIL, "new@example.com").exec(&db),
        [("findAndModify", 1)]
    );
    sends!(c, "delete", Note::delete("n").exec(&db), [("delete", 1)]);
    sends!(c, "get_many", Note::get_many((0..100).map(|n| n.to_string())).exec(&db), [("find", 1)]);
    sends!(c, "100 gets at the same time, gathered", gathered(&db, 100), [("find", 1)]);
    sends!(c, "one get, gathered", gathered(&db, 1), [("find", 1)]);
    sends!(c, "101 gets at the same time", gathered(&db, 101), [("find", 2)]);
    let events: Vec<_> = (0..1000).map(|n| event("s", n, 0)).collect();
    sends!(c, "put_many", Event::put_many(&events).exec(&db), [("update", 1)]);
    sends!(c, "a page of the primary key", Event::query("s").exec(&db), [("find", 1)]);
    sends!(c, "scan", Event::scan().exec(&db), [("find", 1)]);
    Note::put(&note("m")).exec(&db).await.unwrap();
    sends!(
        c,
        "a transaction",
        db.transaction().add(Note::put(&n)).add(Note::update("m").add(Note::COUNT, 1)).commit(),
        [("update", 1), ("findAndModify", 1), ("commitTransaction", 1)]
    );
    told_and_conditional_writes(&c, "update", "update", "delete", "findAndModify").await;
    let mut three = db.transaction();
    let _ = three.add_returning(Note::replace(&n));
    let _ = three.add_returning(Note::update("m2").add(Note::COUNT, 1));
    let _ = three.add_returning(Note::delete("m"));
    Note::put(&note("m2")).exec(&db).await.unwrap();
    let sent = [("update", 1), ("findAndModify", 1), ("delete", 1), ("commitTransaction", 1)];
    sends!(c, "results of a transaction", three.commit(), sent);
    many::on_mongodb(&c).await;
    bulk::on_mongodb(&c).await;
    unstamped::on_mongodb(&c).await;
    forms::on(&c, ["insert", "update", "find", "find", "delete"], &[("findAndModify", 1)]).await;
    stale::on(&c, ["find", "find", "find", "find", "aggregate"]).await;
    collections::send(&c, "findAndModify", false).await;
    report::ran("requests::each_operation_sends_the_least", &label);
}

/// A finder reads its index and nothing else, however large the repository is.
#[tokio::test]
async fn no_finder_scans() {
    let (c, label) = Counted::on(Target::DynamodbLocal).await;
    let db = c.db.clone();
    db.define::<User>().await.unwrap();
    for n in 0..30 {
        User::create(&user(&format!("u{n}"), if n == 7 { "core" } else { "other" }, n)).exec(&db).await.unwrap();
    }
    c.taken();
    assert_eq!(User::find_by_team("core").all(&db).await.unwrap().len(), 1);
    assert_eq!(User::find_by_team("core").count(&db).await.unwrap(), 1);
    assert!(User::find_by_email("u7@example.com").exec(&db).await.unwrap().is_some());
    assert!(!c.taken().contains_key("Scan"));
    report::ran("requests::no_finder_scans", &label);
}

/// The requests of a batch do not wait for each other: each is held back until as many wait as are sent at once.
async fn the_parts_of_a_batch_are_under_way_at_once(target: Target) {
    let (count, at_once) = match target.protocol() {
        Some(Protocol::Mongodb) => (4000, 2),
        Some(Protocol::Postgres) => (4000, 4),
        Some(Protocol::Redis) => (400, 2),
        _ => (100, 4),
    };
    let request = Names::of(target).put_many;
    let (c, label) = Counted::on(target).await;
    let db = c.db.clone();
    db.define::<Event>().await.unwrap();
    let events: Vec<_> = (0..count).map(|n| event("s", n, 0)).collect();
    let fired = c.proxy.fault(Rule::on(request, Fault::Together(at_once)).always());
    c.taken();
    Event::put_many(&events).exec(&db).await.unwrap();
    assert_eq!(c.taken(), BTreeMap::from([(request.to_owned(), 4)]));
    assert_eq!(fired.count(), 4);
    c.proxy.clear_faults();
    assert_eq!(Event::query("s").count(&db).await.unwrap(), count);
    report::ran("requests::the_parts_of_a_batch_are_under_way_at_once", &label);
}

/// Calls one after another use one connection, also those that open and define.
async fn calls_share_a_connection(target: Target) {
    let (c, label) = Counted::on(target).await;
    c.db.define::<Note>().await.unwrap();
    for n in 0..50 {
        let note = note(&n.to_string());
        Note::put(&note).exec(&c.db).await.unwrap();
        assert_eq!(Note::get(&note.id).exec(&c.db).await.unwrap(), Some(note));
    }
    assert_eq!(c.proxy.connections(), 1);
    report::ran("requests::calls_share_a_connection", &label);
}

/// A clock that is wrong costs one request, once: what follows is signed for the server's time.
async fn a_wrong_clock_is_corrected_once(target: Target) {
    let (c, label) = Counted::on(target).await;
    let db = c.db.clone();
    db.define::<Note>().await.unwrap();
    let n = note("n");
    for ahead in [3600, -7200, 0] {
        c.proxy.clear_faults();
        c.proxy.fault(Rule::any(Fault::ClockAhead(ahead)).always());
        sends!(c, "the first call after the clock moved", Note::put(&n).exec(&db), [("PutItem", 2)]);
        for _ in 0..5 {
            sends!(c, "a write after it", Note::put(&n).exec(&db), [("PutItem", 1)]);
            sends!(c, "a read after it", Note::get("n").exec(&db), [("GetItem", 1)]);
        }
    }
    report::ran("requests::a_wrong_clock_is_corrected_once", &label);
}

reposit_tests::on_backends!(
    server #[tokio::test]
    the_parts_of_a_batch_are_under_way_at_once: crate::the_parts_of_a_batch_are_under_way_at_once,
    removals_send_the_least: crate::removals::removals_send_the_least,
    parts_and_pages_back_send_the_least: crate::parts::parts_and_pages_back_send_the_least,
    automatic_keys_cost_nothing: crate::automatic_keys::automatic_keys_cost_nothing,
    a_stream_is_one_page_ahead: crate::pages::a_stream_is_one_page_ahead,
    a_listing_costs_no_request_at_its_end: crate::pages::a_listing_costs_no_request_at_its_end,
);

/// What DynamoDB's servers alone do.
mod dynamodb {
    reposit_tests::on_backends!(
        dynamodb #[tokio::test]
        each_operation_sends_the_least: crate::dynamodb_sends,
        short_and_empty_answers_are_read_past: crate::pages::short_and_empty_answers_are_read_past,
        large_records_fill_pages: crate::pages::large_records_fill_pages,
        calls_share_a_connection: crate::calls_share_a_connection,
        a_wrong_clock_is_corrected_once: crate::a_wrong_clock_is_corrected_once,
    );
}

/// What Redis alone does.
mod on_redis {
    reposit_tests::on_backends!(
        redis #[tokio::test]
        each_operation_sends_the_least: crate::scripts::each_operation_sends_the_least,
        calls_share_a_connection: crate::calls_share_a_connection,
    );
}
