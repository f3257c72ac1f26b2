//! Configuration files.

use std::path::Path;

use serde_json::{Map, Value as Json};

use super::properties::Properties;
use super::{Config, dynamodb, microkubes, mongodb, suggest, url};
use crate::error::{Error, Result};

const BACKENDS: &[&str] = &["memory", "mongodb", "dynamodb"];

pub(super) fn read(path: &Path) -> Result<Config> {
    let wrong = |message: String| Error::config(format!("{}: {message}", path.display()));
    let bytes = std::fs::read(path).map_err(|e| wrong(format!("cannot be read: {e}")))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("is not text in UTF-8".to_owned()))?;
    // Some editors begin a file with a byte order mark, which neither JSON nor TOML has.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let properties = parse(path, text).map_err(&wrong)?;
    if let Some(name) = misplaced(&properties) {
        return Err(wrong(format!("`{name}` stands inside another property; it belongs at the top of the file")));
    }
    match microkubes::find(&properties) {
        Some(found) => microkubes::config(path, &found),
        None => own(Properties::of_file(path, text, properties)),
    }
}

/// What chooses the backend, in a file that does not have it at the top but in one of its maps.
fn misplaced(properties: &Map<String, Json>) -> Option<&'static str> {
    const CHOOSING: [&str; 2] = ["url", "backend"];
    let chooses = |map: &Map<String, Json>| CHOOSING.into_iter().find(|name| map.contains_key(*name));
    if chooses(properties).is_some() || microkubes::find(properties).is_some_and(|found| found.names_backend()) {
        return None;
    }
    let maps = || properties.values().filter_map(Json::as_object);
    let deeper = maps().flat_map(|map| map.values()).filter_map(Json::as_object);
    maps().chain(deeper).find_map(chooses)
}

/// The properties in a file's text, or why there are none. The messages show nothing of the text,
/// which may hold a password.
fn parse(path: &Path, text: &str) -> Result<Map<String, Json>, String> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let value = match extension.to_ascii_lowercase().as_str() {
        "json" => json(text)?,
        "toml" => toml(text)?,
        _ => json(text).or_else(|json| toml(text).map_err(|toml| format!("{json}, and {toml}")))?,
    };
    match value {
        Json::Object(properties) => Ok(properties),
        _ => Err("is not a map of properties".to_owned()),
    }
}

fn json(text: &str) -> Result<Json, String> {
    serde_json::from_str(text).map_err(|e| format!("is not JSON (line {}, column {})", e.line(), e.column()))
}

fn toml(text: &str) -> Result<Json, String> {
    ::toml::from_str(text).map_err(|e| {
        let before = e.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        format!("is not TOML (line {line}, column {column})")
    })
}

/// The library's own form: a URL, or a backend and its properties.
fn own(mut properties: Properties) -> Result<Config> {
    let (target, backend) = (properties.text("url")?, properties.text("backend")?);
    match (target, backend.as_deref()) {
        (Some(_), Some(_)) => Err(properties.error("there are both url and backend; one is enough")),
        (Some(target), None) => {
            let config = url::parse(&target).map_err(|e| properties.error(format!("url: {}", e.message())))?;
            let config = properties.apply_common(config)?;
            properties.finish()?;
            Ok(config)
        }
        (None, Some("memory")) => url::finish_memory(properties),
        (None, Some("mongodb")) => mongodb::from_file(properties),
        (None, Some("dynamodb")) => dynamodb::from_file(properties),
        (None, Some(other)) => {
            let address = if other.contains("://") { " (a URL stands in `url`)" } else { "" };
            Err(properties.error(format!("unknown backend {}{address}", suggest::unknown_word(other, BACKENDS))))
        }
        (None, None) => Err(nothing_named(properties)),
    }
}

/// Neither a URL nor a backend: perhaps because the name is misspelt.
fn nothing_named(properties: Properties) -> Error {
    let expected = ["url", "backend", "dbName"];
    let near = properties.names().find_map(|name| Some((name, suggest::nearest(name, &expected)?)));
    let near = near.map_or_else(String::new, |(name, near)| format!("; `{name}`: did you mean `{near}`?"));
    properties.error(format!("it names no database: neither url nor backend is there, nor dbName{near}"))
}
