//! Layers that come with the library: they watch what passes, and change nothing of it.
//!
//! Each is put in front of a database with [`Database::layer`](crate::Database::layer), or while it is opened with
//! [`Builder::layer`](crate::Builder::layer). A handle without a layer pays nothing for it. Of several layers the last
//! that was added is the outermost.
//!
//! | layer | feature | for |
//! |---|---|---|
#![cfg_attr(
    feature = "trace",
    doc = "| [`Trace`] | `trace` | spans and events of [`tracing`], with OpenTelemetry's names |"
)]
//!
//! A layer of your own is a [`Layer`](crate::backend::Layer).

#[cfg_attr(not(feature = "trace"), allow(dead_code, reason = "each layer uses its own part of it"))]
mod observed;
#[cfg(feature = "trace")]
mod trace;

#[cfg(feature = "trace")]
pub use trace::Trace;
