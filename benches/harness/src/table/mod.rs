//! The table: which rows there are, how each is measured, and the page and plot that are made of them.

mod compile;
mod kept;
mod measure;
mod page;
mod plot;
mod rows;
mod sources;

use std::io;
use std::path::Path;
use std::time::Duration;

use measure::{Folder, reference};
use rows::ROWS;

/// The round trip of the delayed servers.
const ROUND_TRIP: Duration = Duration::from_millis(2);

/// Measures everything, prints it, and writes it to `docs/performance.md` and its neighbours.
pub fn run(benches: &Path, binaries: &Path, only: Option<&str>) -> io::Result<()> {
    let addresses = crate::server::start(ROUND_TRIP)?;
    let folder = Folder::new(binaries, &addresses);
    let chosen = |name: &str| only.is_none_or(|only| name.contains(only));
    let mut measured = Vec::new();
    for row in ROWS.iter().filter(|row| chosen(row.name)) {
        measured.extend(folder.measure(row)?);
    }
    measured.extend(folder.measure_real(chosen)?);
    kept::compare(&benches.join("instructions.txt"), &measured, only.is_none())?;
    let mut others = Vec::new();
    if chosen("memory/bytes, stream, threads") {
        others.extend(folder.others("memory")?);
    }
    if chosen("coalesced") {
        others.extend(folder.delayed(&addresses).others("coalesced")?);
    }
    if chosen("layers") {
        others.extend(folder.others("layers")?);
    }
    if chosen("sqlite/commits") {
        others.extend(folder.others("sqlite")?);
    }
    let compiled = compile::measure(benches, binaries, chosen)?;
    if only.is_some() {
        let all = &measured;
        measured.iter().for_each(|measured| println!("{}", page::line(measured, reference(all, &measured.row))));
        others.iter().chain(&compiled).for_each(|(name, value)| println!("{name}: {value}"));
        return Ok(());
    }
    plot::write(&benches.join("../docs/performance.svg"), &measured)?;
    page::write(benches, &measured, &others, &compiled)
}
