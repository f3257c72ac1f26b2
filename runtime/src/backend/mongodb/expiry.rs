//! Where the server finds when a record expires: in the model's own date, or in a mark of the library's beside it.

use crate::definition::Definition;

/// The ttl field, if the server itself can expire records by it: a date, which the TTL index adds the seconds to ("TTL
/// Indexes" in the MongoDB manual). Then no record is marked, and a mark of an older release means nothing.
pub(super) fn own_date(definition: &Definition) -> Option<&'static str> {
    if !definition.expires_by_date() {
        return None;
    }
    let (ttl, name) = (definition.ttl()?, definition.ttl_name()?);
    let is_key = |part: usize| part == ttl.field;
    let in_key = is_key(definition.hash().field) || definition.range().is_some_and(|range| is_key(range.field));
    // The key of an index is made of paths.
    let is_path = name.is_empty() || name.starts_with('$') || name.contains('.');
    // There is one index of a key, and a unique one of this field alone has it.
    let is_taken = || definition.unique_indexes().any(|index| index.parts().map(|part| part.field).eq([ttl.field]));
    let fits = i32::try_from(ttl.seconds).is_ok();
    (!in_key && !is_path && fits && !is_taken()).then_some(name)
}

/// Whether records are marked with their expiry.
pub(super) fn is_marked(definition: &Definition) -> bool {
    definition.ttl().is_some() && own_date(definition).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{FieldDef, IndexDef, KeyDef, KeyKind, Spec, TimeUnit, TtlDef};

    const FIELDS: &[FieldDef] = &[
        FieldDef::new("id", "id"),
        FieldDef::new("until", "until"),
        FieldDef::new("a.b", "a_b"),
        FieldDef::new("$end", "end"),
    ];
    const UNTIL: KeyDef = KeyDef::new(1, KeyKind::Instant);

    #[test]
    fn a_date_serves_where_the_server_can_have_a_ttl_index_of_it() {
        let spec = Spec::new("T", "t", FIELDS, KeyDef::new(0, KeyKind::String));
        let of = |field, seconds, unit| spec.ttl(TtlDef::new(field, seconds, unit));
        let own = |spec: Spec| {
            let definition = spec.build();
            assert_ne!(own_date(&definition).is_some(), is_marked(&definition));
            own_date(&definition)
        };
        assert_eq!(own(of(1, 60, TimeUnit::Milliseconds)), Some("until"));
        assert_eq!(own(of(1, i32::MAX as u64, TimeUnit::Milliseconds)), Some("until"));
        assert_eq!(own(of(1, 1 << 31, TimeUnit::Milliseconds)), None);
        assert_eq!(own(of(1, 0, TimeUnit::Seconds)), None);
        assert_eq!(own(of(2, 0, TimeUnit::Milliseconds)), None, "it would be read as a path");
        assert_eq!(own(of(3, 0, TimeUnit::Milliseconds)), None);
        assert_eq!(own(of(1, 0, TimeUnit::Milliseconds).range(UNTIL)), None, "it is within _id");
        const INDEXES: &[IndexDef] = &[IndexDef::new("by_until", UNTIL, &[])];
        const UNIQUE: &[IndexDef] = &[IndexDef::new("by_until", UNTIL, &[]).unique()];
        assert_eq!(own(of(1, 0, TimeUnit::Milliseconds).indexes(INDEXES)), Some("until"), "that one goes on to _id");
        assert_eq!(own(of(1, 0, TimeUnit::Milliseconds).indexes(UNIQUE)), None);
        assert!(!is_marked(&spec.build()) && own_date(&spec.build()).is_none());
    }
}
