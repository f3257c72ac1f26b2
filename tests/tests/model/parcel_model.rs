//! A model of texts that are no `String`, numbers that are never zero, bytes of one length and days of another
//! crate: as keys, in indexes and sets, and as the keys of a map.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::Ipv4Addr;
use std::num::{NonZeroI64, NonZeroU8};
use std::sync::Arc;
use std::time::Duration;

use reposit::{Projection, Repository};
use serde::{Deserialize, Serialize};

use crate::rules::{FieldRule, IndexRule, Kind, Rules};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "model_parcels", index(name = "by_route", hash = "route", range = ["sent", "number"]))]
pub struct Parcel {
    #[hash_key]
    pub code: Box<str>,
    #[range_key]
    pub number: NonZeroI64,
    #[index(unique)]
    pub seal: [u8; 2],
    #[index(unique)]
    pub origin: Option<Ipv4Addr>,
    pub route: Cow<'static, str>,
    pub sent: time::Date,
    #[index(range = "weighed")]
    pub weight: NonZeroU8,
    pub weighed: Option<jiff::civil::DateTime>,
    pub waits: Vec<Duration>,
    pub corner: (NonZeroU8, [i64; 2]),
    pub legs: HashMap<i64, Box<str>>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub levels: BTreeSet<NonZeroU8>,
    #[serde(default, skip_serializing_if = "HashSet::is_empty")]
    pub handlers: HashSet<Arc<str>>,
    #[serde(default, skip_serializing_if = "HashSet::is_empty")]
    pub marks: HashSet<[u8; 2]>,
    #[version]
    #[serde(default)]
    pub revision: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, Projection)]
#[projection(of = Parcel)]
pub struct ParcelPart {
    pub code: Box<str>,
    pub number: NonZeroI64,
    pub sent: time::Date,
    pub weighed: Option<jiff::civil::DateTime>,
    pub corner: (NonZeroU8, [i64; 2]),
}

pub const PARCEL: Rules = Rules {
    name: "model_parcels",
    hash: "code",
    range: Some("number"),
    fields: &[
        FieldRule::new("code", Kind::Text, r#"["a", "a", "a", "b", ""]"#),
        FieldRule::new("number", Kind::Word, "[1, 2, -1, -9223372036854775808, 9223372036854775807]"),
        FieldRule::new("seal", Kind::Struct, "[[0, 0], [0, 1], [1, 0], [255, 255]]"),
        FieldRule::new("origin", Kind::Name, r#"[null, "10.0.0.1", "10.0.0.2", "0.0.0.0"]"#).optional(),
        FieldRule::new("route", Kind::Text, r#"["r", "r", "s", ""]"#),
        // As serde writes it: the year, and which of its days.
        FieldRule::new("sent", Kind::Word, "[[2024, 5], [2024, 5], [2024, 60], [0, 1], [9999, 365], [2023, 365]]"),
        FieldRule::new("weight", Kind::Word, "[1, 1, 2, 255]"),
        FieldRule::new(
            "weighed",
            Kind::Word,
            r#"["2024-01-05T10:00:05", null, "2024-01-05T10:00:05.5", "2024-01-05T10:00:05.000000001"]"#,
        )
        .optional(),
        FieldRule::new(
            "waits",
            Kind::Counted,
            r#"[[], [{"secs": 0, "nanos": 1}], [{"secs": 7, "nanos": 0}, {"secs": 0, "nanos": 0}]]"#,
        ),
        FieldRule::new("corner", Kind::Struct, "[[1, [0, 0]], [255, [-9223372036854775808, 9223372036854775807]]]"),
        FieldRule::new("legs", Kind::Counted, r#"[{}, {"0": "x"}, {"-1": "x", "0": "", "9223372036854775807": "y"}]"#),
        FieldRule::new("levels", Kind::Set, "[null, [1], [1, 2], [2, 255]]").optional(),
        FieldRule::new("handlers", Kind::Set, r#"[null, ["x"], ["", "x"], ["y"]]"#).optional(),
        FieldRule::new("marks", Kind::Set, "[null, [[0, 1]], [[0, 1], [1, 0]], [[255, 255]]]").optional(),
        FieldRule::new(
            "revision",
            Kind::Int(0, u64::MAX as i128),
            "[0, 0, 0, 1, 2, 18446744073709551614, 18446744073709551615]",
        ),
    ],
    nested: &[
        FieldRule::new("waits/0", Kind::Struct, r#"[{"secs": 0, "nanos": 0}, {"secs": 7, "nanos": 0}]"#),
        FieldRule::new("legs/0", Kind::Text, r#"["x", "y", ""]"#),
        FieldRule::new("legs/-1", Kind::Text, r#"["x", "z"]"#),
    ],
    indexes: &[
        IndexRule { name: "by_seal", fields: &["seal"], unique: true, local: false, by_two: false },
        IndexRule { name: "by_origin", fields: &["origin"], unique: true, local: false, by_two: false },
        IndexRule {
            name: "by_route",
            fields: &["route", "sent", "number"],
            unique: false,
            local: false,
            by_two: false,
        },
        IndexRule { name: "by_weight", fields: &["weight", "weighed"], unique: false, local: false, by_two: false },
    ],
    ttl: None,
    version: Some("revision"),
    times: None,
    older: None,
    part: &["code", "number", "sent", "weighed", "corner"],
};
