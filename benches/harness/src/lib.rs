//! What the benchmarks share: how a call is measured, the records they are made with, and the servers with canned answers.

pub mod allocations;
pub mod server;
pub mod table;
pub mod user;
pub mod worker;
