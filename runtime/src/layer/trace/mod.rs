//! The layer that tells `tracing` what passes.

mod events;
mod span;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::{Level, Span};

use self::events::{Events, Heard};
use super::names::{namespace_of, system_of};
use super::observed::{Asked, Given, Observed, Observer, Seen};
use crate::backend::{Backend, Layer};
use crate::error::{Error, Result};
use crate::request::Call;

/// Tells [`tracing`] of each operation: a span with OpenTelemetry's names ("Semantic conventions for database client
/// calls", the stable ones), and in it an event for each thing that a backend did on the way.
///
/// ```
/// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// use std::time::Duration;
/// use reposit::layer::Trace;
///
/// let db = Database::open("memory:").await?.layer(Trace::new().slow(Duration::from_millis(200)));
/// db.define::<User>().await?;
/// User::create(&User { id: "u1".into() }).exec(&db).await?; // the span "create user"
/// # Ok(()) }
/// ```
///
/// The target of all spans and events is `reposit`. A span is of level `INFO` and is made for each request of an
/// operation to its backend: each page of a listing has one. Without a subscriber that takes them, nothing is looked at.
///
/// | field of the span | holds |
/// |---|---|
/// | `otel.name`, `otel.kind` | the summary, and `client`, for a bridge to OpenTelemetry |
/// | `otel.status_code`, `error.type` | `ERROR` and the kind of error, such as `condition_failed`, if it failed; of a batch, of the first item that did |
/// | `db.system.name` | `aws.dynamodb`, `postgresql`, or the backend's own name |
/// | `db.namespace` | the database, on MongoDB |
/// | `db.collection.name` | the repository; not if there are several |
/// | `db.operation.name` | the operation: `create`, `query`, `transaction` |
/// | `db.operation.batch.size` | how many records a batch or a transaction is of, if there are two or more |
/// | `db.query.summary` | operation, repository and index |
/// | `db.response.returned_rows` | how many records a read gave |
/// | `db.response.status_code` | the server's code for the last attempt that failed |
/// | `server.address`, `server.port` | where the first attempt went; each event `attempt` has its own |
/// | `db.operation.parameter.key` | the keys or index values, only with [`keys`](Self::keys) |
/// | `aws.dynamodb.table_names`, `aws.dynamodb.index_name`, `aws.dynamodb.limit`, `aws.dynamodb.scan_forward`, `aws.dynamodb.consistent_read`, `aws.dynamodb.segment`, `aws.dynamodb.total_segments`, `aws.dynamodb.count`, `aws.dynamodb.scanned_count` | what they say, on DynamoDB |
///
/// | event | level | if |
/// |---|---|---|
/// | `attempt` | `DEBUG` | a request of the backend has ended: its name, its number, the server and its failure |
/// | `retry` | `INFO` | that attempt was not the first for its purpose |
/// | `residue` | `INFO` | the server left parts of a batch undone |
/// | `refused` | `INFO` | the operation, or items of it, are refused: the kind, the index, how many |
/// | `lost answer resolved` | `INFO` | the answer of a write was lost, and it was found out what became of it |
/// | `outcome unknown` | `WARN` | it was not found out |
/// | `failed` | `WARN` | it failed for another reason |
/// | `slow` | `WARN` | it took as long as [`slow`](Self::slow) says, or longer |
/// | `scan` | `WARN` | all of a repository is read, once for each listing or segment |
///
/// No key, no value, no message of a server and no secret is in any of them, unless [`keys`](Self::keys) asks for keys.
///
/// Costs: no request more. DynamoDB: attempts have all of the above. MongoDB: the driver sends a command a second time
/// by itself if a connection breaks, and reports the last attempt only: the first one has no event. A server's address
/// is that of the primary. PostgreSQL: of a transaction the statement that locks its rows and the commit are attempts. The
/// embedded backend makes no attempts, and has no server.
#[derive(Debug, Clone, Default)]
#[must_use = "a layer does nothing before it is put on a database"]
pub struct Trace {
    slow: Option<Duration>,
    keys: bool,
}

impl Trace {
    /// Spans and events, without keys and without a threshold.
    pub fn new() -> Self {
        Self::default()
    }

    /// Warns of each operation on records that takes so long, or longer.
    pub fn slow(self, threshold: Duration) -> Self {
        Self { slow: Some(threshold), ..self }
    }

    /// Whether spans have the keys and index values that are asked for, of ten records at most. They may be personal
    /// data: by default no span has them.
    ///
    /// ```
    /// let layer = reposit::layer::Trace::new().keys(true);
    /// ```
    pub fn keys(self, shown: bool) -> Self {
        Self { keys: shown, ..self }
    }
}

impl Layer for Trace {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        let observer = Tracer { system: system_of(inner.name()), namespace: namespace_of(&*inner), trace: self };
        Arc::new(Observed { inner, observer })
    }
}

/// What makes the spans of one backend.
#[derive(Debug)]
struct Tracer {
    trace: Trace,
    system: &'static str,
    namespace: Option<String>,
}

impl Observer for Tracer {
    type Seen = Traced;

    fn begin(&self, call: &Call, asked: Asked<'_>) -> Option<Traced> {
        let span = span::begin(self.system, self.namespace.as_deref(), call.operation, asked, self.trace.keys);
        // Warnings may be wanted where spans are not.
        if span.is_disabled() && !tracing::enabled!(target: "reposit", Level::WARN) {
            return None;
        }
        let events = Events::new(span, call.operation, asked, self.system);
        if asked.is_scan() && span::is_first_page(asked) {
            events.scan();
        }
        // Tables take their time to be made.
        let slow = self.trace.slow.filter(|_| !matches!(asked, Asked::Repository(_)));
        Some(Traced { heard: Arc::new(Heard::new(events)), began: Instant::now(), slow })
    }
}

/// An operation under way.
struct Traced {
    heard: Arc<Heard>,
    began: Instant,
    slow: Option<Duration>,
}

impl Traced {
    fn span(&self) -> &Span {
        self.heard.events.span()
    }
}

impl Seen for Traced {
    fn watch(&self, call: Call) -> Call {
        call.watched_by(self.heard.clone())
    }

    fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        self.span().in_scope(work)
    }

    fn end(self, result: Result<Given<'_>, &Error>) {
        self.heard.end(result);
        let took = self.began.elapsed();
        if let Some(threshold) = self.slow.filter(|threshold| took >= *threshold) {
            self.heard.events.slow(took, threshold);
        }
    }
}
