//! Requests that would be sent.

use crate::request::{Attempt, Capacity};

/// A request that would be sent, and what would be reported of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent {
    request: &'static str,
    examined: Option<u64>,
    consumed: Vec<Capacity>,
}

impl Sent {
    /// A request that consumes nothing that is reported: it is refused.
    pub(super) fn refused(request: &'static str) -> Self {
        Self { request, ..Self::default() }
    }

    /// The same request, refused.
    pub(super) fn refuse(&mut self) {
        *self = Self::refused(self.request);
    }

    /// A read that looks at so many records.
    pub(super) fn read(request: &'static str, examined: usize, consumed: Vec<Capacity>) -> Self {
        Self { request, examined: Some(u64::try_from(examined).unwrap_or(u64::MAX)), consumed }
    }

    pub(super) fn write(request: &'static str, consumed: Vec<Capacity>) -> Self {
        Self { request, examined: None, consumed }
    }

    /// As an attempt that was answered.
    pub(crate) fn attempt(&self) -> Attempt<'_> {
        let attempt = Attempt::new(self.request).consumed(&self.consumed);
        match self.examined {
            Some(examined) => attempt.examined(examined),
            None => attempt,
        }
    }
}
