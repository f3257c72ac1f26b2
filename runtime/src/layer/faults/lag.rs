//! What a store was a moment before: what an index that lags behind shows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::backend::Backend;

/// How many earlier states are kept at most.
const MOST: usize = 64;

/// A store as it was before its last writes, each with the instant until which it was so.
#[derive(Debug, Default)]
pub(super) struct Lag(Mutex<VecDeque<(Instant, Arc<dyn Backend>)>>);

impl Lag {
    /// Keeps a store as it was before a write that happened.
    pub(super) fn keep(&self, before: Option<Arc<dyn Backend>>) {
        let Some(state) = before else { return };
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if states.len() >= MOST {
            states.pop_front();
        }
        states.push_back((Instant::now(), state));
    }

    /// One of the states of the time that is given, if `choose` chooses one of so many.
    pub(super) fn earlier(
        &self,
        within: Duration,
        choose: impl FnOnce(usize) -> Option<usize>,
    ) -> Option<Arc<dyn Backend>> {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while states.front().is_some_and(|(until, _)| now.saturating_duration_since(*until) >= within) {
            states.pop_front();
        }
        let (_, state) = states.get(choose(states.len())?)?;
        Some(state.clone())
    }
}
