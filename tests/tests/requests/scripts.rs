//! What each operation sends to Redis: a script where something is written, and before it one that reads, where what is
//! stored has to be known.

use std::collections::BTreeMap;

use reposit_tests::harness::START;
use reposit_tests::models::{Account, Event, Note, Token, User, account, event, note, token, user};
use reposit_tests::report;
use reposit_tests::servers::Target;

use crate::counted::{Counted, sends};
use crate::{NotePart, forms, gathered, many, stale, unstamped};

const WRITE: &str = "EVALSHA write";
const READ: &str = "EVALSHA_RO read";
const FIND: &str = "EVALSHA_RO find";
const PAGE: &str = "EVALSHA page";
/// What is read, decided and written.
const CHANGE: [(&str, usize); 2] = [(READ, 1), (WRITE, 1)];

/// The server keeps each script that it has run once: what is counted is what follows.
async fn warmed(c: &Counted) {
    let db = &c.db;
    db.define::<(User, Note, Event, Token, Account, NotePart)>().await.unwrap();
    Note::put(&note("warm")).exec(db).await.unwrap();
    Note::get_many(["warm"]).exec(db).await.unwrap();
    Note::scan().exec(db).await.unwrap();
    Note::delete("warm").exec(db).await.unwrap();
    User::find_by_email("nobody@example.com").exec(db).await.unwrap();
}

pub(crate) async fn each_operation_sends_the_least(target: Target) {
    let (c, label) = Counted::on(target).await;
    warmed(&c).await;
    let db = c.db.clone();
    let (ada, n) = (user("u1", "core", 1), note("n"));
    sends!(c, "create", Note::create(&n).exec(&db), [(WRITE, 1)]);
    sends!(c, "create with ttl", Token::create(&token("t", START)).exec(&db), [(WRITE, 1)]);
    sends!(c, "create with a unique field", User::create(&ada).exec(&db), [(WRITE, 1)]);
    sends!(c, "create with three", Account::create(&account("a")).exec(&db), [(WRITE, 1)]);
    sends!(c, "put", Note::put(&n).exec(&db), [(WRITE, 1)]);
    sends!(c, "get", User::get("u1").exec(&db), [("HGET", 1)]);
    sends!(c, "find by a unique field", User::find_by_email("u1@example.com").exec(&db), [(FIND, 1)]);
    sends!(c, "and consistent", User::find_by_email("u1@example.com").consistent().exec(&db), [(FIND, 1)]);
    sends!(c, "a page", User::find_by_team("core").limit(10).exec(&db), [(PAGE, 1)]);
    sends!(c, "first", User::find_by_team("core").first(&db), [(PAGE, 1)]);
    sends!(c, "count", User::find_by_team("core").count(&db), [("ZLEXCOUNT", 1)]);
    sends!(c, "count where records expire", Token::scan().count(&db), [(PAGE, 1)]);
    sends!(c, "update", Note::update("n").set(Note::TITLE, "x").add(Note::COUNT, 1).exec(&db), CHANGE);
    sends!(c, "update of a unique field", User::update("u1").set(User::EMAIL, "new@example.com").exec(&db), CHANGE);
    let taken = User { id: "u2".into(), email: "new@example.com".into(), ..user("u2", "core", 2) };
    let refused = async { User::create(&taken).exec(&db).await.map_err(|error| error.kind()).map_or_else(Ok, Err) };
    sends!(c, "create with a value that is taken", refused, [(WRITE, 1)]);
    let refused = async { Note::create(&n).exec(&db).await.map_err(|error| error.kind()).map_or_else(Ok, Err) };
    sends!(c, "create of what is there", refused, [(WRITE, 1)]);
    sends!(c, "delete", Note::delete("n").exec(&db), [(WRITE, 1)]);
    sends!(c, "delete with a unique field", User::delete("u1").exec(&db), [(WRITE, 1)]);
    sends!(c, "get_many", Note::get_many((0..100).map(|n| n.to_string())).exec(&db), [(READ, 1)]);
    sends!(c, "100 gets at the same time, gathered", gathered(&db, 100), [(READ, 1)]);
    sends!(c, "one get, gathered", gathered(&db, 1), [("HGET", 1)]);
    sends!(c, "101 gets at the same time", gathered(&db, 101), [(READ, 1), ("HGET", 1)]);
    let events: Vec<_> = (0..300).map(|n| event("s", n, 0)).collect();
    sends!(c, "put_many", Event::put_many(&events).exec(&db), [(WRITE, 3)]);
    sends!(c, "a page of the primary key", Event::query("s").exec(&db), [(PAGE, 1)]);
    sends!(c, "scan", Event::scan().exec(&db), [(PAGE, 1)]);
    told_and_conditional_writes(&c).await;
    transactions(&c).await;
    many::on_redis(&c).await;
    unstamped::on_redis(&c).await;
    forms::on(&c, [WRITE, WRITE, "HGET", PAGE, WRITE], &CHANGE).await;
    stale::on(&c, ["HGET", READ, FIND, PAGE, "ZLEXCOUNT"]).await;
    report::ran("requests::each_operation_sends_the_least", &label);
}

/// What tells of the record before or of none, and what has a condition.
async fn told_and_conditional_writes(c: &Counted) {
    let db = c.db.clone();
    let n = note("n");
    Note::put(&n).exec(&db).await.unwrap();
    User::create(&user("u1", "core", 1)).exec(&db).await.unwrap();
    sends!(c, "put if", Note::put(&n).only_if(Note::COUNT.eq(0)).exec(&db), CHANGE);
    sends!(c, "put if, where none is", Note::put(&note("new")).only_if(Note::COUNT.eq(9)).exec(&db), CHANGE);
    let part = NotePart { id: "n".into(), title: "part".into() };
    sends!(c, "put, keep_unknown", NotePart::put(&part).exec(&db), CHANGE);
    sends!(c, "replace", Note::replace(&n).exec(&db), CHANGE);
    sends!(c, "update, previous", Note::update("n").add(Note::COUNT, 1).exec_previous(&db), CHANGE);
    sends!(c, "update, unit", Note::update("n").add(Note::COUNT, 1).exec_unit(&db), CHANGE);
    let upsert = || Token::upsert("t").set(Token::USER_ID, "u").set(Token::CREATED_AT, START);
    sends!(c, "upsert, unit", upsert().exec_unit(&db), CHANGE);
    sends!(c, "upsert if", upsert().only_if(Token::USER_ID.eq("u")).exec(&db), CHANGE);
    let aged = User::update("u1").add(User::AGE, 1).version(1_u64);
    sends!(c, "update of one version", aged.exec(&db), CHANGE);
    sends!(c, "delete of one version", User::delete("u1").version(2_u64).exec(&db), CHANGE);
    sends!(c, "delete if", Note::delete("new").only_if(Note::COUNT.eq(0)).exec(&db), CHANGE);
    sends!(c, "delete, returning", Note::delete("n").exec_returning(&db), [(WRITE, 1)]);
}

/// A script for all; before it one that reads, if one of the writes needs that.
async fn transactions(c: &Counted) {
    let db = c.db.clone();
    let (n, m, ada) = (note("n"), note("m"), user("u1", "core", 1));
    let stored = db.transaction().add(Note::put(&n)).add(Note::create(&m)).add(User::create(&ada));
    sends!(c, "a transaction that stores", stored.commit(), [(WRITE, 1)]);
    let changed = db.transaction().add(Note::put(&n)).add(Note::update("m").add(Note::COUNT, 1));
    sends!(c, "a transaction that changes", changed.commit(), CHANGE);
    let mut three = db.transaction();
    let _ = three.add_returning(Note::update("n").add(Note::COUNT, 1));
    let _ = three.add_returning(Note::delete("m"));
    let _ = three.add_returning(Token::upsert("t").set(Token::USER_ID, "u").set(Token::CREATED_AT, START));
    sends!(c, "results of several", three.commit(), CHANGE);
    let both = db.snapshot((Note::get("n"), User::get("u1")));
    sends!(c, "reads at one moment", both, [(READ, 1)]);
}
