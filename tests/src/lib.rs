//! What the test suite of reposit stands on: real servers, a proxy that breaks things on purpose, a count of what ran where, and
//! the models and operations that several of its programs use.

pub mod backends;
mod background;
pub mod brought;
mod capabilities;
pub mod harness;
pub mod linear;
mod metered;
mod on_backends;
pub mod proxy;
pub mod raw;
pub mod report;
pub mod servers;
pub mod sqlite_load;
pub mod workload;

pub use reposit_conformance::models;
