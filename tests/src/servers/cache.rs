//! The folder that holds what the suite fetched and what it runs. Git ignores it.

use super::support::{CACHE_VARIABLE, Result};
use std::path::{Path, PathBuf};

/// Where everything lies: `.cache` in the workspace, or what the environment says.
pub(crate) fn root() -> PathBuf {
    match std::env::var_os(CACHE_VARIABLE) {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(".cache"),
    }
}

/// A folder in the cache, made if it is missing.
pub(crate) fn folder(name: &str) -> Result<PathBuf> {
    let folder = root().join(name);
    create(&folder)?;
    folder.canonicalize().map_err(|error| format!("{}: {error}", folder.display()))
}

pub(crate) fn create(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))
}

/// Removes a folder; one that is not there is as good as removed.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove the folder {}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}

pub(crate) fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))
}
