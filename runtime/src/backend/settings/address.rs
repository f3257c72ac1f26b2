//! The parts of a URL: user, host, path and options, and their percent-encoding.

use super::properties::Properties;
use crate::error::{Error, Result};

/// What URLs are called in messages. They are never shown: they may hold a password.
pub(crate) const PLACE: &str = "the URL";

/// The options of a URL's query, decoded.
pub(crate) fn read_options(query: Option<&str>) -> Result<Properties> {
    let mut options = Properties::new(PLACE, "option");
    for (name, value) in split_query(query)? {
        options.add(percent_decode(name)?, percent_decode(value)?);
    }
    Ok(options)
}

/// The names and values of a query, as they stand in it.
pub(crate) fn split_query(query: Option<&str>) -> Result<Vec<(&str, &str)>> {
    let parts = query.unwrap_or_default().split('&').filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').ok_or_else(no_value)).collect()
}

fn no_value() -> Error {
    url_error("an option has no value; options are written ?name=value&name=value")
}

/// Undoes percent-encoding.
pub(crate) fn percent_decode(text: &str) -> Result<String> {
    let bytes = unescape(text, || Err(url_error("a % is not followed by two hexadecimal digits; write %25 for a %")))?;
    String::from_utf8(bytes).map_err(|_| url_error("what is percent-encoded is not UTF-8"))
}

/// Undoes percent-encoding as far as it is one, with blanks written as `+`.
#[cfg(feature = "mongodb")]
pub(crate) fn percent_decode_lossy(text: &str) -> String {
    let bytes = unescape(&text.replace('+', " "), || Ok(b'%')).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The bytes of a text. `stray` decides what becomes of a % that encodes nothing.
fn unescape(text: &str, stray: impl Fn() -> Result<u8>) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, decode_byte(after)) {
            (b'%', Some((byte, after))) => {
                bytes.push(byte);
                rest = after;
            }
            (b'%', None) => bytes.push(stray()?),
            (byte, _) => bytes.push(*byte),
        }
    }
    Ok(bytes)
}

/// The byte that two hexadecimal digits stand for, and what comes after them.
fn decode_byte(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = text.split_at_checked(2)?;
    let digits = std::str::from_utf8(digits).ok()?;
    // A sign before the digit would be taken as well.
    let digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)?;
    Some((u8::from_str_radix(digits, 16).ok()?, rest))
}

/// Percent-encodes what does not stand for itself everywhere in a URL.
#[cfg(feature = "mongodb")]
pub(crate) fn percent_encode(text: &str) -> String {
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
pub(crate) type User = (String, Option<String>);

/// What stands between the scheme and the query: user, host, and path without its slash.
pub(crate) struct Address<'a> {
    pub(crate) user: Option<User>,
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
}

impl<'a> Address<'a> {
    pub(crate) fn parse(rest: &'a str) -> Result<Self> {
        let (before, query) = rest.split_once('?').map_or((rest, None), |(before, query)| (before, Some(query)));
        let (authority, path) = before.split_once('/').unwrap_or((before, ""));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(split_user(user)?), host),
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

/// Splits and decodes what stands before the @.
fn split_user(text: &str) -> Result<User> {
    let (user, password) = text.split_once(':').map_or((text, None), |(user, password)| (user, Some(password)));
    if user.is_empty() || text.contains(['@', '#', '[', ']']) || password.is_some_and(|password| password.contains(':'))
    {
        return Err(not_encoded());
    }
    Ok((percent_decode(user)?, password.map(percent_decode).transpose()?))
}

fn not_encoded() -> Error {
    url_error(
        "it is not of the form scheme://user:password@host/path?options; in a user name or password, : / ? # [ ] @ % have to be percent-encoded",
    )
}

/// An error of the configuration in a URL.
pub(crate) fn url_error(message: impl AsRef<str>) -> Error {
    Error::config(format!("{PLACE}: {}", message.as_ref()))
}
