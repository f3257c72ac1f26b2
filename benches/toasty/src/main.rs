//! The worker of toasty, and of SQLite by hand: see `bench_harness::worker`.

mod by_hand;
mod models;

use bench_harness::allocations::Counted;
use bench_harness::worker;

#[global_allocator]
static COUNTED: Counted = Counted;

fn main() {
    worker::run(|row, contestant| match (row.split_once('/')?, contestant) {
        (("memory", row), "rusqlite") => by_hand::calls(row),
        ((store, row), "toasty") => models::calls(store, row),
        _ => None,
    });
}

/// The key of a record that no other process and no call before has made.
fn fresh_id(n: usize) -> String {
    format!("new-{:08}-{n:08}", std::process::id())
}
