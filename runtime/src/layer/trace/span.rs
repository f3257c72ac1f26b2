//! The span of an operation: OpenTelemetry's names, and what stands under them.

use std::fmt::{self, Write as _};

use tracing::Span;
use tracing::field::{Empty, display};

use crate::layer::names::DYNAMODB;
use crate::layer::observed::Asked;
use crate::request::{RecordKey, Request, SourceKind};
use crate::value::Value;

/// How many records keys are shown of.
const MOST_KEYS: usize = 10;

/// The span of an operation that begins.
pub(super) fn begin(
    system: &'static str,
    namespace: Option<&str>,
    operation: &'static str,
    asked: Asked<'_>,
    keys: bool,
) -> Span {
    let span = tracing::info_span!(
        target: "reposit",
        "operation",
        "otel.name" = Empty,
        "otel.kind" = "client",
        "otel.status_code" = Empty,
        "error.type" = Empty,
        "db.system.name" = system,
        "db.namespace" = namespace,
        "db.collection.name" = Empty,
        "db.operation.name" = operation,
        "db.operation.batch.size" = Empty,
        "db.query.summary" = Empty,
        "db.response.returned_rows" = Empty,
        "db.response.status_code" = Empty,
        "server.address" = Empty,
        "server.port" = Empty,
        "db.operation.parameter.key" = Empty,
        "aws.dynamodb.table_names" = Empty,
        "aws.dynamodb.index_name" = Empty,
        "aws.dynamodb.limit" = Empty,
        "aws.dynamodb.scan_forward" = Empty,
        "aws.dynamodb.consistent_read" = Empty,
        "aws.dynamodb.segment" = Empty,
        "aws.dynamodb.total_segments" = Empty,
        "aws.dynamodb.count" = Empty,
        "aws.dynamodb.scanned_count" = Empty,
    );
    if span.is_disabled() {
        return span;
    }
    let summary = Summary { operation, asked }.to_string();
    span.record("otel.name", &*summary);
    span.record("db.query.summary", &*summary);
    if let Some(definition) = asked.definition() {
        span.record("db.collection.name", definition.name());
    }
    // A batch of one is no batch to the conventions.
    if let Some(size) = asked.batch_size().filter(|size| *size != 1) {
        span.record("db.operation.batch.size", int(size));
    }
    if system == DYNAMODB {
        record_dynamodb(&span, asked);
    }
    if keys && let Some(keys) = keys_of(asked) {
        span.record("db.operation.parameter.key", &*keys);
    }
    span
}

fn record_dynamodb(span: &Span, asked: Asked<'_>) {
    span.record("aws.dynamodb.table_names", display(Tables(asked)));
    if let Some(index) = asked.index() {
        span.record("aws.dynamodb.index_name", index.name);
    }
    if let Some(query) = asked.query() {
        span.record("aws.dynamodb.limit", int(query.limit));
        span.record("aws.dynamodb.scan_forward", !query.descending);
        span.record("aws.dynamodb.consistent_read", query.consistent);
        if let SourceKind::Scan { segment: Some((segment, of)) } = query.source.kind() {
            span.record("aws.dynamodb.segment", int(segment));
            span.record("aws.dynamodb.total_segments", int(of));
        }
    }
    match asked {
        Asked::Data(Request::Get(get)) => span.record("aws.dynamodb.consistent_read", get.consistent),
        Asked::Data(Request::GetMany(get)) => span.record("aws.dynamodb.consistent_read", get.consistent),
        Asked::Data(Request::FindUnique(find)) => span.record("aws.dynamodb.consistent_read", find.consistent),
        Asked::Data(Request::FindMany(find)) => span.record("aws.dynamodb.consistent_read", find.consistent),
        _ => span,
    };
}

/// A number as OpenTelemetry has it: its bridge takes only signed ones for numbers.
pub(super) fn int(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// Whether this is the first page of a listing: each has one, and so has each segment of a scan.
pub(super) fn is_first_page(asked: Asked<'_>) -> bool {
    asked.query().is_some_and(|query| query.after.is_none())
}

/// What is done to what, in few words and without values.
pub(super) struct Summary<'a> {
    pub(super) operation: &'static str,
    pub(super) asked: Asked<'a>,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation)?;
        if let Some(definition) = self.asked.definition() {
            write!(f, " {}", definition.name())?;
        }
        match self.asked.index() {
            Some(index) => write!(f, " {}", index.name),
            None => Ok(()),
        }
    }
}

/// The tables of a request, as a list.
struct Tables<'a>(Asked<'a>);

impl fmt::Display for Tables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&str> = match self.0 {
            Asked::Data(Request::WriteMany(writes) | Request::Transact(writes)) => {
                writes.iter().map(|write| write.definition.name()).collect()
            }
            Asked::Data(Request::Snapshot(gets)) => gets.iter().map(|get| get.definition.name()).collect(),
            other => other.definition().map(|definition| definition.name()).into_iter().collect(),
        };
        names.sort_unstable();
        names.dedup();
        f.debug_list().entries(names).finish()
    }
}

/// The keys or index values that are asked for.
fn keys_of(asked: Asked<'_>) -> Option<String> {
    let key = |key: &RecordKey| text_of(key.parts());
    let keys: Vec<String> = match asked {
        Asked::Server | Asked::Repository(_) => Vec::new(),
        Asked::Data(Request::Get(get)) => vec![key(&get.key)],
        Asked::Data(Request::GetMany(get)) => get.keys.iter().take(MOST_KEYS).map(key).collect(),
        Asked::Data(Request::FindUnique(find)) => vec![text_of(find.values.iter())],
        Asked::Data(Request::FindMany(find)) => {
            find.values.iter().take(MOST_KEYS).map(|values| text_of(values.iter())).collect()
        }
        Asked::Data(Request::Write(write)) => vec![key(&write.key)],
        Asked::Data(Request::WriteMany(writes) | Request::Transact(writes)) => {
            writes.iter().take(MOST_KEYS).map(|write| key(&write.key)).collect()
        }
        Asked::Data(Request::Snapshot(gets)) => gets.iter().take(MOST_KEYS).map(|get| key(&get.key)).collect(),
        Asked::Count(query) | Asked::Data(Request::Query(query)) => {
            let parts = query.source.hash_parts(query.definition);
            if parts.is_empty() { Vec::new() } else { vec![text_of(parts.into_iter().map(|(_, value)| value))] }
        }
    };
    if keys.is_empty() { None } else { Some(keys.join(", ")) }
}

fn text_of<'v>(values: impl Iterator<Item = &'v Value>) -> String {
    let mut text = String::new();
    for (at, value) in values.enumerate() {
        let separator = if at > 0 { "/" } else { "" };
        // Nothing fails that writes into a text.
        let _ = match value {
            Value::String(value) => write!(text, "{separator}{value}"),
            Value::Int(value) => write!(text, "{separator}{value}"),
            Value::Instant(millis) => write!(text, "{separator}{millis}"),
            other => write!(text, "{separator}{other:?}"),
        };
    }
    text
}
