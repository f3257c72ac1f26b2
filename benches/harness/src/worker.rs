//! A worker: a process that makes one kind of call, as often as it is told to, and reports what it took.
//!
//! - `worker ROW CONTESTANT` reads numbers of calls from its input, and answers each with a line: thread CPU and wall time in
//!   nanoseconds, and allocations. So rounds of several workers can alternate.
//! - `worker ROW CONTESTANT N` makes N calls in the function that callgrind counts, [`measured`], and ends.

use std::io::{BufRead as _, Write as _};
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

use crate::allocations;

/// A kind of call by one contestant, ready to be made.
pub trait Calls {
    /// Makes `n` calls, one after another.
    fn make(&mut self, n: u32);
}

impl<F: FnMut(u32)> Calls for F {
    fn make(&mut self, n: u32) {
        self(n);
    }
}

/// How many calls are made before anything is counted: connections are open and caches filled by then.
const WARM_UP: u32 = 20;

/// The function whose instructions are counted. Its name is what callgrind is given.
#[inline(never)]
pub fn measured(calls: &mut dyn Calls, n: u32) {
    calls.make(n);
}

/// Runs the worker that the arguments ask for.
pub fn run(prepare: impl FnOnce(&str, &str) -> Option<Box<dyn Calls>>) {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [row, contestant, rest @ ..] = &arguments[..] else {
        panic!("usage: worker ROW CONTESTANT [CALLS]");
    };
    let Some(mut calls) = prepare(row, contestant) else {
        println!("none");
        return;
    };
    calls.make(WARM_UP);
    match rest.first() {
        Some(n) => measured(&mut *calls, n.parse().expect("a number of calls")),
        None => rounds(&mut *calls),
    }
}

fn rounds(calls: &mut dyn Calls) {
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let n = line.expect("a line").trim().parse().expect("a number of calls");
        let (cpu, wall, count) = (cpu(), Instant::now(), allocations::calls());
        measured(calls, n);
        let (cpu, wall, count) = (self::cpu() - cpu, wall.elapsed().as_nanos(), allocations::calls() - count);
        println!("{cpu} {wall} {count}");
        std::io::stdout().flush().expect("the table reads it");
    }
}

/// The CPU time of this thread, or of the whole process where that is asked for.
fn cpu() -> u64 {
    if std::env::var_os("BENCH_WHOLE").is_some() { process_cpu() } else { thread_cpu() }
}

/// The CPU time of this thread, in nanoseconds.
pub fn thread_cpu() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    u64::try_from(time.tv_sec).unwrap_or_default() * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or_default()
}

/// The CPU time of this process, in nanoseconds.
pub fn process_cpu() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    u64::try_from(time.tv_sec).unwrap_or_default() * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or_default()
}
