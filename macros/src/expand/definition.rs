//! The definition: static data.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::model::{Codec, Field, Index, Model, Projection, Storage};

/// `Spec { … }`; nothing for a model without a hash key.
pub(super) fn spec(model: &Model) -> Option<TokenStream> {
    let hash = key(model, model.hash?);
    let range = option(model.range.map(|at| key(model, at)));
    let (name, read, write) = (&model.name, capacity(model.read_capacity), capacity(model.write_capacity));
    let title = model.ident.to_string();
    let title = title.trim_start_matches("r#");
    let fields = model.fields.iter().filter_map(field);
    let indexes = model.indexes.iter().map(|one| index(model, one));
    let ttl = option(model.ttl.as_ref().map(|ttl| {
        let at = &model.fields[ttl.field];
        let (position, seconds, ty) = (number(at.position()), Literal::u64_unsuffixed(ttl.seconds), &at.ty);
        let unit = quote_spanned!(ty.span()=> <#ty as __p::TtlField>::UNIT);
        quote!(__p::TtlDef { field: #position, seconds: #seconds, unit: #unit })
    }));
    let position = |at: Option<usize>| option(at.map(|at| number(model.fields[at].position())));
    let version = option(model.version.map(|at| {
        let (field, ty) = (number(model.fields[at].position()), &model.fields[at].ty);
        let most = quote_spanned!(ty.span()=> <#ty as __p::Version>::MOST);
        quote!(__p::VersionDef { field: #field, most: #most })
    }));
    let aliases = model.fields.iter().filter(|field| matches!(field.storage, Storage::Own { .. })).flat_map(|field| {
        let position = number(field.position());
        field.aliases.iter().map(move |name| quote!(__p::AliasDef { field: #position, name: #name }))
    });
    let (created_at, updated_at) = (position(model.created_at), position(model.updated_at));
    let auto_hash = model.auto_hash;
    Some(quote! {
        __p::Spec {
            model: #title,
            name: #name,
            read_capacity: #read,
            write_capacity: #write,
            fields: &[#(#fields),*],
            hash: #hash,
            range: #range,
            indexes: &[#(#indexes),*],
            ttl: #ttl,
            version: #version,
            aliases: &[#(#aliases),*],
            auto_hash: #auto_hash,
            created_at: #created_at,
            updated_at: #updated_at,
        }
    })
}

/// A stored field; flattened ones have no place of their own.
pub(crate) fn field(field: &Field) -> Option<TokenStream> {
    let Storage::Own { codec, .. } = &field.storage else {
        return None;
    };
    let (stored, ty) = (&field.stored, &field.ty);
    let name = syn::ext::IdentExt::unraw(&field.ident).to_string();
    let lowering = match codec {
        Codec::Plain => quote!(__p::Probe::<#ty>::LOWERING),
        Codec::With(_) | Codec::Serde => quote!(__p::None),
    };
    let plain = quote!(__p::field(#stored, #name, #lowering));
    let Some(default) = &field.default else { return Some(plain) };
    let written = match codec {
        Codec::With(function) => quote!(__p::encode_with(|s| #function(&#default, s))),
        Codec::Plain | Codec::Serde => quote!(__p::encode_as_written::<#ty>(&#default)),
    };
    Some(quote!(__p::defaulted(#plain, || #written)))
}

/// A flattened field has no place in the definition, so nothing could lower an instant inside it.
pub(crate) fn flattened(field: &Field) -> Option<TokenStream> {
    let Storage::Flattened = &field.storage else {
        return None;
    };
    let ty = &field.ty;
    let assertion = quote_spanned! {ty.span()=>
        ::core::assert!(
            !__p::holds_instant(__p::Probe::<#ty>::LOWERING),
            "a flattened struct cannot hold an instant: declare the instant in the model itself, or do not flatten"
        )
    };
    Some(quote!(const _: () = #assertion;))
}

/// A part of the primary key or of an index.
fn key(model: &Model, at: usize) -> TokenStream {
    let field = &model.fields[at];
    let (position, ty) = (number(field.position()), &field.ty);
    quote!(__p::part(#position, __p::Probe::<#ty>::KIND))
}

fn index(model: &Model, index: &Index) -> TokenStream {
    let name = &index.name;
    let hash = key(model, index.hash);
    let ranges = index.ranges.iter().map(|&at| key(model, at));
    let (unique, local, sparse) = (index.unique, index.local, sparse(model, index));
    let projection = match &index.projection {
        Projection::All => quote!(All),
        Projection::KeysOnly => quote!(KeysOnly),
        Projection::Include(names) => quote!(Include(&[#(#names),*])),
    };
    let (read, write) = (capacity(index.read_capacity), capacity(index.write_capacity));
    quote! {
        __p::IndexDef {
            name: #name,
            hash: #hash,
            ranges: &[#(#ranges),*],
            unique: #unique,
            local: #local,
            sparse: #sparse,
            projection: __p::Projection::#projection,
            read_capacity: #read,
            write_capacity: #write,
        }
    }
}

/// Whether a record may be left out of an index: one of the fields that it adds may be absent.
fn sparse(model: &Model, index: &Index) -> TokenStream {
    let added: Vec<&Field> = index
        .parts()
        .filter(|&at| model.hash != Some(at) && model.range != Some(at))
        .map(|at| &model.fields[at])
        .collect();
    if added.iter().any(|field| field.skippable) {
        return quote!(true);
    }
    let parts = added.iter().map(|field| {
        let ty = &field.ty;
        quote!(__p::Probe::<#ty>::SPARSE)
    });
    if added.is_empty() { quote!(false) } else { quote!(#(#parts)||*) }
}

fn capacity(units: Option<u64>) -> TokenStream {
    option(units.map(Literal::u64_unsuffixed))
}

/// A position without a suffix, which is shorter and reads better.
pub(super) fn number(at: usize) -> Literal {
    Literal::usize_unsuffixed(at)
}

fn option(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(__p::Some(#value)),
        None => quote!(__p::None),
    }
}
