//! serde's attributes, read as serde's own derive reads them. What serde would refuse is left to serde to report.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, ExprPath, Ident, LitStr, Token};

use crate::ast::{self, SerdeField};
use crate::case::RenameRule;
use crate::ctxt::Ctxt;

/// What serde's attributes say about a struct.
#[derive(Default)]
pub(crate) struct SerdeContainer {
    /// `rename_all`, for writing and for reading.
    pub(crate) rules: [RenameRule; 2],
    /// `#[serde(default)]` on the struct.
    pub(crate) default: bool,
    /// `#[serde(transparent)]`.
    pub(crate) transparent: bool,
}

/// Why a representation of a struct cannot be stored.
fn refusal(word: &str, derive: &str) -> Option<String> {
    Some(match word {
        "transparent" => "`#[serde(transparent)]` writes the one field in place of the struct, \
             which then has no named fields: remove it"
            .to_owned(),
        "tag" | "content" => "`#[serde(tag = ...)]` writes an attribute that is no field of the struct: \
             remove it, or make the tag a field"
            .to_owned(),
        "untagged" => "`#[serde(untagged)]` is for enums: remove it".to_owned(),
        "into" | "from" | "try_from" => {
            format!("`#[serde({word} = ...)]` puts another type in place of this one: derive `{derive}` on that type")
        }
        "remote" => format!(
            "`#[serde(remote = ...)]` describes a type of another crate: derive `{derive}` on a struct of your own"
        ),
        _ => return None,
    })
}

/// Reads the attributes on a struct whose fields are stored by name; what would change that is an error.
pub(crate) fn of_struct(cx: &Ctxt, attrs: &[Attribute], derive: &str) -> SerdeContainer {
    container(attrs, |meta| {
        let word = meta.path.get_ident().map(ToString::to_string);
        if let Some(reason) = word.and_then(|word| refusal(&word, derive)) {
            cx.error(&meta.path, reason);
        }
    })
}

/// Reads the attributes on any type and shows each word to `visit`.
pub(crate) fn container(attrs: &[Attribute], mut visit: impl FnMut(&ParseNestedMeta<'_>)) -> SerdeContainer {
    let mut read = SerdeContainer::default();
    words(attrs, |meta| {
        visit(&meta);
        if meta.path.is_ident("rename_all") {
            let [write, from] = halves(&meta, &mut Vec::new())?;
            for (rule, name) in read.rules.iter_mut().zip([write, from]) {
                *rule = name.and_then(|name| RenameRule::from_name(&name.value())).unwrap_or(*rule);
            }
            return Ok(());
        }
        read.default |= meta.path.is_ident("default");
        read.transparent |= meta.path.is_ident("transparent");
        rest(&meta)
    });
    read
}

/// Reads the attributes on a field.
pub(crate) fn field(cx: &Ctxt, ident: &Ident, attrs: &[Attribute], rules: [RenameRule; 2]) -> SerdeField {
    let name = ident.unraw().to_string();
    named(cx, ident, attrs, rules.map(|rule| rule.apply(&name)))
}

/// Reads the attributes on a variant.
pub(crate) fn variant(cx: &Ctxt, ident: &Ident, attrs: &[Attribute], rules: [RenameRule; 2]) -> SerdeField {
    let name = ident.unraw().to_string();
    named(cx, ident, attrs, rules.map(|rule| rule.apply_to_variant(&name)))
}

/// Reads the attributes on what has these names, to be written and read under, where none are given.
fn named(cx: &Ctxt, ident: &Ident, attrs: &[Attribute], [written, read]: [String; 2]) -> SerdeField {
    let mut read = SerdeField { written, read, ..SerdeField::default() };
    words(attrs, |meta| {
        let mark = || Some(meta.path.to_token_stream());
        let Some(word) = meta.path.get_ident().map(ToString::to_string) else {
            return rest(&meta);
        };
        match word.as_str() {
            "rename" => {
                let [write, from] = halves(&meta, &mut read.aliases)?;
                read.written = write.map_or(std::mem::take(&mut read.written), |s| s.value());
                read.read = from.map_or(std::mem::take(&mut read.read), |s| s.value());
                read.rename = mark();
            }
            "alias" => read.aliases.push(meta.value()?.parse()?),
            "with" => {
                if let Some(path) = function(&meta)? {
                    read.serialize_with = Some(inside(&path, "serialize"));
                    read.deserialize_with = Some(inside(&path, "deserialize"));
                    read.with = mark();
                }
            }
            "serialize_with" => {
                read.serialize_with = function(&meta)?;
                read.with = mark();
            }
            "deserialize_with" => {
                read.deserialize_with = function(&meta)?;
                read.with = mark();
            }
            "skip" => {
                read.skip_serializing = mark();
                read.skip_deserializing = mark();
            }
            "skip_serializing" => read.skip_serializing = mark(),
            "skip_deserializing" => read.skip_deserializing = mark(),
            "skip_serializing_if" => {
                read.skip_serializing_if = mark();
                rest(&meta)?;
            }
            "flatten" => read.flatten = mark(),
            "default" if meta.input.peek(Token![=]) => read.default = function(&meta)?.map(ast::Default::Function),
            "default" => read.default = Some(ast::Default::Type),
            _ => rest(&meta)?,
        }
        Ok(())
    });
    names_agree(cx, ident, &read);
    read
}

/// A field that is written under one name and read under another could not be found by either.
fn names_agree(cx: &Ctxt, ident: &Ident, field: &SerdeField) {
    if field.written == field.read
        || field.skip_serializing.is_some()
        || field.skip_deserializing.is_some()
        || field.flatten.is_some()
    {
        return;
    }
    let mark = field.rename.clone().unwrap_or_else(|| ident.to_token_stream());
    cx.error(
        mark,
        format!(
            "serde writes this as `{}` and reads it as `{}`, so a stored record could not be read back: \
             give both the same name, and keep old names readable with `#[serde(alias = \"...\")]`",
            field.written, field.read
        ),
    );
}

/// Calls `each` for each word of each `#[serde(…)]`; an attribute that cannot be read is serde's to report.
fn words(attrs: &[Attribute], mut each: impl FnMut(ParseNestedMeta<'_>) -> syn::Result<()>) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        let _ = attr.parse_nested_meta(&mut each);
    }
}

/// Reads over the value of a word that says nothing about what is stored.
fn rest(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<syn::Expr>()?;
    } else if meta.input.peek(syn::token::Paren) {
        let content;
        syn::parenthesized!(content in meta.input);
        content.parse::<TokenStream>()?;
    }
    Ok(())
}

/// `= "name"` gives both halves; `(serialize = "…", deserialize = "…")` gives each its own, and further
/// names to read.
fn halves(meta: &ParseNestedMeta<'_>, aliases: &mut Vec<LitStr>) -> syn::Result<[Option<LitStr>; 2]> {
    if meta.input.peek(Token![=]) {
        let both: LitStr = meta.value()?.parse()?;
        return Ok([Some(both.clone()), Some(both)]);
    }
    let mut halves = [None, None];
    meta.parse_nested_meta(|half| {
        let value: LitStr = half.value()?.parse()?;
        if half.path.is_ident("serialize") {
            halves[0] = Some(value);
        } else if half.path.is_ident("deserialize") {
            // serde lets the reading half stand several times: the first is the name, the rest aliases.
            match halves[1] {
                None => halves[1] = Some(value),
                Some(_) => aliases.push(value),
            }
        }
        Ok(())
    })?;
    Ok(halves)
}

/// `= "path::to::function"`.
fn function(meta: &ParseNestedMeta<'_>) -> syn::Result<Option<ExprPath>> {
    let text: LitStr = meta.value()?.parse()?;
    Ok(text.parse().ok())
}

/// `module` as `module::name`.
fn inside(module: &ExprPath, name: &str) -> ExprPath {
    let mut path = module.clone();
    let span = syn::spanned::Spanned::span(module);
    path.path.segments.push(Ident::new(name, span).into());
    path
}
