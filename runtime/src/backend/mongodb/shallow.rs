//! Documents of others, read to a few levels only.
//!
//! A catalogue, a validator or an index can be nested as deep as the server allows, and to decode all of
//! it takes a stack as deep. What the library looks for lies on top.

use mongodb::bson::{Bson, Document, RawArray, RawBsonRef, RawDocument};

use super::value::broken;
use crate::error::Result;

/// How deep what the library itself writes of an index is nested, and some more.
const LEVELS: usize = 8;

/// A document to its first levels; below, there is a null.
pub(super) fn document(raw: &RawDocument) -> Result<Document> {
    document_to(raw, LEVELS)
}

/// The documents in an array, each to its first levels.
pub(super) fn documents(raw: &RawArray) -> Result<Vec<Document>> {
    let items = raw.into_iter().map(|item| item.map_err(broken)?.as_document().map(document).transpose());
    items.filter_map(Result::transpose).collect()
}

fn document_to(raw: &RawDocument, levels: usize) -> Result<Document> {
    let fields = raw.into_iter().map(|field| {
        let (name, value) = field.map_err(broken)?;
        Ok((name.as_str().to_owned(), value_to(value, levels)?))
    });
    fields.collect()
}

fn value_to(value: RawBsonRef<'_>, levels: usize) -> Result<Bson> {
    match (value, levels.checked_sub(1)) {
        (RawBsonRef::Document(_) | RawBsonRef::Array(_) | RawBsonRef::JavaScriptCodeWithScope(_), None) => {
            Ok(Bson::Null)
        }
        (RawBsonRef::Document(inner), Some(levels)) => Ok(Bson::Document(document_to(inner, levels)?)),
        (RawBsonRef::Array(items), Some(levels)) => {
            let items = items.into_iter().map(|item| value_to(item.map_err(broken)?, levels));
            Ok(Bson::Array(items.collect::<Result<_>>()?))
        }
        // Nothing that is looked for is code, whose scope is a document again.
        (RawBsonRef::JavaScriptCodeWithScope(_), Some(_)) => Ok(Bson::Null),
        (plain, _) => Bson::try_from(plain).map_err(broken),
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{RawDocumentBuf, rawdoc};

    use super::*;

    #[test]
    fn what_lies_deep_is_not_read() {
        let mut deep = RawDocumentBuf::new();
        for _ in 0..10_000 {
            deep = rawdoc! { "d": deep };
        }
        let read = document(&rawdoc! { "name": "x", "list": [1, { "a": 2 }], "deep": deep }).unwrap();
        assert_eq!(read.get_str("name").unwrap(), "x");
        assert_eq!(read.get_array("list").unwrap().len(), 2);
        let mut levels = 0;
        let mut below = read.get("deep");
        while let Some(Bson::Document(inner)) = below {
            (levels, below) = (levels + 1, inner.get("d"));
        }
        assert_eq!((levels, below), (LEVELS, Some(&Bson::Null)));
    }
}
