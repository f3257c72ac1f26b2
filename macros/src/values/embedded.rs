//! `#[derive(Embedded)]`: a nested struct, with a constant for each of its fields.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, Fields, Ident};

use super::impl_field_type;
use crate::check;
use crate::ctxt::Ctxt;
use crate::docs;
use crate::expand::{assertions, constants, definition, scope};
use crate::parse::{self, container, no_generics};

/// `#[derive(Embedded)]`.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::default();
    let krate = container::crate_only(&cx, &input.attrs);
    no_generics(&cx, input, "Embedded");
    let nested = parse::nested(&cx, input, "Embedded", "an embedded type");
    if let Data::Struct(data) = &input.data {
        refuse_itself(&cx, &input.ident, &data.fields);
    }
    let fields = nested.map(|nested| check::nested(&cx, &nested));
    let errors_found = cx.failed();
    let errors = cx.into_compile_errors();
    // With errors the constants still stand, so that their uses are no errors as well.
    let (Some(fields), true) = (fields, input.generics.params.is_empty()) else {
        return errors;
    };
    let ident = &input.ident;
    let lowering = quote!(__p::embedded_lowering::<Self>());
    let field_type = impl_field_type(ident, &lowering, &quote!(false), &quote!(__p::embedded_form::<Self>()));
    let constants =
        fields.iter().map(|field| constants::expand_constant(&input.vis, field, &docs::nested_constant(field)));
    let stored = fields.iter().filter_map(definition::field).filter(|_| !errors_found);
    let flattened = fields.iter().filter_map(definition::flattened);
    let instants = assertions::instants(&fields);
    let instants = (!instants.is_empty()).then(|| quote!(const _: fn() = || { #instants };));
    let code = quote! {
        impl #ident {
            #(#constants)*
        }
        #field_type
        #[automatically_derived]
        impl __p::Nested for #ident {
            type Inner = Self;
        }
        #[automatically_derived]
        impl __r::Embedded for #ident {}
        #[automatically_derived]
        impl __p::EmbeddedFields for #ident {
            const FIELDS: &'static [__p::FieldDef] = &[#(#stored),*];
        }
        #(#flattened)*
        #instants
    };
    let code = scope(&krate, &code);
    quote!(#errors #code)
}

/// A struct that holds itself, in a `Box` or a `Vec`, has fields without end: the compiler would speak of a
/// cycle among constants that the user never wrote.
fn refuse_itself(cx: &Ctxt, ident: &Ident, fields: &Fields) {
    for field in fields.iter().filter(|field| names(field.ty.to_token_stream(), ident)) {
        let message = format!("`{ident}` holds itself, so it cannot be `Embedded`: derive `FieldType` for it");
        cx.error(&field.ty, message);
    }
}

/// Whether a type is, or has in it, a path of this one name or `Self`.
fn names(ty: TokenStream, ident: &Ident) -> bool {
    let mut in_path = false;
    ty.into_iter().any(|token| {
        let is_it = match &token {
            TokenTree::Ident(word) => !in_path && (word == ident || word == "Self"),
            TokenTree::Group(group) => names(group.stream(), ident),
            _ => false,
        };
        in_path = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ':');
        is_it
    })
}
