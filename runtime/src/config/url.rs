//! The URL forms.

use super::properties::Properties;
use super::{Config, MemorySettings, Target, dynamodb, mongodb, suggest};
use crate::error::{Error, Result};
use crate::limits::Limits;

/// What URLs are called in messages. They are never shown: they may hold a password.
pub(super) const PLACE: &str = "the URL";

const FORMS: &str = "memory:, mongodb://host/database, mongodb+srv://host/database, dynamodb://region";
const SCHEMES: &[&str] = &["memory", "mongodb", "mongodb+srv", "dynamodb"];

pub(super) fn parse(url: &str) -> Result<Config> {
    if let Some(rest) = url.strip_prefix("memory:") {
        return memory(rest.strip_prefix("//").unwrap_or(rest));
    }
    match url.split_once("://") {
        Some(("mongodb", rest)) => mongodb::from_url("mongodb", rest),
        Some(("mongodb+srv", rest)) => mongodb::from_url("mongodb+srv", rest),
        Some(("dynamodb", rest)) => dynamodb::from_url(rest),
        Some((scheme, _)) if is_scheme(scheme) => {
            let near =
                suggest::nearest(scheme, SCHEMES).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            Err(wrong(format!("unknown scheme `{scheme}`; {near}known are {FORMS}")))
        }
        _ => Err(wrong(format!("no scheme that is known; known are {FORMS}"))),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn memory(rest: &str) -> Result<Config> {
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    if !place.is_empty() {
        return Err(wrong("memory: takes no address; each that is opened is a store of its own"));
    }
    finish_memory(options(query)?)
}

/// The rest of a URL or file that names the store in memory.
pub(super) fn finish_memory(mut properties: Properties) -> Result<Config> {
    let mut settings = MemorySettings::default();
    match properties.text("limits")?.as_deref() {
        None | Some("dynamodb") => {}
        Some("none") => settings.limits = Limits::NONE,
        Some(_) => return Err(properties.error("limits is neither `dynamodb` nor `none`")),
    }
    let config = properties.apply_common(Config::new(Target::Memory(settings)))?;
    properties.finish()?;
    Ok(config)
}

/// The options of a URL's query, decoded.
pub(super) fn options(query: Option<&str>) -> Result<Properties> {
    let mut options = Properties::new(PLACE, "option");
    for (name, value) in pairs(query)? {
        options.add(decode(name)?, decode(value)?);
    }
    Ok(options)
}

/// The names and values of a query, as they stand in it.
pub(super) fn pairs(query: Option<&str>) -> Result<Vec<(&str, &str)>> {
    let parts = query.unwrap_or_default().split('&').filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').ok_or_else(no_value)).collect()
}

fn no_value() -> Error {
    wrong("an option has no value; options are written ?name=value&name=value")
}

/// Undoes percent-encoding.
pub(super) fn decode(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = byte.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.ok_or_else(|| wrong("a % is not followed by two hexadecimal digits; write %25 for a %"))?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).map_err(|_| wrong("what is percent-encoded is not UTF-8"))
}

/// Percent-encodes what does not stand for itself everywhere in a URL.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte.into()),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The user and the password, decoded.
pub(super) type User = (String, Option<String>);

/// What stands between the scheme and the query: user, host, and path without its slash.
pub(super) struct Address<'a> {
    pub(super) user: Option<User>,
    pub(super) host: &'a str,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
}

impl<'a> Address<'a> {
    pub(super) fn parse(rest: &'a str) -> Result<Self> {
        let (before, query) = rest.split_once('?').map_or((rest, None), |(before, query)| (before, Some(query)));
        let (authority, path) = before.split_once('/').unwrap_or((before, ""));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(self::user(user)?), host),
            // An @ further on is most likely that of a password with a / or ? in it.
            None if rest.contains('@') => return Err(not_encoded()),
            None => (None, authority),
        };
        if path.contains(['/', '@', '#']) || host.contains(|c: char| c == '#' || c.is_whitespace()) {
            return Err(not_encoded());
        }
        Ok(Self { user, host, path, query })
    }
}

fn user(text: &str) -> Result<User> {
    let (user, password) = text.split_once(':').map_or((text, None), |(user, password)| (user, Some(password)));
    if user.is_empty() || text.contains(['@', '#', '[', ']']) || password.is_some_and(|password| password.contains(':'))
    {
        return Err(not_encoded());
    }
    Ok((decode(user)?, password.map(decode).transpose()?))
}

fn not_encoded() -> Error {
    wrong(
        "it is not of the form scheme://user:password@host/path?options; in a user name or password, : / ? # [ ] @ % have to be percent-encoded",
    )
}

pub(super) fn wrong(message: impl AsRef<str>) -> Error {
    Error::config(format!("{PLACE}: {}", message.as_ref()))
}
