//! The model-based test: random programs of all operations, and of puts by an older release, run on a
//! plain model in this test and on a backend in step, and every answer has to agree: results, kinds of
//! errors, order and pages.
//!
//! `REPOSIT_MODEL=long` runs many more programs, with a seed of its own that it prints;
//! `REPOSIT_MODEL_SEED` repeats a run, and `REPOSIT_MODEL_SEED=seed/number` one program of it. A
//! program that fails is made as short as it can be, printed, and kept in `model/cases.txt`, whose
//! programs are run first.

#![allow(unreachable_pub, reason = "one program in several files")]
#![allow(clippy::large_enum_variant, clippy::result_large_err, reason = "a program is built once and has few steps")]

#[path = "model/answers.rs"]
mod answers;
#[path = "model/execute.rs"]
mod execute;
#[path = "model/faults.rs"]
mod faults;
#[path = "model/generate.rs"]
mod generate;
#[path = "model/judgement.rs"]
mod judgement;
#[path = "model/meaning.rs"]
mod meaning;
#[path = "model/models.rs"]
mod models;
#[path = "model/older.rs"]
mod older;
#[path = "model/ops.rs"]
mod ops;
#[path = "model/oracle.rs"]
mod oracle;
#[path = "model/order.rs"]
mod order;
#[path = "model/rules.rs"]
mod rules;
#[path = "model/run.rs"]
mod run;
#[path = "model/shrink.rs"]
mod shrink;
#[path = "model/subject.rs"]
mod subject;
#[path = "model/tasks.rs"]
mod tasks;
#[path = "model/typed.rs"]
mod typed;
#[path = "model/words.rs"]
mod words;

use reposit_tests::servers::Target;

#[tokio::test]
async fn memory() {
    run::on(Target::Memory).await;
}

#[tokio::test]
async fn mongodb() {
    run::on(Target::Mongodb).await;
}

#[tokio::test]
async fn dynamodb_local() {
    run::on(Target::DynamodbLocal).await;
}

#[tokio::test]
async fn dynoxide() {
    run::on(Target::Dynoxide).await;
}
