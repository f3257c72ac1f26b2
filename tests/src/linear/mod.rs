//! Linearizability: whether what concurrent clients saw can be explained by operations that happened one at a time, each at some
//! instant between its call and its return.
//!
//! The search is Wing and Gong's with Lowe's memory of the states it has been in. An operation whose outcome is unknown may have
//! happened at any instant after its call, or never.

mod history;
mod search;
#[cfg(test)]
mod tests;

pub use history::{Event, Recorder, Ticket};
pub use search::{Verdict, check};

use std::fmt::Debug;
use std::hash::Hash;

/// What one client at a time would see.
pub trait Model {
    /// What the operations work on.
    type State: Clone + Eq + Hash + Debug;
    /// What a client asks for.
    type Input: Clone + Debug;
    /// What it is told.
    type Output: Clone + PartialEq + Debug;

    /// The state before anything happened.
    fn initial(&self) -> Self::State;

    /// What the operation makes of a state, and what it tells.
    fn apply(&self, state: &Self::State, input: &Self::Input) -> (Self::State, Self::Output);
}
