//! What goes wrong, and how the proxy is told.

use std::time::Duration;

use reposit_tests::proxy::{Damage, Fault as Wire, Rule};
use reposit_tests::servers::Target;

/// Names faults, with commas between them: the run is of these only, and is not held against the page.
const FILTER: &str = "REPOSIT_FAULTS";

/// A fault on the way to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    DropBefore,
    DropAfter,
    ResetBefore,
    ResetAfter,
    LateAnswer,
    LateRequest,
    Overtaken,
    ServerError,
    ServerErrorAfter,
    Throttled,
    Conflict,
    Part,
    CutOff,
    Cut,
    Changed,
    Empty,
    WrongLength,
}

/// What goes wrong with one request, and passes: of the network, and errors of the server.
pub(crate) const PASSING: [Wire; 7] = [
    Wire::DropBefore,
    Wire::DropAfter,
    Wire::ResetBefore,
    Wire::ResetAfter,
    Wire::ServerError,
    Wire::ServerErrorAfter,
    Wire::Throttled,
];

/// Whether the fault passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Once,
    Always,
}

impl Fault {
    pub(crate) const ALL: [Self; 17] = [
        Self::DropBefore,
        Self::DropAfter,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::LateAnswer,
        Self::LateRequest,
        Self::Overtaken,
        Self::ServerError,
        Self::ServerErrorAfter,
        Self::Throttled,
        Self::Conflict,
        Self::Part,
        Self::CutOff,
        Self::Cut,
        Self::Changed,
        Self::Empty,
        Self::WrongLength,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::DropBefore => "dropped before",
            Self::DropAfter => "dropped after",
            Self::ResetBefore => "reset before",
            Self::ResetAfter => "reset after",
            Self::LateAnswer => "late answer",
            Self::LateRequest => "late request",
            Self::Overtaken => "overtaken",
            Self::ServerError => "server error",
            Self::ServerErrorAfter => "error after",
            Self::Throttled => "throttled",
            Self::Conflict => "conflict",
            Self::Part => "part of a batch",
            Self::CutOff => "cut off after",
            Self::Cut => "answer cut",
            Self::Changed => "answer changed",
            Self::Empty => "answer empty",
            Self::WrongLength => "wrong length",
        }
    }

    /// The faults of this run: all, or those that `REPOSIT_FAULTS` names.
    pub(crate) fn wanted() -> Vec<Self> {
        let names = std::env::var(FILTER).unwrap_or_default();
        let names: Vec<&str> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        Self::ALL.into_iter().filter(|fault| names.is_empty() || names.contains(&fault.name())).collect()
    }

    /// Whether it can be had at all: a network that stays cut off is no fault that happens once.
    pub(crate) fn happens(self, how: How, target: Target) -> bool {
        match self {
            Self::CutOff => how == How::Always,
            Self::Overtaken => how == How::Once,
            Self::Part => target.is_dynamodb(),
            _ => true,
        }
    }

    fn is_late(self) -> bool {
        matches!(self, Self::LateAnswer | Self::LateRequest | Self::Overtaken)
    }

    /// How long the operation may take: long enough to get over a fault that passes, and all the longer the oftener it was tried.
    pub(crate) fn timeout(self, how: How, patience: u32) -> Duration {
        let first = match how {
            How::Once if self.is_late() => Duration::from_secs(5),
            How::Once => Duration::from_secs(20),
            How::Always => Duration::from_secs(3),
        };
        first * patience
    }

    /// How late: past what an attempt may take, and within what is left of the call.
    fn delay(self, how: How, patience: u32) -> Duration {
        match how {
            How::Once => self.timeout(how, patience).mul_f64(0.7),
            How::Always => self.timeout(how, patience) * 2,
        }
    }

    /// How long to wait for what may still be on its way when the operation has ended.
    pub(crate) fn aftermath(self, how: How, patience: u32) -> Duration {
        match self {
            Self::LateRequest | Self::Overtaken => self.delay(how, patience) + Duration::from_millis(300),
            _ => Duration::ZERO,
        }
    }

    /// The rules for the request of this name, before which `earlier` others are sent.
    pub(crate) fn rules(self, how: How, patience: u32, request: &str, earlier: usize) -> Vec<Rule> {
        let delay = self.delay(how, patience);
        let wire = match self {
            Self::DropBefore => Wire::DropBefore,
            Self::DropAfter | Self::CutOff => Wire::DropAfter,
            Self::ResetBefore => Wire::ResetBefore,
            Self::ResetAfter => Wire::ResetAfter,
            Self::LateAnswer => Wire::DelayAfter(delay),
            Self::LateRequest | Self::Overtaken => Wire::DelayBefore(delay),
            Self::ServerError => Wire::ServerError,
            Self::ServerErrorAfter => Wire::ServerErrorAfter,
            Self::Throttled => Wire::Throttled,
            Self::Conflict => Wire::Conflict,
            Self::Part => Wire::Unprocessed(2),
            Self::Cut => Wire::Garble(Damage::Cut),
            Self::Changed => Wire::Garble(Damage::Changed),
            Self::Empty => Wire::Garble(Damage::Empty),
            Self::WrongLength => Wire::Garble(Damage::WrongLength),
        };
        let rule = Rule::on(request, wire);
        match (self, how) {
            (Self::CutOff, _) => vec![rule, Rule::any(Wire::DropBefore).after(earlier).always()],
            (_, How::Once) => vec![rule],
            (_, How::Always) => vec![rule.always()],
        }
    }
}
