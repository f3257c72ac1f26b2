//! The options of a URL and the properties of a file: named values, each taken by who knows it;
//! what is left over nobody knows.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value as Json};

use super::{Config, suggest};
use crate::error::{Error, Result};

pub(super) struct Properties {
    /// Where they come from, for messages.
    from: String,
    /// `option` or `property`.
    word: &'static str,
    values: Map<String, Json>,
    known: Vec<&'static str>,
    /// The names of a URL's options in their order, which a file's have none of.
    order: Vec<String>,
    /// The text of a file, to find the line of a name.
    text: String,
}

/// The options and properties whose values are secret.
const SECRET: [&str; 5] = ["access_key", "secret_key", "session_token", "cursor_key", "password"];

/// Whether the value of an option of the library's own is secret.
pub(super) fn is_secret(name: &str) -> bool {
    SECRET.contains(&name)
}

impl Properties {
    pub(super) fn new(from: impl Into<String>, word: &'static str) -> Self {
        let from = from.into();
        Self { from, word, values: Map::new(), known: Vec::new(), order: Vec::new(), text: String::new() }
    }

    /// The properties of a file with this text.
    pub(super) fn of_file(file: &Path, text: &str, values: Map<String, Json>) -> Self {
        Self { values, text: text.to_owned(), ..Self::new(file.display().to_string(), "property") }
    }

    /// The next option of a URL.
    pub(super) fn add(&mut self, name: String, value: String) {
        self.order.push(name.clone());
        self.values.insert(name, value.into());
    }

    /// An error of the configuration that says where it was made.
    pub(super) fn error(&self, message: impl AsRef<str>) -> Error {
        Error::config(format!("{}: {}", self.from, message.as_ref()))
    }

    /// A value of any type; a null is none.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Json> {
        self.known.push(name);
        self.values.remove(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::String(text)) if text.is_empty() => Err(self.error(format!("{name} is empty"))),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.error(format!("{name} has to be text"))),
        }
    }

    pub(super) fn required(&mut self, name: &'static str) -> Result<String> {
        self.text(name)?.ok_or_else(|| self.error(format!("the {} {name} is missing", self.word)))
    }

    pub(super) fn duration(&mut self, name: &'static str) -> Result<Option<Duration>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let duration = value.as_str().and_then(duration).filter(|duration| !duration.is_zero());
        let wrong = || self.error(format!("{name} is no duration above zero; write it as 10s, 500ms, 2m or 1h"));
        duration.ok_or_else(wrong).map(Some)
    }

    /// A file that has to be readable: a mistake is told here, not at the first call.
    pub(super) fn readable_file(&mut self, name: &'static str) -> Result<Option<PathBuf>> {
        let path = self.text(name)?.map(PathBuf::from);
        if let Some(path) = &path {
            check_readable(path).map_err(|e| self.error(format!("{name}: cannot read {}: {e}", path.display())))?;
        }
        Ok(path)
    }

    /// Takes what every backend's configuration may say.
    pub(super) fn apply_common(&mut self, mut config: Config) -> Result<Config> {
        if let Some(timeout) = self.duration("timeout")? {
            config.timeout = timeout;
        }
        if let Some(timeout) = self.duration("connect_timeout")? {
            config.connect_timeout = timeout;
        }
        if let Some(timeout) = self.duration("define_timeout")? {
            config.define_timeout = timeout;
        }
        if let Some(key) = self.text("cursor_key")? {
            config.cursor_key = key.into();
        }
        Ok(config)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Refuses what nobody has taken, and what is there twice.
    pub(super) fn finish(self) -> Result<()> {
        let in_order = self.order.iter().enumerate().find(|(_, name)| self.values.contains_key(*name));
        if let Some((at, name)) = in_order {
            let after_secret = at.checked_sub(1).is_some_and(|before| is_secret(&self.order[before]));
            let place = place_of_option(at, after_secret);
            return Err(self.unknown(&place, (!after_secret).then_some(name)));
        }
        if let Some(name) = self.values.keys().next() {
            let place = match line_of(&self.text, name) {
                Some(line) => format!("the property in line {line}"),
                None => "a property".to_owned(),
            };
            return Err(self.unknown(&place, Some(name)));
        }
        let twice = self.order.iter().enumerate().find(|(at, name)| self.order[..*at].contains(name));
        match twice {
            Some((_, name)) => Err(self.error(format!("the option {name} is there twice"))),
            None => Ok(()),
        }
    }

    fn unknown(&self, place: &str, name: Option<&str>) -> Error {
        self.error(suggest::unknown(self.word, place, name, &self.known, &self.known.join(", ")))
    }
}

/// An unknown option by its place in the URL.
pub(super) fn place_of_option(at: usize, after_secret: bool) -> String {
    match (at, after_secret) {
        (0, _) => "option 1".to_owned(),
        (_, true) => format!("option {}, after one that is secret (an & in it has to be written %26),", at + 1),
        (_, false) => format!("option {} (an & in the value before it has to be written %26)", at + 1),
    }
}

/// The line of a file that a name stands in, as a key.
fn line_of(text: &str, name: &str) -> Option<usize> {
    let is_key = |line: &str| {
        let mut after = line.match_indices(name).map(|(at, _)| &line[at + name.len()..]);
        after.any(|rest| rest.trim_start_matches(['"', '\'', ' ', '\t']).starts_with([':', '=']))
    };
    text.lines().position(is_key).map(|at| at + 1)
}

/// Whether a file can be opened and read; its content is not looked at.
pub(super) fn check_readable(path: &Path) -> std::io::Result<()> {
    use std::io::Read as _;
    std::fs::File::open(path)?.read(&mut [0]).map(drop)
}

fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let count: u64 = count.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(count)),
        "s" => Some(Duration::from_secs(count)),
        "m" => count.checked_mul(60).map(Duration::from_secs),
        "h" => count.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("10s"), Some(Duration::from_secs(10)));
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Some(Duration::from_secs(120)));
        assert_eq!(duration("1h"), Some(Duration::from_secs(3600)));
        for wrong in ["", "10", "s", "-1s", "1.5s", "10 s", "10S", "99999999999999999999s", "18446744073709551615h"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
