//! When a record expires as a model sees it: here for a record that was read, and as a condition for a
//! server to judge.
//!
//! The library marks what it writes with the expiry. A record without the mark, written by another
//! program or before the model had a ttl, expires by its field. To a model without a ttl nothing expires.

use super::call::Call;
#[cfg(any(feature = "dynamodb", feature = "mongodb"))]
use crate::condition::{Expr, Op};
use crate::definition::Definition;
#[cfg(any(feature = "dynamodb", feature = "mongodb", feature = "postgres"))]
use crate::definition::TimeUnit;
#[cfg(any(feature = "dynamodb", feature = "mongodb"))]
use crate::path::Path;
#[cfg(any(feature = "dynamodb", feature = "mongodb", feature = "postgres"))]
use crate::value::Value;
use crate::value::{EXPIRES, Record, ValueRef};

impl Record {
    /// The expiry that the library marked the record with, in whole seconds since the epoch.
    pub fn expires(&self) -> Option<i64> {
        self.get(EXPIRES).and_then(ValueRef::as_int).and_then(|n| i64::try_from(n).ok())
    }

    /// When the record expires, in whole seconds since the epoch; nothing if it does not.
    pub fn expiry(&self, definition: &Definition) -> Option<i64> {
        definition.ttl()?;
        self.expires().or_else(|| definition.expiry_of(self))
    }

    /// Whether the record still exists for a reader of the model.
    pub fn is_live(&self, definition: &Definition, call: &Call) -> bool {
        call.is_before(self.expiry(definition))
    }
}

/// True of the records that have expired by the mark.
#[cfg(any(feature = "dynamodb", feature = "mongodb"))]
pub(crate) fn expired_by_mark(call: &Call) -> Expr {
    Expr::Compare { path: Path::field(EXPIRES), op: Op::Le, value: Value::from(call.now_seconds()) }
}

/// True of the values of the ttl field with which a record without the mark has expired; nothing where
/// the model has no ttl.
#[cfg(any(feature = "dynamodb", feature = "mongodb"))]
pub(crate) fn expired_by_field(definition: &Definition, call: &Call) -> Option<Expr> {
    let path = Path::field(definition.ttl_name()?);
    Some(Expr::Compare { path, op: Op::Le, value: latest_expired(definition, call)? })
}

/// The latest value of the ttl field that has expired.
#[cfg(any(feature = "dynamodb", feature = "mongodb", feature = "postgres"))]
pub(crate) fn latest_expired(definition: &Definition, call: &Call) -> Option<Value> {
    let ttl = definition.ttl()?;
    let seconds = i128::from(call.now_seconds()) - i128::from(ttl.seconds);
    let seconds = i64::try_from(seconds).unwrap_or(i64::MIN);
    Some(match ttl.unit {
        TimeUnit::Seconds => Value::from(seconds),
        TimeUnit::Milliseconds => Value::Instant(seconds.saturating_mul(1000)),
        TimeUnit::WholeMilliseconds => Value::from(seconds.saturating_mul(1000)),
    })
}

/// True of the records that have expired; nothing if the model has no ttl.
#[cfg(feature = "mongodb")]
pub(crate) fn expired(definition: &Definition, call: &Call) -> Option<Expr> {
    let unmarked = Expr::Missing(Path::field(EXPIRES));
    let by_field = Expr::And(vec![unmarked, expired_by_field(definition, call)?]);
    Some(Expr::Or(vec![expired_by_mark(call), by_field]))
}
