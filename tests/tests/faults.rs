//! Every write operation under every fault: each is read back from the server itself, and judged. A write that was told to be
//! done is there exactly once; one that was told not to be done is not there; where nobody can know, that is what is told.
//!
//! The table of what came out is a page of the docs, `docs/faults.md`; `REPOSIT_BLESS=1` writes it anew.

#[path = "faults/beats.rs"]
mod beats;
#[path = "faults/fail_command.rs"]
mod fail_command;
#[path = "faults/faults.rs"]
mod faults;
#[path = "faults/matrix.rs"]
mod matrix;
#[path = "faults/models.rs"]
mod models;
#[path = "faults/operations.rs"]
mod operations;
#[path = "faults/sessions.rs"]
mod sessions;
#[path = "faults/silence.rs"]
mod silence;
#[path = "faults/stand.rs"]
mod stand;
#[path = "faults/state.rs"]
mod state;
#[path = "faults/table.rs"]
mod table;
#[path = "faults/verdict.rs"]
mod verdict;

use matrix::Matrix;
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
async fn dynamodb_local() {
    every_operation_under_every_fault(Target::DynamodbLocal).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dynoxide() {
    every_operation_under_every_fault(Target::Dynoxide).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mongodb() {
    every_operation_under_every_fault(Target::Mongodb).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_of_mongod_itself() {
    let (table, lies) = fail_command::table().await;
    let section = vec![table];
    let printed = table::print(&section);
    assert!(lies.is_empty(), "{} lies:\n{}\n\n{printed}", lies.len(), lies.join("\n"));
    table::compare("failcommand", section).unwrap_or_else(|difference| panic!("{difference}"));
}

macro_rules! on_each_server {
    ($($name:ident: $test:path),* $(,)?) => {
        $(mod $name {
            use reposit_tests::servers::Target;

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

on_each_server!(a_lock: crate::beats::every_fault, no_answer: crate::silence::every_call_ends);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_transaction_is_left_open() {
    sessions::none_is_left_open().await;
}
