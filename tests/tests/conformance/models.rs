use reposit::{Embedded, Repository};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "users", read_capacity = 5, write_capacity = 5)]
pub(crate) struct User {
    #[hash_key]
    pub(crate) id: String,
    #[index(unique)]
    pub(crate) email: String,
    #[index(range = "joined_at")]
    pub(crate) team: String,
    pub(crate) joined_at: i64,
    pub(crate) age: u32,
    pub(crate) tags: Vec<String>,
    pub(crate) nickname: Option<String>,
    #[version]
    pub(crate) revision: u64,
}

pub(crate) fn user(id: &str, team: &str, joined_at: i64) -> User {
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
pub(crate) struct Token {
    #[hash_key]
    pub(crate) token: String,
    pub(crate) user_id: String,
    #[ttl(seconds = 86400)]
    pub(crate) created_at: i64,
}

pub(crate) fn token(token: &str, created_at: i64) -> Token {
    Token { token: token.into(), user_id: "u1".into(), created_at }
}

/// Everything a record without rules can hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository, Default)]
pub(crate) struct Note {
    #[hash_key]
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) count: i64,
    pub(crate) big: u64,
    pub(crate) small: u8,
    pub(crate) ratio: f64,
    pub(crate) done: bool,
    pub(crate) tags: Vec<String>,
    pub(crate) data: Vec<u8>,
    pub(crate) nickname: Option<String>,
    pub(crate) score: Option<i32>,
    pub(crate) address: Option<Address>,
    pub(crate) labels: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded, Default)]
pub(crate) struct Address {
    pub(crate) city: String,
    pub(crate) zip: Option<String>,
    pub(crate) number: u32,
}

pub(crate) fn note(id: &str) -> Note {
    Note { id: id.into(), title: format!("note {id}"), ..Note::default() }
}

/// A record of two key parts, with a local index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "events")]
pub(crate) struct Event {
    #[hash_key]
    pub(crate) stream: String,
    #[range_key]
    pub(crate) seq: u64,
    #[index(local)]
    pub(crate) severity: i32,
    pub(crate) text: String,
}

pub(crate) fn event(stream: &str, seq: u64, severity: i32) -> Event {
    Event { stream: stream.into(), seq, severity, text: format!("{stream}/{seq}") }
}

/// Two unique indexes, one of them sparse, and a third over two fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "accounts", index(name = "by_org_and_number", hash = "org", range = "number", unique))]
pub(crate) struct Account {
    #[hash_key]
    pub(crate) id: String,
    #[index(unique)]
    pub(crate) login: String,
    #[index(unique)]
    pub(crate) phone: Option<String>,
    pub(crate) org: String,
    pub(crate) number: u32,
    pub(crate) balance: i64,
}

pub(crate) fn account(id: &str) -> Account {
    let number = id.bytes().map(u32::from).sum();
    Account { id: id.into(), login: format!("login-{id}"), phone: None, org: "acme".into(), number, balance: 100 }
}

/// Unique values and a time to live together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "seats")]
pub(crate) struct Seat {
    #[hash_key]
    pub(crate) id: u64,
    #[index(unique)]
    pub(crate) place: String,
    #[ttl]
    pub(crate) until: i64,
}

pub(crate) fn seat(id: u64, place: &str, until: i64) -> Seat {
    Seat { id, place: place.into(), until }
}

impl Account {
    pub(crate) fn clone_with_login(&self, login: &str) -> Self {
        Self { login: login.into(), ..self.clone() }
    }
}
