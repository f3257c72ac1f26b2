//! The worker of toasty, and of SQLite by hand: see `bench_harness::worker`.

mod by_hand;
mod models;

use bench_harness::allocations::Counted;
use bench_harness::worker;

#[global_allocator]
static COUNTED: Counted = Counted;

/// How many records the embedded stores have.
const RECORDS: usize = 20_000;

fn main() {
    worker::run(|row, contestant| match (row.split_once('/')?, contestant) {
        (("memory", row), "rusqlite") => by_hand::calls(row),
        ((store, row), "toasty") => models::calls(store, row),
        _ => None,
    });
}

/// The team of a record that is there from the start.
fn team(n: usize) -> String {
    if n < bench_harness::user::TEAM { "core".to_owned() } else { format!("team-{:05}", n / 10) }
}

/// The team that a find of ten asks for.
fn team_of_ten(n: usize) -> String {
    format!("team-{:05}", 100 + n % 1000)
}

/// The key of a record that no other process and no call before has made.
fn fresh_id(n: usize) -> String {
    format!("new-{:08}-{n:08}", std::process::id())
}
