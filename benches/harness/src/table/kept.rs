//! The instruction counts of the last run, kept in a file, and how far they have moved since.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use super::measure::Measured;

/// Prints how the counts of reposit moved; `keep` writes the new ones down.
pub(crate) fn compare(path: &Path, measured: &[Measured], keep: bool) -> io::Result<()> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let before: BTreeMap<&str, u64> = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(row, n)| Some((row, n.trim().parse().ok()?)))
        .collect();
    let ours = measured.iter().filter(|measured| measured.contestant == "reposit");
    let now: Vec<_> = ours.filter_map(|measured| Some((measured.row.as_str(), measured.instructions?))).collect();
    let mut lines = String::new();
    println!("\ninstructions a call of reposit, and how they moved:");
    for (row, instructions) in now {
        let moved = match before.get(row) {
            Some(before) => format!("{:+.1} %", (instructions as f64 / *before as f64 - 1.0) * 100.0),
            None => "new".to_owned(),
        };
        println!("  {row:<20} {instructions:>10}  {moved}");
        lines.push_str(&format!("{row} {instructions}\n"));
    }
    if keep { fs::write(path, lines) } else { Ok(()) }
}
