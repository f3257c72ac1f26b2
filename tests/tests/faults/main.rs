//! Every write operation under every fault: each is read back from the server itself, and judged. A write that was told to be
//! done is there exactly once; one that was told not to be done is not there; where nobody can know, that is what is told.
//!
//! The table of what came out is a page of the docs, `docs/faults.md`; `REPOSIT_BLESS=1` writes it anew.

mod fail_command;
mod faults;
mod lock_heartbeats;
mod matrix;
mod no_answer;
mod open_transactions;
mod refusals;
mod removals;
mod table;

use matrix::Matrix;
use reposit_tests::on_backends;
use reposit_tests::servers::Target;
use table::Written;

async fn every_operation_under_every_fault(target: Target) {
    let matrix = Matrix::of(target, Written::read(target.name())).await;
    let lies = matrix.lies();
    let section = matrix.section();
    let (cells, label) = (matrix.cells.len(), &matrix.label);
    let printed = table::print(&section);
    assert!(lies.is_empty(), "{} of {cells} cells on {label} are lies:\n{}\n\n{printed}", lies.len(), lies.join("\n"));
    if faults::Fault::wanted().len() < faults::Fault::ALL.len() {
        println!("{label}\n{printed}");
        return;
    }
    table::compare(target.name(), section).unwrap_or_else(|difference| panic!("{difference}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_of_mongod_itself() {
    let (table, lies) = fail_command::table().await;
    let section = vec![table];
    let printed = table::print(&section);
    assert!(lies.is_empty(), "{} lies:\n{}\n\n{printed}", lies.len(), lies.join("\n"));
    table::compare("failcommand", section).unwrap_or_else(|difference| panic!("{difference}"));
}

on_backends!(
    server #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    every_operation: crate::every_operation_under_every_fault,
    a_lock: crate::lock_heartbeats::every_fault,
    every_removal: crate::removals::every_fault,
    no_answer: crate::no_answer::every_call_ends,
);

/// What Redis alone answers.
mod errors {
    reposit_tests::on_backends!(
        redis #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        every_error: crate::refusals::every_error,
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_transaction_is_left_open() {
    open_transactions::none_is_left_open().await;
}
