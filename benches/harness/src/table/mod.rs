//! The table: which rows there are, how each is measured, and the page and plot that are made of them.

mod compile;
mod kept;
mod measure;
mod page;
mod plot;
mod rows;

use std::io;
use std::path::Path;
use std::time::Duration;

use measure::{Folder, Measured};
use rows::ROWS;

/// Measures everything, prints it, and writes it to `docs/performance.md` and its neighbours.
pub fn run(benches: &Path, binaries: &Path, only: Option<&str>) -> io::Result<()> {
    let addresses = crate::server::start(Duration::from_millis(2))?;
    let folder = Folder::new(binaries, &addresses);
    let chosen = |name: &str| only.is_none_or(|only| name.contains(only));
    let mut measured = Vec::new();
    for row in ROWS.iter().filter(|row| chosen(row.name)) {
        measured.extend(folder.measure(row)?);
    }
    if chosen("real") {
        measured.extend(folder.measure_real()?);
    }
    kept::compare(&benches.join("instructions.txt"), &measured, only.is_none())?;
    let others = if chosen("memory/special") { folder.special()? } else { Vec::new() };
    let compiled = if chosen("compile") { compile::measure(benches, binaries)? } else { Vec::new() };
    if only.is_some() {
        let all = &measured;
        measured.iter().for_each(|measured| println!("{}", page::line(measured, reference(all, &measured.row))));
        others.iter().chain(&compiled).for_each(|(name, value)| println!("{name}: {value}"));
        return Ok(());
    }
    page::write(benches, &measured, &others, &compiled)?;
    plot::write(&benches.join("../docs/performance.svg"), &measured)
}

/// The figures of the contestant to which a row is compared.
pub(crate) fn reference<'a>(all: &'a [Measured], row: &str) -> Option<&'a Measured> {
    all.iter().find(|measured| measured.row == row && measured.contestant == rows::reference(row))
}
