//! The trait, and the markers of versioned and unversioned models.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use super::definition;
use crate::model::{Field, Model};

pub(super) fn all(model: &Model, broken: bool) -> TokenStream {
    let ident = &model.ident;
    let marker = if model.version.is_some() { quote!(Versioned) } else { quote!(Unversioned) };
    let spec = if broken { None } else { definition::spec(model) };
    let definition = match spec {
        Some(spec) => quote! {
            const SPEC: __p::Spec = #spec;
            static DEFINITION: __r::Definition = SPEC.build();
            &DEFINITION
        },
        None => quote!(loop {}),
    };
    let hash = model.hash.map(|at| &model.fields[at]);
    let range = model.range.map(|at| &model.fields[at]);
    let Some(hash) = hash else {
        return rest(ident, &marker);
    };
    let (key, parts, own) = match range {
        None => {
            let (ty, part, own) = (&hash.ty, part(hash, &quote!(key)), own(hash));
            (quote!(#ty), quote!(__p::hash_key(#part)), own)
        }
        Some(range) => {
            let (hash_ty, range_ty) = (&hash.ty, &range.ty);
            let (first, second) = (part(hash, &quote!(&key.0)), part(range, &quote!(&key.1)));
            let (own_hash, own_range) = (own(hash), own(range));
            (
                quote!((#hash_ty, #range_ty)),
                quote!(__p::hash_range_key(#first, #second)),
                quote!((#own_hash, #own_range)),
            )
        }
    };
    quote! {
        #[automatically_derived]
        impl __r::Repository for #ident {
            type Key = #key;
            fn definition() -> &'static __r::Definition {
                #definition
            }
            fn key(&self) -> Self::Key {
                #own
            }
            fn key_parts(key: &Self::Key) -> __p::KeyArg {
                #parts
            }
        }
        #[automatically_derived]
        impl __p::#marker for #ident {}
    }
}

/// A part of a key as it is stored.
fn part(field: &Field, key: &TokenStream) -> TokenStream {
    let (constant, ty) = (&field.constant, &field.ty);
    quote!(__p::Probe::<#ty>::own_part(Self::#constant, #key))
}

/// A record's own part of its key.
fn own(field: &Field) -> TokenStream {
    let (ident, ty) = (&field.ident, &field.ty);
    quote!(__p::Probe::<#ty>::copy(&self.#ident))
}

/// The trait for a model that is broken beyond knowing its key.
pub(super) fn stand_in(ident: &Ident) -> TokenStream {
    rest(ident, &quote!(Unversioned))
}

fn rest(ident: &Ident, marker: &TokenStream) -> TokenStream {
    quote! {
        impl __r::Repository for #ident {
            type Key = ::core::primitive::u64;
            fn definition() -> &'static __r::Definition { loop {} }
            fn key(&self) -> Self::Key { loop {} }
            fn key_parts(_: &Self::Key) -> __p::KeyArg { loop {} }
        }
        impl __p::#marker for #ident {}
    }
}
