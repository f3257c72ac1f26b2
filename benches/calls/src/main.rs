//! The worker of reposit, of the calls written by hand, and of serde_dynamo: see `bench_harness::worker`.

mod coalesced;
mod direct;
mod dynamodb;
mod layers;
mod memory;
mod mongodb;
mod ours;
mod postgres;
mod redis;
mod sqlite;
mod user;

use std::future::Future;

use bench_harness::allocations::Counted;
use bench_harness::worker::{self, Calls};
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static COUNTED: Counted = Counted;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("memory") => return memory::run(),
        Some("coalesced") => return coalesced::run(),
        Some("layers") => return layers::run(),
        Some("sqlite") => return sqlite::run(),
        _ => {}
    }
    worker::run(|row, contestant| match (row.split_once('/')?, contestant) {
        (("dynamodb", row), "reposit") => ours::on_server(&dynamodb::url(), row),
        (("dynamodb", row), "hyper + sigv4") => direct::calls(row, contestant),
        (("dynamodb", row), _) => dynamodb::calls(row, contestant),
        (("mongodb", row), "reposit") => ours::on_server(&mongodb::url(), row),
        (("mongodb", row), _) => mongodb::calls(row, contestant),
        (("memory", row), "reposit") => ours::embedded("memory:", row),
        (("sqlite", row), "reposit") => ours::embedded(&sqlite::url("commit"), row),
        (("postgres", row), "reposit") => ours::on_server(&postgres::url(), row),
        (("postgres", row), _) => postgres::calls(row),
        (("redis", row), "reposit") => ours::on_server(&redis::url(), row),
        (("redis", row), _) => redis::calls(row),
        _ => None,
    });
}

/// Everything runs on this one thread, so that its CPU time is the call's.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// A call that is made again and again, with the number of the call.
fn calls<S: 'static, F>(
    runtime: Runtime,
    state: S,
    call: impl Fn(&'static S, usize) -> F + 'static,
) -> Option<Box<dyn Calls>>
where
    F: Future<Output = ()>,
{
    // It lives as long as the process, so that a call may borrow from it.
    let state: &'static S = Box::leak(Box::new(state));
    let mut made = 0;
    Some(Box::new(move |n: u32| {
        runtime.block_on(async {
            for _ in 0..n {
                call(state, made).await;
                made += 1;
            }
        });
    }))
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A variable of the environment that says where a server is.
fn address(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set"))
}

/// The table or collection of a contestant. On real servers all share the one that reposit has defined.
fn table(contestant: &str) -> String {
    if std::env::var("BENCH_REAL").is_ok() { "users".to_owned() } else { format!("users_{contestant}") }
}

/// The key of a record that no other process and no call before has made.
fn fresh_id(n: usize) -> String {
    format!("new-{:08}-{n:08}", std::process::id())
}
