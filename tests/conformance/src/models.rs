//! The models that the cases of several programs use.

#![allow(missing_docs, reason = "models as a program has them")]

use reposit::{Embedded, Repository};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "users", read_capacity = 5, write_capacity = 5)]
pub struct User {
    #[hash_key]
    pub id: String,
    #[index(unique)]
    pub email: String,
    #[index(range = "joined_at")]
    pub team: String,
    pub joined_at: i64,
    pub age: u32,
    pub tags: Vec<String>,
    pub nickname: Option<String>,
    #[version]
    pub revision: u64,
}

pub fn user(id: &str, team: &str, joined_at: i64) -> User {
    User {
        id: id.into(),
        email: format!("{id}@example.com"),
        team: team.into(),
        joined_at,
        age: 36,
        tags: vec!["new".into()],
        nickname: None,
        revision: 0,
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "tokens")]
pub struct Token {
    #[hash_key]
    pub token: String,
    pub user_id: String,
    #[ttl(seconds = 86400)]
    pub created_at: i64,
}

pub fn token(token: &str, created_at: i64) -> Token {
    Token { token: token.into(), user_id: "u1".into(), created_at }
}

/// Everything a record without rules can hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository, Default)]
pub struct Note {
    #[hash_key]
    pub id: String,
    pub title: String,
    pub count: i64,
    pub big: u64,
    pub small: u8,
    pub ratio: f64,
    pub done: bool,
    pub tags: Vec<String>,
    pub data: Vec<u8>,
    pub nickname: Option<String>,
    pub score: Option<i32>,
    pub address: Option<Address>,
    pub labels: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded, Default)]
pub struct Address {
    pub city: String,
    pub zip: Option<String>,
    pub number: u32,
}

pub fn note(id: &str) -> Note {
    Note { id: id.into(), title: format!("note {id}"), ..Note::default() }
}

/// A record of two key parts, with a local index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "events")]
pub struct Event {
    #[hash_key]
    pub stream: String,
    #[range_key]
    pub seq: u64,
    #[index(local)]
    pub severity: i32,
    pub text: String,
}

pub fn event(stream: &str, seq: u64, severity: i32) -> Event {
    Event { stream: stream.into(), seq, severity, text: format!("{stream}/{seq}") }
}

/// Two unique indexes, one of them sparse, and a third over two fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "accounts", index(name = "by_org_and_number", hash = "org", range = "number", unique))]
pub struct Account {
    #[hash_key]
    pub id: String,
    #[index(unique)]
    pub login: String,
    #[index(unique)]
    pub phone: Option<String>,
    pub org: String,
    pub number: u32,
    pub balance: i64,
}

pub fn account(id: &str) -> Account {
    let number = id.bytes().map(u32::from).sum();
    Account { id: id.into(), login: format!("login-{id}"), phone: None, org: "acme".into(), number, balance: 100 }
}

/// Unique values and a time to live together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "seats")]
pub struct Seat {
    #[hash_key]
    pub id: u64,
    #[index(unique)]
    pub place: String,
    #[ttl]
    pub until: i64,
}

pub fn seat(id: u64, place: &str, until: i64) -> Seat {
    Seat { id, place: place.into(), until }
}

impl Account {
    pub fn clone_with_login(&self, login: &str) -> Self {
        Self { login: login.into(), ..self.clone() }
    }
}
