//! The derives for what stands in a field: `Key`, `Embedded` and `FieldType`.

mod embedded;
mod key;

pub(crate) use embedded::derive as embedded;
pub(crate) use key::derive as key;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Ident};

use crate::ctxt::Ctxt;
use crate::expand::scope;
use crate::parse::{container, no_generics};

/// `#[derive(FieldType)]`: whatever serde writes, to be compared and set as a whole.
pub(crate) fn field_type(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::default();
    let krate = container::crate_only(&cx, &input.attrs);
    no_generics(&cx, input, "FieldType");
    if let Data::Union(_) = &input.data {
        cx.error(&input.ident, "`FieldType` cannot be derived for a union: serde cannot write it");
    }
    if cx.failed() {
        return cx.into_compile_errors();
    }
    let lowering = quote!(__p::None);
    scope(&krate, &impl_field_type(&input.ident, &lowering, &quote!(false), &quote!(__p::Form::Unknown)))
}

/// A type whose values are passed by reference and stored as serde writes them, lowered; a set of them may be kept as a set.
fn impl_field_type(ident: &Ident, lowering: &TokenStream, is_member: &TokenStream, form: &TokenStream) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl __r::FieldType for #ident {
            type Arg<'a> = &'a Self;
            const LOWERING: ::core::option::Option<__p::Lowering> = #lowering;
            const IS_MEMBER: bool = #is_member;
            const FORM: __p::Form = #form;
            fn encode(value: &Self) -> __r::Result<__r::Value> {
                __p::encode(value)
            }
            fn with_value<R>(value: &Self, f: impl ::core::ops::FnOnce(&Self) -> R) -> R {
                f(value)
            }
        }
        #[automatically_derived]
        impl __p::Element for #ident where for<'later> Self: __p::Serialize {}
    }
}
