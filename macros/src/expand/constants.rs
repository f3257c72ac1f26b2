//! The fields' constants: `User::AGE`.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Visibility;

use crate::docs;
use crate::model::{Codec, Field, Model, Role, Storage};

pub(super) fn all(model: &Model) -> TokenStream {
    let mut names = HashSet::new();
    model
        .fields
        .iter()
        // Two of one name were reported on; the second would be an error again.
        .filter(|field| names.insert(&field.constant))
        .map(|field| expand_constant(&model.vis, field, &docs::constant(field)))
        .collect()
}

/// The constant of one field.
pub(crate) fn expand_constant(vis: &Visibility, field: &Field, doc: &str) -> TokenStream {
    let Some(value) = value(field) else {
        return TokenStream::new();
    };
    let (name, ty) = (&field.constant, &field.ty);
    let role = match field.role {
        Role::Plain => None,
        Role::Key => Some(quote!(, __p::InKey)),
        Role::Version => Some(quote!(, __p::InVersion)),
    };
    quote! {
        #[doc = #doc]
        #vis const #name: __r::Field<Self, #ty #role> = #value;
    }
}

/// How a field's constant is made; a field that is not stored has none.
fn value(field: &Field) -> Option<TokenStream> {
    let stored = &field.stored;
    Some(match &field.storage {
        Storage::Own { codec: Codec::Plain | Codec::Date, .. } => quote!(__r::Field::new(#stored)),
        Storage::Own { codec: Codec::With(function), .. } => {
            quote!(__r::Field::encoded_by(#stored, |v| __p::encode_with(|s| #function(v, s))))
        }
        Storage::Own { codec: Codec::As(_), .. } => {
            let (form, ty) = (field.time_form(), &field.ty);
            quote!(__r::Field::encoded_by(#stored, |v| {
                __p::encode_stored(v, __p::InstantAs::<#ty, __p::#form>::STORED)
            }))
        }
        Storage::Own { codec: Codec::Serde, .. } => {
            quote!(__r::Field::encoded_by(#stored, __p::encode_as_written))
        }
        Storage::Flattened => quote!(__r::Field::flattened()),
        Storage::Skipped => return None,
    })
}
