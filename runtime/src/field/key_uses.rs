//! What not every key can be: filled in, and a range.

use super::traits::{FieldType, Key};

/// A key that can be filled in. A newtype over one gets it from [`derive(Key)`](derive@crate::Key).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be filled in as a key",
    label = "neither a String, a Uuid nor an ObjectId",
    note = "a key with `auto` is a String, filled in with a ULID, a Uuid, filled in with one of version 7, or an ObjectId, or a newtype with `#[derive(Key)]` over one of them"
)]
pub trait AutoKey: Key {}

impl AutoKey for String {}

#[cfg(feature = "uuid")]
impl AutoKey for ::uuid::Uuid {}

/// A type of keys, or an `Option` of one, that are stored in a form that does not sort as its values do.
#[doc(hidden)]
pub trait Unsorted: FieldType {}

impl<T: Unsorted + Clone> Unsorted for Option<T> {}

/// A key by which records can be ordered.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is stored as text that does not sort as its values do, so it cannot be a range",
    label = "cannot be a range",
    note = "an IP address can be a hash key, and an index by itself, and be compared with `eq`; for a range declare the field as bytes: `[u8; 4]` or `[u8; 16]`"
)]
pub trait Sorted: FieldType {}
