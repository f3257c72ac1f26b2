//! Fetches a server once, by hash, into the cache. A fetch that was cut short leaves nothing that looks complete.

use super::support::Result;
use super::{cache, lock};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Something to fetch.
pub(super) struct Package {
    /// The folder in the cache: name and version.
    pub(super) name: &'static str,
    /// Told at the first fetch.
    pub(super) licence: &'static str,
    /// Fills a folder; what it leaves there is the package.
    pub(super) fill: fn(&Path) -> Result<()>,
}

impl Package {
    /// The folder of the package, fetched if it is not there.
    pub(super) fn get(&self) -> Result<PathBuf> {
        let servers = cache::folder("servers")?;
        let done = servers.join(self.name);
        if done.is_dir() {
            return Ok(done);
        }
        let _one_at_a_time = lock::exclusive(&servers.join("fetch.lock"))?;
        if done.is_dir() {
            return Ok(done);
        }
        say(&format!("fetching {} for the tests: {}", self.name, self.licence));
        let partial = servers.join(format!("{}.partial", self.name));
        cache::remove(&partial)?;
        cache::create(&partial)?;
        (self.fill)(&partial).map_err(|error| format!("cannot fetch {}: {error}", self.name))?;
        std::fs::rename(&partial, &done).map_err(|error| format!("cannot keep {}: {error}", done.display()))?;
        Ok(done)
    }
}

/// Tells the person at the terminal, also from inside a test whose output is captured.
pub(super) fn say(text: &str) {
    // Nobody reads it if this fails, and nothing depends on it.
    let _ = writeln!(std::io::stderr(), "reposit tests: {text}");
}

/// Runs a command to its end; its output becomes the error if it fails.
pub(super) fn run(command: &mut Command) -> Result<()> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("cannot run {shown}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    Err(format!("{shown} failed ({}): {}", output.status, told.trim()))
}

/// Holds a downloaded file to the hash that it was pinned by.
pub(super) fn check_sha256(file: &Path, expected: &str) -> Result<()> {
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if found == expected {
        return Ok(());
    }
    Err(format!("{} has the sha256 {found}, expected {expected}", file.display()))
}
