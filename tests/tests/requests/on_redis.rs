//! What each operation sends to Redis.

use std::collections::BTreeMap;

use reposit_tests::harness::START;
use reposit_tests::models::{Account, Event, Note, Token, User, account, event, note, token, user};
use reposit_tests::report;
use reposit_tests::servers::Target;

use crate::counted::{Counted, sends};
use crate::gathered;

/// What reads and then writes.
const BOTH: [(&str, usize); 2] = [("EVALSHA_RO", 1), ("EVALSHA", 1)];

#[tokio::test]
async fn each_operation_sends_the_least() {
    let (c, label) = Counted::on(Target::Redis).await;
    let db = c.db.clone();
    db.define::<(User, Note, Event, Token, Account)>().await.unwrap();
    let (ada, n) = (user("u1", "core", 1), note("n"));
    sends!(c, "create", Note::create(&n).exec(&db), [("EVALSHA", 1)]);
    sends!(c, "create with ttl", Token::create(&token("t", START)).exec(&db), [("EVALSHA", 1)]);
    sends!(c, "create with a unique field", User::create(&ada).exec(&db), [("EVALSHA", 1)]);
    sends!(c, "create with three", Account::create(&account("a")).exec(&db), [("EVALSHA", 1)]);
    sends!(c, "put", Note::put(&n).exec(&db), [("EVALSHA", 1)]);
    sends!(c, "get", User::get("u1").exec(&db), [("HGET", 1)]);
    sends!(c, "find by a unique field", User::find_by_email("u1@example.com").exec(&db), [("EVALSHA_RO", 1)]);
    sends!(c, "and consistent", User::find_by_email("u1@example.com").consistent().exec(&db), [("EVALSHA_RO", 1)]);
    sends!(c, "a page", User::find_by_team("core").limit(10).exec(&db), [("EVALSHA", 1)]);
    sends!(c, "first", User::find_by_team("core").first(&db), [("EVALSHA", 1)]);
    sends!(c, "count", User::find_by_team("core").count(&db), [("ZLEXCOUNT", 1)]);
    sends!(c, "scan", Note::scan().exec(&db), [("EVALSHA", 1)]);
    sends!(c, "update", Note::update("n").set(Note::TITLE, "x").add(Note::COUNT, 1).exec(&db), BOTH);
    sends!(c, "update without changes", Note::update("n").exec(&db), [("HGET", 1)]);
    sends!(c, "update of a unique field", User::update("u1").set(User::EMAIL, "new@example.com").exec(&db), BOTH);
    let taken = User { id: "u2".into(), email: "new@example.com".into(), ..user("u2", "core", 2) };
    let refused = async { User::create(&taken).exec(&db).await.map_err(|error| error.kind()).map_or_else(Ok, Err) };
    sends!(c, "create with a value that is taken", refused, [("EVALSHA", 1)]);
    sends!(c, "delete", Note::delete("n").exec(&db), [("EVALSHA", 1)]);
    sends!(c, "get_many", Note::get_many((0..100).map(|n| n.to_string())).exec(&db), [("EVALSHA_RO", 1)]);
    sends!(c, "100 gets at the same time, gathered", gathered(&db, 100), [("EVALSHA_RO", 1)]);
    sends!(c, "one get, gathered", gathered(&db, 1), [("HGET", 1)]);
    let events: Vec<_> = (0..250).map(|n| event("s", n, 0)).collect();
    sends!(c, "put_many in chunks", Event::put_many(&events).exec(&db), [("EVALSHA", 3)]);
    Note::put(&note("m")).exec(&db).await.unwrap();
    let both = || db.transaction().add(Note::put(&n)).add(Event::put(&events[0]));
    sends!(c, "a transaction of whole records", both().commit(), [("EVALSHA", 1)]);
    sends!(c, "and of an update", both().add(Note::update("m").add(Note::COUNT, 1)).commit(), BOTH);
    sends!(c, "a read at one moment", db.snapshot((Note::get("n"), User::get("u1"))), [("EVALSHA_RO", 1)]);
    sends!(c, "put if", Note::put(&n).only_if(Note::COUNT.eq(0)).exec(&db), BOTH);
    sends!(c, "replace", Note::replace(&n).exec(&db), BOTH);
    sends!(c, "update, previous", Note::update("n").add(Note::COUNT, 1).exec_previous(&db), BOTH);
    sends!(c, "delete, returning", Note::delete("n").exec_returning(&db), [("EVALSHA", 1)]);
    sends!(c, "delete if none is there", Note::delete("n").only_if(Note::COUNT.eq(0)).exec(&db), BOTH);
    report::ran("requests::each_operation_sends_the_least", &label);
}
