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

mod answers;
mod bulk;
mod decision;
mod display;
mod execute;
mod generate;
mod job_model;
mod models;
mod named;
mod older;
mod ops;
mod oracle;
mod order;
mod parcel_model;
mod places;
mod planted_faults;
mod rows;
mod rules;
mod run;
mod semantics;
mod shift_model;
mod shrink;
mod stored;
mod subject;
mod task_model;
mod together;
mod typed;
mod walk;

reposit_tests::on_backends!(every #[tokio::test] programs: crate::run::on);
