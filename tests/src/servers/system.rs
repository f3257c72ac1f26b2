//! What the servers need of the system: installed here where the suite may (root on Debian), else named in the error.

use super::support::Result;
use std::path::Path;
use std::process::{Command, Stdio};

/// A program of the system, how to see that it works, and the Debian packages that bring it.
pub(super) struct Need {
    what: &'static str,
    works: &'static [&'static str],
    packages: &'static [&'static str],
}

pub(super) const JAVA: Need =
    Need { what: "java 17 or later", works: &["java", "--version"], packages: &["default-jre-headless"] };
pub(super) const NPM: Need = Need { what: "npm", works: &["npm", "--version"], packages: &["npm"] };
pub(super) const PYTHON: Need = Need {
    what: "python3 with venv",
    works: &["python3", "-c", "import venv, ensurepip"],
    packages: &["python3", "python3-venv"],
};
pub(super) const TAR: Need = Need { what: "tar", works: &["tar", "--version"], packages: &["tar"] };
pub(super) const WATCHDOG: Need = Need {
    what: "flock and setpriv (util-linux)",
    works: &["sh", "-c", "command -v flock && command -v setpriv"],
    packages: &["util-linux"],
};

impl Need {
    /// Makes sure that it is there, or says how to get it.
    pub(super) fn ensure(&self) -> Result<()> {
        if self.is_there() {
            return Ok(());
        }
        install(self.what, self.packages)?;
        if self.is_there() {
            return Ok(());
        }
        Err(format!("{} is still missing after apt-get install {}", self.what, self.packages.join(" ")))
    }

    fn is_there(&self) -> bool {
        succeeds(Command::new(self.works[0]).args(&self.works[1..]))
    }
}

/// Shared libraries that a fetched binary needs: asked of the binary itself, because their names differ by release.
pub(super) fn ensure_runs(binary: &Path, packages: &'static [&'static str]) -> Result<()> {
    let runs = || succeeds(Command::new(binary).arg("--version"));
    if runs() {
        return Ok(());
    }
    install("a shared library of the server", packages)?;
    if runs() {
        return Ok(());
    }
    let output = Command::new(binary).arg("--version").output().map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} does not run on this system: {}", binary.display(), told.trim()))
}

fn install(what: &str, packages: &[&str]) -> Result<()> {
    let packages_text = packages.join(" ");
    let command = format!("sudo apt-get install -y --no-install-recommends {packages_text}");
    if !(Path::new("/etc/debian_version").exists() && rustix::process::geteuid().is_root()) {
        return Err(format!("{what} is missing, which a server of the tests needs. On Debian or Ubuntu: {command}"));
    }
    // Two processes that ask apt-get at once get in each other's way.
    let _one_at_a_time = super::lock::exclusive(&super::cache::folder("servers")?.join("system.lock"))?;
    super::fetch::say(&format!("installing {packages_text} ({what} is missing)"));
    let mut update = Command::new("apt-get");
    update.args(["update", "-qq"]);
    let mut get = Command::new("apt-get");
    get.args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages);
    get.env("DEBIAN_FRONTEND", "noninteractive");
    for command in [&mut update, &mut get] {
        super::fetch::run(command)?;
    }
    Ok(())
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
