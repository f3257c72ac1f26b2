//! The layer that counts and times operations with the `metrics` facade.

use std::sync::Arc;
use std::time::Instant;

use metrics::{Label, Unit, counter, describe_counter, describe_histogram, histogram};

use super::names::{namespace_of, system_of, type_of};
use super::observed::{Asked, Given, Observed, Observer, Seen};
use super::tally::{Moved, Tally};
use crate::backend::{Backend, Layer};
use crate::error::{Error, Result};
use crate::request::Call;

const DURATION: &str = "db.client.operation.duration";
const REQUESTS: &str = "reposit.requests";
const RETRIES: &str = "reposit.retries";
const READ: &str = "reposit.items.read";
const GIVEN: &str = "reposit.items.given";
const BYTES: &str = "reposit.bytes";
const READ_UNITS: &str = "reposit.capacity.read.halves";
const WRITE_UNITS: &str = "reposit.capacity.write.halves";

/// Times operations, and counts what they come to, with the facade [`metrics`]: the recorder is the program's.
///
/// ```
/// # use reposit::Database;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// use reposit::layer::Metrics;
///
/// let db = Database::open("memory:").await?.layer(Metrics::new());
/// # let _ = db; Ok(()) }
/// ```
///
/// | metric | kind | holds |
/// |---|---|---|
/// | `db.client.operation.duration` | histogram | seconds of each operation; OpenTelemetry's stable name |
/// | `reposit.requests` | counter | the requests that were sent |
/// | `reposit.retries` | counter | those sent because an earlier one failed, or was done in part |
/// | `reposit.items.read`, `reposit.items.given` | counter | the records that the server looked at, and that were given |
/// | `reposit.bytes` | counter | the bytes of records that were sent to be stored or given, as DynamoDB counts them |
/// | `reposit.capacity.read.halves`, `reposit.capacity.write.halves` | counter | DynamoDB's units, in halves, since counters are whole |
///
/// | label | holds |
/// |---|---|
/// | `db.system.name` | `aws.dynamodb`, `postgresql`, or the backend's own name |
/// | `db.namespace` | the database, on MongoDB |
/// | `db.collection.name` | the repository, if there is one |
/// | `db.operation.name` | the operation |
/// | `error.type` | of the duration only: the kind of error, if it failed |
/// | `db.response.status_code` | of the duration only: the server's code, if it failed |
/// | `server.address`, `server.port` | of the duration only |
///
/// A histogram has the buckets that its recorder gives it: [`BUCKETS`](Self::BUCKETS) are the convention's. Each page
/// of a listing is an operation. What a figure means on each backend is what it means to a [`Meter`](super::Meter).
/// Without a recorder nothing is kept.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
#[must_use = "a layer does nothing before it is put on a database"]
pub struct Metrics {}

impl Metrics {
    /// The bounds of the buckets that OpenTelemetry asks for, in seconds.
    ///
    /// ```
    /// use reposit::layer::Metrics;
    ///
    /// assert_eq!(Metrics::BUCKETS.first(), Some(&0.001));
    /// ```
    pub const BUCKETS: [f64; 9] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

    /// Metrics of what passes the layer.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Layer for Metrics {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        describe();
        let mut labels = vec![Label::new("db.system.name", system_of(inner.name()))];
        labels.extend(namespace_of(&*inner).map(|name| Label::new("db.namespace", name)));
        Arc::new(Observed { inner, observer: Recorder { labels } })
    }
}

fn describe() {
    describe_histogram!(DURATION, Unit::Seconds, "Duration of database client operations.");
    describe_counter!(REQUESTS, Unit::Count, "Requests that were sent to the database.");
    describe_counter!(RETRIES, Unit::Count, "Requests that were sent again.");
    describe_counter!(READ, Unit::Count, "Records that the database looked at.");
    describe_counter!(GIVEN, Unit::Count, "Records that were given to the program.");
    describe_counter!(BYTES, Unit::Bytes, "Bytes of records stored and given.");
    describe_counter!(READ_UNITS, Unit::Count, "DynamoDB's read units, in halves.");
    describe_counter!(WRITE_UNITS, Unit::Count, "DynamoDB's write units, in halves.");
}

/// What records the metrics of one backend.
#[derive(Debug)]
struct Recorder {
    labels: Vec<Label>,
}

impl Observer for Recorder {
    type Seen = Recorded;

    fn begin(&self, call: &Call, asked: Asked<'_>) -> Option<Recorded> {
        let mut labels = self.labels.clone();
        labels.push(Label::new("db.operation.name", call.operation));
        labels.extend(asked.definition().map(|definition| Label::new("db.collection.name", definition.name())));
        let (began, moved) = (Instant::now(), Moved::of(asked));
        Some(Recorded { labels, tally: Arc::default(), began, moved })
    }
}

/// An operation under way. It is counted when it ends, or is given up, and timed only if it ends.
struct Recorded {
    labels: Vec<Label>,
    tally: Arc<Tally>,
    began: Instant,
    moved: Moved,
}

impl Seen for Recorded {
    fn watch(&self, call: Call) -> Call {
        call.watched_by(self.tally.clone())
    }

    fn end(mut self, result: Result<Given<'_>, &Error>) {
        let mut labels = self.labels.clone();
        let tallied = self.tally.so_far();
        if let Some((host, port)) = tallied.server {
            labels.push(Label::new("server.address", host));
            labels.push(Label::new("server.port", port.to_string()));
        }
        let failure = match result {
            Ok(Given::Each(each)) => each.iter().find_map(|result| result.as_ref().err()),
            Ok(_) => None,
            Err(error) => Some(error),
        };
        if let Some(error) = failure {
            labels.push(Label::new("error.type", type_of(error.kind())));
            labels.extend(tallied.status.map(|code| Label::new("db.response.status_code", code)));
        }
        histogram!(DURATION, labels).record(self.began.elapsed().as_secs_f64());
        if let Ok(given) = result {
            self.moved.give(given);
        }
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let tallied = self.tally.so_far();
        let halves = |units: f64| (units * 2.0) as u64;
        let read = tallied.consumed.iter().map(|capacity| halves(capacity.read_units())).sum();
        let written = tallied.consumed.iter().map(|capacity| halves(capacity.write_units())).sum();
        for (name, count) in [
            (REQUESTS, tallied.requests),
            (RETRIES, tallied.retries),
            (READ, tallied.examined.unwrap_or(self.moved.given)),
            (GIVEN, self.moved.given),
            (BYTES, self.moved.bytes),
            (READ_UNITS, read),
            (WRITE_UNITS, written),
        ] {
            if count > 0 {
                counter!(name, self.labels.clone()).increment(count);
            }
        }
    }
}
