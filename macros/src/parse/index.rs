//! `#[index(…)]` and `index(…)`.

use quote::ToTokens;
use syn::{Attribute, Expr, LitStr};

use super::words::{Form, Place, Word, as_text, once};
use crate::ast::{At, Index, Mark, Projection};
use crate::ctxt::Ctxt;
use crate::spell;

const ON_FIELD: Place = Place {
    attribute: "#[index(...)]",
    known: &["name", "finder", "range", "unique", "local", "projection", "read_capacity", "write_capacity"],
    aliases: &[("sort", "range"), ("sort_key", "range"), ("range_key", "range"), ("include", "projection")],
    example: "`#[index]`, `#[index(unique)]` or `#[index(range = \"field\")]`",
};

const ON_STRUCT: Place = Place {
    attribute: "index(...)",
    known: &["name", "finder", "hash", "range", "unique", "projection", "read_capacity", "write_capacity"],
    aliases: &[
        ("hash_key", "hash"),
        ("sort", "range"),
        ("sort_key", "range"),
        ("range_key", "range"),
        ("include", "projection"),
    ],
    example: "`index(name = \"by_team\", hash = \"team\", range = \"joined_at\")`",
};

/// `#[index(…)]` on a field.
pub(crate) fn on_field(cx: &Ctxt, attr: &Attribute) -> Index {
    let words = ON_FIELD.words(cx, attr);
    read(cx, ON_FIELD, attr.meta.to_token_stream(), words, true)
}

/// `index(…)` in `#[repository(…)]`.
pub(crate) fn on_struct(cx: &Ctxt, word: &Word) -> Option<Index> {
    let Form::List(tokens) = &word.form else {
        cx.error(word.mark(), format!("write {}", ON_STRUCT.example));
        return None;
    };
    let words = ON_STRUCT.parse(cx, tokens.clone());
    Some(read(cx, ON_STRUCT, word.mark(), words, false))
}

fn read(cx: &Ctxt, place: Place, mark: Mark, words: Vec<Word>, on_field: bool) -> Index {
    let mut index = Index {
        mark,
        name: None,
        finder: None,
        hash: Vec::new(),
        hash_refused: false,
        ranges: Vec::new(),
        unique: None,
        local: None,
        projection: None,
        capacity: Default::default(),
    };
    for word in &words {
        match word.name.to_string().as_str() {
            "name" => once(cx, &mut index.name, word, word.expect_name(cx, "by_team")),
            "finder" => once(cx, &mut index.finder, word, word.expect_text(cx, "by_team")),
            "hash" if !on_field && !index.hash.is_empty() => cx.error(
                word.mark(),
                "`hash` is given twice: for more than one field write `hash = [\"first\", \"second\"]`",
            ),
            "hash" if !on_field => {
                index.hash = hash(cx, word);
                index.hash_refused |= index.hash.is_empty();
            }
            "hash" => cx.error(
                word.mark(),
                "the hash of an index on a field is that field: leave `hash` out, \
                 or write the index in `#[repository(index(...))]`",
            ),
            "range" if !index.ranges.is_empty() => cx.error(
                word.mark(),
                "`range` is given twice: for more than one field write `range = [\"first\", \"second\"]`",
            ),
            "range" => index.ranges = word.expect_texts(cx, "field"),
            "unique" => once(cx, &mut index.unique, word, word.flag(cx)),
            "local" if on_field => once(cx, &mut index.local, word, word.flag(cx)),
            "local" => cx.error(
                word.mark(),
                "a local index stands on its field: put `#[index(local)]` on the field that is its range",
            ),
            "projection" => once(cx, &mut index.projection, word, projection(cx, word)),
            "read_capacity" => once(cx, &mut index.capacity.read, word, word.number(cx, 5)),
            "write_capacity" => once(cx, &mut index.capacity.write, word, word.number(cx, 5)),
            _ => place.unknown(cx, word),
        }
    }
    index
}

/// `hash = "field"` or `hash = ["first", "second"]`; nothing where it is neither, which is reported.
fn hash(cx: &Ctxt, word: &Word) -> Vec<LitStr> {
    if !word.is_list() {
        return word.expect_text(cx, "field").into_iter().collect();
    }
    let fields = word.list();
    if fields.is_empty() {
        cx.error(
            word.mark(),
            "`hash` names fields: write `hash = \"field\"`, or `hash = [\"first\", \"second\"]` for up to four",
        );
    }
    fields
}

fn projection(cx: &Ctxt, word: &Word) -> Option<At<Projection>> {
    const KNOWN: [&str; 2] = ["all", "keys_only"];
    const FORMS: &str =
        "write `projection = \"all\"`, `projection = \"keys_only\"` or `projection = [\"field\", \"field\"]`";
    let found = |value| Some(At { value, mark: word.mark() });
    match &word.form {
        Form::Value(Expr::Array(array)) => {
            let fields: Option<Vec<_>> = array.elems.iter().map(as_text).collect();
            match fields {
                Some(fields) if fields.is_empty() => {
                    cx.error(array, "no field is named: write `projection = \"keys_only\"`");
                    None
                }
                Some(fields) => found(Projection::Include(fields)),
                None => {
                    cx.error(array, FORMS);
                    None
                }
            }
        }
        Form::Value(value) => match as_text(value) {
            Some(text) if text.value() == "all" => found(Projection::All),
            Some(text) if text.value() == "keys_only" => found(Projection::KeysOnly),
            Some(text) => {
                let hint = match spell::nearest(&text.value(), KNOWN) {
                    Some(near) => format!("did you mean `\"{near}\"`?"),
                    None => FORMS.to_owned(),
                };
                cx.error(&text, format!("unknown projection `{}`; {hint}", text.value()));
                None
            }
            None => {
                cx.error(value, FORMS);
                None
            }
        },
        _ => {
            cx.error(word.mark(), FORMS);
            None
        }
    }
}
