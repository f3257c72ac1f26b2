//! The trait, and the markers of versioned and unversioned models.
//!
//! The bound of a marker, with its lifetime, is judged only where the marker is used: what is wrong
//! with the trait is said by the trait's own impl.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use super::definition;
use crate::model::{Field, Model};

pub(super) fn all(model: &Model, broken: bool) -> TokenStream {
    let ident = &model.ident;
    let spec = if broken { None } else { definition::spec(model) };
    let definition = match spec {
        Some(spec) => quote!({
            #spec
            // A static: a borrow of a constant has another address in each unit that the compiler makes, and a
            // definition is known by its address.
            static __DEFINITION: __r::Definition = __SPEC.build();
            &__DEFINITION
        }),
        None => quote!(&__p::BROKEN),
    };
    let hash = model.hash.map(|at| &model.fields[at]);
    let range = model.range.map(|at| &model.fields[at]);
    let Some(hash) = hash else {
        return rest(ident, model.version.is_some());
    };
    let key = key_type(hash, range);
    let (parts, own) = match range {
        None => {
            let part = key_part(hash, &quote!(key));
            (quote!(__p::hash_key(#part)), own(hash))
        }
        Some(range) => {
            let (first, second) = (key_part(hash, &quote!(&key.0)), key_part(range, &quote!(&key.1)));
            let (own_hash, own_range) = (own(hash), own(range));
            (quote!(__p::hash_range_key(#first, #second)), quote!((#own_hash, #own_range)))
        }
    };
    // A type that is less public than the model is an error at the key.
    let key_item = quote_spanned!(hash.ty.span()=> type Key = #key;);
    let marker = marker(model);
    quote! {
        #[automatically_derived]
        impl __r::Model for #ident {
            #key_item
            const DEFINITION: &'static __r::Definition = #definition;
            fn own_key(&self) -> #key {
                #own
            }
            fn encode_key(key: &#key) -> __p::EncodedKey {
                #parts
            }
        }
        #marker
    }
}

/// Whether there is a version, and how it is reached. That the field's type can be one is said at the type.
fn marker(model: &Model) -> TokenStream {
    let ident = &model.ident;
    let Some(field) = model.version.map(|at| &model.fields[at]) else {
        return quote! {
            #[automatically_derived]
            impl __r::Unversioned for #ident where for<'later> Self: __r::Model {}
        };
    };
    let (name, ty) = (&field.ident, &field.ty);
    let version = quote::quote_spanned!(syn::spanned::Spanned::span(ty)=> <#ty as __p::Version>);
    quote! {
        #[automatically_derived]
        impl __r::Versioned for #ident where for<'later> Self: __r::Model {
            type Version = #ty;
            fn version(&self) -> ::core::primitive::u64 { #version::get(&self.#name) }
            fn set_version(&mut self, version: ::core::primitive::u64) { #version::set(&mut self.#name, version) }
            fn version_number(version: &#ty) -> ::core::primitive::u64 { #version::get(version) }
        }
    }
}

/// The type of the primary key.
pub(super) fn key_type(hash: &Field, range: Option<&Field>) -> TokenStream {
    let hash = &hash.ty;
    match range.map(|range| &range.ty) {
        None => quote!(#hash),
        Some(range) => quote!((#hash, #range)),
    }
}

/// A part of a key as it is stored.
fn key_part(field: &Field, key: &TokenStream) -> TokenStream {
    let (constant, ty, stored) = (&field.constant, &field.ty, &field.stored);
    match field.is_written_otherwise() {
        true => quote!(__p::Probe::<#ty>::written_own_key_part(Self::#constant, #key)),
        false => quote!(__p::Probe::<#ty>::own_key_part(#stored, #key)),
    }
}

/// A record's own part of its key.
fn own(field: &Field) -> TokenStream {
    let (ident, ty) = (&field.ident, &field.ty);
    quote!(__p::Probe::<#ty>::copy_key(&self.#ident))
}

/// The trait for a model that is broken beyond knowing its key.
pub(super) fn stand_in(ident: &Ident) -> TokenStream {
    rest(ident, false)
}

fn rest(ident: &Ident, versioned: bool) -> TokenStream {
    let marker = match versioned {
        false => quote!(impl __r::Unversioned for #ident where for<'later> Self: __r::Model {}),
        true => quote! {
            impl __r::Versioned for #ident where for<'later> Self: __r::Model {
                type Version = ::core::primitive::u64;
                fn version(&self) -> Self::Version { loop {} }
                fn set_version(&mut self, _: Self::Version) { loop {} }
                fn version_number(_: &Self::Version) -> Self::Version { loop {} }
            }
        },
    };
    quote! {
        impl __r::Model for #ident {
            type Key = ::core::primitive::u64;
            const DEFINITION: &'static __r::Definition = &__p::BROKEN;
            fn own_key(&self) -> Self::Key { loop {} }
            fn encode_key(_: &Self::Key) -> __p::EncodedKey { loop {} }
        }
        #marker
    }
}
