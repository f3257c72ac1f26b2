//! The tables of `docs/performance.md`, between its markers, and the same as JSON.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

use super::measure::{Measured, reference};
use super::rows;

const BEGIN: &str = "<!-- measured: begin -->";
const END: &str = "<!-- measured: end -->";

/// What the names of the others mean.
const OTHERS: &[(&str, &str)] = &[
    ("memory/bytes", "in memory: bytes kept for a record and its index entry"),
    ("memory/stream", "in memory: a stream of 200,000 records, to a get of each = 1.00 (thread CPU)"),
    ("memory/two-threads", "in memory: gets on two threads, to one thread = 1.00 (by the clock)"),
    ("memory/two-threads-and-writer", "the same, while a third thread writes a transaction of 100 every 10 ms"),
    ("dynamodb/coalesced-cpu", "DynamoDB: 100 gets at once, coalesced, to one after another = 1.00 (thread CPU)"),
    ("dynamodb/coalesced-wall", "the same by the clock, at a round trip of 2 ms"),
    ("mongodb/coalesced-cpu", "MongoDB: 100 gets at once, coalesced, to one after another = 1.00 (thread CPU)"),
    ("mongodb/coalesced-wall", "the same by the clock, at a round trip of 2 ms"),
    (
        "sqlite/commits",
        "SQLite: commits a second of 64 writers, `durability=commit`, to those of one = 1.00 (by the clock)",
    ),
    ("layers/none-get", "in memory: a get of the same handle twice, to show how exact these are (thread CPU)"),
    ("layers/none-put", "the same of a put"),
    ("layers/trace-untaken-get", "in memory: a get under `Trace` without a subscriber, to one without it = 1.00"),
    ("layers/trace-untaken-put", "the same of a put"),
    ("layers/trace-get", "in memory: a get under `Trace` with a subscriber that takes `INFO` and keeps nothing"),
    ("layers/trace-put", "the same of a put"),
    ("layers/metrics-get", "in memory: a get under `Metrics` without a recorder"),
    ("layers/metrics-put", "the same of a put"),
    ("layers/meter-get", "in memory: a get under `Meter`, which works out what DynamoDB would consume"),
    ("layers/meter-put", "the same of a put"),
    ("layers/cache-get", "in memory: a get under `Cache`, of which a part is found in it"),
    ("layers/cache-put", "the same of a put, which takes from it what it writes"),
    ("layers/faults-get", "in memory: a get under `Faults` of which none happens"),
    ("layers/faults-put", "the same of a put"),
    ("layers/unheard-get", "in memory: a get under `Trace`, `Metrics` and `Faults`, to which nobody listens"),
    ("layers/unheard-put", "the same of a put"),
    ("layers/all-get", "in memory: a get under `Trace`, `Metrics` and `Meter`, all taken"),
    ("layers/all-put", "the same of a put"),
];

/// One contestant's figures: row, contestant, instructions, their ratio, thread CPU, its ratio, allocations.
pub(crate) fn line(measured: &Measured, reference: Option<&Measured>) -> String {
    let ratio = |of: Option<u64>, to: Option<u64>| match (of, to) {
        (Some(of), Some(to)) if to > 0 => format!("{:.2}", of as f64 / to as f64),
        _ => "–".to_owned(),
    };
    let instructions = ratio(measured.instructions, reference.and_then(|reference| reference.instructions));
    let cpu = ratio(Some(measured.nanoseconds), reference.map(|reference| reference.nanoseconds));
    let count = measured.instructions.map_or("–".to_owned(), thousands);
    let microseconds = measured.nanoseconds as f64 / 1000.0;
    let title = rows::title(&measured.row);
    format!(
        "| {title} | {} | {instructions} | {count} | {cpu} | {microseconds:.1} µs | {} |",
        measured.contestant,
        thousands(measured.allocations)
    )
}

fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes the page and the JSON.
pub(crate) fn write(
    benches: &Path,
    measured: &[Measured],
    others: &[(String, f64)],
    compiled: &[(String, f64)],
) -> io::Result<()> {
    let mut text = format!("{BEGIN}\n\n![Instructions of a call, as ratios](performance.svg)\n\n{}\n", machine());
    let head = "| Call | By | Instructions, ratio | Instructions | CPU, ratio | CPU | Allocations |\n|---|---|--:|--:|--:|--:|--:|\n";
    let (real, canned): (Vec<_>, Vec<_>) = measured.iter().partition(|measured| measured.row.starts_with("real/"));
    for (title, part) in [
        ("On servers with canned answers, in memory and on a file; on PostgreSQL and Redis themselves", canned),
        ("On real servers", real),
    ] {
        if part.is_empty() {
            continue;
        }
        let _ = write!(text, "### {title}\n\n{head}");
        for one in part {
            text.push_str(&line(one, reference(measured, &one.row)));
            text.push('\n');
        }
        text.push('\n');
    }
    text.push_str("### What is no single call\n\n| | |\n|---|--:|\n");
    for (name, value) in others {
        let title = OTHERS.iter().find(|(known, _)| known == name).map_or(name.as_str(), |(_, title)| *title);
        let value = if name.ends_with("bytes") { format!("{value:.0}") } else { format!("{value:.3}") };
        let _ = writeln!(text, "| {title} | {value} |");
    }
    if !compiled.is_empty() {
        text.push_str("\n### Compile time, CPU milliseconds a model\n\n| | |\n|---|--:|\n");
        for (title, value) in compiled {
            let _ = writeln!(text, "| {title} | {value:.0} |");
        }
    }
    let _ = write!(text, "\n{END}");
    println!("\n{text}");
    let json = serde_json::json!({ "calls": measured, "others": others, "compiled": compiled });
    fs::write(benches.join("results.json"), format!("{json:#}\n"))?;
    let path = benches.join("../docs/performance.md");
    let page = fs::read_to_string(&path)?;
    let (before, rest) = page.split_once(BEGIN).ok_or_else(|| io::Error::other("the page has no marker"))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| io::Error::other("the page has no second marker"))?;
    fs::write(path, format!("{before}{text}{after}"))
}

/// The machine and the versions.
fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models =
        cpu.lines().filter_map(|line| line.strip_prefix("model name")).filter_map(|line| line.split_once(": "));
    let names: Vec<&str> = models.map(|(_, name)| name).collect();
    let rustc = Command::new("rustc").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let rustc = String::from_utf8_lossy(&rustc).trim().to_owned();
    format!(
        "Machine: {} × {}. {rustc}. Release builds without link-time optimization. aws-sdk-dynamodb, mongodb and serde_dynamo as in \
         `benches/Cargo.lock`; toasty and rusqlite as in `benches/toasty/Cargo.lock`.\n",
        names.len(),
        names.first().copied().unwrap_or("unknown processor")
    )
}
