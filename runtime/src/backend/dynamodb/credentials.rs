//! AWS's shared files of credentials and settings: what is wrong with them, in words. The SDK says
//! little of a file that it cannot read, and looks elsewhere where a profile is not in it.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The keys that a profile is looked into for: in a line that begins with a blank, they are part of
/// the value before.
const KEYS: [&str; 3] = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"];

/// The text of a credentials file, without the mark that some editors begin a file with.
pub(super) fn read_file(path: &Path) -> Result<String> {
    let named = |why: String| Error::config(format!("`credentials_file`: {}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| named(format!("cannot be read: {e}")).with_source(e))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}

/// Refuses a credentials file that does not have the profile, or not as AWS's format wants it.
pub(super) fn check_file(path: &Path, text: &str, profile: &str) -> Result<()> {
    let named = |why: String| Error::config(format!("`credentials_file`: {}: {why}", path.display()));
    if !has_profile(text, profile) {
        return Err(named(format!("there is no profile [{profile}] in it")));
    }
    fault(text, profile).map_or(Ok(()), |fault| Err(named(fault)))
}

/// Refuses a profile that none of the shared files has, which the SDK would take for no wish at all,
/// and one that it could not read.
pub(super) fn check_profile(profile: &str) -> Result<()> {
    let (mut found, mut looked_at) = (false, Vec::new());
    for path in shared_files() {
        looked_at.push(path.display().to_string());
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let named = |why: String| Error::config(format!("the profile {profile}: {}: {why}", path.display()));
        if text.starts_with('\u{feff}') {
            return Err(named("begins with a byte order mark, which the AWS SDK cannot read".to_owned()));
        }
        if has_profile(&text, profile) {
            found = true;
            fault(&text, profile).map_or(Ok(()), |fault| Err(named(fault)))?;
        }
    }
    match found {
        true => Ok(()),
        false => Err(Error::config(format!("there is no profile {profile} in {}", looked_at.join(" or ")))),
    }
}

/// Where the AWS SDK finds its shared files ("Shared config and credentials files" in the AWS SDKs and
/// Tools Reference Guide).
fn shared_files() -> [PathBuf; 2] {
    [("AWS_SHARED_CREDENTIALS_FILE", "credentials"), ("AWS_CONFIG_FILE", "config")].map(|(variable, name)| {
        let home = std::env::home_dir().unwrap_or_default();
        match std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from) {
            Some(path) => path.strip_prefix("~").map(|rest| home.join(rest)).unwrap_or(path),
            None => home.join(".aws").join(name),
        }
    })
}

/// The profile that a line begins: `[name]`, and in the file of settings `[profile name]`.
fn header(line: &str) -> Option<&str> {
    let name = line.strip_prefix('[')?.split(']').next()?.trim();
    Some(name.strip_prefix("profile ").unwrap_or(name).trim())
}

fn has_profile(text: &str, profile: &str) -> bool {
    text.lines().any(|line| header(line) == Some(profile))
}

/// What AWS's format does not allow in a profile, by its line: nothing of the line is shown.
fn fault(text: &str, profile: &str) -> Option<String> {
    let (mut inside, mut after_key) = (false, false);
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() || line.trim_start().starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = header(line) {
            (inside, after_key) = (name == profile, false);
        } else if inside && line.starts_with([' ', '\t']) {
            let key = line.split_once('=').map_or("", |(key, _)| key.trim());
            if !after_key || KEYS.contains(&key.to_ascii_lowercase().as_str()) {
                return Some(format!(
                    "line {number} begins with a blank, so that it belongs to the line before; keys begin at the start of a line"
                ));
            }
        } else if inside {
            if !line.contains('=') {
                return Some(format!("line {number} is no `key = value`"));
            }
            after_key = true;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "aws_access_key_id = KEY";

    #[test]
    fn a_blank_before_a_key_is_told_by_its_line() {
        for (text, line) in [
            (format!("[default]\n {KEY}\naws_secret_access_key = sesame\n"), "line 2"),
            (format!("[default]\n# mine\n{KEY}\n\taws_secret_access_key = sesame\n"), "line 4"),
            (format!("[default]\n{KEY}\naws_secret_access_key sesame\n"), "line 3"),
        ] {
            let fault = fault(&text, "default").unwrap();
            assert!(fault.starts_with(line) && !fault.contains("sesame"), "{fault}");
            assert_eq!(
                super::fault(&format!("{text}\n[other]\n{KEY}\n"), "other"),
                None,
                "another's fault is not ours"
            );
        }
        let nested = format!("[default]\n{KEY}\ns3 =\n  max_concurrent_requests = 20\n");
        assert_eq!(fault(&nested, "default"), None, "settings of a service stand below its name");
    }

    #[test]
    fn profiles_are_found_in_both_kinds_of_files() {
        assert!(has_profile("[default]\n[profile other]\n[ third ] # mine\n", "other"));
        assert!(has_profile("[ third ] # mine\n", "third"));
        assert!(!has_profile("[default]\n", "nope"));
    }
}
