//! What a model costs to compile: a crate with one model and one with fifty are compiled, and the difference is divided.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

const MODELS: u32 = 50;

/// How often each is compiled; the least counts.
const TIMES: u32 = 3;

/// Milliseconds in a tick of /proc.
const TICK: f64 = 10.0;

const MANIFEST: &str = r#"[package]
name = "models"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
reposit = { path = "RUNTIME" }
serde = { version = "1", features = ["derive"] }

[profile.dev.package."*"]
opt-level = 3
debug = false
"#;

const MODEL: &str = "
#[derive(DERIVES)]
pub struct UserN {
    ATTRIBUTE_OF_KEY pub id: String,
    ATTRIBUTE_OF_INDEX pub team: String,
    pub name: String, pub email: String, pub about: String, pub age: u32, pub score: f64, pub active: bool,
    pub tags: Vec<String>, pub address: Address,
}
";

const CALLS: &str = "
pub fn callN(db: &Database, user: UserN) -> Pin<Box<dyn Future<Output = reposit::Result<()>> + Send + '_>> {
    Box::pin(async move {
        UserN::create(&user).exec(db).await?;
        let found = UserN::get(&user.id).exec(db).await?;
        let team: Vec<UserN> = UserN::find_by_team(&user.team).all(db).await?;
        UserN::update(&user.id).add(UserN::AGE, 1).exec(db).await?;
        UserN::delete(&user.id).exec(db).await?;
        drop((found, team));
        Ok(())
    })
}
";

const HEAD: &str = "#![allow(dead_code, unused_imports)]
use std::pin::Pin;
use reposit::{Database, Repository};
use serde::{Deserialize, Serialize};
#[derive(Serialize, Deserialize)]
pub struct Address { pub street: String, pub city: String, pub postcode: String, pub country: String }
";

/// Compiles, and returns what each way costs a model.
pub(crate) fn measure(benches: &Path, binaries: &Path) -> io::Result<Vec<(String, f64)>> {
    let folder = binaries.join("../compile");
    fs::create_dir_all(folder.join("src"))?;
    let runtime = benches.join("../runtime").canonicalize()?;
    fs::write(folder.join("Cargo.toml"), MANIFEST.replace("RUNTIME", &runtime.to_string_lossy()))?;
    fs::copy(benches.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let mut measured = Vec::new();
    for command in ["check", "build"] {
        for (title, derive, calls) in [
            ("serde alone", false, false),
            ("derive only", true, false),
            ("with create, get, find, update and delete", true, true),
        ] {
            println!("compile: {command}, {title}");
            compile(&folder, command, &source(1, derive, calls))?;
            let slope = |models| least(&folder, command, &source(models, derive, calls));
            let (one, many) = (slope(1)?, slope(MODELS)?);
            let title = if command == "check" { format!("check, {title}") } else { format!("debug build, {title}") };
            measured.push((title, (many - one) / f64::from(MODELS - 1)));
        }
    }
    Ok(measured)
}

fn source(models: u32, derive: bool, calls: bool) -> String {
    let mut text = HEAD.to_owned();
    for n in 0..models {
        let derives = if derive { "Serialize, Deserialize, Repository" } else { "Serialize, Deserialize" };
        let (key, index) = if derive { ("#[hash_key]", "#[index]") } else { ("", "") };
        let model =
            MODEL.replace("DERIVES", derives).replace("ATTRIBUTE_OF_KEY", key).replace("ATTRIBUTE_OF_INDEX", index);
        text.push_str(&model.replace("UserN", &format!("User{n}")));
        if calls {
            text.push_str(&CALLS.replace("UserN", &format!("User{n}")).replace("callN", &format!("call{n}")));
        }
    }
    text
}

fn least(folder: &PathBuf, command: &str, source: &str) -> io::Result<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..TIMES {
        least = least.min(compile(folder, command, source)?);
    }
    Ok(least)
}

/// CPU milliseconds of the compiler for this source; what it stands on has been compiled before.
fn compile(folder: &PathBuf, command: &str, source: &str) -> io::Result<f64> {
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
