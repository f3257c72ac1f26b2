//! A definition for the unit tests: every kind of column in it.

use crate::definition::{Definition, FieldDef, IndexDef, KeyDef, KeyKind, Spec, TimeUnit, TtlDef};

const fn field(name: &'static str) -> FieldDef {
    FieldDef::new(name, name)
}

const fn key(field: usize, kind: KeyKind) -> KeyDef {
    KeyDef::new(field, kind)
}

const FIELDS: &[FieldDef] =
    &[field("id"), field("part"), field("team"), field("badge"), field("score"), field("until")];

static SAMPLE: Definition = Spec::new("Sample", "samples", FIELDS, key(0, KeyKind::String))
    .range(key(1, KeyKind::Bytes))
    .indexes(&[
        IndexDef::new("by_team", key(2, KeyKind::String), &[key(3, KeyKind::Bytes), key(4, KeyKind::Integer)]),
        IndexDef::new("by_score", key(4, KeyKind::Integer), &[]).unique(),
    ])
    .ttl(TtlDef::new(5, 0, TimeUnit::Seconds))
    .build();

/// `id` and bytes `part` are the key; `by_team` is ordered by bytes `badge` and by `score`.
pub(super) fn test_definition() -> &'static Definition {
    &SAMPLE
}
