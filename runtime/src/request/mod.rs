//! What a backend is asked: plain data, with no builder and no model type in it.

mod advance;
mod attempt;
mod call;
pub(crate) mod canonical;
mod decide;
mod key;
pub(crate) mod liveness;
mod read;
mod show;
mod stale;
mod stored;
mod verify;
mod write;

pub(crate) use advance::Advance;
pub use attempt::{Attempt, Capacity};
pub use call::{Call, Watch};
pub use key::{RecordKey, index_values};
pub use read::{FindMany, FindUnique, Get, GetMany, KeyRange, Position, Query, RecordPage, Source, SourceKind};
pub use show::Request;
pub use stale::{ReadFrom, StaleReads};
pub use verify::Verify;
pub use write::{Action, Returning, Write, WriteMany, Written};
