//! What a URL or a file says of a backend, and what was read from it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::address::{self, Address};
use super::properties::Properties;
use super::secret::Secret;
use super::target::Target;
use crate::error::{Error, Result};

/// A backend's settings, and the values that they were not read from: the library's own are among them.
pub(crate) struct Parsed {
    pub(crate) target: Arc<dyn Target>,
    pub(crate) rest: Properties,
}

impl Parsed {
    #[cfg(any(
        feature = "dynamodb",
        feature = "mongodb",
        feature = "postgres",
        feature = "redis",
        feature = "memory",
        feature = "sqlite"
    ))]
    pub(crate) fn new(target: impl Target, rest: Properties) -> Self {
        Self { target: Arc::new(target), rest }
    }
}

/// What a URL or a file says of a backend that was [registered](crate::config::register).
///
/// Each value is taken by its name, and a value that nobody has taken is an error in the words of the
/// built-in backends: `unknown option`, with what was meant. The common options (`timeout`,
/// `connect_timeout`, `define_timeout`, `table_prefix` and `cursor_key`) are taken by the library.
///
/// | | in the URL `scheme://user:password@host/path?option=1` | in a file |
/// |---|---|---|
/// | `user`, `password`, `host`, `path` | where they stand | properties of these names |
/// | everything else | options, percent-decoded | properties |
///
/// No value is ever in `Debug`.
pub struct Settings {
    scheme: &'static str,
    /// The parts of a URL; a file has none, and has properties instead.
    address: Option<Parts>,
    properties: Properties,
}

/// The parts of a URL that were not taken yet.
struct Parts {
    user: Option<String>,
    password: Option<Secret>,
    host: Option<String>,
    path: Option<String>,
}

impl Settings {
    /// From what follows a URL's `scheme://`.
    pub(crate) fn from_url(scheme: &'static str, rest: &str) -> Result<Self> {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let Address { user, host, path, query } = Address::parse(rest)?;
        let (user, password) = user.unzip();
        let address = Parts {
            user,
            password: password.flatten().map(Secret::from),
            host: given(host),
            path: given(&address::percent_decode(path)?),
        };
        Ok(Self { scheme, address: Some(address), properties: address::read_options(query)? })
    }

    /// From the properties of a file.
    #[cfg(feature = "config-file")]
    pub(crate) fn from_file(scheme: &'static str, properties: Properties) -> Self {
        Self { scheme, address: None, properties }
    }

    /// What nobody has taken; an error for a part of the URL.
    pub(crate) fn finish(self) -> Result<Properties> {
        let Some(Parts { user, password, host, path }) = self.address else { return Ok(self.properties) };
        let left = [
            (user.is_some(), "user name"),
            (password.is_some(), "password"),
            (host.is_some(), "host"),
            (path.is_some(), "path after the host"),
        ];
        match left.into_iter().find(|(is_there, _)| *is_there) {
            Some((_, part)) => Err(address::url_error(format!("{}:// takes no {part}", self.scheme))),
            None => Ok(self.properties),
        }
    }

    /// The name that the backend is registered under.
    pub fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// The user name.
    pub fn user(&mut self) -> Result<Option<String>> {
        match &mut self.address {
            Some(address) => Ok(address.user.take()),
            None => self.properties.take_text("user"),
        }
    }

    /// The password.
    pub fn password(&mut self) -> Result<Option<Secret>> {
        match &mut self.address {
            Some(address) => Ok(address.password.take()),
            None => self.properties.take_secret("password"),
        }
    }

    /// The host as it is written, with a port if there is one. Several may stand with commas between.
    pub fn host(&mut self) -> Result<Option<String>> {
        match &mut self.address {
            Some(address) => Ok(address.host.take()),
            None => self.properties.take_text("host"),
        }
    }

    /// The path after the host, without its first `/`.
    pub fn path(&mut self) -> Result<Option<String>> {
        match &mut self.address {
            Some(address) => Ok(address.path.take()),
            None => self.properties.take_text("path"),
        }
    }

    /// An option that is text.
    pub fn text(&mut self, name: &'static str) -> Result<Option<String>> {
        self.properties.take_text(name)
    }

    /// An option that is never shown. If an unknown option stands after it in a URL, that one is not
    /// shown either: it may be the rest of this one, whose `&` is not encoded.
    pub fn secret(&mut self, name: &'static str) -> Result<Option<Secret>> {
        self.properties.take_secret(name)
    }

    /// An option that is `true` or `false`.
    pub fn flag(&mut self, name: &'static str) -> Result<Option<bool>> {
        self.properties.take_flag(name)
    }

    /// An option that is a whole number.
    pub fn integer(&mut self, name: &'static str) -> Result<Option<u64>> {
        self.properties.take_integer(name)
    }

    /// An option that is a duration: `500ms`, `10s`, `2m`, `1h`.
    pub fn duration(&mut self, name: &'static str) -> Result<Option<Duration>> {
        self.properties.take_duration(name)
    }

    /// A [`Config`](crate::ErrorKind::Config) error that names the URL or the file. A URL itself is never
    /// shown: it may hold a password.
    pub fn error(&self, message: impl AsRef<str>) -> Error {
        self.properties.error(message)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}
