use reposit::Repository;
use serde::{Deserialize, Serialize};

mod text {
    pub fn serialize<S: serde::Serializer>(value: &u64, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(value)
    }

    pub fn deserialize<'de, D: serde::Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
        let text: String = serde::Deserialize::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}


#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    #[serde(skip)]
    id: String,
    #[range_key]
    #[serde(skip_serializing_if = "is_zero", default)]
    at: u64,
    #[index]
    #[serde(skip_deserializing)]
    team: String,
    #[version]
    #[serde(with = "text")]
    revision: u64,
    #[ttl]
    #[serde(with = "text")]
    expires: u64,
    #[serde(skip_serializing)]
    secret: String,
}

#[derive(Serialize, Deserialize, Repository)]
struct Flat {
    #[hash_key]
    #[serde(flatten)]
    id: String,
}

fn is_zero(value: &u64) -> bool {
    *value == 0
}

fn main() {}
