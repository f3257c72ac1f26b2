//! The settings of an SQLite store, from a URL or a file.

use std::path::PathBuf;

use crate::backend::settings::address::{percent_decode, read_options, url_error};
use crate::backend::settings::{Parsed, Properties};
use crate::error::Result;
use crate::limits::Limits;

/// The name of a store that no file holds.
pub(crate) const IN_MEMORY: &str = ":memory:";

/// When a write is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Durability {
    /// When it is on the disk: it survives the death of the machine. All writes that wait are put there together.
    #[default]
    Commit,
    /// When the operating system has it: it survives the death of the process. If the machine dies, the writes of
    /// the last moments may be lost, the latest first; the file stays whole.
    Os,
}

/// The settings of a store in an SQLite file.
///
/// ```
/// use reposit::config::{Config, Durability, SqliteSettings};
///
/// let mut settings = SqliteSettings::new("./data.db");
/// settings.durability = Durability::Os;
/// assert_eq!(Config::new(settings).target().name(), "sqlite");
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SqliteSettings {
    /// The file. It is made if it is not there; its folder is not. `:memory:` is a store of its own that no file
    /// holds.
    pub path: PathBuf,
    /// When a write is answered. The default is when it is on the disk.
    pub durability: Durability,
    /// The sizes that it takes. The default is DynamoDB's.
    pub limits: Limits,
}

impl SqliteSettings {
    /// A file with the default settings.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), durability: Durability::default(), limits: Limits::DYNAMODB }
    }

    /// Whether no file holds the store.
    pub(super) fn is_in_memory(&self) -> bool {
        self.path.as_os_str() == IN_MEMORY
    }
}

/// `sqlite:path[?options]`
pub(crate) fn from_url(_: &'static str, rest: &str) -> Result<Parsed> {
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    if path.is_empty() {
        return Err(url_error("a file is needed: sqlite:./data.db, or sqlite::memory: for a store without one"));
    }
    read(percent_decode(path)?, read_options(query)?)
}

/// The properties of a file.
#[cfg(feature = "config-file")]
pub(crate) fn from_file(mut properties: Properties) -> Result<Parsed> {
    let path = properties.require_text("path")?;
    read(path, properties)
}

fn read(path: String, mut properties: Properties) -> Result<Parsed> {
    let mut settings = SqliteSettings::new(check_path(path).map_err(|why| properties.error(why))?);
    match properties.take_text("durability")?.as_deref() {
        None | Some("commit") => {}
        Some("os") => settings.durability = Durability::Os,
        Some(_) => return Err(properties.error("durability is neither `commit` nor `os`")),
    }
    match properties.take_text("limits")?.as_deref() {
        None | Some("dynamodb") => {}
        Some("none") => settings.limits = Limits::NONE,
        Some(_) => return Err(properties.error("limits is neither `dynamodb` nor `none`")),
    }
    Ok(Parsed::new(settings, properties))
}

/// Refuses what SQLite would take for something else than a file.
pub(crate) fn check_path(path: String) -> Result<PathBuf, &'static str> {
    match path.as_str() {
        IN_MEMORY => Ok(path.into()),
        _ if path.starts_with(':') => Err("the path begins with a colon; a store without a file is `:memory:`"),
        _ if path.starts_with("file:") => Err("the path is a `file:` URI; give the path alone"),
        _ if path.contains('\0') => Err("the path has a NUL in it"),
        _ => Ok(path.into()),
    }
}
