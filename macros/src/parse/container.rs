//! `#[repository(…)]`.

use syn::{Attribute, Expr, Path};

use super::index;
use super::words::{Form, Place, Word, as_text, once};
use crate::ast::Container;
use crate::ctxt::Ctxt;

const REPOSITORY: Place = Place {
    attribute: "#[repository(...)]",
    known: &["name", "read_capacity", "write_capacity", "index", "skip", "keep_unknown", "stamp", "crate"],
    aliases: &[
        ("table", "name"),
        ("table_name", "name"),
        ("collection", "name"),
        ("rename", "name"),
        ("krate", "crate"),
    ],
    example: "`#[repository(name = \"users\")]`",
};

const CRATE_ONLY: Place = Place {
    attribute: "#[repository(...)]",
    known: &["crate"],
    aliases: &[("krate", "crate")],
    example: "`#[repository(crate = \"path\")]`",
};

/// Reads every `#[repository(…)]` of a model.
pub(crate) fn read(cx: &Ctxt, attrs: &[Attribute]) -> Container {
    let mut container = Container::default();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("repository")) {
        for word in &REPOSITORY.words(cx, attr) {
            match word.name.to_string().as_str() {
                "name" => once(cx, &mut container.name, word, word.expect_name(cx, "users")),
                "read_capacity" => once(cx, &mut container.capacity.read, word, word.number(cx, 5)),
                "write_capacity" => once(cx, &mut container.capacity.write, word, word.number(cx, 5)),
                "index" => container.indexes.extend(index::on_struct(cx, word)),
                "skip" => container.skipped.extend(word.idents(cx, "create, put")),
                "keep_unknown" => once(cx, &mut container.keep_unknown, word, word.flag(cx)),
                "stamp" => once(cx, &mut container.stamp, word, word.expect_bool(cx, false)),
                "crate" => once(cx, &mut container.krate, word, crate_path(cx, word)),
                _ => REPOSITORY.unknown(cx, word),
            }
        }
    }
    container
}

/// Reads `#[repository(crate = "…")]` of a type that is not a model itself.
pub(crate) fn crate_only(cx: &Ctxt, attrs: &[Attribute]) -> Path {
    let mut krate = None;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("repository")) {
        for word in &CRATE_ONLY.words(cx, attr) {
            if word.is("crate") {
                once(cx, &mut krate, word, crate_path(cx, word));
            } else {
                CRATE_ONLY.unknown(cx, word);
            }
        }
    }
    krate.unwrap_or_else(default_crate)
}

/// The path of the runtime crate where none is given.
pub(crate) fn default_crate() -> Path {
    syn::parse_quote!(::reposit)
}

/// `crate = "path"`; a bare path serves macros by example that write `$crate`.
pub(crate) fn crate_path(cx: &Ctxt, word: &Word) -> Option<Path> {
    if let Form::Value(value) = &word.form {
        if let Some(text) = as_text(value) {
            return match text.parse_with(Path::parse_mod_style) {
                Ok(path) => Some(path),
                Err(_) => {
                    cx.error(&text, "not a path: write `crate = \"path::to::reposit\"`");
                    None
                }
            };
        }
        if let Expr::Path(path) = value {
            return Some(path.path.clone());
        }
    }
    cx.error(word.mark(), "write `crate = \"path::to::reposit\"`");
    None
}
