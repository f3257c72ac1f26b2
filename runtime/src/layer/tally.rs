//! What the attempts of one operation come to.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::request::{Attempt, Call, Capacity, Watch};

/// Adds up the attempts of one operation.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Tallied>);

/// What they come to.
#[derive(Debug, Clone, Default)]
pub(super) struct Tallied {
    pub(super) requests: u64,
    /// How many of them were not the first for their purpose.
    pub(super) retries: u64,
    /// How many records the server looked at; nothing if it never told.
    pub(super) examined: Option<u64>,
    pub(super) consumed: Vec<Capacity>,
    /// The server of the last one.
    pub(super) server: Option<(String, u16)>,
    /// The server's code for the last failure.
    pub(super) status: Option<String>,
}

impl Tally {
    /// What they come to until now.
    pub(super) fn so_far(&self) -> Tallied {
        self.tallied().clone()
    }

    fn tallied(&self) -> MutexGuard<'_, Tallied> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for Tally {
    fn attempt(&self, _: &Call, attempt: &Attempt<'_>) {
        let mut tallied = self.tallied();
        tallied.requests += 1;
        tallied.retries += u64::from(attempt.number > 1);
        if let Some(examined) = attempt.examined {
            *tallied.examined.get_or_insert(0) += examined;
        }
        tallied.consumed.extend_from_slice(attempt.consumed);
        if let Some((host, port)) = attempt.server {
            tallied.server = Some((host.to_owned(), port));
        }
        if let Some(code) = attempt.status {
            tallied.status = Some(code.to_owned());
        }
    }

    fn wants_capacity(&self) -> bool {
        true
    }
}
