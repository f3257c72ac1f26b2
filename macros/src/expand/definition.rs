//! The definition: static data.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::ast::Name;
use crate::model::{Codec, Field, Index, Model, Projection, Storage};

/// The constant `__SPEC`; nothing for a model without a hash key.
///
/// Lists are constants of their own: a borrow in an argument of a const fn would have to be promoted, which
/// the compiler does only for some expressions. Their names clash with no constant in a field's type.
pub(super) fn spec(model: &Model) -> Option<TokenStream> {
    let hash = key(model, model.hash?);
    let unique = model.indexes.iter().any(|index| index.unique);
    let (name, fields) = (table_name(&model.name, unique), model.fields.iter().filter_map(field));
    let title = model.ident.to_string();
    let title = title.trim_start_matches("r#");
    let range = model.range.map(|at| key(model, at)).map(|range| quote!(.range(#range)));
    let capacity = capacity(model.read_capacity, model.write_capacity);
    let indexes = model.indexes.iter().filter_map(|one| index(model, one));
    // Names that are written out were compared when the model was checked.
    let constant = |index: &Index| matches!(index.name, Name::Constant(_));
    let distinct = model.indexes.iter().any(constant).then(|| quote!(.distinct_indexes()));
    let ttl = model.ttl.as_ref().map(|ttl| {
        let at = &model.fields[ttl.field];
        let (position, seconds, ty) = (number(at.position()), Literal::u64_unsuffixed(ttl.seconds), &at.ty);
        let unit = match at.time_form() {
            Some(form) => quote!(__p::TimeForm::#form.unit()),
            None => quote_spanned!(ty.span()=> <#ty as __p::TtlField>::UNIT),
        };
        quote!(.ttl(__p::TtlDef::new(#position, #seconds, #unit)))
    });
    let version = model.version.map(|at| {
        let (position, ty) = (number(model.fields[at].position()), &model.fields[at].ty);
        let most = quote_spanned!(ty.span()=> <#ty as __p::Version>::MOST);
        quote!(.version(#position, #most))
    });
    let auto_hash = model.auto_hash.then(|| quote!(.auto_hash()));
    let auto_range = model.auto_range.then(|| quote!(.auto_range()));
    let keeps_unknown = model.keep_unknown.then(|| quote!(.keep_unknown()));
    let unstamped = (!model.stamp).then(|| quote!(.unstamped()));
    let position = |at: usize| number(model.fields[at].position());
    let created_at = model.created_at.map(position).map(|at| quote!(.created_at(#at)));
    let updated_at = model.updated_at.map(position).map(|at| quote!(.updated_at(#at)));
    Some(quote! {
        const __FIELDS: &[__p::FieldDef] = &[#(#fields),*];
        const __INDEXES: &[__p::IndexDef] = &[#(#indexes),*];
        const __SPEC: __p::Spec = __p::Spec::new(#title, #name, __FIELDS, #hash)
            #range .indexes(__INDEXES) #distinct #capacity #ttl #version #auto_hash #auto_range
            #created_at #updated_at #keeps_unknown #unstamped;
    })
}

/// A stored field; flattened ones have no place of their own.
pub(crate) fn field(field: &Field) -> Option<TokenStream> {
    let Storage::Own { codec, .. } = &field.storage else {
        return None;
    };
    let (stored, ty) = (&field.stored, &field.ty);
    let name = syn::ext::IdentExt::unraw(&field.ident).to_string();
    let lowered = match codec {
        Codec::Plain | Codec::Date => Some(quote!(.of(__p::Probe::<#ty>::STORED))),
        Codec::As(_) => {
            let form = field.time_form();
            Some(quote!(.of(__p::InstantAs::<#ty, __p::#form>::STORED)))
        }
        Codec::With(_) | Codec::Serde => None,
    };
    let defaulted = field.default.as_ref().map(|default| {
        let written = match codec {
            Codec::With(function) => quote!(__p::encode_with(|s| #function(&#default, s))),
            Codec::Plain | Codec::Date | Codec::As(_) | Codec::Serde => {
                quote!(__p::encode_as_written::<#ty>(&#default))
            }
        };
        quote!(.defaulted(|| #written))
    });
    let aliases = &field.aliases;
    let aliased = (!aliases.is_empty()).then(|| quote!(.aliased(&[#(#aliases),*])));
    Some(quote!(__p::FieldDef::new(#stored, #name) #lowered #defaulted #aliased))
}

/// A flattened field has no place in the definition, so nothing could lower an instant inside it.
pub(crate) fn flattened(field: &Field) -> Option<TokenStream> {
    let Storage::Flattened = &field.storage else {
        return None;
    };
    let ty = &field.ty;
    let assertion = quote_spanned! {ty.span()=>
        ::core::assert!(
            !__p::has_instant(__p::Probe::<#ty>::LOWERING),
            "a flattened struct cannot hold an instant: declare the instant in the model itself, or do not flatten"
        )
    };
    Some(quote!(const _: () = #assertion;))
}

/// A part of the primary key or of an index.
fn key(model: &Model, at: usize) -> TokenStream {
    let field = &model.fields[at];
    let (position, ty) = (number(field.position()), &field.ty);
    match field.time_form() {
        Some(form) => quote!(__p::KeyDef::new(#position, __p::TimeForm::#form.kind())),
        None => quote!(__p::KeyDef::new(#position, __p::Probe::<#ty>::KIND)),
    }
}

/// Nothing for an index without a hash, of which there is none.
fn index(model: &Model, index: &Index) -> Option<TokenStream> {
    let name = index_name(&index.name);
    let keys = |parts: &[usize]| parts.iter().map(|&at| key(model, at)).collect::<Vec<_>>();
    let (hash, ranges) = (keys(&index.hash), keys(&index.ranges));
    let (hash, more) = hash.split_first()?;
    let more = (!more.is_empty()).then(|| {
        quote!(.hashed_also({
            const __HASH: &[__p::KeyDef] = &[#(#more),*];
            __HASH
        }))
    });
    let ranges = match ranges.is_empty() {
        true => quote!(&[]),
        false => quote!({
            const __RANGES: &[__p::KeyDef] = &[#(#ranges),*];
            __RANGES
        }),
    };
    let unique = index.unique.then(|| quote!(.unique()));
    let local = index.local.then(|| quote!(.local()));
    let sparse = sparse(model, index).map(|sparse| quote!(.sparse(#sparse)));
    let projection = match &index.projection {
        Projection::All => None,
        Projection::KeysOnly => Some(quote!(.projecting(__p::Projection::KeysOnly))),
        Projection::Include(names) => Some(quote!(.projecting(__p::Projection::Include(&[#(#names),*])))),
    };
    let capacity = capacity(index.read_capacity, index.write_capacity);
    Some(quote!(__p::IndexDef::new(#name, #hash, #ranges) #more #unique #local #sparse #projection #capacity))
}

/// The name of a table; a constant is checked where it is evaluated.
fn table_name(name: &Name, unique: bool) -> TokenStream {
    match name {
        Name::Text(text) => quote!(#text),
        Name::Constant(expr) => quote_spanned!(expr.span()=> __p::table_name(#expr, #unique)),
    }
}

/// The same of an index.
fn index_name(name: &Name) -> TokenStream {
    match name {
        Name::Text(text) => quote!(#text),
        Name::Constant(expr) => quote_spanned!(expr.span()=> __p::index_name(#expr)),
    }
}

/// Whether a record may be left out of an index: one of the fields that it adds may be absent.
fn sparse(model: &Model, index: &Index) -> Option<TokenStream> {
    let added: Vec<&Field> = index
        .parts()
        .filter(|&at| model.hash != Some(at) && model.range != Some(at))
        .map(|at| &model.fields[at])
        .collect();
    if added.iter().any(|field| field.skippable) {
        return Some(quote!(true));
    }
    let parts = added.iter().map(|field| {
        let ty = &field.ty;
        quote!(__p::Probe::<#ty>::SPARSE)
    });
    (!added.is_empty()).then(|| quote!(#(#parts)||*))
}

/// Provisioned capacity, if any is given.
fn capacity(read: Option<u64>, write: Option<u64>) -> Option<TokenStream> {
    let units = |units: Option<u64>| match units.map(Literal::u64_unsuffixed) {
        Some(units) => quote!(__p::Some(#units)),
        None => quote!(__p::None),
    };
    let (given, read, write) = (read.or(write), units(read), units(write));
    given.map(|_| quote!(.capacity(#read, #write)))
}

/// A position without a suffix, which is shorter and reads better.
pub(super) fn number(at: usize) -> Literal {
    Literal::usize_unsuffixed(at)
}
