//! From tokens to [`ast`](crate::ast): attributes are read here and judged in [`check`](crate::check).

pub(crate) mod container;
mod field;
mod index;
pub(crate) mod serde;
pub(crate) mod words;

use syn::{Attribute, Data, DeriveInput, Fields, FieldsNamed};

use crate::ast::{Container, Default, Input};
use crate::ctxt::Ctxt;

/// Reads a model. `None` when it is no struct with named fields, which is then reported.
pub(crate) fn input(cx: &Ctxt, input: &DeriveInput) -> Option<Input> {
    let container = container::read(cx, &input.attrs);
    misplaced(cx, &input.attrs);
    no_generics(cx, input, "Repository");
    Some(Input { container, ..nested(cx, input, "Repository", "a model")? })
}

/// Reads a struct with named fields that serde writes as such, with the attributes of its fields.
pub(crate) fn nested(cx: &Ctxt, input: &DeriveInput, derive: &str, subject: &str) -> Option<Input> {
    let serde = serde::of_struct(cx, &input.attrs, derive);
    let named = named_fields(cx, input, derive, subject)?;
    let mut fields: Vec<_> = named.named.iter().filter_map(|field| field::read(cx, field, serde.rules)).collect();
    for field in fields.iter_mut().filter(|field| serde.default && field.serde.default.is_none()) {
        field.serde.default = Some(Default::Struct);
    }
    Some(Input { ident: input.ident.clone(), vis: input.vis.clone(), container: Container::default(), fields })
}

/// Attributes of fields that were put on the struct.
fn misplaced(cx: &Ctxt, attrs: &[Attribute]) {
    for attr in attrs {
        let Some(name) = attr.path().get_ident().map(ToString::to_string) else {
            continue;
        };
        match name.as_str() {
            "index" => cx.error(
                &attr.meta,
                "on a struct an index is written `#[repository(index(name = \"...\", hash = \"...\"))]`",
            ),
            "hash_key" | "range_key" | "ttl" | "version" | "created_at" | "updated_at" => {
                cx.error(&attr.meta, format!("`#[{name}]` goes on a field of the struct"))
            }
            _ => {}
        }
    }
}

/// Refuses type, lifetime and const parameters.
pub(crate) fn no_generics(cx: &Ctxt, input: &DeriveInput, derive: &str) {
    if input.generics.params.is_empty() {
        return;
    }
    cx.error(
        &input.generics,
        format!(
            "`{derive}` cannot be derived for a generic type: its stored form is fixed where it is declared; \
             write it with concrete, owned types"
        ),
    );
}

/// The named fields of a struct; anything else is refused with the reason.
fn named_fields<'a>(cx: &Ctxt, input: &'a DeriveInput, derive: &str, subject: &str) -> Option<&'a FieldsNamed> {
    let reason = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => return Some(named),
            Fields::Unnamed(_) => "a tuple struct: its fields have no names to be stored under",
            Fields::Unit => "a unit struct: it has no fields to store",
        },
        Data::Enum(_) => "an enum: its variants have different fields",
        Data::Union(_) => "a union: serde cannot write it",
    };
    cx.error(
        &input.ident,
        format!("`{derive}` cannot be derived for {reason}; {subject} is a struct with named fields"),
    );
    None
}
