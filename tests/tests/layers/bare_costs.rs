//! The cost of records without the library's marks, at the sizes at which a mark would cost a unit.

use reposit::{Database, Projection, Repository};
use reposit_tests::harness::START;
use serde::{Deserialize, Serialize};

use crate::costs::Costs;

/// What expires by its own field: a stamp, and no mark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "passes")]
struct Pass {
    #[hash_key]
    id: String,
    #[index]
    place: String,
    #[ttl]
    until: Option<i64>,
    text: String,
}

/// Neither stamp nor mark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "cards", stamp = false, index(hash = "shelf", projection = "keys_only"))]
struct Card {
    #[hash_key]
    id: String,
    #[index]
    place: String,
    shelf: String,
    #[ttl]
    until: Option<i64>,
    text: String,
}

#[derive(Debug, Deserialize, Projection)]
#[projection(of = Card)]
#[allow(dead_code, reason = "they are read, and that costs")]
struct CardKey {
    id: String,
    shelf: String,
}

fn pass(id: &str, text: usize) -> Pass {
    Pass { id: id.into(), place: "x".into(), until: Some(START + 1000), text: "x".repeat(text) }
}

fn card(id: &str, text: usize) -> Card {
    Card { id: id.into(), place: "x".into(), shelf: "s".into(), until: Some(START + 1000), text: "x".repeat(text) }
}

pub(crate) async fn of_marks(db: &Database, costs: &mut Costs<'_>) {
    db.define::<(Pass, Card)>().await.unwrap();
    for text in 960..980 {
        costs.step("put with a ttl of its own", Pass::put(&pass("p", text)).exec(db)).await;
    }
    costs.step("move the ttl of its own", Pass::update("p").add(Pass::UNTIL, 9).exec(db)).await;
    costs.step("query by a ttl of its own", Pass::find_by_place("x").all(db)).await;
    costs.step("count by a ttl of its own", Pass::find_by_place("x").count(db)).await;
    for text in 985..1005 {
        costs.step("put without marks", Card::put(&card("c", text)).exec(db)).await;
    }
    costs.step("put the same", Card::put(&card("c", 1004)).exec(db)).await;
    costs.step("update to the same", Card::update("c").set(Card::PLACE, "x").exec(db)).await;
    costs.step("update another", Card::update("c").set(Card::TEXT, "y").exec(db)).await;
    let many: Vec<_> = (0..7).map(|n| card(&n.to_string(), 990 + n)).collect();
    costs.step("put_many without marks", Card::put_many(&many).exec(db)).await;
    costs.step("query what the index does not hold", Card::find_by_shelf("s").all(db)).await;
    costs.step("select keys and the ttl besides", Card::find_by_shelf("s").select::<CardKey>().all(db)).await;
    costs.step("count by an index without the ttl", Card::find_by_shelf("s").count(db)).await;
    let (one, two) = (card("c", 1003), pass("p", 974));
    costs
        .step("a transaction without marks", db.transaction().add(Card::put(&one)).add(Pass::put(&two)).commit())
        .await;
    costs.step("get without marks", Card::get("c").consistent().exec(db)).await;
    costs.step("delete without marks", Card::delete("c").exec(db)).await;
}
