//! The finders of indexes: `find_by_email`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::definition::number;
use super::methods::{key_of, param, ranged_by};
use crate::docs;
use crate::model::{Field, Index, Model};

pub(super) fn all(model: &Model) -> TokenStream {
    model.indexes.iter().enumerate().map(|(at, index)| expand_finder(model, at, index)).collect()
}

fn expand_finder(model: &Model, at: usize, index: &Index) -> TokenStream {
    let at = number(at);
    let (vis, name, doc) = (&model.vis, &index.finder, docs::finder(model, index));
    let fields: Vec<&Field> = index.parts().map(|at| &model.fields[at]).collect();
    if index.unique {
        let params = fields.iter().map(|field| param(field));
        let keys = fields.iter().map(|field| key_of(field, &field.ident));
        return quote! {
            #[doc = #doc]
            #[inline]
            #vis fn #name(#(#params),*) -> __r::operation::FindUnique<Self> {
                __r::operation::FindUnique::new(#at, [#(#keys),*])
            }
        };
    }
    let (param, key) = (param(fields[0]), key_of(fields[0], &fields[0].ident));
    let range = match fields.get(1) {
        Some(field) => field.ty.to_token_stream(),
        None => quote!(__p::NoRange),
    };
    let ranged_by = fields.get(1).and_then(|field| ranged_by(field));
    let place = if index.local { quote!(__p::Local<#at>) } else { quote!(__p::Secondary<#at>) };
    quote! {
        #[doc = #doc]
        #[inline]
        #vis fn #name(#param) -> __r::operation::Query<Self, #range, #place> {
            __r::operation::Query::index(#at, #key)#ranged_by
        }
    }
}
