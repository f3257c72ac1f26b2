//! The attributes that a read returns.

use crate::backend::dynamodb::expression::placeholders::{Placeholders, Used};
use crate::backend::dynamodb::wire::body::Body;
use crate::definition::Definition;

/// The attributes that a read returns.
#[derive(Debug, Clone)]
pub(crate) struct Projection {
    text: String,
    used: Used,
}

impl Projection {
    /// These fields, and the key.
    pub(crate) fn new(definition: &Definition, fields: &[&str]) -> Self {
        let mut placeholders = Placeholders::default();
        let key = std::iter::once(definition.hash_name()).chain(definition.range_name());
        let mut names: Vec<_> = key.chain(fields.iter().copied()).map(|name| placeholders.name(name)).collect();
        names.sort();
        names.dedup();
        let text = names.join(", ");
        let used = placeholders.used([text.as_str()]);
        Self { text, used }
    }

    /// Adds it to a request.
    pub(crate) fn write(&self, body: &mut Body) {
        body.text("ProjectionExpression", &self.text);
        self.used.write(body);
    }
}
