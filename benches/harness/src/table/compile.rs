//! What a model costs to compile: a crate with one model and one with many are compiled, and the difference is divided.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{fs, io};

use super::sources::{KINDS, Kind};

/// How often each is compiled; the least counts.
const TIMES: u32 = 3;

/// Milliseconds in a tick of /proc.
const TICK: f64 = 10.0;

/// Compiles the chosen kinds, and returns what each way costs a model.
pub(crate) fn measure(
    benches: &Path,
    binaries: &Path,
    chosen: impl Fn(&str) -> bool,
) -> io::Result<Vec<(String, f64)>> {
    let runtime = benches.join("../runtime").canonicalize()?;
    let mut measured = Vec::new();
    for command in ["check", "build"] {
        for kind in &KINDS {
            if !chosen(&format!("compile/{command}/{}", kind.title)) {
                continue;
            }
            println!("compile: {command}, {}", kind.title);
            let folder = binaries.join("../compile").join(kind.folder);
            fs::create_dir_all(folder.join("src"))?;
            fs::write(folder.join("Cargo.toml"), kind.manifest(&runtime.to_string_lossy()))?;
            fs::copy(benches.join(kind.lock), folder.join("Cargo.lock"))?;
            let title = if command == "check" {
                format!("check, {}", kind.title)
            } else {
                format!("debug build, {}", kind.title)
            };
            measured.push((title, slope(&folder, command, kind)?));
        }
    }
    Ok(measured)
}

fn slope(folder: &Path, command: &str, kind: &Kind) -> io::Result<f64> {
    compile(folder, command, &kind.source(1))?;
    let one = least(folder, command, &kind.source(1))?;
    let many = least(folder, command, &kind.source(kind.models))?;
    Ok((many - one) / f64::from(kind.models - 1))
}

fn least(folder: &Path, command: &str, source: &str) -> io::Result<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..TIMES {
        least = least.min(compile(folder, command, source)?);
    }
    Ok(least)
}

/// CPU milliseconds of the compiler for this source; what it stands on has been compiled before.
fn compile(folder: &Path, command: &str, source: &str) -> io::Result<f64> {
    // cargo compiles what is newer than the last time.
    std::thread::sleep(std::time::Duration::from_millis(20));
    let mut changed = source.to_owned();
    let _ = writeln!(changed, "// {:?}", std::time::SystemTime::now());
    fs::write(folder.join("src/lib.rs"), changed)?;
    let before = children()?;
    let mut cargo = Command::new("cargo");
    cargo.args([command, "--quiet"]).current_dir(folder).env("CARGO_INCREMENTAL", "0");
    let status = cargo.env("CARGO_TARGET_DIR", folder.join("target")).stdin(Stdio::null()).status()?;
    if !status.success() {
        return Err(io::Error::other("the models do not compile"));
    }
    Ok((children()? - before) * TICK)
}

/// The ticks of all processes that were waited for.
fn children() -> io::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_ascii_whitespace().skip(13).take(2);
    Ok(ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum())
}
