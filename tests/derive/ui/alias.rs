use reposit::{Embedded, Key, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(index(name = "by_level", hash = "level", projection = ["text"]))]
struct Note {
    #[hash_key]
    #[serde(alias = "old_id")]
    id: String,
    #[index]
    #[serde(alias = "group")]
    team: String,
    level: i64,
    #[serde(alias = "body")]
    text: String,
    #[version]
    #[serde(rename(serialize = "rev", deserialize = "rev", deserialize = "revision"))]
    version: u64,
    #[ttl]
    #[serde(alias = "at")]
    until: i64,
    #[serde(alias = "text", alias = "_reposit_x")]
    other: String,
}

#[derive(Serialize, Deserialize, Embedded)]
struct Address {
    #[serde(alias = "town")]
    city: String,
}

#[derive(Clone, Serialize, Deserialize, Key)]
enum State {
    #[serde(alias = "Open")]
    Active,
}

fn main() {}
