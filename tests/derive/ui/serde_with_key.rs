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
struct Log {
    #[hash_key]
    id: String,
    #[range_key]
    #[serde(with = "text")]
    at: u64,
    #[index(range = "level")]
    #[serde(with = "text")]
    user: u64,
    #[serde(serialize_with = "text::serialize")]
    level: u64,
}

fn main() {}
