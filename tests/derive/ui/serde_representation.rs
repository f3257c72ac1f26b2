use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[serde(transparent)]
struct One {
    #[hash_key]
    id: String,
}

#[derive(Serialize, Deserialize, Repository)]
#[serde(tag = "kind")]
struct Tagged {
    #[hash_key]
    id: String,
}

#[derive(Clone, Serialize, Deserialize, Repository)]
#[serde(into = "Wire", from = "Wire")]
struct Converted {
    #[hash_key]
    id: String,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    id: String,
}

impl From<Wire> for Converted {
    fn from(wire: Wire) -> Self {
        Self { id: wire.id }
    }
}

impl From<Converted> for Wire {
    fn from(model: Converted) -> Self {
        Self { id: model.id }
    }
}

fn main() {}
