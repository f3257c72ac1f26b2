//! The settings of the store in memory, from a URL or a file.

use crate::backend::settings::address::{read_options, url_error};
use crate::backend::settings::{Parsed, Properties};
use crate::error::Result;
use crate::limits::Limits;

/// The settings of the embedded store in memory.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MemorySettings {
    /// The sizes that it takes. The default is DynamoDB's.
    pub limits: Limits,
}

impl Default for MemorySettings {
    fn default() -> Self {
        Self { limits: Limits::DYNAMODB }
    }
}

/// `memory:[?options]`
pub(crate) fn from_url(_: &'static str, rest: &str) -> Result<Parsed> {
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    if !place.is_empty() {
        return Err(url_error("memory: takes no address; each that is opened is a store of its own"));
    }
    from_properties(read_options(query)?)
}

/// The properties of a file, or the options of a URL.
pub(crate) fn from_properties(mut properties: Properties) -> Result<Parsed> {
    let mut settings = MemorySettings::default();
    match properties.take_text("limits")?.as_deref() {
        None | Some("dynamodb") => {}
        Some("none") => settings.limits = Limits::NONE,
        Some(_) => return Err(properties.error("limits is neither `dynamodb` nor `none`")),
    }
    Ok(Parsed::new(settings, properties))
}
