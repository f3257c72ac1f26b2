//! Servers whose answers are not what they should be, and inputs that are made up: no panic, no call without an end,
//! no memory without a bound, and nothing told that is not so.
//!
//! `REPOSIT_HOSTILE=long` runs each server for ten minutes in place of 40 seconds. The seed is printed, and
//! `REPOSIT_HOSTILE_SEED` sets it.

#[path = "hostile/answers.rs"]
mod answers;
#[path = "hostile/inputs.rs"]
mod inputs;
#[path = "faults/models.rs"]
mod models;
#[path = "faults/operations.rs"]
#[allow(dead_code)]
mod operations;
#[path = "hostile/panics.rs"]
mod panics;
#[path = "hostile/seed.rs"]
mod seed;
#[path = "hostile/sizes.rs"]
mod sizes;
#[path = "faults/stand.rs"]
#[allow(dead_code)]
mod stand;
#[path = "faults/state.rs"]
mod state;
#[path = "hostile/stuck.rs"]
mod stuck;
#[path = "faults/verdict.rs"]
mod verdict;

use reposit_tests::servers::Target;

macro_rules! on_each_server {
    ($($name:ident: $test:path),* $(,)?) => {
        $(mod $name {
            use super::Target;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn dynamodb_local() {
                $test(Target::DynamodbLocal).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn dynoxide() {
                $test(Target::Dynoxide).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn mongodb() {
                $test(Target::Mongodb).await;
            }
        })*
    };
}

on_each_server!(
    answers_at_random: crate::answers::at_random,
    answers_that_nest: crate::answers::that_nest,
);
