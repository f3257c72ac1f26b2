//! From a checked model to its code: static data, and methods of one expression each.
//!
//! Everything stands in one anonymous constant, where `__r` is the runtime crate and `__p` its
//! private module: short paths that clash with nothing of the user's.

pub(crate) mod assertions;
pub(crate) mod constants;
pub(crate) mod definition;
mod finders;
#[cfg(test)]
mod golden;
pub(crate) mod methods;
mod repository;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Path};

use crate::ctxt::Ctxt;
use crate::model::Model;
use crate::parse::container::{self, default_crate};
use crate::{check, parse};

/// `#[derive(Repository)]`.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::default();
    let parsed = parse::input(&cx, input);
    let model = parsed.map(|parsed| check::model(&cx, &parsed));
    let broken = cx.failed();
    let code = match &model {
        Some(model) if input.generics.params.is_empty() => expand(model, broken),
        _ => stand_in(input),
    };
    let errors = cx.into_compile_errors();
    quote!(#errors #code)
}

/// The whole expansion. That of a broken model has the same names and types as far as they are
/// known, so that its uses are not errors as well, and is never run.
fn expand(model: &Model, broken: bool) -> TokenStream {
    let constants = constants::all(model);
    let methods = methods::all(model);
    let finders = finders::all(model);
    let written = finders::written_parts(model);
    let repository = repository::all(model, broken);
    let assertions = assertions::all(model);
    let flattened = model.fields.iter().filter_map(definition::flattened);
    let ident = &model.ident;
    scope(
        &model.krate,
        &quote! {
            impl #ident {
                #constants
                #methods
                #finders
            }
            #repository
            #written
            #assertions
            #(#flattened)*
        },
    )
}

/// Code in a scope of its own, in which the runtime crate has a short name. Of the lints only one
/// speaks about code that comes from another crate's macro.
pub(crate) fn scope(krate: &Path, code: &TokenStream) -> TokenStream {
    quote! {
        #[allow(unused_qualifications)]
        const _: () = {
            use #krate as __r;
            use #krate::__private as __p;
            use #krate::__private::{NoLowering as _, NotKey as _};
            #code
        };
    }
}

/// For what is no struct with named fields: enough that the trait is there. A generic type gets
/// nothing, since its bounds are unknown, and a union nothing, since it cannot have serde's traits.
fn stand_in(input: &DeriveInput) -> TokenStream {
    if !input.generics.params.is_empty() || matches!(input.data, Data::Union(_)) {
        return TokenStream::new();
    }
    // Its attributes were reported on already; only the path is wanted here.
    let quiet = Ctxt::default();
    let krate = container::read(&quiet, &input.attrs).krate.unwrap_or_else(default_crate);
    let trait_impl = repository::stand_in(&input.ident);
    scope(&krate, &trait_impl)
}
