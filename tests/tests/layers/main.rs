//! What the layers tell of each operation, on every backend.

mod bare_costs;
mod cache;
mod collector;
mod costs;
mod gate;
mod injected;
mod injected_beside;
mod injected_outcomes;
mod meter;
mod metrics;
mod trace;
mod traced_faults;

use reposit::Database;
use reposit_tests::proxy::Proxy;
use reposit_tests::servers::{Target, fresh_name};

/// A database behind a proxy, and the label of its server.
async fn behind_proxy(target: Target) -> (Database, Proxy, String) {
    behind_proxy_with(target, "").await
}

/// The same, with more at the end of its URL.
async fn behind_proxy_with(target: Target, options: &str) -> (Database, Proxy, String) {
    let server = target.server().await.expect("a server");
    let (proxy, url) = Proxy::before(target, &server, &fresh_name()).await;
    let db = Database::open(&format!("{url}{options}")).await.expect("the server answers");
    (db, proxy, server.label())
}

reposit_tests::on_backends!(
    every #[tokio::test]
    operations_have_spans: crate::trace::operations_have_spans,
    keys_are_shown_if_asked_for: crate::trace::keys_are_shown_if_asked_for,
    scans_and_slow_operations_are_warned_of: crate::trace::scans_and_slow_operations_are_warned_of,
    costs_are_counted_by_scope_and_part: crate::meter::costs_are_counted_by_scope_and_part,
    costs_are_told_beforehand: crate::meter::costs_are_told_beforehand,
    metrics_have_the_conventions_names: crate::metrics::metrics_have_the_conventions_names,
    what_was_read_is_given_again: crate::cache::what_was_read_is_given_again,
    reads_go_past_it_or_wait_for_its_time: crate::cache::reads_go_past_it_or_wait_for_its_time,
    expired_records_are_not_given: crate::cache::expired_records_are_not_given,
    it_is_bounded: crate::cache::it_is_bounded,
    own_writes_are_seen_at_once: crate::cache::own_writes_are_seen_at_once,
    a_read_under_way_keeps_nothing_old: crate::cache::a_read_under_way_keeps_nothing_old,
    reads_at_the_same_time_ask_once: crate::cache::reads_at_the_same_time_ask_once,
    a_write_that_was_given_up_may_come_late: crate::cache::a_write_that_was_given_up_may_come_late,
    a_fault_that_does_not_pass_is_on_the_page: crate::injected_outcomes::a_fault_that_does_not_pass_is_on_the_page,
);

/// What a network does, seen through a proxy.
mod faults {
    reposit_tests::on_backends!(
        server #[tokio::test]
        attempts_and_retries_are_told: crate::traced_faults::attempts_and_retries_are_told,
        a_resolved_lost_answer_is_told: crate::traced_faults::a_resolved_lost_answer_is_told,
        an_unknown_outcome_is_told: crate::traced_faults::an_unknown_outcome_is_told,
        what_is_injected_sends_no_more: crate::injected_beside::what_is_injected_sends_no_more,
    );
}

/// What DynamoDB's servers alone do.
mod dynamodb {
    reposit_tests::on_backends!(
        dynamodb #[tokio::test]
        the_residue_of_a_batch_is_told: crate::traced_faults::the_residue_of_a_batch_is_told,
        capacity_is_as_the_server_reports_it: crate::meter::capacity_is_as_the_server_reports_it,
    );
}
