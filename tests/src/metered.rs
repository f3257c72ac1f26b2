//! What a case costs, on the embedded backend as on DynamoDB Local.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use reposit::backend::{Attempt, Backend, Call, Forward, Layer, Reply, Watch, Write, WriteMany, Written};
use reposit::layer::Cost;

/// Cases that do not cost the same, by how their names begin, and why.
const APART: [(&str, &[&str]); 8] = [
    (
        "DynamoDB counts records that have expired until it deletes them",
        &[
            "bulk_writes::expired_records_are_neither_found_nor_counted",
            "conditional_writes::a_replacement_needs_a_record",
            "conditional_writes::an_upsert_under_a_condition_over_what_has_expired",
            "cursors::records_expire_between_pages",
            "expiry::expired_records::an_upsert_makes_the_record_anew",
            "expiry::expired_records::batches_pass_over_what_has_expired",
            "expiry::expired_records::instants_at_the_ends_of_time",
            "expiry::expired_records::no_read_shows_what_has_expired",
            "expiry::ttl_field::a_missing_expiry_is_set_not_added_to",
            "expiry::ttl_field::a_record_expires_at_its_instant",
            "expiry::ttl_field::an_expired_record_cannot_be_deleted_again",
            "expiry::ttl_field::an_expired_record_is_in_no_query",
            "expiry::ttl_field::put_over_an_expired_record_is_whole",
            "expiry::ttl_field::the_expiry_moves_with_its_field",
            "expiry::ttl_field::unique_values_of_an_expired_record_are_free",
            "field_types::days::local_instants_are_instants",
            "index_parts::hash::a_hash_of_several_parts_finds_what_has_them_all",
            "keys::instant_keys",
            "many::over_expired_records_many_are_created",
            "pages_back::expired_records_and_filters_shorten_no_page_back",
            "reads::records_of_several_models_are_read_snapshot",
            "stale_reads::each_read_finds_what_is_there",
            "stored_dates::a_date_is_the_backends_own",
            "stored_forms_of_instants::records_expire_by_them",
            "transaction_results::a_record_that_has_expired_was_not_there",
            "unique::expired::an_expired_record_gives_its_values_up_within_a_transaction",
            "unique::expired::what_was_taken_over_stays_with_its_heir",
            "unique::many_values::what_has_expired_has_no_value",
            "unknown_names::a_new_record_and_an_expired_one_have_nothing_to_keep",
            "unstamped::expiry::the_models_own_field_says_when_it_expires",
            "what_was_there::a_delete_returns_no_expired_record",
        ],
    ),
    (
        "what runs at the same time meets, is gathered or is dropped as it happens",
        &[
            "batches::a_dropped_batch_is_accounted_for",
            "batches::what_the_deadline_leaves_undone_is_told_item_by_item",
            "bulk_writes::it_is_watched_page_by_page",
            "cancellation::",
            "coalesced::",
            "conditional_writes::of_many_upserts_as_many_succeed_as_may",
            "conditional_writes::of_several_updates_of_one_version_one_is_done",
            "conditional_writes::the_latest_of_several_puts_stays",
            "locks::",
            "reads::what_is_read_snapshot_is_of_one_moment",
            "sets::changed::what_many_insert_is_all_there",
            "transaction_results::transactions_at_once_give_different_results",
            "transactions::transfers_keep_the_sum",
            "unique::claims::",
            "unstamped::operations::a_record_of_a_model_with_stamps_is_seen_to_change",
            "what_was_there::each_of_several_updates_gets_another_record_before",
            "what_was_there::of_several_deletes_one_gets_the_record",
        ],
    ),
    (
        "of writes that are sent together each is worked out by itself",
        &[
            "batches::batches_keep_unique_values",
            "bulk_writes::unique_values_are_given_up_and_moved",
            "instants::instants_order_keys_and_pages",
            "many::created_records_keep_unique_values",
            "many::of_one_key_the_first_is_created",
            "many::versioned_records_are_deleted_whatever_their_version",
            "transactions::a_save_in_a_transaction_tells_missing_from_stale",
            "unique::transfer::a_batch_gives_a_value_to_the_first_that_asks",
            "unique::transfer::a_value_given_up_can_be_taken_after_but_not_before",
            "unique::transfer::a_value_given_up_in_a_batch_can_be_taken_after",
            "unique::transfer::a_value_wanted_twice_is_refused_where_it_is_wanted_second",
            "unique::transfer::one_record_many_times_in_a_batch",
        ],
    ),
    (
        "an update that DynamoDB cannot apply to what is stored is sent again",
        &[
            "codec::nulls_and_defaults::a_none_is_no_default",
            "codec::nulls_and_defaults::an_upsert_keeps_nothing_too",
            "codec::serde_shapes::nulls_inside_maps_and_json_come_back",
            "conditions::collections::what_is_stored_as_another_type",
            "error_messages::a_long_value_makes_no_long_message",
            "error_messages::appending_to_what_is_no_list_says_what_it_is",
            "sets::older::a_list_is_read_and_found_as_the_set_of_its_items",
            "sets::older::a_list_that_is_changed_becomes_a_set",
            "sets::older::a_set_is_no_list",
            "sets::older::an_empty_list_is_an_empty_set",
            "sets::older::what_is_no_set_is_told",
            "updates::no_changes::removing_below_nothing_beside_other_changes",
            "updates::no_changes::removing_below_nothing_is_no_error",
            "updates::patches::an_option_is_set_or_removed",
        ],
    ),
    (
        "DynamoDB gives a scan in another order, divides it otherwise, and ends a page of 1 MB elsewhere",
        &[
            "index_parts::hash::a_hash_of_several_parts_is_paged_in_both_directions",
            "lenient::what_does_not_fit_is_an_error_of_its_own",
            "queries::scans_read_everything_once",
            "query_bounds::a_count_stops_at_the_limit",
            "query_bounds::no_limit_is_too_large",
            "transactions::too_many_bytes_are_refused",
        ],
    ),
    (
        "DynamoDB Local charges a local index that holds the fields as if it did not",
        &["query_bounds::a_local_index_of_part_of_the_fields"],
    ),
    (
        "DynamoDB Local charges a delete in a batch twice if there is no such record",
        &["batches::many_records_are_put_and_deleted", "own_names::the_trait_has_every_operation"],
    ),
    (
        "the case itself does other things on DynamoDB",
        &[
            "codec::random_values::every_shape_is_read_as_it_was_written",
            "cursors::what_is_at_a_cursor_may_go_in_an_index_and_a_scan",
            "instants::dates_of_other_programs_are_found_on_every_path",
            "unstamped::stored::an_expiry_that_needs_a_mark_is_refused",
        ],
    ),
];

/// Whether a case cost the same on both, or else what differs. `together` are the operations that sent a transaction: of its items
/// DynamoDB Local reports only those of one table that took different numbers of units.
pub(crate) fn compare(case: &str, here: &Cost, there: &Cost, together: &Together) -> Result<(), String> {
    if APART.iter().any(|(_, cases)| cases.iter().any(|apart| case.starts_with(apart))) {
        return Ok(());
    }
    let (here, there) = (parts(here), parts(there));
    let names: BTreeSet<_> = here.keys().chain(there.keys()).collect();
    let mut differ = String::new();
    for name in names {
        let none = Cost::default();
        let [here, there] = [&here, &there].map(|parts| parts.get(name).copied().unwrap_or(&none));
        let units_agree = if together.sent_by(name.2) {
            there.write_units <= here.write_units
        } else {
            there.write_units == here.write_units
        };
        if !units_agree || figures(here) != figures(there) {
            differ += &format!("  {name:?}\n    here  {here:?}\n    there {there:?}\n");
        }
    }
    if differ.is_empty() {
        Ok(())
    } else {
        Err(format!("{case} costs something else on the embedded backend\n{differ}"))
    }
}

type Name<'a> = (&'a str, Option<&'a str>, &'static str);

fn parts(cost: &Cost) -> BTreeMap<Name<'_>, &Cost> {
    let named = cost.parts().map(|part| ((&*part.repository, part.index.as_deref(), part.operation), &part.cost));
    named.filter(|(_, cost)| **cost != Cost::default()).collect()
}

/// All but the write units.
fn figures(cost: &Cost) -> (u64, u64, u64, f64, u64, u64, u64) {
    let reads = (cost.read_units, cost.records_read, cost.records_given, cost.bytes);
    (cost.operations, cost.requests, cost.retries, reads.0, reads.1, reads.2, reads.3)
}

/// Notes which operations send transactions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Together(Arc<Mutex<BTreeSet<&'static str>>>);

impl Together {
    fn sent_by(&self, operation: &str) -> bool {
        self.0.lock().expect("no test panicked").contains(operation)
    }
}

impl Watch for Together {
    fn attempt(&self, call: &Call, attempt: &Attempt<'_>) {
        if attempt.request == "TransactWriteItems" {
            self.0.lock().expect("no test panicked").insert(call.operation);
        }
    }
}

impl Layer for Together {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        Arc::new(Noting { inner, together: self })
    }
}

#[derive(Debug)]
struct Noting {
    inner: Arc<dyn Backend>,
    together: Together,
}

impl Noting {
    fn watched(&self, call: Call) -> Call {
        call.watched_by(Arc::new(self.together.clone()))
    }
}

impl Forward for Noting {
    fn inner(&self) -> &dyn Backend {
        &*self.inner
    }

    fn write(&self, call: Call, write: Write) -> Reply<'_, Written> {
        self.inner.write(self.watched(call), write)
    }

    fn write_many(&self, call: Call, many: WriteMany) -> Reply<'_, Vec<reposit::Result<Written>>> {
        self.inner.write_many(self.watched(call), many)
    }

    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        self.inner.transact(self.watched(call), writes)
    }
}
