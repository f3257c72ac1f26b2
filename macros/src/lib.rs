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

/// Makes a struct a repository: the trait of this name, a constant for each field, and the operations.
///
/// | attribute | on | meaning |
/// |---|---|---|
/// | `#[repository(name = "users")]` | struct | the table's name; the struct's in snake_case where it is left out |
/// | `#[repository(read_capacity = 5, write_capacity = 5)]` | struct | provisioned capacity; on demand where it is left out |
/// | `#[repository(index(name = "by_team", hash = "team", range = "joined_at"))]` | struct | an index; takes all that `#[index]` takes, but `local`; `hash` may be `["several", "fields"]` |
/// | `#[repository(keep_unknown)]` | struct | `put`, `replace` and `save` keep what others stored under names that no field has |
/// | `#[repository(stamp = false)]` | struct | nothing but the model's own attributes is written; more lost answers are `OutcomeUnknown` |
/// | `#[repository(crate = "path")]` | struct | where the runtime crate is, if not at `::reposit` |
/// | `#[hash_key]`, `#[hash_key(auto)]` | field | the hash key; `auto` fills it in on create |
/// | `#[range_key]`, `#[range_key(auto)]` | field | the second part of the key, by which `query` is ordered; `auto` fills it in |
/// | `#[index]` | field | an index by this field, with the finder `find_by_<field>` |
/// | `#[index(name = "x", range = "field")]` | field | the finder is `find_x`; its records are ordered by `field`, or by `["several", "fields"]` |
/// | `#[index(unique)]` | field | no two live records have the same value; an `Option` may be missing any number of times |
/// | `#[index(local)]` | field | the table's hash key with this field as range |
/// | `#[index(projection = "keys_only")]` | field | what the index holds: `"all"`, `"keys_only"`, or `["some", "fields"]` |
/// | `#[index(read_capacity = 1, write_capacity = 1)]` | field | the index's own capacity |
/// | `#[ttl]`, `#[ttl(seconds = 86400)]` | field | the record expires at this instant, or so long after it |
/// | `#[stored(as = "seconds")]` | field | the form in which an instant is stored: `"seconds"`, `"milliseconds"`, `"rfc3339"` or `"date"` |
/// | `#[version]` | field | counts writes, so that `save` overwrites no neighbour's |
/// | `#[created_at]`, `#[updated_at]` | field | filled in with the time of the first and of the last write |
///
/// Names in attributes are those of the struct's fields. What is stored, and under which name, is what
/// serde's attributes say: `rename`, `rename_all`, `skip`, `default`, `with` and `flatten` are read here too.
#[proc_macro_derive(
    Repository,
    attributes(repository, hash_key, range_key, index, ttl, version, created_at, updated_at, stored)
)]
pub fn derive_repository(input: TokenStream) -> TokenStream {
    expand::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a newtype or an enum without fields a key: it can be a hash key, a range key or an index field.
///
/// A newtype is stored and ordered as its field is; an enum as the names of its variants, as serde writes
/// them, of which no two may be the same. It needs serde's derives and `Clone`. For the runtime crate at another path, write `#[repository(crate = "path")]`.
#[proc_macro_derive(Key, attributes(repository))]
pub fn derive_key(input: TokenStream) -> TokenStream {
    values::key(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct one that can be nested in a field and reached into.
///
/// Each field has a constant, and `User::ADDRESS.at(Address::CITY)` is the field `city` of the field
/// `address`. It can be compared and set as a whole as well.
#[proc_macro_derive(Embedded, attributes(repository, stored))]
pub fn derive_embedded(input: TokenStream) -> TokenStream {
    values::embedded(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes any type that serde writes one that can be compared and set as a whole.
#[proc_macro_derive(FieldType, attributes(repository))]
pub fn derive_field_type(input: TokenStream) -> TokenStream {
    values::field_type(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct a part of a model, for queries that read only its fields.
///
/// `#[projection(of = User)]` names the model. Each field has the name, the type and the serde attributes of
/// one of the model's.
#[proc_macro_derive(Projection, attributes(projection))]
pub fn derive_projection(input: TokenStream) -> TokenStream {
    projection::derive(&parse_macro_input!(input as DeriveInput)).into()
}
