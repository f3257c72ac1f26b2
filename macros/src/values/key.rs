//! `#[derive(Key)]`: newtypes over a key type, and enums of units.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DataEnum, DeriveInput, Field, Fields, Ident};

use super::impl_field_type;
use crate::ctxt::Ctxt;
use crate::expand::scope;
use crate::parse::serde::SerdeContainer;
use crate::parse::{container, no_generics, serde};

/// What a key is made of.
enum Shape<'a> {
    Newtype(&'a Field),
    Units,
}

/// `#[derive(Key)]`.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::default();
    let krate = container::crate_only(&cx, &input.attrs);
    no_generics(&cx, input, "Key");
    let serde = representation(&cx, &input.attrs);
    let shape = shape(&cx, input, &serde);
    let Some(shape) = shape.filter(|_| !cx.failed()) else {
        return cx.into_compile_errors();
    };
    let code = match shape {
        Shape::Newtype(field) => newtype(&input.ident, field),
        Shape::Units => units(&input.ident),
    };
    scope(&krate, &code)
}

/// What serde writes must be what the shape says.
fn representation(cx: &Ctxt, attrs: &[Attribute]) -> SerdeContainer {
    serde::container(attrs, |meta| {
        let word = meta.path.get_ident().map(ToString::to_string);
        if let Some("untagged" | "tag" | "content" | "into" | "from" | "try_from" | "remote") = word.as_deref() {
            cx.error(
                &meta.path,
                "with this attribute serde writes something other than the key itself: remove it, \
                 or implement `FieldType` and `Key` by hand",
            );
        }
    })
}

fn shape<'a>(cx: &Ctxt, input: &'a DeriveInput, serde: &SerdeContainer) -> Option<Shape<'a>> {
    let refuse = |reason: &str| {
        cx.error(
            &input.ident,
            format!("`Key` cannot be derived for {reason}; a key is a newtype such as `struct UserId(String)`, or an enum whose variants have no fields"),
        );
        None
    };
    match &input.data {
        Data::Enum(data) => units_only(cx, data, serde),
        Data::Union(_) => refuse("a union"),
        Data::Struct(data) => match &data.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => newtype_field(cx, &fields.unnamed[0]),
            Fields::Named(fields) if fields.named.len() == 1 && serde.transparent => {
                newtype_field(cx, &fields.named[0])
            }
            Fields::Named(fields) if fields.named.len() == 1 => {
                refuse("a struct with a named field, unless it is `#[serde(transparent)]`")
            }
            Fields::Unit => refuse("a struct without a field"),
            _ => refuse("a struct of several fields"),
        },
    }
}

/// The field of a newtype, stored as its own type says.
fn newtype_field<'a>(cx: &Ctxt, field: &'a Field) -> Option<Shape<'a>> {
    let name = Ident::new("field", field.span());
    let read = serde::field(cx, &name, &field.attrs, Default::default());
    if let Some(with) = &read.with {
        cx.error(with, "a key is stored as its type says: remove this, or implement `FieldType` and `Key` by hand");
    }
    Some(Shape::Newtype(field))
}

fn units_only<'a>(cx: &Ctxt, data: &DataEnum, serde: &SerdeContainer) -> Option<Shape<'a>> {
    let mut names: HashMap<String, &Ident> = HashMap::new();
    for variant in &data.variants {
        serde::container(&variant.attrs, |meta| {
            const REFUSED: [&str; 7] = [
                "untagged",
                "skip",
                "skip_serializing",
                "skip_deserializing",
                "with",
                "serialize_with",
                "deserialize_with",
            ];
            if REFUSED.iter().any(|word| meta.path.is_ident(word)) {
                cx.error(&meta.path, "every variant of a key is stored as its name, and read from it: remove this");
            }
        });
        // Reports a variant that is written under one name and read under another.
        let read = serde::variant(cx, &variant.ident, &variant.attrs, serde.rules);
        if let Some(alias) = read.aliases.first() {
            cx.error(
                alias,
                format!(
                    "a key is stored as one text and found by it: what is stored as `{0}` would be read and not found; \
                     make it a variant of its own, or keep the text with `#[serde(rename = \"{0}\")]`",
                    alias.value()
                ),
            );
        }
        let name = read.written;
        if name.is_empty() {
            cx.error(&variant.ident, format!("`{}` is stored as an empty text, which cannot be a key", variant.ident));
        } else if let Some(first) = names.insert(name.clone(), &variant.ident) {
            cx.error(
                &variant.ident,
                format!("`{first}` and `{}` are both stored as `{name}`, so two keys would be one", variant.ident),
            );
        }
        if !matches!(variant.fields, Fields::Unit) {
            cx.error(
                variant,
                format!(
                    "a key is stored as the variant's name, so `{}` cannot have fields; \
                     derive `FieldType` for an enum that is stored but is no key",
                    variant.ident
                ),
            );
        }
    }
    Some(Shape::Units)
}

/// A newtype is whatever its field is.
fn newtype(ident: &Ident, field: &Field) -> TokenStream {
    let ty = &field.ty;
    let kind = quote_spanned!(ty.span()=> <#ty as __r::Key>::KIND);
    // Asked without a bound: that the type is no key is said once, by `KIND`.
    let lowering = quote!(__p::Probe::<#ty>::LOWERING);
    let (is_member, form) = (quote!(__p::Probe::<#ty>::IS_MEMBER), quote!(__p::Probe::<#ty>::FORM));
    let field_type = impl_field_type(ident, &lowering, &is_member, &form);
    let key = impl_key(ident, &kind);
    // The lifetime makes a bound one that is judged where the newtype is used, not here. The first says
    // nothing of its own: what is missing is said by the impls of `FieldType` and `Key`.
    let whole = quote!(for<'later> Self: __p::Serialize + __p::Clone);
    let markers = ["Ordered", "Text", "AutoKey", "Member", "MapKey", "Unsorted"].map(|name| {
        let name = Ident::new(name, proc_macro2::Span::call_site());
        quote! {
            #[automatically_derived]
            impl __p::#name for #ident where #whole, for<'later> #ty: __p::#name {}
        }
    });
    quote! {
        #field_type
        #key
        #(#markers)*
        #[automatically_derived]
        impl __p::TtlField for #ident where #whole, for<'later> #ty: __p::TtlField {
            const UNIT: __p::TimeUnit = <#ty as __p::TtlField>::UNIT;
        }
    }
}

/// An enum of units is stored as the variant's name.
fn units(ident: &Ident) -> TokenStream {
    let field_type = impl_field_type(ident, &quote!(__p::None), &quote!(true), &quote!(__p::Form::Name));
    let key = impl_key(ident, &quote!(__p::KeyKind::String));
    quote! {
        #field_type
        #key
        #[automatically_derived]
        impl __p::MapKey for #ident where for<'later> Self: __p::Serialize {}
        #[automatically_derived]
        impl __p::Member for #ident where for<'later> Self: __p::Serialize + __p::Clone {}
    }
}

fn impl_key(ident: &Ident, kind: &TokenStream) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl __r::Key for #ident {
            const KIND: __p::KeyKind = #kind;
            fn arg(&self) -> &Self {
                self
            }
        }
    }
}
