//! Layers that come with the library: some watch what passes, others change how it comes to pass.
//!
//! Each is put in front of a database with [`Database::layer`](crate::Database::layer), or while it is opened with
//! [`Builder::layer`](crate::Builder::layer). A handle without a layer pays nothing for it. Of several layers the last
//! that was added is the outermost.
//!
//! | layer | feature | for |
//! |---|---|---|
//! | [`Faults`] | | what goes wrong on a network, for the tests of programs |
//! | [`Meter`] | | what operations cost: requests, capacity units, bytes, records |
#![cfg_attr(feature = "cache", doc = "| [`Cache`] | `cache` | records that were read are given again, for a time |")]
#![cfg_attr(feature = "metrics", doc = "| [`Metrics`] | `metrics` | durations and counts, with the facade `metrics` |")]
#![cfg_attr(
    feature = "trace",
    doc = "| [`Trace`] | `trace` | spans and events of [`tracing`], with OpenTelemetry's names |"
)]
//!
//! A layer of your own is a [`Layer`](crate::backend::Layer).

#[cfg(feature = "cache")]
mod cache;
mod faults;
mod meter;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(any(feature = "metrics", feature = "trace"))]
mod names;
#[cfg_attr(not(feature = "trace"), allow(dead_code, reason = "each layer uses its own part of it"))]
mod observed;
#[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "each layer uses its own part of it"))]
mod tally;
#[cfg(feature = "trace")]
mod trace;

#[cfg(feature = "cache")]
pub use cache::Cache;
pub use faults::{Fault, Faults, Injected};
pub use meter::{Cost, Meter, Part};
#[cfg(feature = "metrics")]
pub use metrics::Metrics;
#[cfg(feature = "trace")]
pub use trace::Trace;
