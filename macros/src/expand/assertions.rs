//! What must hold for the types of fields, each said once and at the field's type.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::model::{Field, Model, Role};

/// The checks, in a function that is never called.
pub(super) fn all(model: &Model) -> TokenStream {
    let keys = model.keys().enumerate().map(|(part, field)| {
        let auto = if part == 0 { model.auto_hash } else { model.auto_range };
        probed(field, &if auto { quote!(is_auto_key) } else { quote!(is_key) })
    });
    let ranges = model.fields.iter().enumerate().filter_map(|(at, field)| range(model, at, field));
    let indexed = model.fields.iter().enumerate().filter_map(|(at, field)| index_field(model, at, field));
    let times = [model.created_at, model.updated_at]
        .into_iter()
        .flatten()
        .map(|at| direct(&model.fields[at], &quote!(assert_timestamp)));
    let instants = instants(&model.fields);
    quote! {
        const _: fn() = || {
            #(#keys)*
            #(#indexed)*
            #(#ranges)*
            #(#times)*
            #instants
        };
    }
}

/// The fields that say in which form of an instant they are stored.
pub(crate) fn instants(fields: &[Field]) -> TokenStream {
    let fields = fields.iter().filter(|field| field.is_said_instant());
    fields.map(|field| direct(field, &quote!(assert_stored_instant))).collect()
}

/// A field that is part of an index and not of the key, whose rule is stricter.
fn index_field(model: &Model, at: usize, field: &Field) -> Option<TokenStream> {
    let part = model.indexes.iter().any(|index| index.parts().any(|part| part == at));
    if !part || field.role == Role::Key {
        return None;
    }
    // A finder that takes the field says already where it is no field type at all.
    let taken = model.indexes.iter().any(|index| index.arguments().any(|argument| argument == at));
    Some(if taken { probed(field, &quote!(is_index_key)) } else { direct(field, &quote!(assert_index_key)) })
}

/// A field by which records are ordered.
fn range(model: &Model, at: usize, field: &Field) -> Option<TokenStream> {
    let is_range = model.range == Some(at) || model.indexes.iter().any(|index| index.ranges.contains(&at));
    is_range.then(|| probed(field, &quote!(is_sorted)))
}

/// Judged only where the type is a field type.
fn probed(field: &Field, check: &TokenStream) -> TokenStream {
    let ty = &field.ty;
    quote_spanned!(ty.span()=> __p::Probe::<#ty>::#check();)
}

/// Judged in any case.
fn direct(field: &Field, check: &TokenStream) -> TokenStream {
    let ty = &field.ty;
    quote_spanned!(ty.span()=> __p::#check::<#ty>();)
}
