//! Fields that are sets: what is stored and read, how they change, and what is asked of them.

pub(crate) mod asked;
pub(crate) mod changed;
pub(crate) mod kept;
pub(crate) mod older;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::{Duration, SystemTime};

use reposit::{Embedded, Key, Repository};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Key)]
pub enum Level {
    Low,
    #[serde(rename = "HIGH")]
    High,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Key)]
pub struct Badge(pub String);

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, Embedded)]
pub struct Inner {
    pub tags: BTreeSet<String>,
    pub marks: Option<HashSet<u64>>,
    pub count: u32,
}

/// Sets of every type, and wherever they may be.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, Repository)]
#[repository(name = "guests_with_sets")]
pub struct Guest {
    #[hash_key]
    pub id: String,
    pub roles: BTreeSet<String>,
    pub numbers: HashSet<i64>,
    pub large: BTreeSet<u64>,
    pub small: BTreeSet<u8>,
    pub data: BTreeSet<Vec<u8>>,
    pub pairs: HashSet<[u8; 2]>,
    pub seen: BTreeSet<SystemTime>,
    pub levels: BTreeSet<Level>,
    pub badges: HashSet<Badge>,
    pub ids: BTreeSet<Uuid>,
    pub maybe: Option<BTreeSet<String>>,
    pub inner: Inner,
    pub other: Option<Inner>,
    pub listed: Vec<BTreeSet<u32>>,
    pub named: BTreeMap<String, HashSet<String>>,
    pub count: i64,
}

pub fn texts<S: FromIterator<String>>(texts: &[&str]) -> S {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

pub fn at(millis: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
}

/// One without any member.
pub fn empty(id: &str) -> Guest {
    Guest { id: id.into(), ..Guest::default() }
}

/// One with members of every kind.
pub fn full(id: &str) -> Guest {
    Guest {
        id: id.into(),
        roles: texts(&["b", "a", "", "ä", "a b"]),
        numbers: HashSet::from([3, -1, i64::MIN, i64::MAX, 0, 10]),
        large: BTreeSet::from([0, u64::MAX, 9_223_372_036_854_775_808]),
        small: BTreeSet::from([0, 7, 255]),
        data: BTreeSet::from([vec![1], vec![0, 255], vec![0, 1], vec![2; 300]]),
        pairs: HashSet::from([[0, 0], [255, 1]]),
        seen: BTreeSet::from([at(0), at(1), at(1_700_000_000_123)]),
        levels: BTreeSet::from([Level::Low, Level::High]),
        badges: HashSet::from([Badge("x".into()), Badge("y".into())]),
        ids: BTreeSet::from([Uuid::nil(), Uuid::max()]),
        maybe: Some(texts(&["m"])),
        inner: Inner { tags: texts(&["t", "s"]), marks: Some(HashSet::from([5, u64::MAX])), count: 2 },
        other: Some(Inner { tags: texts(&["o"]), marks: None, count: 3 }),
        listed: vec![BTreeSet::from([2, 1]), BTreeSet::new(), BTreeSet::from([3])],
        named: BTreeMap::from([("x.$".to_owned(), texts(&["n", "m"])), ("y".to_owned(), HashSet::new())]),
        count: 1,
    }
}
