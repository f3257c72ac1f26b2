use reposit::Repository;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    #[serde(with = "as_text")]
    id: u64,
    #[index]
    #[serde(with = "as_text")]
    number: u64,
    #[serde(with = "as_text")]
    plain: u64,
}

mod as_text {
    use super::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &u64, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

fn main() {
    let _ = User::get(5);
}
