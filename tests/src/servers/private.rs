//! Servers of one owner, for tests that kill them.

use super::process::{Launcher, Lease, Process, log_end};
use super::support::Result;
use super::{cache, lock};
use std::path::{Path, PathBuf};

/// A server of one owner, with data that stay over a kill; everything goes with the owner.
#[derive(Debug)]
pub(super) struct Private {
    pub(super) launcher: Launcher,
    home: PathBuf,
    _lease: Lease,
}

impl Private {
    pub(super) fn new(name: &str) -> Result<Self> {
        let all = cache::folder("run/private")?;
        // Held until the new folder has its lease: a sweep would take a folder without one for a dead one.
        let _sweeping = lock::exclusive(&all.join("sweep.lock"))?;
        sweep(&all);
        let home = all.join(format!("{name}-{}", super::support::fresh_name()));
        let launcher = Launcher::new(home.clone(), home.clone(), 0)?;
        let _lease = Lease::take(&home)?;
        Ok(Self { launcher, home, _lease })
    }

    /// The logs go with the folder, so a test that fails tells their ends first.
    fn tell_logs(&self) {
        for run in self.home.read_dir().into_iter().flatten().flatten() {
            let end = log_end(&run.path(), 5);
            if !end.is_empty() {
                super::fetch::say(&format!("{}: {end}", run.path().display()));
            }
        }
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.tell_logs();
        }
        Process::all_of(&self.home).iter().for_each(Process::kill);
        // What is still being written is swept by a later run.
        let _ = cache::remove(&self.home);
    }
}

/// Removes what private servers of dead processes left on the disk. What cannot be removed now, because its owner or its
/// watchdog is removing it too, is left to the next sweep.
fn sweep(all: &Path) {
    for entry in all.read_dir().into_iter().flatten().flatten() {
        let lease = entry.path().join("lease");
        if lease.is_file() && matches!(lock::try_exclusive(&lease), Ok(Some(_))) {
            let _ = cache::remove(&entry.path());
        }
    }
}
