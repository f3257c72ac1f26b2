use reposit::{Embedded, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[serde(skip_serializing, default)]
    read_only: String,
    #[serde(skip_deserializing)]
    written_only: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    count: u32,
}

#[derive(Serialize, Deserialize, Embedded)]
struct Address {
    #[serde(skip_serializing)]
    city: Option<String>,
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}

fn main() {}
