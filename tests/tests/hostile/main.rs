//! Servers whose answers are not what they should be, and inputs that are made up: no panic, no call without an end,
//! no memory without a bound, and nothing told that is not so.
//!
//! `REPOSIT_HOSTILE=long` runs each server for ten minutes in place of 40 seconds. The seed is printed, and
//! `REPOSIT_HOSTILE_SEED` sets it.

mod answers;
mod endless_answers;
mod inputs;
mod panics;
mod seed;
mod stuck_pages;

reposit_tests::on_backends!(
    server #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    answers_at_random: crate::answers::at_random,
    answers_that_nest: crate::answers::that_nest,
);
