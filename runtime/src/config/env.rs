//! The environment: the only place where the library looks at it by itself.

use std::ffi::OsString;
use std::path::PathBuf;

use super::{Config, file, url};
use crate::error::{Error, Result};

const URL: &str = "REPOSIT_URL";
const FILE: &str = "REPOSIT_CONFIG";

pub(super) fn read() -> Result<Config> {
    choose(std::env::var_os(URL), std::env::var_os(FILE))
}

/// An empty variable is the same as none.
fn choose(address: Option<OsString>, path: Option<OsString>) -> Result<Config> {
    let (address, path) = (address.filter(|text| !text.is_empty()), path.filter(|text| !text.is_empty()));
    match (address, path) {
        (Some(_), Some(_)) => Err(Error::config(format!("the environment has both {URL} and {FILE}; one is enough"))),
        (None, None) => Err(Error::config(format!("the environment has neither {URL} nor {FILE}"))),
        (None, Some(path)) => {
            file::read(&PathBuf::from(path)).map_err(|e| Error::config(format!("{FILE}: {}", e.message())))
        }
        (Some(address), None) => {
            let address = address.to_str().ok_or_else(|| Error::config(format!("{URL} is not text in UTF-8")))?;
            url::parse(address).map_err(|e| Error::config(format!("{URL}: {}", e.message())))
        }
    }
}

#[cfg(test)]
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
