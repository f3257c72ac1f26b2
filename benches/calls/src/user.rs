//! The model, as reposit and as serde have it.

use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "users")]
pub(crate) struct User {
    #[hash_key]
    pub(crate) id: String,
    #[index]
    pub(crate) team: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) about: String,
    pub(crate) age: u32,
    pub(crate) score: f64,
    pub(crate) active: bool,
    pub(crate) tags: Vec<String>,
    pub(crate) address: Address,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) street: String,
    pub(crate) city: String,
    pub(crate) postcode: String,
    pub(crate) country: String,
}

/// A record of a team.
pub(crate) fn user(id: String, team: &str) -> User {
    bench_harness::user!(id, team)
}
