//! Configuration files.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, Error as _};

#[cfg(feature = "microkubes")]
use super::microkubes;
use super::{Config, registry};
use crate::backend::settings::{Properties, Property, suggest};
use crate::error::{Error, Result};

/// The properties of a file, or those of a map in it.
type Map = BTreeMap<String, Property>;

impl Config {
    /// The configuration in a JSON or TOML file. The path of a credentials file in it is relative to
    /// the working directory.
    ///
    /// Errors: [`Config`](crate::ErrorKind::Config), with the file and the property. No value of the file
    /// is in an error.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        read_file(path.as_ref())
    }
}

/// A configuration as a part of another: a text that is a URL, or a map of the properties that a file has. Of a
/// format that serde reads by itself (JSON, TOML, YAML and the like).
///
/// Errors are those of a file, with `configuration` in the place of its path. No value is in them.
///
/// ```
/// # #[cfg(feature = "memory")] {
/// use reposit::Config;
///
/// #[derive(serde::Deserialize)]
/// struct Service {
///     port: u16,
///     database: Config,
/// }
///
/// let service: Service = toml::from_str(r#"
///     port = 8080
///     [database]
///     backend = "memory"
///     timeout = "2s"
/// "#).unwrap();
/// assert_eq!((service.port, service.database.target().name()), (8080, "memory"));
/// let short: Service = serde_json::from_str(r#"{ "port": 8080, "database": "memory:" }"#).unwrap();
/// assert_eq!(short.database.target().name(), "memory");
/// # }
/// ```
impl<'de> Deserialize<'de> for Config {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = match Property::deserialize(deserializer)? {
            Property::Text(url) => Self::from_url(&url),
            Property::Map(properties) => read_properties(Path::new("configuration"), "", properties),
            _ => return Err(D::Error::custom("configuration: neither a URL nor a map of properties")),
        };
        read.map_err(|error| D::Error::custom(error.message()))
    }
}

fn read_file(path: &Path) -> Result<Config> {
    let wrong = |message: String| Error::config(format!("{}: {message}", path.display()));
    let bytes = std::fs::read(path).map_err(|e| wrong(format!("cannot be read: {e}")))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("is not text in UTF-8".to_owned()))?;
    // Some editors begin a file with a byte order mark, which neither JSON nor TOML has.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    read_properties(path, text, parse_properties(path, text).map_err(&wrong)?)
}

/// The configuration that a file's properties, or those of a part of another configuration, describe.
fn read_properties(path: &Path, text: &str, properties: Map) -> Result<Config> {
    let wrong = |message: String| Error::config(format!("{}: {message}", path.display()));
    if let Some(name) = find_misplaced(&properties) {
        return Err(wrong(format!("`{name}` stands inside another property; it belongs at the top of the file")));
    }
    #[cfg(feature = "microkubes")]
    if let Some(found) = microkubes::find_properties(&properties) {
        return microkubes::read_config(path, &found);
    }
    read_own(Properties::from_file(path, text, properties))
}

/// What chooses the backend, in a file that does not have it at the top but in one of its maps.
fn find_misplaced(properties: &Map) -> Option<&'static str> {
    const CHOOSING: [&str; 2] = ["url", "backend"];
    let chooses = |map: &Map| CHOOSING.into_iter().find(|name| map.contains_key(*name));
    #[cfg(feature = "microkubes")]
    if microkubes::find_properties(properties).is_some_and(|found| found.names_backend()) {
        return None;
    }
    if chooses(properties).is_some() {
        return None;
    }
    let maps = || properties.values().filter_map(Property::as_map);
    let deeper = maps().flat_map(|map| map.values()).filter_map(Property::as_map);
    maps().chain(deeper).find_map(chooses)
}

/// The properties in a file's text, or why there are none. The messages show nothing of the text,
/// which may hold a password.
fn parse_properties(path: &Path, text: &str) -> Result<Map, String> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let value = match extension.to_ascii_lowercase().as_str() {
        "json" => parse_json(text)?,
        "toml" => parse_toml(text)?,
        _ => parse_json(text).or_else(|json| parse_toml(text).map_err(|toml| format!("{json}, and {toml}")))?,
    };
    match value {
        Property::Map(properties) => Ok(properties),
        _ => Err("is not a map of properties".to_owned()),
    }
}

fn parse_json(text: &str) -> Result<Property, String> {
    serde_json::from_str(text).map_err(|e| format!("is not JSON (line {}, column {})", e.line(), e.column()))
}

fn parse_toml(text: &str) -> Result<Property, String> {
    ::toml::from_str(text).map_err(|e| {
        let before = e.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        format!("is not TOML (line {line}, column {column})")
    })
}

/// The library's own form: a URL, or a backend and its properties.
fn read_own(mut properties: Properties) -> Result<Config> {
    let (target, backend) = (properties.take_text("url")?, properties.take_text("backend")?);
    match (target, backend.as_deref()) {
        (Some(_), Some(_)) => Err(properties.error("there are both url and backend; one is enough")),
        (Some(target), None) => {
            let config = Config::from_url(&target);
            let mut config = config.map_err(|e| properties.error(format!("url: {}", e.message())))?;
            config.take_common(&mut properties)?;
            properties.finish()?;
            Ok(config)
        }
        (None, Some(name)) => match registry::find_name(name) {
            Some(backend) => Config::from_parsed(backend.read_file(properties)?),
            None => Err(unknown_backend_error(&properties, name)),
        },
        (None, None) => Err(nothing_named_error(properties)),
    }
}

fn unknown_backend_error(properties: &Properties, name: &str) -> Error {
    let address = if name.contains("://") { " (a URL stands in `url`)" } else { "" };
    properties.error(format!("unknown backend {}{address}", suggest::describe_word(name, &registry::names())))
}

/// Neither a URL nor a backend: perhaps because the name is misspelt.
fn nothing_named_error(properties: Properties) -> Error {
    let expected: &[&str] =
        if cfg!(feature = "microkubes") { &["url", "backend", "dbName"] } else { &["url", "backend"] };
    let near = properties.names().find_map(|name| Some((name, suggest::nearest(name, expected)?)));
    let near = near.map_or_else(String::new, |(name, near)| format!("; `{name}`: did you mean `{near}`?"));
    properties.error(format!("it names no database: neither url nor backend is there, nor dbName{near}"))
}
