//! Where chance begins, and how long it goes on.

use std::time::{Duration, SystemTime};

use fastrand::Rng;

const MODE: &str = "REPOSIT_HOSTILE";
const SEED: &str = "REPOSIT_HOSTILE_SEED";

const SHORT: Duration = Duration::from_secs(40);
const LONG: Duration = Duration::from_secs(600);

/// Whether it is the long run.
pub(crate) fn is_long() -> bool {
    std::env::var(MODE).is_ok_and(|mode| mode == "long")
}

/// How long each server is run against.
pub(crate) fn time() -> Duration {
    if is_long() { LONG } else { SHORT }
}

/// The seed of this run: the one that is set; by the clock in the long run; else always the same.
pub(crate) fn seed(what: &str) -> u64 {
    let set = std::env::var(SEED).ok().map(|seed| seed.parse().expect("a number as seed"));
    let clock = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_secs());
    let seed = set.unwrap_or_else(|| if is_long() { clock() } else { 9 });
    println!("{what}: {SEED}={seed}");
    seed
}

/// The chance of one part of a run.
pub(crate) fn part(seed: u64, part: u64) -> Rng {
    Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(part))
}
