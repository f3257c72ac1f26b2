//! Locks: one holder at a time over all processes, with a lease, a heartbeat and a fencing token.
//!
//! No clocks are compared across machines. A holder beats; whoever waits watches the beat, and takes
//! over only if it has stood still for the whole lease by the waiter's own clock. A holder that
//! was paused may therefore still believe it holds the lock for a moment: what protects the data
//! is the fencing token, which grows with each holder and which a condition can check.

mod acquire;
mod awaited;
mod lease;
mod record;

pub use acquire::LockRequest;
#[doc(hidden)]
pub use awaited::{Acquired, Unacquired};
pub use lease::Lease;
pub use record::REPOSITORY;
