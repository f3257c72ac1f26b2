//! What an update changes, and what it refuses to.

pub(crate) mod changes;
pub(crate) mod lists;
pub(crate) mod nested;
pub(crate) mod no_changes;
pub(crate) mod numbers;
pub(crate) mod patches;

use std::collections::BTreeMap;

use reposit::Repository;
use serde::{Deserialize, Serialize};

/// A record whose numbers and lists may all be missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
pub(crate) struct Sparse {
    #[hash_key]
    pub(crate) id: String,
    pub(crate) byte: Option<u8>,
    pub(crate) long: Option<u64>,
    pub(crate) float: Option<f64>,
    pub(crate) list: Option<Vec<String>>,
    pub(crate) lists: BTreeMap<String, Vec<i32>>,
}
