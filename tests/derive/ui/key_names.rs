use reposit::Key;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, Key)]
enum Level {
    #[serde(rename(serialize = "l", deserialize = "low"))]
    Low,
    #[serde(rename(serialize = "high", deserialize = "high"))]
    High,
}

fn main() {}
