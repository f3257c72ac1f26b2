//! The attributes of one field.

use quote::ToTokens;
use syn::{Attribute, Meta};

use super::words::{Place, Word, once};
use super::{index, serde};
use crate::ast::{At, Field, Mark, TimeForm};
use crate::case::RenameRule;
use crate::ctxt::Ctxt;
use crate::spell;

const HASH_KEY: Place = Place {
    attribute: "#[hash_key(...)]",
    known: &["auto"],
    aliases: &[("generated", "auto"), ("generate", "auto")],
    example: "`#[hash_key]` or `#[hash_key(auto)]`",
};

const RANGE_KEY: Place =
    Place { attribute: "#[range_key(...)]", example: "`#[range_key]` or `#[range_key(auto)]`", ..HASH_KEY };

const TTL: Place = Place {
    attribute: "#[ttl(...)]",
    known: &["seconds"],
    aliases: &[("secs", "seconds"), ("sec", "seconds"), ("after", "seconds")],
    example: "`#[ttl]` or `#[ttl(seconds = 86400)]`",
};

const STORED: Place = Place {
    attribute: "#[stored(...)]",
    known: &["as"],
    aliases: &[("form", "as"), ("with", "as"), ("format", "as")],
    example: "`#[stored(as = \"seconds\")]`, `\"milliseconds\"`, `\"rfc3339\"` or `\"date\"`",
};

/// Reads a field with its attributes.
pub(crate) fn read(cx: &Ctxt, field: &syn::Field, rules: [RenameRule; 2]) -> Option<Field> {
    let ident = field.ident.clone()?;
    let mut read = Field {
        serde: serde::field(cx, &ident, &field.attrs, rules),
        ident,
        ty: field.ty.clone(),
        hash_key: None,
        auto: None,
        range_key: None,
        indexes: Vec::new(),
        ttl: None,
        version: None,
        created_at: None,
        updated_at: None,
        stored_as: None,
    };
    for attr in &field.attrs {
        let Some(name) = attr.path().get_ident().map(ToString::to_string) else {
            continue;
        };
        match name.as_str() {
            "hash_key" => key(cx, attr, &HASH_KEY, &mut read.hash_key, &mut read.auto),
            "range_key" => key(cx, attr, &RANGE_KEY, &mut read.range_key, &mut read.auto),
            "version" => bare(cx, attr, &mut read.version),
            "created_at" => bare(cx, attr, &mut read.created_at),
            "updated_at" => bare(cx, attr, &mut read.updated_at),
            "index" => read.indexes.push(index::on_field(cx, attr)),
            "ttl" => ttl(cx, attr, &mut read.ttl),
            "stored" => stored(cx, attr, &mut read.stored_as),
            "repository" => cx.error(
                &attr.meta,
                "`#[repository(...)]` goes on the struct; on a field write `#[hash_key]`, \
                 `#[range_key]`, `#[index]`, `#[ttl]` or `#[version]`",
            ),
            _ => {}
        }
    }
    Some(read)
}

/// An attribute that takes no words.
fn bare(cx: &Ctxt, attr: &Attribute, slot: &mut Option<Mark>) {
    let name = attr.path().to_token_stream();
    if !matches!(attr.meta, Meta::Path(_)) {
        cx.error(&attr.meta, format!("`{name}` takes nothing: write `#[{name}]`"));
    }
    keep(cx, attr, slot, attr.meta.to_token_stream());
}

/// A part of the primary key, and whether it is filled in.
fn key(cx: &Ctxt, attr: &Attribute, place: &Place, slot: &mut Option<Mark>, auto: &mut Option<Mark>) {
    for word in &place.words(cx, attr) {
        if word.is("auto") {
            once(cx, auto, word, word.flag(cx));
        } else {
            place.unknown(cx, word);
        }
    }
    keep(cx, attr, slot, attr.meta.to_token_stream());
}

fn ttl(cx: &Ctxt, attr: &Attribute, slot: &mut Option<At<u64>>) {
    let mut seconds = None;
    for word in &TTL.words(cx, attr) {
        if !word.is("seconds") {
            TTL.unknown(cx, word);
            continue;
        }
        let number = word.number(cx, 86400);
        if number.as_ref().is_some_and(|number| number.value == 0) {
            cx.error(word.mark(), "`seconds = 0` expires at the instant itself: write `#[ttl]` for that");
        }
        once(cx, &mut seconds, word, number);
    }
    let value = seconds.map_or(0, |seconds: At<u64>| seconds.value);
    let mark = attr.meta.to_token_stream();
    keep(cx, attr, slot, At { value, mark });
}

/// `#[stored(as = "…")]`.
fn stored(cx: &Ctxt, attr: &Attribute, slot: &mut Option<At<TimeForm>>) {
    let mut form = None;
    for word in &STORED.words(cx, attr) {
        if word.is("as") {
            once(cx, &mut form, word, time_form(cx, word));
        } else {
            STORED.unknown(cx, word);
        }
    }
    let is_bare = match &attr.meta {
        Meta::Path(_) => true,
        Meta::List(list) => list.tokens.is_empty(),
        Meta::NameValue(_) => false,
    };
    if is_bare {
        cx.error(&attr.meta, format!("write {}", STORED.example));
    }
    let Some(form) = form else { return };
    keep(cx, attr, slot, form);
}

fn time_form(cx: &Ctxt, word: &Word) -> Option<At<TimeForm>> {
    let text = word.expect_text(cx, "seconds")?;
    let value = match &*text.value() {
        "seconds" => TimeForm::Seconds,
        "milliseconds" => TimeForm::Milliseconds,
        "rfc3339" => TimeForm::Rfc3339,
        "date" => TimeForm::Date,
        other => {
            const FORMS: [&str; 4] = ["seconds", "milliseconds", "rfc3339", "date"];
            let hint = spell::hint(other, &FORMS);
            cx.error(&text, format!("an instant is stored as `seconds`, `milliseconds`, `rfc3339` or `date`{hint}"));
            return None;
        }
    };
    Some(At { value, mark: text.to_token_stream() })
}

/// Keeps the first attribute of a name and reports a second.
fn keep<T>(cx: &Ctxt, attr: &Attribute, slot: &mut Option<T>, value: T) {
    if slot.is_some() {
        let name = attr.path().to_token_stream();
        cx.error(&attr.meta, format!("`#[{name}]` stands twice on this field"));
        return;
    }
    *slot = Some(value);
}
