//! What goes wrong, and how the proxy is told.

use std::time::Duration;

use reposit_tests::proxy::{Fault as Wire, Rule};

/// A fault on the way to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    DropBefore,
    DropAfter,
    ResetBefore,
    ResetAfter,
    LateAnswer,
    LateRequest,
    ServerError,
    ServerErrorAfter,
    Throttled,
    Conflict,
    Part,
    CutOff,
}

/// Whether the fault passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Once,
    Always,
}

impl Fault {
    pub const ALL: [Self; 12] = [
        Self::DropBefore,
        Self::DropAfter,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::LateAnswer,
        Self::LateRequest,
        Self::ServerError,
        Self::ServerErrorAfter,
        Self::Throttled,
        Self::Conflict,
        Self::Part,
        Self::CutOff,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::DropBefore => "dropped before",
            Self::DropAfter => "dropped after",
            Self::ResetBefore => "reset before",
            Self::ResetAfter => "reset after",
            Self::LateAnswer => "late answer",
            Self::LateRequest => "late request",
            Self::ServerError => "server error",
            Self::ServerErrorAfter => "error after",
            Self::Throttled => "throttled",
            Self::Conflict => "conflict",
            Self::Part => "part of a batch",
            Self::CutOff => "cut off after",
        }
    }

    /// Whether it can be had at all: a network that stays cut off is no fault that happens once.
    pub fn happens(self, how: How, mongodb: bool) -> bool {
        match self {
            Self::CutOff => how == How::Always,
            Self::Part => !mongodb,
            _ => true,
        }
    }

    fn is_late(self) -> bool {
        matches!(self, Self::LateAnswer | Self::LateRequest)
    }

    /// How long the operation may take: long enough to get over a fault that passes, on a slow machine too.
    pub fn timeout(self, how: How) -> Duration {
        match how {
            How::Once if self.is_late() => Duration::from_secs(5),
            How::Once => Duration::from_secs(20),
            How::Always => Duration::from_millis(1500),
        }
    }

    /// How late: past what an attempt may take, and within what is left of the call.
    pub fn delay(self, how: How) -> Duration {
        match how {
            How::Once => self.timeout(how).mul_f64(0.7),
            How::Always => self.timeout(how) * 2,
        }
    }

    /// How long to wait for what may still be on its way when the operation has ended.
    pub fn aftermath(self, how: How) -> Duration {
        if self == Self::LateRequest { self.delay(how) + Duration::from_millis(300) } else { Duration::ZERO }
    }

    /// The rules for the request of this name, before which `earlier` others are sent.
    pub fn rules(self, how: How, request: &str, earlier: usize) -> Vec<Rule> {
        let wire = match self {
            Self::DropBefore => Wire::DropBefore,
            Self::DropAfter | Self::CutOff => Wire::DropAfter,
            Self::ResetBefore => Wire::ResetBefore,
            Self::ResetAfter => Wire::ResetAfter,
            Self::LateAnswer => Wire::DelayAfter(self.delay(how)),
            Self::LateRequest => Wire::DelayBefore(self.delay(how)),
            Self::ServerError => Wire::ServerError,
            Self::ServerErrorAfter => Wire::ServerErrorAfter,
            Self::Throttled => Wire::Throttled,
            Self::Conflict => Wire::Conflict,
            Self::Part => Wire::Unprocessed(2),
        };
        let rule = Rule::on(request, wire);
        match (self, how) {
            (Self::CutOff, _) => vec![rule, Rule::any(Wire::DropBefore).after(earlier).always()],
            (_, How::Once) => vec![rule],
            (_, How::Always) => vec![rule.always()],
        }
    }
}
