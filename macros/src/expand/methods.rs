//! The operations of a model: `create`, `get`, `update` and the rest.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};

use super::definition::number;
use super::repository::key_type;
use crate::docs;
use crate::model::{Field, Model};

/// The methods that the derive makes, apart from finders. Each can be left out.
pub(crate) const METHODS: &[&str] = &[
    "create",
    "create_many",
    "put",
    "replace",
    "put_many",
    "delete_many",
    "save",
    "save_many",
    "get",
    "update",
    "upsert",
    "delete",
    "check",
    "get_many",
    "query",
    "scan",
];

/// A method and its code.
type Method = (&'static str, TokenStream);

pub(super) fn all(model: &Model) -> TokenStream {
    let mut methods = Vec::from(create(model));
    methods.extend(unversioned(model));
    methods.push(many(model, "delete_many", "DeleteMany", "Deletes many records"));
    methods.extend(save(model).into_iter().flatten());
    methods.extend(keyed(model));
    methods.push(many(model, "get_many", "GetMany", "Reads many records"));
    methods.extend(query(model));
    methods.push(scan(model));
    methods
        .into_iter()
        .filter(|(name, _)| !model.skipped.iter().any(|skipped| skipped == name))
        .map(|(_, code)| code)
        .collect()
}

fn create(model: &Model) -> [Method; 2] {
    let (vis, doc) = (&model.vis, docs::of_record(model, "Creates a record, which must not exist yet."));
    let many = docs::of_record(model, "Creates many records, none of which may exist yet.");
    let create = quote! {
        #[doc = #doc]
        #[inline]
        #vis fn create(record: &Self) -> __r::operation::Create<'_, Self> {
            __r::operation::Create::new(record)
        }
    };
    let create_many = quote! {
        #[doc = #many]
        #[inline]
        #vis fn create_many(records: &[Self]) -> __r::operation::CreateMany<'_, Self> {
            __r::operation::CreateMany::new(records)
        }
    };
    [("create", create), ("create_many", create_many)]
}

fn scan(model: &Model) -> Method {
    let vis = &model.vis;
    let code = quote! {
        #[doc = "Reads every record of the repository: the only full scan."]
        #[inline]
        #vis fn scan() -> __r::operation::Scan<Self> {
            __r::operation::Scan::new()
        }
    };
    ("scan", code)
}

/// What only a model without a version can do. One with a version has the names, on a bound that it does
/// not fulfil, so that the compiler says what to use; the lifetime has it judged where the name is used.
fn unversioned(model: &Model) -> [Method; 3] {
    let vis = &model.vis;
    let put = docs::of_record(model, "Creates a record, or replaces it whole.");
    let replace = docs::of_record(model, "Replaces a record whole, which must exist.");
    let put_many = docs::of_record(model, "Creates many records, or replaces them whole.");
    let refused = || (quote!(#[doc(hidden)]), quote!(where for<'later> Self: __r::Unversioned));
    let (hidden, bound) = model.version.map(|_| refused()).unzip();
    let put = quote! {
        #[doc = #put]
        #hidden
        #[inline]
        #vis fn put(record: &Self) -> __r::operation::Put<'_, Self> #bound {
            __r::operation::Put::new(record)
        }
    };
    let replace = quote! {
        #[doc = #replace]
        #hidden
        #[inline]
        #vis fn replace(record: &Self) -> __r::operation::Replace<'_, Self> #bound {
            __r::operation::Replace::new(record)
        }
    };
    let put_many = quote! {
        #[doc = #put_many]
        #hidden
        #[inline]
        #vis fn put_many(records: &[Self]) -> __r::operation::PutMany<'_, Self> #bound {
            __r::operation::PutMany::new(records)
        }
    };
    [("put", put), ("replace", replace), ("put_many", put_many)]
}

/// What only a model with a version has.
fn save(model: &Model) -> Option<[Method; 2]> {
    let field = &model.fields[model.version?];
    let vis = &model.vis;
    let save = format!(
        "Creates a record whose `{name}` is 0; replaces another one if its stored `{name}` is still the same.",
        name = syn::ext::IdentExt::unraw(&field.ident),
    );
    let doc = docs::of_record(model, &save);
    let many = docs::of_record(model, "Saves many records, each under its version.");
    let save = quote! {
        #[doc = #doc]
        #[inline]
        #vis fn save(record: &mut Self) -> __r::operation::Save<'_, Self> {
            __r::operation::Save::new(record)
        }
    };
    let save_many = quote! {
        #[doc = #many]
        #[inline]
        #vis fn save_many(records: &mut [Self]) -> __r::operation::SaveMany<'_, Self> {
            __r::operation::SaveMany::new(records)
        }
    };
    Some([("save", save), ("save_many", save_many)])
}

/// The operations on one record by its key.
fn keyed(model: &Model) -> Vec<Method> {
    const OPERATIONS: [(&str, &str, &str); 5] = [
        ("get", "Get", "Reads a record"),
        ("update", "Update", "Changes fields of a record"),
        ("upsert", "Upsert", "Changes fields of a record, or creates it,"),
        ("delete", "Delete", "Deletes a record"),
        ("check", "Check", "Checks a record inside a transaction without writing it,"),
    ];
    let vis = &model.vis;
    let Key { generics, params, value } = key(model);
    let one = |(name, operation, what): (&'static str, &str, &str)| {
        let (method, operation) = (format_ident!("{name}"), format_ident!("{operation}"));
        let doc = docs::by_key(model, what);
        let body = match &value {
            Some(value) => quote!(__r::operation::#operation::new(#value)),
            None => quote!(loop {}),
        };
        let code = quote! {
            #[doc = #doc]
            #[inline]
            #vis fn #method #generics(#params) -> __r::operation::#operation<Self> {
                #body
            }
        };
        (name, code)
    };
    OPERATIONS.into_iter().map(one).collect()
}

/// The primary key as parameters, and the value made of them.
struct Key {
    generics: TokenStream,
    params: TokenStream,
    /// Missing in a model without a hash key, whose parameter then takes anything.
    value: Option<TokenStream>,
}

fn key(model: &Model) -> Key {
    let range = model.range.map(|at| &model.fields[at]);
    let range_param = range.map(param).map(|param| quote!(, #param));
    let Some(hash) = model.hash.map(|at| &model.fields[at]) else {
        return Key { generics: quote!(<__H>), params: quote!(_: __H #range_param), value: None };
    };
    let hash_param = param(hash);
    Key {
        generics: TokenStream::new(),
        params: quote!(#hash_param #range_param),
        value: Some(match range {
            None => {
                let hash = key_of(hash, &hash.ident);
                quote!(__p::hash_key(#hash))
            }
            Some(range) => {
                let (hash, range) = (key_of(hash, &hash.ident), key_of(range, &range.ident));
                quote!(__p::hash_range_key(#hash, #range))
            }
        }),
    }
}

/// A field as a parameter of its argument type.
pub(super) fn param(field: &Field) -> TokenStream {
    let (ident, arg) = (&field.ident, arg(field));
    quote!(#ident: #arg)
}

/// The type that methods take for a field.
fn arg(field: &Field) -> TokenStream {
    let ty = &field.ty;
    quote::quote_spanned!(syn::spanned::Spanned::span(ty)=> <#ty as __r::FieldType>::Arg<'_>)
}

/// A value of a field as a part of a key.
pub(super) fn key_of(field: &Field, value: impl ToTokens) -> TokenStream {
    let (constant, ty, stored) = (&field.constant, &field.ty, &field.stored);
    match field.is_written_otherwise() {
        true => quote!(__p::Probe::<#ty>::written_key_part(Self::#constant, #value)),
        false => quote!(__p::Probe::<#ty>::key_part(#stored, #value)),
    }
}

/// `get_many` and `delete_many`.
fn many(model: &Model, name: &'static str, operation: &str, what: &str) -> Method {
    let vis = &model.vis;
    let (method, operation) = (format_ident!("{name}"), format_ident!("{operation}"));
    let doc = docs::by_keys(model, what);
    let Some(hash) = model.hash.map(|at| &model.fields[at]) else {
        return (name, quote!(#vis fn #method<K>(_: K) -> __r::operation::#operation<Self> { loop {} }));
    };
    let key = key_type(hash, model.range.map(|at| &model.fields[at]));
    let code = quote! {
        #[doc = #doc]
        #[inline]
        #vis fn #method<K: __p::IntoKey<#key>>(
            keys: impl ::core::iter::IntoIterator<Item = K>,
        ) -> __r::operation::#operation<Self> {
            __r::operation::#operation::new(keys)
        }
    };
    (name, code)
}

/// `query`, where there is a range key.
fn query(model: &Model) -> Option<Method> {
    let (hash, range) = (&model.fields[model.hash?], &model.fields[model.range?]);
    let (vis, doc, param, key, range) =
        (&model.vis, docs::query(model), param(hash), key_of(hash, &hash.ident), range_part(range));
    let code = quote! {
        #[doc = #doc]
        #[inline]
        #vis fn query(#param) -> __r::operation::Query<Self, #range, __p::Primary> {
            __r::operation::Query::primary(#key)
        }
    };
    Some(("query", code))
}

/// The type of a range field as a query has it; of one with `serde(with)` the field itself, which says how it
/// is written.
pub(super) fn range_part(field: &Field) -> TokenStream {
    match field.is_written_otherwise() {
        true => {
            let at = number(field.position());
            quote!(__p::Written<Self, #at>)
        }
        false => field.ty.to_token_stream(),
    }
}
