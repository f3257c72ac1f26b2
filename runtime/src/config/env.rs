//! The environment: this is the only place where the library itself looks at it.

use std::ffi::OsString;

use super::Config;
use crate::error::{Error, Result};

const URL: &str = "REPOSIT_URL";
const FILE: &str = "REPOSIT_CONFIG";

impl Config {
    /// The configuration that the environment names: `REPOSIT_URL`, or the file in `REPOSIT_CONFIG`.
    ///
    /// Errors: [`Config`](crate::ErrorKind::Config) if both are set or none is, and whatever is wrong with
    /// the URL or the file. Without the feature `config-file` there are no files.
    pub fn from_env() -> Result<Self> {
        choose(std::env::var_os(URL), std::env::var_os(FILE))
    }
}

/// An empty variable is the same as none.
fn choose(address: Option<OsString>, path: Option<OsString>) -> Result<Config> {
    let (address, path) = (address.filter(|text| !text.is_empty()), path.filter(|text| !text.is_empty()));
    match (address, path) {
        (Some(_), Some(_)) => Err(Error::config(format!("the environment has both {URL} and {FILE}; one is enough"))),
        (None, None) => Err(Error::config(format!("the environment has neither {URL} nor {FILE}"))),
        (None, Some(path)) => from_file(path).map_err(|e| Error::config(format!("{FILE}: {}", e.message()))),
        (Some(address), None) => {
            let address = address.to_str().ok_or_else(|| Error::config(format!("{URL} is not text in UTF-8")))?;
            Config::from_url(address).map_err(|e| Error::config(format!("{URL}: {}", e.message())))
        }
    }
}

#[cfg(feature = "config-file")]
fn from_file(path: OsString) -> Result<Config> {
    Config::from_file(std::path::PathBuf::from(path))
}

#[cfg(not(feature = "config-file"))]
fn from_file(_: OsString) -> Result<Config> {
    Err(Error::config("files are not compiled in; enable the feature `config-file` of reposit"))
}

#[cfg(all(test, feature = "memory", feature = "config-file"))]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn one_of_two_variables() {
        let set = |text: &str| Some(OsString::from(text));
        assert_eq!(choose(set("memory:"), None).unwrap().target().name(), "memory");
        assert_eq!(choose(set("memory:"), set("")).unwrap().target().name(), "memory");
        for (address, path) in [(None, None), (set(""), None), (set("memory:"), set("/some/file.json"))] {
            let error = choose(address, path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.message().contains(URL) && error.message().contains(FILE), "{error}");
        }
        let error = choose(None, set("/no/such/file.json")).unwrap_err();
        assert!(error.message().contains(FILE) && error.message().contains("/no/such/file.json"), "{error}");
        let error = choose(set("postgres://ada:sesame@host"), None).unwrap_err();
        assert!(error.message().contains(URL) && !error.message().contains("sesame"), "{error}");
    }
}
