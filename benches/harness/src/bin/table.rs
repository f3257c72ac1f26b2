//! The table of the benchmarks: `table BENCHES BINARIES [ROW]`; see `benches/run`.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [benches, binaries] => bench_harness::table::run(Path::new(benches), Path::new(binaries), None),
        [benches, binaries, only] => bench_harness::table::run(Path::new(benches), Path::new(binaries), Some(only)),
        _ => Err(std::io::Error::other("usage: table BENCHES BINARIES [ROW]")),
    }
}
