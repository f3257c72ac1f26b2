//! A model of days, times and addresses: as keys, in indexes, in sets and as the keys of a map; with a duration,
//! JSON, a tuple and an array, which are compared whole.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDate, NaiveDateTime};
use reposit::{Projection, Repository};
use serde::{Deserialize, Serialize};

use crate::rules::{FieldRule, IndexRule, Kind, Rules};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "model_shifts")]
pub struct Shift {
    #[hash_key]
    pub host: IpAddr,
    #[range_key]
    pub day: NaiveDate,
    #[index(range = "due")]
    pub crew: Arc<str>,
    pub due: jiff::civil::Date,
    #[index(local)]
    pub starts: Option<NaiveDateTime>,
    #[index(unique)]
    pub badge: Option<NonZeroU32>,
    pub pause: Duration,
    pub payload: Option<serde_json::Value>,
    pub pair: (u8, String),
    pub ends: [String; 2],
    pub tally: HashMap<NaiveDate, u64>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub off_days: BTreeSet<NaiveDate>,
    #[serde(default, skip_serializing_if = "HashSet::is_empty")]
    pub gates: HashSet<IpAddr>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Projection)]
#[projection(of = Shift)]
pub struct ShiftPart {
    pub host: IpAddr,
    pub day: NaiveDate,
    pub due: jiff::civil::Date,
    pub starts: Option<NaiveDateTime>,
    pub payload: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "HashSet::is_empty")]
    pub gates: HashSet<IpAddr>,
}

pub const SHIFT: Rules = Rules {
    name: "model_shifts",
    hash: "host",
    range: Some("day"),
    fields: &[
        FieldRule::new("host", Kind::Name, r#"["10.0.0.1", "10.0.0.1", "::1", "::ffff:10.0.0.1"]"#),
        FieldRule::new(
            "day",
            Kind::Word,
            r#"["2024-01-05", "2024-01-06", "2024-02-29", "0000-01-01", "9999-12-31", "1969-12-31"]"#,
        ),
        FieldRule::new("crew", Kind::Text, r#"["a", "a", "ab", ""]"#),
        FieldRule::new("due", Kind::Word, r#"["2024-01-05", "2024-01-05", "2024-10-01", "1999-12-31"]"#),
        FieldRule::new(
            "starts",
            Kind::Word,
            r#"["2024-01-05T10:00:05", null, "2024-01-05T10:00:05", "2024-01-05T10:00:05.500",
                "2024-01-05T10:00:05.000001", "0000-01-01T00:00:00"]"#,
        )
        .optional(),
        FieldRule::new("badge", Kind::Word, "[null, 1, 2, 3, 4294967295]").optional(),
        FieldRule::new(
            "pause",
            Kind::Struct,
            r#"[{"secs": 0, "nanos": 0}, {"secs": 3, "nanos": 500000000},
                {"secs": 18446744073709551615, "nanos": 999999999}]"#,
        ),
        FieldRule::new(
            "payload",
            Kind::Struct,
            r#"[null, 7, "text", {"a": [1, "x", null], "b": {"c": -1.5}}, [1, 2, 3], [], {}, false, 0.1,
                18446744073709551615]"#,
        )
        .optional(),
        FieldRule::new("pair", Kind::Struct, r#"[[0, ""], [255, "x"], [1, "é"]]"#),
        FieldRule::new("ends", Kind::Fixed, r#"[["x", "y"], ["", ""], ["y", "z"]]"#),
        FieldRule::new(
            "tally",
            Kind::Counted,
            r#"[{}, {"2024-01-05": 1}, {"2024-01-05": 18446744073709551615, "0000-01-01": 0}]"#,
        ),
        FieldRule::new(
            "off_days",
            Kind::Set,
            r#"[null, ["2024-01-05"], ["2024-01-05", "2024-02-29"], ["0000-01-01", "9999-12-31"]]"#,
        )
        .optional(),
        FieldRule::new("gates", Kind::Set, r#"[null, ["::1"], ["10.0.0.1", "::1"], ["::ffff:10.0.0.1"]]"#).optional(),
    ],
    nested: &[
        FieldRule::new("tally/2024-01-05", Kind::Int(0, u64::MAX as i128), "[0, 1, 18446744073709551615]"),
        FieldRule::new("tally/0000-01-01", Kind::Int(0, u64::MAX as i128), "[0, 7]"),
    ],
    indexes: &[
        IndexRule { name: "by_badge", fields: &["badge"], unique: true, local: false, by_two: false },
        IndexRule { name: "by_crew", fields: &["crew", "due"], unique: false, local: false, by_two: false },
        IndexRule { name: "by_starts", fields: &["host", "starts"], unique: false, local: true, by_two: false },
    ],
    ttl: None,
    version: None,
    times: None,
    older: None,
    part: &["host", "day", "due", "starts", "payload", "gates"],
};
