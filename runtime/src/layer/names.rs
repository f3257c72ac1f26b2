//! OpenTelemetry's names for what the library has names of its own for.

use crate::backend::Backend;
use crate::error::ErrorKind;

/// What OpenTelemetry calls DynamoDB.
pub(super) const DYNAMODB: &str = "aws.dynamodb";

/// OpenTelemetry's name for the system behind a backend, where it has one.
pub(super) fn system_of(backend: &'static str) -> &'static str {
    match backend {
        "dynamodb" => DYNAMODB,
        "postgres" => "postgresql",
        other => other,
    }
}

/// The name of the database within its server.
pub(super) fn namespace_of(backend: &dyn Backend) -> Option<String> {
    #[cfg(feature = "mongodb")]
    if let Some(database) = backend.raw().downcast_ref::<mongodb::Database>() {
        return Some(database.name().to_owned());
    }
    let _ = backend;
    None
}

/// A kind of error as OpenTelemetry writes types.
pub(super) fn type_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "not_found",
        ErrorKind::AlreadyExists => "already_exists",
        ErrorKind::UniqueViolation => "unique_violation",
        ErrorKind::VersionConflict => "version_conflict",
        ErrorKind::ConditionFailed => "condition_failed",
        ErrorKind::InvalidInput => "invalid_input",
        ErrorKind::Unsupported => "unsupported",
        ErrorKind::SchemaMismatch => "schema_mismatch",
        ErrorKind::Config => "config",
        ErrorKind::Codec => "codec",
        ErrorKind::Throttled => "throttled",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Unavailable => "unavailable",
        ErrorKind::OutcomeUnknown => "outcome_unknown",
        ErrorKind::Backend => "backend",
    }
}
