//! What reposit promises of every backend, as cases that anyone runs on his own.
//!
//! A backend's crate has a test program of three lines, with `harness = false`:
//!
//! ```no_run
//! use reposit::backend::memory::Memory;
//! use reposit_conformance::Backends;
//!
//! fn main() -> std::process::ExitCode {
//!     reposit_conformance::main(Backends::new("mine", || async { Ok(Memory::new(&Default::default())) }))
//! }
//! ```
//!
//! The closure returns an empty backend; each case has one of its own. A backend that has a server is better opened by
//! [`Urls`], or by an [`Opener`] of your own: each handle then has a client of its own, as those of several processes have.
//!
//! What a backend cannot do is said by [`Capabilities`]. The cases that need it are not left out: in their place the suite
//! looks that it is refused as [`Unsupported`](reposit::ErrorKind::Unsupported). The sizes that it takes, and whether it works in
//! this process, are asked of the backend.
//!
//! The clock of every case is in the year 2096, and moves if the case moves it. A server that deletes what has expired by a clock
//! of its own finds nothing to delete.

mod capabilities;
#[macro_use]
mod case;
#[doc(hidden)]
pub mod cases;
#[doc(hidden)]
pub mod models;
mod opener;
mod opening;
mod refused;
mod runner;
mod test;

pub use capabilities::{Capabilities, Capability};
pub use case::{Case, Run};
pub use cases::all as cases;
pub use opener::{Backends, Opener, Place, Urls};
pub use opening::Opening;
pub use runner::{Trial, main, run, trials};
pub use test::{START, Test, kind};
