//! Many at once: what must hold whoever comes first, on every backend, and the proof that each check finds what it is there for.
//!
//! A check runs for two seconds on each backend. `REPOSIT_CONCURRENCY=long` makes it ten minutes, a number so many seconds; all
//! checks then run side by side, so that the whole takes little longer than one of them.

mod arena;
mod bank;
mod broken;
mod counters;
mod histories;
mod injected;
mod locks;
mod names;
mod network_faults;
mod races;
mod saves;
mod side_by_side;

use std::future::Future;

use arena::{Arena, Found, SPAN};
use bank::the_sum_holds;
use broken::{Broken, Flaw};
use counters::every_add_counts_once;
use histories::histories_are_linearizable;
use locks::the_lock_is_exclusive;
use names::each_name_has_one_owner;
use races::{one_create_wins, one_heir_wins};
use saves::no_save_is_lost;

/// Makes a test of each check on each backend.
macro_rules! checks {
    ($($name:ident),* $(,)?) => {
        reposit_tests::with_backends! { [checks!] ($($name)*) }

        /// What stands between the checks and the store where a promise is taken out does no harm by itself.
        mod nothing_taken_out {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let whole = super::Broken::new(super::Flaw::None);
                    super::$name(super::Arena::on_backend(whole, super::SPAN)).await.unwrap();
                }
            )*
        }
    };
    (@backends $names:tt $($backend:ident $target:ident $label:literal $offers:tt)*) => {
        $(checks! { @on $backend $target $names })*

        /// Every check on every backend, by the name of its test.
        fn all_checks() -> Vec<side_by_side::Check> {
            let mut all = Vec::new();
            $(all.extend($backend::all());)*
            all.extend(lost_answers::all());
            all
        }
    };
    (@on $backend:ident $target:ident ($($name:ident)*)) => {
        mod $backend {
            $(
                #[test]
                fn $name() {
                    super::side_by_side::run(concat!(stringify!($backend), "::", stringify!($name)));
                }
            )*

            pub(super) fn all() -> Vec<super::side_by_side::Check> {
                let target = reposit_tests::servers::Target::$target;
                vec![$(
                    super::side_by_side::Check {
                        name: concat!(stringify!($backend), "::", stringify!($name)),
                        run: Box::new(move || {
                            Box::pin(super::arena::holds(target, stringify!($name), super::$name))
                        }),
                    },
                )*]
            }
        }
    };
}

checks!(
    the_sum_holds,
    each_name_has_one_owner,
    every_add_counts_once,
    one_create_wins,
    one_heir_wins,
    no_save_is_lost,
    the_lock_is_exclusive,
    histories_are_linearizable,
);

/// Takes one promise out, and runs the check that is there for it: again if chance has it that nothing came of it.
async fn finds<F: Future<Output = Found>>(flaw: Flaw, check: impl Fn(Arena) -> F) {
    for _ in 0..20 {
        if let Err(found) = check(Arena::on_backend(Broken::new(flaw), SPAN / 2)).await {
            println!("{flaw:?}: {found}");
            return;
        }
    }
    panic!("nothing was found with the promise taken out: {flaw:?}");
}

/// Makes a test of each promise that is taken out: the check must fail.
macro_rules! taken_out {
    ($($name:ident: $flaw:ident is found by $check:ident),* $(,)?) => {
        mod taken_out {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::finds(super::Flaw::$flaw, super::$check).await;
                }
            )*
        }
    };
}

taken_out!(
    the_transaction: TransactionInParts is found by the_sum_holds,
    the_condition_in_a_history: ConditionForgotten is found by histories_are_linearizable,
    the_moment_of_the_condition: ConditionLookedAtFirst is found by histories_are_linearizable,
    the_read_at_one_moment: ReadInParts is found by the_sum_holds,
    uniqueness: UniqueLookedForFirst is found by each_name_has_one_owner,
    the_value_taken_over: UniqueLookedForFirst is found by one_heir_wins,
    the_freeing_of_values: GuardOrphaned is found by each_name_has_one_owner,
    the_add_that_counts_once: ChangeSentAgain is found by every_add_counts_once,
    the_change_that_happens_once: ChangeSentAgain is found by histories_are_linearizable,
    the_put_that_happens_once: PutSentAgain is found by histories_are_linearizable,
    the_create_that_overwrites_nothing: CreateOverwrites is found by one_create_wins,
    the_version: VersionForgotten is found by no_save_is_lost,
    the_fencing: ConditionForgotten is found by the_lock_is_exclusive,
    the_lock_taken_at_one_moment: ConditionLookedAtFirst is found by the_lock_is_exclusive,
    the_token: TokenStandsStill is found by the_lock_is_exclusive,
    the_write_that_is_kept: WriteLost is found by histories_are_linearizable,
    the_failure_that_is_one: FalseFailure is found by histories_are_linearizable,
    the_latest_read: StaleRead is found by histories_are_linearizable,
);

mod lost_answers {
    use reposit_tests::servers::Target;

    use super::side_by_side::{Check, run};

    macro_rules! lost_answers {
        (@backends () $($name:ident $target:ident $label:literal $offers:tt)*) => {
            $(reposit_tests::if_offered! { server $offers {
                #[test]
                fn $name() {
                    run(concat!("lost_answers::", stringify!($name)));
                }
            } })*

            pub(super) fn all() -> Vec<Check> {
                let checks = Target::servers().map(|target| Check {
                    name: name(target),
                    run: Box::new(move || Box::pin(super::network_faults::histories_with_lost_answers(target))),
                });
                checks.collect()
            }

            fn name(target: Target) -> &'static str {
                match target {
                    $(Target::$target => concat!("lost_answers::", stringify!($name)),)*
                }
            }
        };
    }

    reposit_tests::with_backends! { [lost_answers!] () }
}
