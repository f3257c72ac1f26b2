//! A part of a model, for reads that fetch no more than it.

use serde::de::DeserializeOwned;

use crate::model::Model;

/// Some of a model's fields. Derive it with `#[projection(of = Model)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection",
    label = "not a projection",
    note = "derive it: `#[derive(Deserialize, Projection)] #[projection(of = Model)]`"
)]
pub trait Projection: DeserializeOwned + Send + Sync + 'static {
    /// The model whose fields these are.
    type Model: Model;

    /// The stored names of the fields.
    const FIELDS: &'static [&'static str];
}
