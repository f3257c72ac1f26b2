//! The derive macros of `reposit`. Use them through that crate, which documents them.
//!
//! Each derive goes through the same stages: `parse` reads attributes into an `ast`, `check` holds
//! it to the rules and makes a `model`, `expand` writes the code.

mod ast;
mod case;
mod check;
mod ctxt;
mod docs;
mod expand;
mod model;
mod parse;
mod projection;
mod spell;
mod values;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a repository.
#[proc_macro_derive(
    Repository,
    attributes(repository, hash_key, range_key, index, ttl, version, created_at, updated_at)
)]
pub fn derive_repository(input: TokenStream) -> TokenStream {
    expand::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a newtype or an enum without fields a key: it can be a hash key, a range key or an index field.
#[proc_macro_derive(Key, attributes(repository))]
pub fn derive_key(input: TokenStream) -> TokenStream {
    values::key(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct one that can be nested in a field and reached into.
#[proc_macro_derive(Embedded, attributes(repository))]
pub fn derive_embedded(input: TokenStream) -> TokenStream {
    values::embedded(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes any type that serde writes one that can be compared and set as a whole.
#[proc_macro_derive(FieldType, attributes(repository))]
pub fn derive_field_type(input: TokenStream) -> TokenStream {
    values::field_type(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct a part of a model, for queries that read only its fields.
#[proc_macro_derive(Projection, attributes(projection))]
pub fn derive_projection(input: TokenStream) -> TokenStream {
    projection::derive(&parse_macro_input!(input as DeriveInput)).into()
}
