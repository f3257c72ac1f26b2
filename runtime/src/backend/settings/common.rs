//! What the configuration of every backend may say.

use super::properties::Properties;
use super::secret::Secret;
use super::target::OpenOptions;
use crate::definition::TablePrefix;
use crate::error::Result;

const TIMEOUT: &str = "timeout";
const CONNECT_TIMEOUT: &str = "connect_timeout";
const DEFINE_TIMEOUT: &str = "define_timeout";
const TABLE_PREFIX: &str = "table_prefix";
const CURSOR_KEY: &str = "cursor_key";

/// The names of all that [`take`] takes.
#[cfg(feature = "mongodb")]
pub(crate) const NAMES: [&str; 5] = [TIMEOUT, CONNECT_TIMEOUT, DEFINE_TIMEOUT, TABLE_PREFIX, CURSOR_KEY];

/// Takes the deadlines and the table prefix into `options`, and returns the key of cursors if there is one.
pub(crate) fn take(properties: &mut Properties, options: &mut OpenOptions) -> Result<Option<Secret>> {
    let OpenOptions { timeout, connect_timeout, define_timeout, .. } = options;
    for (name, deadline) in [(TIMEOUT, timeout), (CONNECT_TIMEOUT, connect_timeout), (DEFINE_TIMEOUT, define_timeout)] {
        *deadline = properties.take_duration(name)?.unwrap_or(*deadline);
    }
    if let Some(prefix) = properties.take_text(TABLE_PREFIX)? {
        TablePrefix::of(&prefix).map_err(|why| properties.error(format!("{TABLE_PREFIX} {why}")))?;
        options.table_prefix = prefix;
    }
    match properties.take_secret(CURSOR_KEY)? {
        Some(_) if !cfg!(feature = "cursor-key") => {
            Err(properties
                .error(format!("{CURSOR_KEY} is not compiled in; enable the feature `cursor-key` of reposit")))
        }
        key => Ok(key),
    }
}
