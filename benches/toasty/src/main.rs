//! The worker of toasty, and of SQLite by hand: see `bench_harness::worker`.

mod by_hand;
mod models;

use bench_harness::allocations::Counted;
use bench_harness::worker;

#[global_allocator]
static COUNTED: Counted = Counted;

fn main() {
    worker::run(|row, contestant| match (row.split_once('/')?, contestant) {
        ((store, row), "rusqlite") => by_hand::calls(store, row),
        ((store, row), "toasty") => models::calls(store, row),
        _ => None,
    });
}

/// A file that nobody else has, in WAL mode, and each commit on the disk before the call returns.
fn file() -> std::path::PathBuf {
    let folder = std::env::var("BENCH_FOLDER").map_or_else(|_| std::env::temp_dir(), Into::into);
    let file = folder.join(format!("toasty-bench-{}.db", std::process::id()));
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
    let made = rusqlite::Connection::open(&file).and_then(|db| db.pragma_update(None, "journal_mode", "wal"));
    made.expect("the file can be written");
    file
}

/// The key of a record that no other process and no call before has made.
fn fresh_id(n: usize) -> String {
    format!("new-{:08}-{n:08}", std::process::id())
}
