//! What models send that leave no stamps, or whose own field says when they expire: no more than others.

use std::collections::BTreeMap;

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
