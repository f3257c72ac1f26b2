//! What was seen of a record that the server refused, and that fits as it is read here.

use mongodb::bson::{RawDocument, RawDocumentBuf};

use crate::error::Error;
use crate::request::Write;

/// The record as it was read when the server refused it last. A write is sent again where it may have
/// changed since; where it has not, the server would refuse it for ever.
#[derive(Debug, Default)]
pub(super) struct Seen(Option<Option<RawDocumentBuf>>);

impl Seen {
    /// Whether the record is to the byte what it was the last time. Each write leaves a stamp of its own.
    pub(super) fn again(&mut self, found: Option<&RawDocument>) -> bool {
        let found = Some(found.map(RawDocument::to_owned));
        let again = self.0 == found;
        self.0 = found;
        again
    }
}

/// The error of a write that the stored record allows as it is read here, and not as the server compares it.
pub(super) fn unfit(write: &Write) -> Error {
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

    use super::super::sample::sample;
    use super::*;
    use crate::condition::{Expr, Op};
    use crate::field::Path;
    use crate::request::{Action, RecordKey};
    use crate::value::Value;

    #[test]
    fn a_record_is_seen_again_only_as_it_was() {
        let (one, other) = (rawdoc! { "a": 1 }, rawdoc! { "a": 2 });
        let mut seen = Seen::default();
        assert!(!seen.again(None));
        assert!(seen.again(None));
        assert!(!seen.again(Some(&one)));
        assert!(seen.again(Some(&one)));
        assert!(!seen.again(Some(&other)));
        assert!(!seen.again(Some(&one)));
    }

    #[test]
    fn the_fields_that_were_compared_are_named() {
        let key = RecordKey::new(Value::from("a")).with_range(Value::Bytes(vec![1]));
        let mut write = Write::new(sample(), key, Action::Delete);
        let compare = |name| Expr::Compare { path: Path::field(name), op: Op::Eq, value: Value::Int(1) };
        write.condition = Some(Expr::And(vec![compare("score"), compare("team"), compare("score")]));
        let text = unfit(&write).to_string();
        assert!(text.contains("one of score, team, until"), "{text}");
    }
}
