//! Runs a check on random bytes, which proptest makes shorter if the check fails.
//!
//! A run takes a moment in every test run. `REPOSIT_FUZZ=long` takes a minute for each check, and
//! `REPOSIT_FUZZ=3600` so many seconds.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, TestRunner};

const SHORT: Duration = Duration::from_millis(400);
const LONG: Duration = Duration::from_secs(60);

fn time() -> Duration {
    match std::env::var("REPOSIT_FUZZ") {
        Err(_) => SHORT,
        Ok(long) if long == "long" => LONG,
        Ok(seconds) => Duration::from_secs(seconds.parse().expect("REPOSIT_FUZZ is long, or so many seconds")),
    }
}

/// Runs a check on random bytes, of at most so many, for as long as a run takes.
pub(crate) fn on_random_bytes(longest: usize, check: impl Fn(&[u8])) {
    let (began, time) = (Instant::now(), time());
    while began.elapsed() < time {
        let config = Config { cases: 32, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
        let run = TestRunner::new(config).run(&vec(any::<u8>(), 0..longest), |bytes| {
            check(&bytes);
            Ok(())
        });
        run.unwrap_or_else(|failure| panic!("{failure}"));
    }
}

/// Choices that are made by bytes, so that shorter bytes make a smaller value: all are the first of their kind
/// when the bytes are spent.
#[derive(Debug, Clone)]
pub(crate) struct Dice<'a>(&'a [u8]);

impl<'a> Dice<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *byte
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    pub(crate) fn word(&mut self) -> u64 {
        u64::from_le_bytes([(); 8].map(|()| self.byte()))
    }

    /// A number below another, of at most 65,536.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let number = match end {
            ..=256 => usize::from(self.byte()),
            _ => usize::from(u16::from_le_bytes([self.byte(), self.byte()])),
        };
        number % end.max(1)
    }

    /// A character: an ASCII one half of the time.
    pub(crate) fn char(&mut self) -> char {
        match self.byte() {
            ascii @ ..128 => ascii.into(),
            _ => char::from_u32((self.word() % 0x11_0000) as u32).unwrap_or('\u{fffd}'),
        }
    }

    /// Bytes with a few changes: some are others, gone, doubled, or a number that is much too large.
    pub(crate) fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..self.below(4) {
            let at = self.below(bytes.len() + 1);
            let until = (at + self.below(6)).min(bytes.len());
            match self.below(5) {
                0 => drop(bytes.drain(at..until)),
                1 => {
                    let part = bytes[at..until].to_vec();
                    drop(bytes.splice(at..at, part));
                }
                2 => bytes[at..until].fill(0xff),
                3 => bytes.truncate(at),
                _ => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = self.byte()),
            }
        }
    }
}

/// Runs what takes no more memory than so many times as much as there are bytes, and a little.
pub(crate) fn in_proportion<T>(bytes: usize, times: usize, run: impl FnOnce() -> T) -> T {
    const LITTLE: usize = 16 * 1024;
    let mut result = None;
    // A panic goes on outside: the counter does not unwind.
    let run = AssertUnwindSafe(run);
    let used = allocation_counter::measure(|| result = Some(catch_unwind(run))).bytes_max;
    let result = result.expect("it ran").unwrap_or_else(|panic| resume_unwind(panic));
    let allowed = times * bytes + LITTLE;
    assert!(used <= allowed as u64, "{bytes} bytes took {used} bytes of memory");
    result
}
