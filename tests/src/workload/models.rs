//! The models of the operations that are done while something goes wrong.

#![allow(missing_docs, reason = "models as a program has them")]

use std::collections::BTreeSet;
use std::time::SystemTime;

use mongodb::bson::oid::ObjectId;
use reposit::Repository;
use serde::{Deserialize, Serialize};

/// A record without rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "things")]
pub struct Thing {
    #[hash_key]
    pub id: String,
    pub text: String,
    pub count: i64,
    pub tags: Vec<String>,
    pub roles: BTreeSet<String>,
}

/// A part of it, whose writes keep the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "things", keep_unknown)]
pub struct ThingPart {
    #[hash_key]
    pub id: String,
    pub text: String,
    pub count: i64,
}

pub fn thing(id: &str) -> Thing {
    Thing {
        id: id.into(),
        text: "first".into(),
        count: 10,
        tags: vec!["a".into()],
        roles: BTreeSet::from(["r".into()]),
    }
}

/// A record with a unique value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "people")]
pub struct Person {
    #[hash_key]
    pub id: String,
    #[index(unique)]
    pub email: String,
    pub age: i64,
}

pub fn person(id: &str, email: &str) -> Person {
    Person { id: id.into(), email: email.into(), age: 30 }
}

/// A record under a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "pages")]
pub struct Page {
    #[hash_key]
    pub id: String,
    pub text: String,
    #[version]
    pub revision: u64,
}

pub fn page(id: &str) -> Page {
    Page { id: id.into(), text: "first".into(), revision: 0 }
}

/// A record of many under one key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "lines")]
pub struct Line {
    #[hash_key]
    pub id: String,
    #[range_key]
    pub n: u64,
}

/// A record of many under one key that can be changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "entries")]
pub struct Entry {
    #[hash_key]
    pub id: String,
    #[range_key]
    pub n: u64,
    pub count: i64,
}

/// A record whose range key the library fills in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "posts")]
pub struct Post {
    #[hash_key]
    pub id: String,
    #[range_key(auto)]
    pub key: String,
    pub text: String,
}

pub fn post(id: &str, text: &str) -> Post {
    Post { id: id.into(), key: String::new(), text: text.into() }
}

/// A record whose key is an ObjectId that the library fills in, with an instant in a form of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "letters")]
pub struct Letter {
    #[hash_key(auto)]
    pub id: ObjectId,
    pub to: String,
    #[stored(as = "rfc3339")]
    pub sent: SystemTime,
}

pub fn letter(to: &str) -> Letter {
    Letter { id: ObjectId::from_bytes([0; 12]), to: to.into(), sent: SystemTime::UNIX_EPOCH }
}

/// A lock as the library stores it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "reposit_locks")]
pub struct StoredLock {
    #[hash_key]
    pub name: String,
    pub holder: Option<String>,
    #[serde(default)]
    pub beat: u64,
}

/// How many records a batch is of.
pub const BATCH: usize = 5;

pub(super) fn things(id: &str) -> Vec<Thing> {
    (0..BATCH).map(|n| Thing { text: "second".into(), ..thing(&item(id, n)) }).collect()
}

pub(super) fn pages(id: &str) -> Vec<Page> {
    (0..BATCH).map(|n| page(&item(id, n))).collect()
}

pub(super) fn people(id: &str) -> Vec<Person> {
    (0..BATCH).map(|n| person(&item(id, n), &format!("{n}.{}", new_email(id)))).collect()
}

pub(super) fn posts(id: &str) -> Vec<Post> {
    (0..BATCH).map(|n| post(id, &item(id, n))).collect()
}

pub(super) fn entries(id: &str) -> Vec<Entry> {
    (0..BATCH as u64).map(|n| Entry { id: id.into(), n, count: 10 }).collect()
}

pub(super) fn lines(id: &str) -> Vec<Line> {
    (0..BATCH as u64).map(|n| Line { id: id.into(), n }).collect()
}

/// The key of one record of a batch.
pub fn item(id: &str, n: usize) -> String {
    format!("{id}-{n}")
}

/// The unique value that a record has before.
pub fn old_email(id: &str) -> String {
    format!("old.{id}@example.com")
}

/// The unique value that an operation writes.
pub fn new_email(id: &str) -> String {
    format!("new.{id}@example.com")
}
