use reposit::Repository;
use serde::{Deserialize, Serialize};

/// A record without rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "things")]
pub(crate) struct Thing {
    #[hash_key]
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) count: i64,
    pub(crate) tags: Vec<String>,
}

pub(crate) fn thing(id: &str) -> Thing {
    Thing { id: id.into(), text: "first".into(), count: 10, tags: vec!["a".into()] }
}

/// A record with a unique value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "people")]
pub(crate) struct Person {
    #[hash_key]
    pub(crate) id: String,
    #[index(unique)]
    pub(crate) email: String,
    pub(crate) age: i64,
}

pub(crate) fn person(id: &str, email: &str) -> Person {
    Person { id: id.into(), email: email.into(), age: 30 }
}

/// A record under a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "pages")]
pub(crate) struct Page {
    #[hash_key]
    pub(crate) id: String,
    pub(crate) text: String,
    #[version]
    pub(crate) revision: u64,
}

pub(crate) fn page(id: &str) -> Page {
    Page { id: id.into(), text: "first".into(), revision: 0 }
}

/// A record of many under one key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "lines")]
pub(crate) struct Line {
    #[hash_key]
    pub(crate) id: String,
    #[range_key]
    pub(crate) n: u64,
}

/// A lock as the library stores it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "reposit_locks")]
pub(crate) struct StoredLock {
    #[hash_key]
    pub(crate) name: String,
    pub(crate) holder: Option<String>,
    #[serde(default)]
    pub(crate) beat: u64,
}
