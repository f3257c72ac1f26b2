//! Puts by an older release of a model, which is another struct of the same repository: it knows of
//! no version and no time to live, and stores some fields under the names that they had. What it
//! has in common with the model's own struct is what both have to hold, such as unique values.

use std::collections::BTreeMap;

use reposit::{Database, Repository, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::models::Model;
use crate::rules::Row;
use crate::task_model::{Board, Part, Stage};
use crate::typed::held;

/// Before there was a version.
#[derive(Debug, Serialize, Deserialize, Repository)]
#[repository(name = "model_users")]
struct User {
    #[hash_key]
    id: String,
    #[index(unique)]
    email: String,
    #[index(range = "joined_at")]
    team: String,
    joined_at: i64,
    age: u8,
    nickname: Option<String>,
}

/// Before seats expired, when a fare was a price.
#[derive(Debug, Serialize, Deserialize, Repository)]
#[repository(name = "model_seats")]
struct Seat {
    #[hash_key]
    id: i64,
    #[index(unique)]
    place: String,
    #[index]
    zone: String,
    until: Option<i64>,
    price: i64,
}

/// Before tasks expired and had a version, and when two fields had other names.
#[derive(Debug, Serialize, Deserialize, Repository)]
#[repository(name = "model_tasks", index(name = "by_stage_and_slot", hash = "stage", range = "slot", unique))]
struct Task {
    #[hash_key]
    #[serde(rename = "#b")]
    board: Board,
    #[range_key]
    #[serde(rename = "size")]
    number: i64,
    #[serde(rename = ":stage")]
    stage: Stage,
    #[serde(rename = "quo'te\"d`")]
    slot: Option<u8>,
    #[index(local)]
    #[serde(rename = "order by")]
    rank: Option<i64>,
    #[serde(rename = "a$b")]
    parts: Vec<Part>,
    #[serde(rename = "no\"tes")]
    remarks: Option<Vec<String>>,
    tallies: BTreeMap<String, u64>,
    #[serde(rename = "ttl")]
    due: Option<u64>,
    #[created_at]
    made: i64,
    #[updated_at]
    #[serde(rename = "set")]
    touched: Option<u32>,
}

/// Stores a record as the older release of its model does.
pub async fn put(db: &Database, model: Model, row: &Row) -> Result<()> {
    let rules = model.rules();
    let names = rules.older.unwrap_or_else(|| panic!("{} has no older release", rules.name));
    let older_name = |name: &str| names.iter().find(|(new, _)| *new == name).map_or(name, |(_, old)| *old).to_owned();
    let row = Json::Object(row.iter().map(|(name, value)| (older_name(name), value.clone())).collect());
    match model {
        Model::User => User::put(&held(&row)).exec(db).await,
        Model::Seat => Seat::put(&held(&row)).exec(db).await,
        Model::Task => Task::put(&held(&row)).exec(db).await,
        other => panic!("{other:?} has no older release"),
    }
}
