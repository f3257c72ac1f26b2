//! Keeps a write from being sent for ever to a record that the server refuses, although as it is read here it
//! allows the write.

use mongodb::bson::{RawDocument, RawDocumentBuf};

use crate::definition::Definition;
use crate::error::Error;
use crate::request::Write;

/// How often a record without stamps has to be found the same: it may have been changed between two looks, and back.
const SAME: u32 = 5;

/// The record as it was read when the server last refused the write. The write is sent again only if the
/// record may have changed since: if it has not, the server would refuse it for ever.
#[derive(Debug, Default)]
pub(super) struct LastSeen {
    last: Option<Option<RawDocumentBuf>>,
    /// How often it was found the same.
    same: u32,
}

impl LastSeen {
    /// Whether the record is to the byte what it was the last time. Each write leaves a stamp of its own, so
    /// a record that was written again differs; without stamps it has to be the same several times.
    pub(super) fn is_unchanged(&mut self, definition: &Definition, found: Option<&RawDocument>) -> bool {
        let found = Some(found.map(RawDocument::to_owned));
        self.same = if self.last == found { self.same + 1 } else { 0 };
        self.last = found;
        self.same >= if definition.stamps() { 1 } else { SAME }
    }
}

/// The error of a write that the stored record allows as it is read here, but not as the server compares it.
pub(super) fn incomparable(write: &Write) -> Error {
    let mut fields: Vec<String> = Vec::new();
    if let Some(needs) = write.requirement() {
        needs.paths(&mut |path| {
            let path = path.to_string();
            if !fields.contains(&path) {
                fields.push(path);
            }
        });
    }
    fields.extend(write.definition.ttl_name().map(str::to_owned));
    let where_to_look = match &*fields {
        [] => write.definition.hash_name().to_owned(),
        [field] => field.clone(),
        several => format!("one of {}", several.join(", ")),
    };
    Error::codec(format!(
        "the stored record allows this as it is read, but not as MongoDB compares it: {where_to_look} is stored in a form that the model does not write"
    ))
}

#[cfg(test)]
mod tests {
    use mongodb::bson::rawdoc;

    use super::super::test_definition::test_definition;
    use super::*;
    use crate::condition::{Expr, Op};
    use crate::definition::{FieldDef, KeyDef, KeyKind, Spec};
    use crate::path::Path;
    use crate::request::{Action, RecordKey};
    use crate::value::Value;

    #[test]
    fn without_stamps_a_record_is_the_same_only_after_several_looks() {
        static UNSTAMPED: Definition =
            Spec::new("U", "u", &[FieldDef::new("id", "id")], KeyDef::new(0, KeyKind::Integer)).unstamped().build();
        let (one, other) = (rawdoc! { "a": 1 }, rawdoc! { "a": 2 });
        let mut seen = LastSeen::default();
        for found in [&one, &other] {
            for _ in 0..SAME {
                assert!(!seen.is_unchanged(&UNSTAMPED, Some(found)));
            }
        }
        assert!(seen.is_unchanged(&UNSTAMPED, Some(&other)));
    }

    #[test]
    fn a_record_is_seen_again_only_as_it_was() {
        let (one, other) = (rawdoc! { "a": 1 }, rawdoc! { "a": 2 });
        let mut seen = LastSeen::default();
        assert!(!seen.is_unchanged(test_definition(), None));
        assert!(seen.is_unchanged(test_definition(), None));
        assert!(!seen.is_unchanged(test_definition(), Some(&one)));
        assert!(seen.is_unchanged(test_definition(), Some(&one)));
        assert!(!seen.is_unchanged(test_definition(), Some(&other)));
        assert!(!seen.is_unchanged(test_definition(), Some(&one)));
    }

    #[test]
    fn the_fields_that_were_compared_are_named() {
        let key = RecordKey::new(Value::from("a")).with_range(Value::Bytes(vec![1]));
        let mut write = Write::new(test_definition(), key, Action::Delete);
        let compare = |name| Expr::Compare { path: Path::field(name), op: Op::Eq, value: Value::Int(1) };
        write.condition = Some(Expr::And(vec![compare("score"), compare("team"), compare("score")]));
        let text = incomparable(&write).to_string();
        assert!(text.contains("one of score, team, until"), "{text}");
    }
}
