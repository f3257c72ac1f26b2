//! `#[derive(Projection)]`: some of a model's fields, for queries that read no more than these.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Expr, Path};

use crate::check;
use crate::ctxt::Ctxt;
use crate::expand::scope;
use crate::model::{Field, Storage};
use crate::parse::container::{crate_path, default_crate};
use crate::parse::words::{Form, Place, Word, as_text, once};
use crate::parse::{self};

const PROJECTION: Place = Place {
    attribute: "#[projection(...)]",
    known: &["of", "crate"],
    aliases: &[("model", "of"), ("for", "of"), ("from", "of"), ("krate", "crate")],
    example: "`#[projection(of = User)]`",
};

/// `#[derive(Projection)]`.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::default();
    let (model, krate) = attribute(&cx, input);
    parse::no_generics(&cx, input, "Projection");
    let nested = parse::nested(&cx, input, "Projection", "a projection");
    let fields = nested.map(|nested| {
        for field in &nested.fields {
            if let Some(flatten) = &field.serde.flatten {
                cx.error(flatten, "a projection names the fields it reads, so none of them can be flattened");
            }
        }
        check::nested(&cx, &nested)
    });
    let (Some(model), Some(fields), false) = (model, fields, cx.failed()) else {
        return cx.into_compile_errors();
    };
    let ident = &input.ident;
    let read: Vec<&Field> = fields.iter().filter(|field| matches!(field.storage, Storage::Own { .. })).collect();
    let names = read.iter().map(|field| &field.stored);
    let checks = read.iter().map(|field| same_field(&model, field));
    let code = quote! {
        #[automatically_derived]
        impl __r::Projection for #ident {
            type Model = #model;
            const FIELDS: &'static [&'static ::core::primitive::str] = &[#(#names),*];
        }
        #(#checks)*
    };
    scope(&krate, &code)
}

/// The model has a field of this name and type, stored under the same name.
fn same_field(model: &Path, field: &Field) -> TokenStream {
    let (constant, ty, stored) = (&field.constant, &field.ty, &field.stored);
    let value = quote_spanned!(field.ident.span()=> #model::#constant);
    let check = quote_spanned! {ty.span()=>
        const fn same<R>(field: __r::Field<#model, #ty, R>) -> bool { field.stored_as(#stored) }
    };
    let message =
        format!("`{}` is stored under another name in the model: give it the same serde attributes", field.ident);
    let assertion = quote_spanned!(field.ident.span()=> ::core::assert!(same(#value), #message));
    quote! {
        const _: () = {
            #check
            #assertion;
        };
    }
}

fn attribute(cx: &Ctxt, input: &DeriveInput) -> (Option<Path>, Path) {
    let (mut model, mut krate) = (None, None);
    let mut given = false;
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("projection")) {
        for word in &PROJECTION.words(cx, attr) {
            match word.name.to_string().as_str() {
                "of" => {
                    given = true;
                    once(cx, &mut model, word, model_path(cx, word));
                }
                "crate" => once(cx, &mut krate, word, crate_path(cx, word)),
                _ => {
                    // It may have been meant to be `of`, so that is not asked for as well.
                    given = true;
                    PROJECTION.unknown(cx, word);
                }
            }
        }
    }
    if !given {
        cx.error(&input.ident, format!("a projection names its model: write {}", PROJECTION.example));
    }
    (model, krate.unwrap_or_else(default_crate))
}

fn model_path(cx: &Ctxt, word: &Word) -> Option<Path> {
    if let Form::Value(value) = &word.form {
        if let Expr::Path(path) = value {
            return Some(path.path.clone());
        }
        if let Some(path) = as_text(value).and_then(|text| text.parse().ok()) {
            return Some(path);
        }
    }
    cx.error(word.mark(), format!("`of` takes a model: write {}", PROJECTION.example));
    None
}
