//! A model of ObjectIds and of instants in each form in which they are stored: as keys, in indexes, in a set, and as the
//! time to live.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use mongodb::bson::oid::ObjectId;
use reposit::{Projection, Repository};
use serde::{Deserialize, Serialize};

use crate::rules::{FieldRule, IndexRule, Kind, Rules};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "model_jobs")]
pub struct Job {
    #[hash_key]
    pub id: ObjectId,
    #[range_key]
    #[stored(as = "rfc3339")]
    pub at: DateTime<Utc>,
    #[index(range = "due")]
    pub queue: ObjectId,
    #[stored(as = "seconds")]
    pub due: Option<DateTime<Utc>>,
    #[index(unique)]
    #[stored(as = "milliseconds")]
    pub slot: Option<DateTime<Utc>>,
    #[index(local)]
    pub parent: Option<ObjectId>,
    #[ttl(seconds = 100)]
    #[stored(as = "date")]
    pub until: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub watchers: BTreeSet<ObjectId>,
    pub tries: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize, Projection)]
#[projection(of = Job)]
pub struct JobPart {
    pub id: ObjectId,
    pub at: DateTime<Utc>,
    pub due: Option<DateTime<Utc>>,
    pub parent: Option<ObjectId>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub watchers: BTreeSet<ObjectId>,
}

pub const JOB: Rules = Rules {
    name: "model_jobs",
    hash: "id",
    range: Some("at"),
    fields: &[
        FieldRule::new(
            "id",
            Kind::Word,
            r#"["650000000000000000000001", "650000000000000000000001", "65ffffffffffffffffffffff", "ffffffffffffffffffffffff"]"#,
        ),
        FieldRule::new("at", Kind::Instant, "[0, 1, 999, 1000, -1, -62167219200000, 4000000000123, 253402300799999]"),
        FieldRule::new(
            "queue",
            Kind::Word,
            r#"["000000000000000000000000", "000000000000000000000000", "0000000000000000000000ff"]"#,
        ),
        FieldRule::new("due", Kind::Instant, "[0, null, 0, 1000, -1000, 9000, 10000, 4000000000000]").optional(),
        FieldRule::new("slot", Kind::Instant, "[null, 0, 1, -1, 1000, 4000000000123]").optional(),
        FieldRule::new(
            "parent",
            Kind::Word,
            r#"[null, "650000000000000000000001", "650000000000000000000001", "00000000000000000000000a"]"#,
        )
        .optional(),
        FieldRule::new(
            "until",
            Kind::Instant,
            "[null, 3999999901000, 3999999903001, 3999999908999, 3999999915000, 4000000900000, 3999999895000]",
        )
        .optional(),
        FieldRule::new(
            "watchers",
            Kind::Set,
            r#"[null, ["650000000000000000000001"], ["00000000000000000000000a", "650000000000000000000001"]]"#,
        )
        .optional(),
        FieldRule::new("tries", Kind::Int(i64::MIN as i128, i64::MAX as i128), "[0, 1, -1]"),
    ],
    nested: &[],
    indexes: &[
        IndexRule { name: "by_slot", fields: &["slot"], unique: true, local: false, by_two: false },
        IndexRule { name: "by_queue", fields: &["queue", "due"], unique: false, local: false, by_two: false },
        IndexRule { name: "by_parent", fields: &["id", "parent"], unique: false, local: true, by_two: false },
    ],
    ttl: Some(("until", 100)),
    version: None,
    times: None,
    older: None,
    part: &["id", "at", "due", "parent", "watchers"],
};
