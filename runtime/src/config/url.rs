//! The URL forms.

use super::{Config, registry};
use crate::backend::settings::address::url_error;
use crate::backend::settings::{Parsed, suggest};
use crate::error::Result;

impl Config {
    /// The configuration that a URL describes.
    ///
    /// Errors: [`Config`](crate::ErrorKind::Config) for a URL that is url_error, or that names a backend which
    /// is unknown or not compiled in. The URL is in no error.
    pub fn from_url(url: &str) -> Result<Self> {
        Self::from_parsed(parse_url(url)?)
    }
}

fn parse_url(url: &str) -> Result<Parsed> {
    if let Some((backend, scheme, rest)) = registry::find_url(url) {
        return backend.read_url(scheme, rest);
    }
    let forms = registry::forms();
    match url.split_once("://") {
        Some((scheme, _)) if registry::is_scheme(scheme) => {
            let near = suggest::nearest(scheme, &registry::schemes())
                .map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            Err(url_error(format!("unknown scheme `{scheme}`; {near}known are {forms}")))
        }
        _ => Err(url_error(format!("no scheme that is known; known are {forms}"))),
    }
}
