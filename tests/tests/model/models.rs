//! The models: small key spaces, so that operations meet each other, with values at the edges.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use reposit::{Embedded, Projection, Repository};
use serde::{Deserialize, Serialize};

use crate::rules::{FieldRule, IndexRule, Kind, Rules};

/// Where the clock of every sequence stands at first, in seconds: in 2096, well ahead of the
/// servers' own clocks, so that none of them takes a record away by itself.
pub const START: i64 = 4_000_000_000;

/// Which model an operation is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Model {
    Event,
    User,
    Seat,
    Account,
    Document,
    Task,
    Shift,
    Parcel,
    Job,
}

impl Model {
    pub const ALL: [Self; 9] = [
        Self::Event,
        Self::User,
        Self::Seat,
        Self::Account,
        Self::Document,
        Self::Task,
        Self::Shift,
        Self::Parcel,
        Self::Job,
    ];

    pub fn rules(self) -> &'static Rules {
        match self {
            Self::Event => &EVENT,
            Self::User => &USER,
            Self::Seat => &SEAT,
            Self::Account => &ACCOUNT,
            Self::Document => &DOCUMENT,
            Self::Task => &crate::task_model::TASK,
            Self::Shift => &crate::shift_model::SHIFT,
            Self::Parcel => &crate::parcel_model::PARCEL,
            Self::Job => &crate::job_model::JOB,
        }
    }
}

/// A range key of u64, hash keys with awkward characters, and a local index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "model_events")]
pub struct Event {
    #[hash_key]
    pub stream: String,
    #[range_key]
    pub seq: u64,
    #[index(local)]
    pub severity: i64,
    pub text: String,
    pub tags: Vec<String>,
    pub note: Option<String>,
    pub done: bool,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<String>,
}

/// The keys and the ranges of a model, so that a page of it has its place, and some more.
#[derive(Debug, Clone, Serialize, Deserialize, Projection)]
#[projection(of = Event)]
pub struct EventPart {
    pub stream: String,
    pub seq: u64,
    pub severity: i64,
    pub note: Option<String>,
}

const EVENT: Rules = Rules {
    name: "model_events",
    hash: "stream",
    range: Some("seq"),
    fields: &[
        FieldRule::new("stream", Kind::Text, r#"["a", "a", "a", "a:b", "a\u0000b", "ä.$#'", ""]"#),
        FieldRule::new(
            "seq",
            Kind::Int(0, u64::MAX as i128),
            "[0, 1, 2, 3, 10, 256, 9223372036854775807, 9223372036854775808, 18446744073709551615]",
        ),
        FieldRule::new(
            "severity",
            Kind::Int(i64::MIN as i128, i64::MAX as i128),
            "[0, 0, 1, -1, 7, -9223372036854775808, 9223372036854775807]",
        ),
        FieldRule::new("text", Kind::Text, r#"["a", "", "ab", "Z", "é", "a.b", "$a"]"#),
        FieldRule::new("tags", Kind::List, r#"[[], ["x"], ["x", "y"], ["y", "x", "x"]]"#),
        FieldRule::new("note", Kind::Text, r#"[null, "n", "m", ""]"#).optional(),
        FieldRule::new("done", Kind::Bool, "[false, true]"),
        FieldRule::new("roles", Kind::Set, r#"[null, ["x"], ["x", "y"], ["y"]]"#).optional(),
    ],
    nested: &[FieldRule::new("tags/0", Kind::Text, r#"["x", "y", "z"]"#)],
    indexes: &[IndexRule {
        name: "by_severity",
        fields: &["stream", "severity"],
        unique: false,
        local: true,
        by_two: false,
    }],
    ttl: None,
    version: None,
    times: None,
    older: None,
    part: &["stream", "seq", "severity", "note"],
};

/// A version, a unique index and a secondary one with a range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "model_users", keep_unknown)]
pub struct User {
    #[hash_key]
    pub id: String,
    #[index(unique)]
    pub email: String,
    #[index(range = "joined_at")]
    pub team: String,
    pub joined_at: i64,
    pub age: u8,
    pub nickname: Option<String>,
    #[version]
    #[serde(default)]
    pub revision: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, Projection)]
#[projection(of = User)]
pub struct UserPart {
    pub id: String,
    pub team: String,
    pub joined_at: i64,
    pub nickname: Option<String>,
}

const USER: Rules = Rules {
    name: "model_users",
    hash: "id",
    range: None,
    fields: &[
        FieldRule::new("id", Kind::Text, r#"["u1", "u2", "u3", "u4", "U1", "u1 ", "u5"]"#),
        FieldRule::new("email", Kind::Text, r#"["e1", "e2", "e3", "E1", "e4", "e5", ""]"#),
        FieldRule::new("team", Kind::Text, r#"["core", "core", "core", "ops"]"#),
        FieldRule::new(
            "joined_at",
            Kind::Int(i64::MIN as i128, i64::MAX as i128),
            "[0, 10, 10, -5, 20, 9007199254740993, 9007199254740992]",
        ),
        FieldRule::new("age", Kind::Int(0, 255), "[0, 1, 37, 255]"),
        FieldRule::new("nickname", Kind::Text, r#"[null, "x", "y"]"#).optional(),
        FieldRule::new(
            "revision",
            Kind::Int(0, u64::MAX as i128),
            "[0, 0, 0, 1, 2, 18446744073709551614, 18446744073709551615]",
        ),
    ],
    nested: &[],
    indexes: &[
        IndexRule { name: "by_email", fields: &["email"], unique: true, local: false, by_two: false },
        IndexRule { name: "by_team", fields: &["team", "joined_at"], unique: false, local: false, by_two: false },
    ],
    ttl: None,
    version: Some("revision"),
    times: None,
    older: Some(&[]),
    part: &["id", "team", "joined_at", "nickname"],
};

/// A time to live, which a record may lack, together with unique values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "model_seats")]
pub struct Seat {
    #[hash_key]
    pub id: i64,
    #[index(unique)]
    pub place: String,
    #[index]
    pub zone: String,
    #[ttl(seconds = 100)]
    pub until: Option<i64>,
    #[serde(alias = "price")]
    pub fare: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize, Projection)]
#[projection(of = Seat)]
pub struct SeatPart {
    pub id: i64,
    pub fare: i64,
}

const SEAT: Rules = Rules {
    name: "model_seats",
    hash: "id",
    range: None,
    fields: &[
        FieldRule::new("id", Kind::Int(i64::MIN as i128, i64::MAX as i128), "[0, 1, 2, -1, -9223372036854775808]"),
        FieldRule::new("place", Kind::Text, r#"["p1", "p2", "p3", "p4"]"#),
        FieldRule::new("zone", Kind::Text, r#"["z", "z", "y"]"#),
        FieldRule::new(
            "until",
            Kind::Int(i64::MIN as i128, i64::MAX as i128),
            "[null, 3999999901, 3999999904, 3999999909, 3999999915, 4000000900, 3999999895]",
        )
        .optional(),
        FieldRule::new("fare", Kind::Int(i64::MIN as i128, i64::MAX as i128), "[0, 5, -5]"),
    ],
    nested: &[],
    indexes: &[
        IndexRule { name: "by_place", fields: &["place"], unique: true, local: false, by_two: false },
        IndexRule { name: "by_zone", fields: &["zone"], unique: false, local: false, by_two: false },
    ],
    ttl: Some(("until", 100)),
    version: None,
    times: None,
    older: Some(&[("fare", "price")]),
    part: &["id", "fare"],
};

/// Three unique indexes, one of them sparse and one over two fields, and a sparse secondary one whose
/// range is an instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(
    name = "model_accounts",
    keep_unknown,
    stamp = false,
    index(name = "by_org_and_number", hash = "org", range = "number", unique)
)]
pub struct Account {
    #[hash_key]
    pub id: u64,
    #[index(unique)]
    pub login: String,
    #[index(unique)]
    pub phone: Option<String>,
    pub org: String,
    pub number: u32,
    pub balance: i64,
    #[index(range = "rank")]
    pub club: Option<String>,
    pub rank: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Projection)]
#[projection(of = Account)]
pub struct AccountPart {
    pub id: u64,
    pub club: Option<String>,
    pub rank: Option<DateTime<Utc>>,
    pub phone: Option<String>,
}

const ACCOUNT: Rules = Rules {
    name: "model_accounts",
    hash: "id",
    range: None,
    fields: &[
        FieldRule::new("id", Kind::Int(0, u64::MAX as i128), "[0, 1, 2, 3, 18446744073709551615]"),
        FieldRule::new("login", Kind::Text, r#"["l1", "l2", "l3", "L1", "l4", "l5"]"#),
        FieldRule::new("phone", Kind::Text, r#"[null, "1", "2", "3", ""]"#).optional(),
        FieldRule::new("org", Kind::Text, r#"["o", "p", "o:1"]"#),
        FieldRule::new("number", Kind::Int(0, u32::MAX as i128), "[0, 1, 2, 4294967295]"),
        FieldRule::new("balance", Kind::Int(i64::MIN as i128, i64::MAX as i128), "[0, 100, -1, 9223372036854775807]"),
        FieldRule::new("club", Kind::Text, r#"["c", null, "c", "d"]"#).optional(),
        FieldRule::new("rank", Kind::Instant, "[0, 1, null, 1, -1, 999, 1000, -1500, 4000000000123]").optional(),
    ],
    nested: &[],
    indexes: &[
        IndexRule { name: "by_org_and_number", fields: &["org", "number"], unique: true, local: false, by_two: false },
        IndexRule { name: "by_login", fields: &["login"], unique: true, local: false, by_two: false },
        IndexRule { name: "by_phone", fields: &["phone"], unique: true, local: false, by_two: false },
        IndexRule { name: "by_club", fields: &["club", "rank"], unique: false, local: false, by_two: false },
    ],
    ttl: None,
    version: None,
    times: None,
    older: None,
    part: &["id", "club", "rank", "phone"],
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub struct Address {
    pub city: String,
    pub zip: Option<String>,
    pub number: i64,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<String>,
}

/// A hash key of bytes, a text range key, an index over two range fields that holds only keys, one
/// whose hash has two parts, and nested fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(
    name = "model_documents",
    index(name = "by_kind", hash = "kind", range = ["size", "path"], projection = "keys_only"),
    index(hash = ["kind", "size"], range = "path")
)]
pub struct Document {
    #[hash_key]
    pub owner: Vec<u8>,
    #[range_key]
    pub path: String,
    pub kind: String,
    pub size: u32,
    pub ratio: f64,
    pub address: Option<Address>,
    pub labels: BTreeMap<String, String>,
}

/// What the index holds.
#[derive(Debug, Clone, Serialize, Deserialize, Projection)]
#[projection(of = Document)]
pub struct DocumentPart {
    pub owner: Vec<u8>,
    pub path: String,
    pub kind: String,
    pub size: u32,
}

const DOCUMENT: Rules = Rules {
    name: "model_documents",
    hash: "owner",
    range: Some("path"),
    fields: &[
        FieldRule::new("owner", Kind::Bytes, "[[1], [1], [1, 0], [255], []]"),
        FieldRule::new(
            "path",
            Kind::Text,
            r#"["a", "a/b", "a\u0000", "ab", "b", "é", "a\udbff\udfff", "a\udbff\udfffz", ""]"#,
        ),
        FieldRule::new("kind", Kind::Text, r#"["k", "k", "j"]"#),
        FieldRule::new("size", Kind::Int(0, u32::MAX as i128), "[0, 1, 1, 10, 4294967295]"),
        FieldRule::new("ratio", Kind::Float, "[0.0, 0.1, 0.2, 2.5, -2.5, 1e100]"),
        FieldRule::new(
            "address",
            Kind::Struct,
            r#"[null, {"city": "Graz", "zip": "8010", "number": 1}, {"city": "Wien", "number": 0, "roles": ["x", "y"]}]"#,
        )
        .optional(),
        FieldRule::new("labels", Kind::Counted, r#"[{}, {"a": "1"}, {"$a.b": "1", "a": "2"}]"#),
    ],
    nested: &[
        FieldRule::new("address/city", Kind::Text, r#"["Graz", "Wien", ""]"#),
        FieldRule::new("address/zip", Kind::Text, r#"["8010", "1010"]"#).optional(),
        FieldRule::new("address/roles", Kind::Set, r#"[["x"], ["x", "y"]]"#).optional(),
        FieldRule::new("address/number", Kind::Int(i64::MIN as i128, i64::MAX as i128), "[0, 1, 2]"),
        FieldRule::new("labels/a", Kind::Text, r#"["1", "2"]"#),
        FieldRule::new("labels/$a.b", Kind::Text, r#"["1", "3"]"#),
    ],
    indexes: &[
        IndexRule { name: "by_kind", fields: &["kind", "size", "path"], unique: false, local: false, by_two: false },
        IndexRule {
            name: "by_kind_and_size",
            fields: &["kind", "size", "path"],
            unique: false,
            local: false,
            by_two: true,
        },
    ],
    ttl: None,
    version: None,
    times: None,
    older: None,
    part: &["owner", "path", "kind", "size"],
};
