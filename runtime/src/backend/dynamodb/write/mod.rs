//! Writes, one or many together: read what has to be read, plan, send, and learn from a refusal, until the
//! write is done, refused for good, or the deadline passes.
//!
//! What a retry does: a request that certainly was not applied (throttled, in conflict, nobody reached) is
//! sent again. One whose answer was lost may have been applied, and then
//!
//! - a transaction is sent again under the same token, with which DynamoDB does it once;
//! - a write of one record is sent again if it can be applied once only: it depends on the stamp or the
//!   version of the record that it replaces, which a second one would not find. If that is refused and the
//!   record has the stamp of this call, the first one was applied, and the write is done;
//! - any other write is not sent again: it could be applied a second time, over another's write in between.
//!   The record is read, and if it does not have the stamp of this call the error is `OutcomeUnknown`;
//! - so is any other refusal: the write may have been applied, and overwritten since.
//!
//! Each round knows more than the one before: a write is refused only by what another has stored since. If
//! DynamoDB refuses it for an item that is as it was and that allows the write, that is reported at once.

pub(crate) mod batch;
pub(crate) mod build;
pub(crate) mod conflicts;
pub(crate) mod guard_move;
pub(crate) mod plan;
pub(crate) mod state;

mod applied;
mod cancelled;
mod earlier;
mod refusal;
pub(crate) mod run;
mod single;
mod transact;
mod unchanged;
