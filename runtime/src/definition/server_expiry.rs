//! Whether a server can delete expired records by the model's own ttl field, without a mark of the library's beside it.
//!
//! A field with aliases cannot serve: a record that has it under another name would never be deleted.

use super::{Definition, TimeUnit};

impl Definition {
    /// Whether the ttl field holds the expiry itself, in seconds since the epoch, as DynamoDB's time to live reads it.
    ///
    /// A mark is in every index, the field only where the model says so. So it serves if every index holds it, and
    /// where no mark may be written: there it is read from the records.
    #[cfg(feature = "dynamodb")]
    pub(crate) const fn expires_by_seconds(&self) -> bool {
        self.expires_by_seconds
    }

    #[cfg(feature = "dynamodb")]
    pub(super) const fn can_expire_by_seconds(&self) -> bool {
        match self.ttl() {
            Some(ttl) => {
                let field = &self.fields()[ttl.field];
                matches!(ttl.unit, TimeUnit::Seconds)
                    && ttl.seconds == 0
                    && field.aliases().is_empty()
                    && (!self.stamps() || self.is_in_all_indexes(field.name))
            }
            None => false,
        }
    }

    #[cfg(feature = "dynamodb")]
    const fn is_in_all_indexes(&self, name: &str) -> bool {
        let mut at = 0;
        while at < self.indexes().len() {
            if !self.holds(at, &[name]) {
                return false;
            }
            at += 1;
        }
        true
    }

    /// Whether the ttl field is stored as an instant, which is a date where MongoDB's TTL index reads it. The index adds
    /// the seconds.
    #[cfg(feature = "mongodb")]
    pub(crate) const fn expires_by_date(&self) -> bool {
        match self.ttl() {
            Some(ttl) => matches!(ttl.unit, TimeUnit::Milliseconds) && self.fields()[ttl.field].aliases().is_empty(),
            None => false,
        }
    }
}

#[cfg(all(test, feature = "dynamodb", feature = "mongodb"))]
mod tests {
    use super::super::{FieldDef, IndexDef, KeyDef, KeyKind, Projection, Spec, TtlDef};
    use super::*;

    const FIELDS: &[FieldDef] =
        &[FieldDef::new("id", "id"), FieldDef::new("until", "until"), FieldDef::new("end", "end").aliased(&["until"])];

    #[test]
    fn the_field_serves_where_it_is_what_the_server_reads() {
        let serves = |field, seconds, unit| {
            let ttl = TtlDef::new(field, seconds, unit);
            let definition = Spec::new("T", "t", FIELDS, KeyDef::new(0, KeyKind::String)).ttl(ttl).unstamped().build();
            assert!(!definition.stamps());
            (definition.expires_by_seconds(), definition.expires_by_date())
        };
        assert_eq!(serves(1, 0, TimeUnit::Seconds), (true, false));
        assert_eq!(serves(1, 60, TimeUnit::Seconds), (false, false), "DynamoDB adds nothing");
        assert_eq!(serves(1, 0, TimeUnit::Milliseconds), (false, true));
        assert_eq!(serves(1, 60, TimeUnit::Milliseconds), (false, true), "the TTL index adds them");
        assert_eq!(serves(1, 0, TimeUnit::WholeMilliseconds), (false, false));
        for unit in [TimeUnit::Seconds, TimeUnit::Milliseconds] {
            assert_eq!(serves(2, 0, unit), (false, false), "another release stores it as `until`");
        }
        let none = Spec::new("T", "t", FIELDS, KeyDef::new(0, KeyKind::String)).build();
        assert_eq!((none.stamps(), none.expires_by_seconds(), none.expires_by_date()), (true, false, false));
    }

    #[test]
    fn a_mark_stays_where_an_index_holds_it_and_not_the_field() {
        const NARROW: &[IndexDef] =
            &[IndexDef::new("narrow", KeyDef::new(0, KeyKind::String), &[]).projecting(Projection::KeysOnly)];
        const WIDER: &[IndexDef] =
            &[IndexDef::new("wider", KeyDef::new(0, KeyKind::String), &[]).projecting(Projection::Include(&["until"]))];
        let spec = |indexes| {
            let ttl = TtlDef::new(1, 0, TimeUnit::Seconds);
            Spec::new("T", "t", FIELDS, KeyDef::new(0, KeyKind::String)).ttl(ttl).indexes(indexes)
        };
        assert!(!spec(NARROW).build().expires_by_seconds());
        assert!(spec(NARROW).unstamped().build().expires_by_seconds());
        assert!(spec(WIDER).build().expires_by_seconds());
    }
}
