//! PostgreSQL refuses to run as root: then its processes run as a user who owns nothing else.

use super::support::Result;
use super::system;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The number that systems give to `nobody`.
const NOBODY: u32 = 65534;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The command that runs a program as a user whom the server takes.
///
/// The cache may lie in a folder that only root may enter, so the right to look past the modes of files goes along. The
/// `securebits` are for `access(2)`, which asks without that right otherwise.
pub(super) fn as_own_user(program: &Path, arguments: Vec<String>) -> Result<(PathBuf, Vec<String>)> {
    if !is_root() {
        return Ok((program.to_owned(), arguments));
    }
    system::WATCHDOG.ensure()?;
    let user = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()];
    let rights = ["--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
    let mut all: Vec<String> = user.into_iter().chain(rights.map(str::to_owned)).collect();
    // The change of the user takes away what the watchdog has asked for, so it is asked for again.
    all.extend(["--pdeathsig", "KILL", "--"].map(str::to_owned));
    all.push(program.display().to_string());
    all.extend(arguments);
    Ok((PathBuf::from("setpriv"), all))
}

/// Gives a file or folder to the user that the server runs as.
pub(super) fn give_to_own_user(path: &Path, mode: u32) -> Result<()> {
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(told)?;
    if is_root() {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).map_err(told)?;
    }
    Ok(())
}
