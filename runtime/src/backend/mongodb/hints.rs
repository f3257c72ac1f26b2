//! The indexes that a query names, where another program made them in another form than the library's.

use std::sync::Arc;

use mongodb::bson::Document;

/// The key of each such index, after the key that the model's index has. Mostly there is none.
#[derive(Debug, Clone, Default)]
pub(super) struct Hints(Option<Arc<[(Document, Document)]>>);

impl Hints {
    pub(super) fn new(keys: Vec<(Document, Document)>) -> Self {
        Self((!keys.is_empty()).then(|| keys.into()))
    }

    /// The key by which the server knows the model's index.
    pub(super) fn find(&self, own: Document) -> Document {
        let there = self.0.iter().flat_map(|keys| keys.iter()).find(|(key, _)| *key == own);
        there.map_or(own, |(_, there)| there.clone())
    }
}
