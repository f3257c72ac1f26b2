//! Files of stores that need no server: each is fresh, and goes with the process that made it, or with the next one.

use super::cache;
use super::support::{Result, fresh_name};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A path at which no file is yet.
pub fn fresh_file() -> PathBuf {
    static FOLDER: OnceLock<Result<PathBuf>> = OnceLock::new();
    let folder = FOLDER.get_or_init(own_folder).as_ref().unwrap_or_else(|missing| panic!("{missing}"));
    folder.join(fresh_name()).with_extension("db")
}

/// A reposit URL of an SQLite file that is not there yet.
pub fn fresh_sqlite() -> String {
    // A write that only the operating system has is as good as one on the disk, unless the machine dies.
    format!("sqlite:{}?durability=os", fresh_file().display())
}

/// The folder of this process. Those of processes that are gone are removed.
fn own_folder() -> Result<PathBuf> {
    let all = cache::folder("run/files")?;
    for entry in all.read_dir().into_iter().flatten().flatten() {
        let is_alive = Path::new("/proc").join(entry.file_name()).exists();
        if !is_alive {
            cache::remove(&entry.path())?;
        }
    }
    cache::folder(&format!("run/files/{}", std::process::id()))
}
