//! The finders of indexes: `find_by_email`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

use super::definition::number;
use super::methods::{key_of, param, range_part};
use crate::docs;
use crate::model::{Field, Index, Model, Role};

pub(super) fn all(model: &Model) -> TokenStream {
    model.indexes.iter().enumerate().map(|(at, index)| expand_finder(model, at, index)).collect()
}

/// `find_many_by_email`, of a unique index.
fn expand_many(model: &Model, at: &impl ToTokens, index: &Index, fields: &[&Field]) -> TokenStream {
    let (vis, doc) = (&model.vis, docs::many_finder(model, index));
    let finder = syn::ext::IdentExt::unraw(&index.finder).to_string();
    let name = Ident::new(&format!("find_many_{}", finder.trim_start_matches("find_")), index.finder.span());
    let [field] = fields else {
        let types = fields.iter().map(|field| &field.ty);
        let (names, parts) = (fields.iter().map(|field| &field.ident), fields.iter().map(|field| argument_of(field)));
        return quote! {
            #[doc = #doc]
            #[inline]
            #vis fn #name(
                values: impl ::core::iter::IntoIterator<Item = (#(impl __p::Argument<#types>),*)>,
            ) -> __r::operation::FindMany<Self> {
                __r::operation::FindMany::of_parts(
                    #at,
                    ::core::iter::Iterator::map(::core::iter::IntoIterator::into_iter(values), |(#(#names),*)| [#(#parts),*]),
                )
            }
        };
    };
    let (ty, constant) = (&field.ty, &field.constant);
    quote! {
        #[doc = #doc]
        #[inline]
        #vis fn #name(values: impl __p::Many<#ty>) -> __r::operation::FindMany<Self> {
            __r::operation::FindMany::new(#at, __p::Probe::<#ty>::key_parts(Self::#constant, values))
        }
    }
}

fn argument_of(field: &Field) -> TokenStream {
    let (ty, constant, ident) = (&field.ty, &field.constant, &field.ident);
    quote!(__p::Probe::<#ty>::argument_part(&Self::#constant, #ident))
}

fn expand_finder(model: &Model, at: usize, index: &Index) -> TokenStream {
    let at = number(at);
    let (vis, name, doc) = (&model.vis, &index.finder, docs::finder(model, index));
    let fields: Vec<&Field> = index.parts().map(|at| &model.fields[at]).collect();
    if index.unique {
        let params = fields.iter().map(|field| param(field));
        let keys = fields.iter().map(|field| key_of(field, &field.ident));
        let many = expand_many(model, &at, index, &fields);
        return quote! {
            #[doc = #doc]
            #[inline]
            #vis fn #name(#(#params),*) -> __r::operation::FindUnique<Self> {
                __r::operation::FindUnique::new(#at, [#(#keys),*])
            }
            #many
        };
    }
    let hash: Vec<&Field> = index.hash.iter().map(|&at| &model.fields[at]).collect();
    let params = hash.iter().map(|field| param(field));
    let mut keys = hash.iter().map(|field| key_of(field, &field.ident));
    let (key, more): (_, Vec<_>) = (keys.next(), keys.collect());
    let more = (!more.is_empty()).then(|| quote!(.also([#(#more),*])));
    let range = range_parts(&index.ranges.iter().map(|&at| &model.fields[at]).collect::<Vec<_>>());
    let place = if index.local { quote!(__p::Local<#at>) } else { quote!(__p::Secondary<#at>) };
    quote! {
        #[doc = #doc]
        #[inline]
        #vis fn #name(#(#params),*) -> __r::operation::Query<Self, #range, #place> {
            __r::operation::Query::index(#at, #key)#more
        }
    }
}

/// The type of what a query chooses a range of: that of the range field, or of each of several.
fn range_parts(fields: &[&Field]) -> TokenStream {
    match fields {
        [] => quote!(__p::NoRange),
        [one] => range_part(one),
        [first, rest @ ..] => {
            let (first, rest) = (range_part(first), range_parts(rest));
            quote!(__p::Parts<#first, #rest>)
        }
    }
}

/// How each range field is written that `serde(with)` writes.
pub(super) fn written_parts(model: &Model) -> TokenStream {
    let mut ranges: Vec<usize> = model.indexes.iter().flat_map(|index| index.ranges.iter().copied()).collect();
    ranges.extend(model.range);
    ranges.sort_unstable();
    ranges.dedup();
    let fields = ranges.into_iter().map(|at| &model.fields[at]).filter(|field| field.is_written_otherwise());
    let part = |field: &Field| {
        let (model, at, ty, constant) = (&model.ident, number(field.position()), &field.ty, &field.constant);
        let role = match field.role {
            Role::Plain => quote!(__p::Plain),
            Role::Key => quote!(__p::InKey),
            Role::Version => quote!(__p::InVersion),
        };
        quote! {
            #[automatically_derived]
            impl __p::WrittenPart<#at> for #model {
                type Type = #ty;
                type Role = #role;
                const FIELD: __r::Field<Self, #ty, #role> = Self::#constant;
            }
        }
    };
    fields.map(part).collect()
}
