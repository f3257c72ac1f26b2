//! The options of a URL and the properties of a file: named values, each taken by name. What is left
//! over is unknown.

use std::collections::BTreeMap;
#[cfg(feature = "config-file")]
use std::path::Path;
use std::time::Duration;

use super::property::Property;
use super::secret::Secret;
use super::suggest;
use crate::error::{Error, Result};

/// Named values from one place, of which it is known which were taken.
pub(crate) struct Properties {
    /// Where they come from, for messages.
    from: String,
    /// `option` or `property`.
    word: &'static str,
    values: BTreeMap<String, Property>,
    known: Vec<&'static str>,
    /// The names whose values are secret.
    secret: Vec<&'static str>,
    /// The names of a URL's options in their order. The properties of a file have none.
    order: Vec<String>,
    /// The text of a file, in which the line of a name is found.
    text: String,
}

impl Properties {
    pub(crate) fn new(from: impl Into<String>, word: &'static str) -> Self {
        let from = from.into();
        let values = BTreeMap::new();
        Self { from, word, values, known: Vec::new(), secret: Vec::new(), order: Vec::new(), text: String::new() }
    }

    /// The properties of a file with this text.
    #[cfg(feature = "config-file")]
    pub(crate) fn from_file(file: &Path, text: &str, values: BTreeMap<String, Property>) -> Self {
        Self { values, text: text.to_owned(), ..Self::new(file.display().to_string(), "property") }
    }

    /// The next option of a URL.
    pub(crate) fn add(&mut self, name: String, value: String) {
        self.order.push(name.clone());
        self.values.insert(name, Property::Text(value));
    }

    /// An error of the configuration that says where it was made.
    pub(crate) fn error(&self, message: impl AsRef<str>) -> Error {
        Error::config(format!("{}: {}", self.from, message.as_ref()))
    }

    /// Takes a value of any type; a null is as good as none.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<Property> {
        self.known.push(name);
        self.values.remove(name).filter(|value| *value != Property::Null)
    }

    pub(crate) fn take_text(&mut self, name: &'static str) -> Result<Option<String>> {
        match self.take(name) {
            None => Ok(None),
            Some(Property::Text(text)) if text.is_empty() => Err(self.error(format!("{name} is empty"))),
            Some(Property::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.error(format!("{name} has to be text"))),
        }
    }

    #[cfg(all(any(feature = "mongodb", feature = "postgres", feature = "sqlite"), feature = "config-file"))]
    pub(crate) fn require_text(&mut self, name: &'static str) -> Result<String> {
        self.take_text(name)?.ok_or_else(|| self.error(format!("the {} {name} is missing", self.word)))
    }

    pub(crate) fn take_duration(&mut self, name: &'static str) -> Result<Option<Duration>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let duration = value.as_text().and_then(parse_duration).filter(|duration| !duration.is_zero());
        let wrong = || self.error(format!("{name} is no duration above zero; write it as 10s, 500ms, 2m or 1h"));
        duration.ok_or_else(wrong).map(Some)
    }

    /// Text that is never shown, nor what stands after it in a URL.
    pub(crate) fn take_secret(&mut self, name: &'static str) -> Result<Option<Secret>> {
        self.secret.push(name);
        Ok(self.take_text(name)?.map(Secret::from))
    }

    pub(crate) fn take_flag(&mut self, name: &'static str) -> Result<Option<bool>> {
        match self.take(name) {
            None => Ok(None),
            Some(Property::Bool(value)) => Ok(Some(value)),
            Some(value) => match value.as_text() {
                Some("true") => Ok(Some(true)),
                Some("false") => Ok(Some(false)),
                _ => Err(self.error(format!("{name} is neither true nor false"))),
            },
        }
    }

    pub(crate) fn take_integer(&mut self, name: &'static str) -> Result<Option<u64>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let digits = value.into_text().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let wrong = || self.error(format!("{name} is no whole number from 0 to {}", u64::MAX));
        digits.and_then(|digits| digits.parse().ok()).ok_or_else(wrong).map(Some)
    }

    #[cfg(feature = "config-file")]
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Refuses what nobody has taken, and what is there twice.
    pub(crate) fn finish(self) -> Result<()> {
        let in_order = self.order.iter().enumerate().find(|(_, name)| self.values.contains_key(*name));
        if let Some((at, name)) = in_order {
            let after_secret =
                at.checked_sub(1).is_some_and(|before| self.secret.contains(&self.order[before].as_str()));
            let place = describe_place(at, after_secret);
            return Err(self.unknown_error(&place, (!after_secret).then_some(name)));
        }
        if let Some(name) = self.values.keys().next() {
            let place = match find_line(&self.text, name) {
                Some(line) => format!("the property in line {line}"),
                None => "a property".to_owned(),
            };
            return Err(self.unknown_error(&place, Some(name)));
        }
        let twice = self.order.iter().enumerate().find(|(at, name)| self.order[..*at].contains(name));
        match twice {
            Some((_, name)) => Err(self.error(format!("the option {name} is there twice"))),
            None => Ok(()),
        }
    }

    fn unknown_error(&self, place: &str, name: Option<&str>) -> Error {
        self.error(suggest::describe_unknown(self.word, place, name, &self.known, &self.known.join(", ")))
    }
}

/// An unknown option by its place in the URL.
pub(crate) fn describe_place(at: usize, after_secret: bool) -> String {
    match (at, after_secret) {
        (0, _) => "option 1".to_owned(),
        (_, true) => format!("option {}, after one that is secret (an & in it has to be written %26),", at + 1),
        (_, false) => format!("option {} (an & in the value before it has to be written %26)", at + 1),
    }
}

/// The line of a file that a name stands in, as a key.
fn find_line(text: &str, name: &str) -> Option<usize> {
    let is_key = |line: &str| {
        let mut after = line.match_indices(name).map(|(at, _)| &line[at + name.len()..]);
        after.any(|rest| rest.trim_start_matches(['"', '\'', ' ', '\t']).starts_with([':', '=']))
    };
    text.lines().position(is_key).map(|at| at + 1)
}

fn parse_duration(text: &str) -> Option<Duration> {
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
        assert_eq!(parse_duration("10s"), Some(Duration::from_secs(10)));
        assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse_duration("2m"), Some(Duration::from_secs(120)));
        assert_eq!(parse_duration("1h"), Some(Duration::from_secs(3600)));
        for wrong in ["", "10", "s", "-1s", "1.5s", "10 s", "10S", "99999999999999999999s", "18446744073709551615h"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }
}
