//! A definition for the unit tests: every kind of column in it.

use crate::definition::{Definition, FieldDef, IndexDef, KeyDef, KeyKind, Projection, Spec, TimeUnit, TtlDef};

const fn field(name: &'static str) -> FieldDef {
    FieldDef { name, rust_name: name, lowering: None, default: None }
}

const fn key(field: usize, kind: KeyKind) -> KeyDef {
    KeyDef { field, kind }
}

const BY_TEAM: IndexDef = IndexDef {
    name: "by_team",
    hash: key(2, KeyKind::String),
    ranges: &[key(3, KeyKind::Bytes), key(4, KeyKind::Integer)],
    unique: false,
    local: false,
    sparse: false,
    projection: Projection::All,
    read_capacity: None,
    write_capacity: None,
};

static SAMPLE: Definition = Spec {
    model: "Sample",
    name: "samples",
    read_capacity: None,
    write_capacity: None,
    fields: &[field("id"), field("part"), field("team"), field("badge"), field("score"), field("until")],
    hash: key(0, KeyKind::String),
    range: Some(key(1, KeyKind::Bytes)),
    indexes: &[
        BY_TEAM,
        IndexDef { name: "by_score", hash: key(4, KeyKind::Integer), ranges: &[], unique: true, ..BY_TEAM },
    ],
    ttl: Some(TtlDef { field: 5, seconds: 0, unit: TimeUnit::Seconds }),
    version: None,
    aliases: &[],
    auto_hash: false,
    created_at: None,
    updated_at: None,
}
.build();

/// `id` and bytes `part` are the key; `by_team` is ordered by bytes `badge` and by `score`.
pub(super) fn test_definition() -> &'static Definition {
    &SAMPLE
}
