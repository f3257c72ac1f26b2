//! What a field's type must be able to do to hold a point in time, and to say when a record expires.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::sealed::Sealed;
use super::traits::FieldType;
use crate::definition::TimeUnit;
use crate::error::Result;

/// A point in time: kept as milliseconds. It is sealed.
#[diagnostic::on_unimplemented(message = "`{Self}` is not an instant", label = "not an instant")]
pub trait Instant: Serialize + DeserializeOwned + Sealed {
    /// Milliseconds since the epoch, rounded down.
    fn to_millis(&self) -> Result<i64>;
    /// The instant at these milliseconds since the epoch.
    fn from_millis(millis: i64) -> Result<Self>;
}

/// A type that can say when a record expires: an instant, or a number of seconds. A newtype over one gets it from
/// [`derive(Key)`](derive@crate::Key).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an instant, so it cannot say when a record expires",
    label = "not an instant",
    note = "a ttl field is i64, u64 or u32 (seconds since the epoch), a SystemTime, or an instant of chrono, time or jiff (with that feature), or an Option of one of these"
)]
pub trait TtlField: FieldType {
    /// What the stored number counts.
    const UNIT: TimeUnit;
}

/// A type that can take the time of a write.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an instant, so the time of a write cannot be put into it",
    label = "not an instant",
    note = "a created_at or updated_at field is i64, u64 or u32 (seconds since the epoch), a SystemTime, or an instant of chrono, time or jiff (with that feature), or an Option of one of these"
)]
pub trait Timestamp: TtlField {}

impl<T: TtlField> Timestamp for T {}
