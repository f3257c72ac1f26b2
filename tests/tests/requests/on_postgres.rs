//! What each operation sends to PostgreSQL: one statement where one can decide it, else a transaction.

use std::collections::BTreeMap;

use reposit_tests::harness::START;
use reposit_tests::models::{Account, Event, Note, Token, User, account, event, note, token, user};
use reposit_tests::report;
use reposit_tests::servers::Target;

use crate::counted::{Counted, sends};
use crate::gathered;

/// What locks the row of a record, changes it and commits.
const IN_TRANSACTION: [(&str, usize); 4] = [("BEGIN", 1), ("SELECT", 2), ("UPDATE", 1), ("COMMIT", 1)];

#[tokio::test]
async fn each_operation_sends_the_least_on_postgres() {
    let (c, label) = Counted::on(Target::Postgres).await;
    let db = c.db.clone();
    db.define::<(User, Note, Event, Token, Account)>().await.unwrap();
    let ada = user("u1", "core", 1);
    let n = note("n");

    sends!(c, "create", Note::create(&n).exec(&db), [("INSERT", 1)]);
    sends!(c, "create with ttl", Token::create(&token("t", START)).exec(&db), [("INSERT", 1)]);
    sends!(c, "create with a unique field", User::create(&ada).exec(&db), [("INSERT", 1)]);
    sends!(c, "create with three", Account::create(&account("a")).exec(&db), [("INSERT", 1)]);
    sends!(c, "put", Note::put(&n).exec(&db), [("INSERT", 1)]);
    sends!(c, "get", User::get("u1").exec(&db), [("SELECT", 1)]);
    sends!(c, "find by a unique field", User::find_by_email("u1@example.com").exec(&db), [("SELECT", 1)]);
    sends!(c, "and consistent", User::find_by_email("u1@example.com").consistent().exec(&db), [("SELECT", 1)]);
    sends!(c, "a page", User::find_by_team("core").limit(10).exec(&db), [("SELECT", 1)]);
    sends!(c, "a page of the primary key", Event::query("s").exec(&db), [("SELECT", 1)]);
    sends!(c, "first", User::find_by_team("core").first(&db), [("SELECT", 1)]);
    sends!(c, "count", User::find_by_team("core").count(&db), [("SELECT", 1)]);
    sends!(c, "scan", Note::scan().exec(&db), [("SELECT", 1)]);
    sends!(c, "update", Note::update("n").set(Note::TITLE, "x").add(Note::COUNT, 1).exec(&db), [("UPDATE", 1)]);
    let moved = User::update("u1").set(User::EMAIL, "new@example.com");
    sends!(c, "update of a unique field", moved.exec(&db), [("UPDATE", 1)]);
    let listed = Note::update("n").set(Note::TITLE, "y").only_if(Note::RATIO.is_in([n.ratio, 0.25]));
    sends!(c, "update if a float is one of several", listed.exec(&db), [("UPDATE", 1)]);
    let sum = || Note::update("n").add(Note::RATIO, 0.5);
    sends!(c, "sum of floats", sum().exec(&db), IN_TRANSACTION);
    sends!(c, "update, previous", Note::update("n").add(Note::COUNT, 1).exec_previous(&db), IN_TRANSACTION);
    sends!(c, "put if", Note::put(&n).only_if(Note::COUNT.ge(0)).exec(&db), [("INSERT", 1)]);
    sends!(c, "replace", Note::replace(&n).exec(&db), [("UPDATE", 1)]);
    let aged = User::update("u1").add(User::AGE, 1);
    let stored = User::get("u1").consistent().exec(&db).await.unwrap().unwrap();
    sends!(c, "update of one version", aged.version(stored.revision).exec(&db), [("UPDATE", 1)]);
    let refused = async { Note::create(&n).exec(&db).await.map_err(|error| error.kind()).map_or_else(Ok, Err) };
    sends!(c, "create of what is there", refused, [("INSERT", 1)]);
    let taken = User { id: "u2".into(), email: "new@example.com".into(), ..user("u2", "core", 2) };
    let refused = async { User::create(&taken).exec(&db).await.map_err(|error| error.kind()).map_or_else(Ok, Err) };
    sends!(c, "create with a value that is taken", refused, [("INSERT", 1)]);
    sends!(c, "delete, returning", Note::delete("n").exec_returning(&db), [("DELETE", 1)]);
    sends!(c, "delete", Note::delete("n").exec(&db), [("DELETE", 1)]);
    sends!(c, "get_many", Note::get_many((0..1000).map(|n| n.to_string())).exec(&db), [("SELECT", 1)]);
    sends!(c, "100 gets at the same time, gathered", gathered(&db, 100), [("SELECT", 1)]);
    let notes: Vec<_> = (0..1000).map(|n| note(&n.to_string())).collect();
    sends!(c, "put_many", Note::put_many(&notes).exec(&db), [("INSERT", 1)]);
    let events: Vec<_> = (0..60).map(|n| event("s", n, 0)).collect();
    sends!(c, "put_many of another", Event::put_many(&events).exec(&db), [("INSERT", 1)]);
    let ids = (0..1000).map(|n| n.to_string());
    sends!(c, "delete_many", Note::delete_many(ids).exec(&db), [("DELETE", 1)]);
    Note::put_many(&notes[..2]).exec(&db).await.unwrap();
    let transaction = db.transaction().add(Note::put(&n)).add(Note::update("1").add(Note::COUNT, 1));
    let sent = [("BEGIN", 1), ("SELECT", 2), ("INSERT", 1), ("UPDATE", 1), ("COMMIT", 1)];
    sends!(c, "a transaction", transaction.commit(), sent);
    report::ran("requests::each_operation_sends_the_least", &label);
}
