//! The rules of a model, from what is written ([`ast`](crate::ast)) to what is meant ([`model`](crate::model)).
//!
//! Every rule reports and goes on, so that all mistakes of a model are reported at once, and what can be
//! understood of a wrong model still becomes one: its uses then cause no errors of their own.

mod capacity;
mod indexes;
mod keys;
mod methods;
mod names;
mod serde;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::ast::{self, Field as Written, Input};
use crate::case;
use crate::ctxt::Ctxt;
use crate::model::{Codec, Field, Model, Role, Storage};
use crate::parse::container::default_crate;

/// Checks a model.
pub(crate) fn model(cx: &Ctxt, input: &Input) -> Model {
    let (read_capacity, write_capacity) = capacity::check_capacity(cx, &input.container.capacity);
    let roles = keys::find_roles(cx, input);
    let special = serde::check_attributes(cx, input);
    let fields = fields(input, &roles, &special);
    names::check_names(cx, input, &fields, true);
    let indexes = indexes::check_indexes(cx, input, &roles, &fields);
    Model {
        ident: input.ident.clone(),
        vis: input.vis.clone(),
        krate: input.container.krate.clone().unwrap_or_else(default_crate),
        name: names::table_name(cx, input, indexes.iter().any(|index| index.unique)),
        read_capacity,
        write_capacity,
        fields,
        hash: roles.hash,
        range: roles.range,
        auto_hash: roles.auto_hash,
        auto_range: roles.auto_range,
        indexes,
        ttl: roles.ttl,
        version: roles.version,
        created_at: roles.created_at,
        updated_at: roles.updated_at,
        skipped: methods::check_skipped(cx, input),
        keep_unknown: serde::check_keep_unknown(cx, input),
        stamp: input.container.stamp.unwrap_or(true),
    }
}

/// Checks the fields of a struct that is not a model itself.
pub(crate) fn nested(cx: &Ctxt, input: &Input) -> Vec<Field> {
    let special = serde::check_attributes(cx, input);
    let fields = fields(input, &keys::Roles::default(), &special);
    names::check_names(cx, input, &fields, false);
    serde::refuse_aliases(cx, input);
    for field in &input.fields {
        keys::check_form(cx, field);
    }
    fields
}

fn fields(input: &Input, roles: &keys::Roles, special: &[bool]) -> Vec<Field> {
    let mut stored = 0;
    let describe = |(at, field): (usize, &Written)| {
        let storage = storage(field, stored, special[at]);
        stored += usize::from(matches!(storage, Storage::Own { .. }));
        let role = if roles.hash == Some(at) || roles.range == Some(at) {
            Role::Key
        } else if roles.version == Some(at) {
            Role::Version
        } else {
            Role::Plain
        };
        Field {
            constant: constant(&field.ident),
            ident: field.ident.clone(),
            ty: field.ty.clone(),
            stored: field.serde.written.clone(),
            aliases: names::aliases(field),
            storage,
            role,
            skippable: field.serde.skip_serializing_if.is_some(),
            default: default(input, field),
        }
    };
    input.fields.iter().enumerate().map(describe).collect()
}

/// What serde reads where nothing is stored, if it may be something else than nothing. An `Option`'s own
/// default is nothing.
fn default(input: &Input, field: &Written) -> Option<TokenStream> {
    let ty = &field.ty;
    Some(match field.serde.default.as_ref()? {
        ast::Default::Type if serde::is_option(ty) => return None,
        ast::Default::Type => quote_spanned!(ty.span()=> <#ty as ::core::default::Default>::default()),
        ast::Default::Function(path) => {
            let mut path = path.clone();
            if let Some(first) = path.path.segments.first_mut().filter(|first| first.ident == "Self") {
                first.ident = input.ident.clone();
            }
            quote!(#path())
        }
        ast::Default::Struct => {
            let (model, name) = (&input.ident, &field.ident);
            quote!(<#model as ::core::default::Default>::default().#name)
        }
    })
}

/// How serde stores a field that would be the next at `position`. A special one is stored in any
/// case: that serde says otherwise was reported on.
fn storage(field: &Written, position: usize, special: bool) -> Storage {
    let serde = &field.serde;
    if serde.skip_serializing.is_some() && !special {
        Storage::Skipped
    } else if serde.flatten.is_some() && !special {
        Storage::Flattened
    } else {
        // That a version or a key that is filled in has a form was reported on.
        let form = field.stored_as.as_ref().filter(|_| field.version.is_none() && field.auto.is_none());
        let codec = match (&serde.serialize_with, &serde.deserialize_with, form) {
            (Some(function), ..) => Codec::With(function.clone()),
            (None, Some(_), _) => Codec::Serde,
            (None, None, Some(form)) if form.value.name().is_some() => Codec::As(form.value),
            (None, None, Some(_)) => Codec::Date,
            (None, None, None) => Codec::Plain,
        };
        Storage::Own { position, codec }
    }
}

/// The name of a field's constant, which points at the field where it is defined.
fn constant(field: &syn::Ident) -> syn::Ident {
    let span = proc_macro2::Span::call_site().located_at(field.span());
    format_ident!("{}", case::screaming(&field.unraw().to_string()), span = span)
}
