//! What models send that leave no stamps, or whose own field says when they expire: no more than others.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reposit::Repository;
use serde::{Deserialize, Serialize};

use crate::counted::{Counted, sends};
use reposit_tests::harness::START;

/// Nothing but its own attributes is written.
#[derive(Debug, Clone, Serialize, Deserialize, Repository)]
#[repository(name = "cards", stamp = false)]
struct Card {
    #[hash_key]
    id: String,
    #[index(unique)]
    number: Option<String>,
    count: i64,
}

/// What expires by its own field.
#[derive(Debug, Clone, Serialize, Deserialize, Repository)]
#[repository(name = "passes")]
struct Pass {
    #[hash_key]
    id: String,
    #[index]
    place: String,
    #[ttl]
    until: Option<i64>,
}

pub(crate) async fn on_dynamodb(c: &Counted) {
    let db = c.db.clone();
    db.define::<(Card, Pass)>().await.unwrap();
    let card = Card { id: "c".into(), number: None, count: 1 };
    let numbered = Card { number: Some("1".into()), ..card.clone() };
    sends!(c, "create, no stamp", Card::create(&card).exec(&db), [("PutItem", 1)]);
    let transaction = [("GetItem", 1), ("TransactWriteItems", 1)];
    sends!(c, "put of a unique value, no stamp", Card::put(&numbered).exec(&db), transaction);
    sends!(c, "update, no stamp", Card::update("c").add(Card::COUNT, 1).exec(&db), [("UpdateItem", 1)]);
    let pass = Pass { id: "p".into(), place: "x".into(), until: Some(START) };
    sends!(c, "create with a ttl of its own", Pass::create(&pass).exec(&db), [("PutItem", 1)]);
    sends!(c, "sum of the ttl field", Pass::update("p").add(Pass::UNTIL, 1000).exec(&db), [("UpdateItem", 1)]);
    // With a mark the record would have to be read first: it says whether the mark changes.
    let defaulted = Pass::upsert("p").set(Pass::PLACE, "x").default(Pass::UNTIL, START + 9);
    sends!(c, "default of the ttl field", defaulted.exec(&db), [("UpdateItem", 1)]);
    sends!(c, "count where records expire", Pass::find_by_place("x").count(&db), [("Query", 1)]);
}

/// The stamp is Redis's own, beside the record: none is left in it, and none is missed.
pub(crate) async fn on_redis(c: &Counted) {
    let db = c.db.clone();
    db.define::<(Card, Pass)>().await.unwrap();
    let card = Card { id: "c".into(), number: None, count: 1 };
    let numbered = Card { number: Some("1".into()), ..card.clone() };
    let change = [("EVALSHA_RO read", 1), ("EVALSHA write", 1)];
    sends!(c, "create, no stamp", Card::create(&card).exec(&db), [("EVALSHA write", 1)]);
    sends!(c, "put of a unique value, no stamp", Card::put(&numbered).exec(&db), [("EVALSHA write", 1)]);
    sends!(c, "update, no stamp", Card::update("c").add(Card::COUNT, 1).exec(&db), change);
    let pass = Pass { id: "p".into(), place: "x".into(), until: Some(START) };
    sends!(c, "create with a ttl of its own", Pass::create(&pass).exec(&db), [("EVALSHA write", 1)]);
    sends!(c, "sum of the ttl field", Pass::update("p").add(Pass::UNTIL, 1000).exec(&db), change);
    sends!(c, "count where records expire", Pass::find_by_place("x").count(&db), [("EVALSHA page", 1)]);
}

/// What expires by its own date.
#[derive(Debug, Clone, Serialize, Deserialize, Repository)]
#[repository(name = "stays")]
struct Stay {
    #[hash_key]
    id: String,
    #[index]
    place: String,
    #[ttl(seconds = 60)]
    since: Option<SystemTime>,
}

pub(crate) async fn on_mongodb(c: &Counted) {
    let db = c.db.clone();
    db.define::<(Card, Stay)>().await.unwrap();
    let card = |id: &str| Card { id: id.into(), number: None, count: 1 };
    let numbered = Card { number: Some("1".into()), ..card("c") };
    sends!(c, "create, no stamp", Card::create(&card("c")).exec(&db), [("insert", 1)]);
    sends!(c, "put of a unique value, no stamp", Card::put(&numbered).exec(&db), [("update", 1)]);
    sends!(c, "update, no stamp", Card::update("c").add(Card::COUNT, 1).exec(&db), [("findAndModify", 1)]);
    let cards: Vec<_> = (0..100).map(|n| card(&n.to_string())).collect();
    sends!(c, "put of many, no stamp", Card::put_many(&cards).exec(&db), [("update", 1)]);
    // Which of many was missing would not show: each is sent by itself.
    let all = || Card::scan().filter(Card::ID.lt("2")).update_all(&db, |found| found.add(Card::COUNT, 1));
    sends!(c, "update of 12, no stamp", all(), [("find", 1), ("update", 12)]);
    let checked = db.transaction().add(Card::check("c")).add(Card::update("1").add(Card::COUNT, 1)).commit();
    let sent = [("update", 2), ("findAndModify", 1), ("commitTransaction", 1)];
    sends!(c, "a check, no stamp", checked, sent);

    let now = UNIX_EPOCH + Duration::from_secs(START.unsigned_abs());
    let stay = Stay { id: "s".into(), place: "x".into(), since: Some(now) };
    sends!(c, "create with a ttl of its own", Stay::create(&stay).exec(&db), [("update", 1)]);
    sends!(c, "put with a ttl of its own", Stay::put(&stay).exec(&db), [("update", 1)]);
    let moved = Stay::update("s").set(Stay::SINCE, now + Duration::from_secs(9)).exec(&db);
    sends!(c, "update of the ttl field", moved, [("findAndModify", 1)]);
    let defaulted = Stay::upsert("s").set(Stay::PLACE, "x").default(Stay::SINCE, now).exec(&db);
    sends!(c, "default of the ttl field", defaulted, [("findAndModify", 1)]);
    sends!(c, "count where records expire", Stay::find_by_place("x").count(&db), [("aggregate", 1)]);
    sends!(c, "delete with a ttl of its own", Stay::delete("s").exec(&db), [("delete", 1)]);
}
