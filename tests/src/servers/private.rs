//! Servers of one owner, for tests that kill them.

use super::process::{Launcher, Lease, Process, log_end};
use super::socket::on_free_port;
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

/// A private server of one process, which is killed and started again on the same port and data.
#[derive(Debug)]
pub(super) struct Killable {
    private: Private,
    pub(super) port: u16,
    process: Process,
    again: Launch,
}

/// Starts a process on a port.
pub(super) type Launch = fn(&Launcher, u16) -> Result<Process>;

impl Killable {
    /// Starts it on a free port: the first time so, and `again` once it was killed.
    pub(super) fn start(private: Private, first: Launch, again: Launch) -> Result<Self> {
        let (port, process) = on_free_port(|port| Ok((port, first(&private.launcher, port)?)))?;
        Ok(Self { private, port, process, again })
    }

    /// Where it listens: `host:port`.
    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// SIGKILL, in the middle of whatever it does.
    pub(super) fn kill(&self) {
        self.process.kill();
    }

    /// Starts it again; kills it first if it still runs.
    pub(super) async fn restart(mut self) -> Self {
        self.kill();
        let again = move || {
            self.process.wait_until_gone()?;
            self.process = (self.again)(&self.private.launcher, self.port)?;
            Ok(self)
        };
        super::support::blocking(again).await.unwrap_or_else(|missing: String| panic!("{missing}"))
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
