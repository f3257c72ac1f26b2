//! The events within a span: what a backend did, and what came of it.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

use tracing::Span;

use super::span::{Summary, int};
use crate::error::{Error, ErrorKind, Result};
use crate::layer::names::{DYNAMODB, type_of};
use crate::layer::observed::{Asked, Given};
use crate::request::{Attempt, Call, Watch};

/// Writes the events of one operation.
#[derive(Debug)]
pub(super) struct Events {
    span: Span,
    summary: String,
    /// Whether it reads records, and what it gives is counted.
    reads: bool,
    is_dynamodb: bool,
    /// A field is recorded once: a bridge would keep each value.
    server: Once,
    /// The server's code for the last attempt that failed.
    status: Mutex<Option<String>>,
}

impl Events {
    pub(super) fn new(span: Span, operation: &'static str, asked: Asked<'_>, system: &'static str) -> Self {
        let summary = Summary { operation, asked }.to_string();
        let (reads, is_dynamodb) = (asked.query().is_some(), system == DYNAMODB);
        Self { span, summary, reads, is_dynamodb, server: Once::new(), status: Mutex::default() }
    }

    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// A warning: all of a repository is read.
    pub(super) fn scan(&self) {
        tracing::warn!(target: "reposit", parent: &self.span, { "db.query.summary" = self.summary }, "scan");
    }

    /// A warning: it took long.
    pub(super) fn slow(&self, took: Duration, threshold: Duration) {
        tracing::warn!(
            target: "reposit",
            parent: &self.span,
            {
                "db.query.summary" = self.summary,
                "db.client.operation.duration" = took.as_secs_f64(),
                "threshold" = threshold.as_secs_f64(),
            },
            "slow"
        );
    }

    fn attempt(&self, attempt: &Attempt<'_>) {
        let span = &self.span;
        if let Some((host, port)) = attempt.server {
            self.server.call_once(|| {
                span.record("server.address", host);
                span.record("server.port", int(port));
            });
        }
        if let Some(code) = attempt.status {
            *self.status.lock().unwrap_or_else(PoisonError::into_inner) = Some(code.to_owned());
        }
        let (request, number) = (attempt.request, int(attempt.number));
        let (host, port) = attempt.server.unzip();
        tracing::debug!(
            target: "reposit",
            parent: span,
            {
                "db.operation.name" = request,
                "server.address" = host,
                "server.port" = port.map(int),
                "db.response.status_code" = attempt.status,
                "error.type" = attempt.failure.map(type_of),
                "number" = number,
                "lost" = attempt.lost,
            },
            "attempt"
        );
        if number > 1 {
            tracing::info!(target: "reposit", parent: span, { "db.operation.name" = request, "number" = number }, "retry");
        }
        if attempt.undone > 0 {
            let undone = int(attempt.undone);
            tracing::info!(target: "reposit", parent: span, { "db.operation.name" = request, "undone" = undone }, "residue");
        }
    }

    /// The operation failed, or so many items of it did.
    fn failed(&self, error: &Error, items: usize) {
        let (span, kind, index, items) = (&self.span, error.kind(), error.index(), int(items));
        let summary = &*self.summary;
        match kind {
            ErrorKind::OutcomeUnknown => {
                tracing::warn!(target: "reposit", parent: span, { "db.query.summary" = summary, "items" = items }, "outcome unknown");
            }
            kind if is_answer(kind) => {
                let error = type_of(kind);
                tracing::info!(target: "reposit", parent: span, { "error.type" = error, "index" = index, "items" = items }, "refused");
            }
            kind => {
                let error = type_of(kind);
                tracing::warn!(
                    target: "reposit",
                    parent: span,
                    { "db.query.summary" = summary, "error.type" = error, "items" = items },
                    "failed"
                );
            }
        }
    }

    fn resolved(&self, lost: u32) {
        tracing::info!(target: "reposit", parent: &self.span, { "lost" = int(lost) }, "lost answer resolved");
    }
}

/// Hears of the attempts of an operation.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) events: Events,
    /// How many answers to writes were lost.
    lost: AtomicU32,
    /// How many records the server looked at.
    examined: AtomicU64,
}

impl Heard {
    pub(super) fn new(events: Events) -> Self {
        Self { events, lost: AtomicU32::new(0), examined: AtomicU64::new(0) }
    }

    /// The operation has ended.
    pub(super) fn end(&self, result: Result<Given<'_>, &Error>) {
        let span = &self.events.span;
        let failures = match result {
            Ok(Given::Each(each)) => of_each_kind(each.iter().filter_map(|result| result.as_ref().err())),
            Ok(given) => {
                self.record_given(given);
                Vec::new()
            }
            Err(error) => vec![(error, 1)],
        };
        if let Some(code) = self.events.status.lock().unwrap_or_else(PoisonError::into_inner).take() {
            span.record("db.response.status_code", &*code);
        }
        if let Some((first, _)) = failures.first() {
            span.record("otel.status_code", "ERROR");
            span.record("error.type", type_of(first.kind()));
        }
        let is_unknown = failures.iter().any(|(error, _)| error.kind().may_have_happened());
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > 0 && !is_unknown {
            self.events.resolved(lost);
        }
        failures.into_iter().for_each(|(error, items)| self.events.failed(error, items));
    }

    fn record_given(&self, given: Given<'_>) {
        let span = &self.events.span;
        if !matches!(given, Given::Nothing | Given::Count(_) | Given::Written(_)) {
            span.record("db.response.returned_rows", int(given.count()));
        }
        if self.events.is_dynamodb && self.events.reads {
            let count = if let Given::Count(count) = given { count } else { given.count() };
            span.record("aws.dynamodb.count", int(count));
            span.record("aws.dynamodb.scanned_count", int(self.examined.load(Ordering::Relaxed)));
        }
    }
}

impl Watch for Heard {
    fn attempt(&self, _: &Call, attempt: &Attempt<'_>) {
        self.lost.fetch_add(u32::from(attempt.lost), Ordering::Relaxed);
        self.examined.fetch_add(attempt.examined.unwrap_or_default(), Ordering::Relaxed);
        self.events.attempt(attempt);
    }
}

/// One error of each kind, and how many there are of it.
fn of_each_kind<'e>(errors: impl Iterator<Item = &'e Error>) -> Vec<(&'e Error, usize)> {
    let mut kinds: Vec<(&Error, usize)> = Vec::new();
    for error in errors {
        match kinds.iter_mut().find(|(first, _)| first.kind() == error.kind()) {
            Some((_, count)) => *count += 1,
            None => kinds.push((error, 1)),
        }
    }
    kinds
}

/// Whether an error is the answer to what was asked, and nothing went wrong.
fn is_answer(kind: ErrorKind) -> bool {
    kind.is_refusal() || matches!(kind, ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::SchemaMismatch)
}
