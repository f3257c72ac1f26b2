//! One model with everything at once: two key parts of types of its own, a sparse unique index over
//! two fields, a sparse local index, a time to live, a narrow version, filled-in times, lists of
//! structs and maps, and stored names that mean something to the servers.

use std::collections::BTreeMap;

use reposit::{Embedded, Key, Projection, Repository};
use serde::{Deserialize, Serialize};

use crate::rules::{FieldRule, IndexRule, Kind, Rules};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Key)]
pub struct Board(String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Key)]
pub enum Stage {
    Open,
    #[serde(rename = "in progress")]
    Doing,
    #[serde(rename = "$done")]
    Done,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub struct Part {
    #[serde(rename = "na'me")]
    pub name: String,
    pub hours: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(
    name = "model_tasks",
    keep_unknown,
    index(name = "by_stage_and_slot", hash = "stage", range = "slot", unique)
)]
pub struct Task {
    #[hash_key]
    #[serde(rename = "#b")]
    pub board: Board,
    #[range_key]
    #[serde(rename = "size")]
    pub number: i64,
    #[serde(rename = ":stage")]
    pub stage: Stage,
    #[serde(rename = "quo'te\"d`")]
    pub slot: Option<u8>,
    #[index(local)]
    #[serde(rename = "order by")]
    pub rank: Option<i64>,
    #[serde(rename = "a$b")]
    pub parts: Vec<Part>,
    #[serde(alias = "no\"tes")]
    pub notes: Option<Vec<String>>,
    #[serde(alias = "tallies")]
    pub counts: BTreeMap<String, u64>,
    #[ttl]
    #[serde(rename = "ttl")]
    pub due: Option<u64>,
    #[version]
    #[serde(rename = "größe", default)]
    pub revision: u8,
    #[created_at]
    pub made: i64,
    #[updated_at]
    #[serde(rename = "set")]
    pub touched: Option<u32>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Projection)]
#[projection(of = Task)]
pub struct TaskPart {
    #[serde(rename = "#b")]
    pub board: Board,
    #[serde(rename = "size")]
    pub number: i64,
    #[serde(rename = "order by")]
    pub rank: Option<i64>,
    #[serde(rename = "a$b")]
    pub parts: Vec<Part>,
}

pub const TASK: Rules = Rules {
    name: "model_tasks",
    hash: "#b",
    range: Some("size"),
    fields: &[
        FieldRule::new("#b", Kind::Word, r##"["a", "a", "a", "#b", ""]"##),
        FieldRule::new(
            "size",
            Kind::Int(i64::MIN as i128, i64::MAX as i128),
            "[0, 1, 1, 2, -1, -9223372036854775808, 9223372036854775807]",
        ),
        FieldRule::new(":stage", Kind::Name, r#"["Open", "in progress", "$done"]"#),
        FieldRule::new("quo'te\"d`", Kind::Int(0, 255), "[null, 0, 1, 2, 255]").optional(),
        FieldRule::new("order by", Kind::Int(i64::MIN as i128, i64::MAX as i128), "[null, 0, 0, 1, -7]").optional(),
        FieldRule::new(
            "a$b",
            Kind::Counted,
            r#"[[], [{"na'me": "x"}], [{"na'me": "x", "hours": 2}, {"na'me": "", "hours": -1}]]"#,
        ),
        FieldRule::new("notes", Kind::List, r#"[null, [], ["x"], ["y", "x"]]"#).optional(),
        FieldRule::new("counts", Kind::Counted, r#"[{}, {"a": 1}, {"a": 18446744073709551615, "$x.y": 0}]"#),
        FieldRule::new(
            "ttl",
            Kind::Int(0, u64::MAX as i128),
            "[null, null, 4000000003, 4000000009, 4000001000, 3999999999]",
        )
        .optional(),
        FieldRule::new("größe", Kind::Int(0, 255), "[0, 0, 0, 1, 2, 254, 255]"),
        FieldRule::new("made", Kind::Int(i64::MIN as i128, i64::MAX as i128), "[0, 0, 5]"),
        FieldRule::new("set", Kind::Int(0, u32::MAX as i128), "[null, 7]").optional(),
    ],
    nested: &[
        FieldRule::new("a$b/0", Kind::Struct, r#"[{"na'me": "y", "hours": 1}, {"na'me": "x"}]"#),
        FieldRule::new("a$b/1/na'me", Kind::Text, r#"["x", "a.", ""]"#),
        FieldRule::new("a$b/0/hours", Kind::Int(i64::MIN as i128, i64::MAX as i128), "[1, 2, -1]").optional(),
        FieldRule::new("notes/1", Kind::Text, r#"["x", "z"]"#),
        FieldRule::new("counts/a", Kind::Int(0, u64::MAX as i128), "[0, 1, 18446744073709551615]"),
        FieldRule::new("counts/$x.y", Kind::Int(0, u64::MAX as i128), "[0, 1, 9223372036854775808]"),
    ],
    indexes: &[
        IndexRule {
            name: "by_stage_and_slot",
            fields: &[":stage", "quo'te\"d`"],
            unique: true,
            local: false,
            by_two: false,
        },
        IndexRule { name: "by_rank", fields: &["#b", "order by"], unique: false, local: true, by_two: false },
    ],
    ttl: Some(("ttl", 0)),
    version: Some("größe"),
    times: Some(("made", "set")),
    older: Some(&[("notes", "no\"tes"), ("counts", "tallies")]),
    part: &["#b", "size", "order by", "a$b"],
};
