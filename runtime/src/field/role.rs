//! What a field is to its record, which decides what may be done to it.

/// A field that may be set: the default.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

/// An entry of a map: it may be set, and taken away whatever its type.
#[derive(Debug, Clone, Copy)]
pub struct InMap;

/// A field of the primary key: it can be compared, never changed.
#[derive(Debug, Clone, Copy)]
pub struct InKey;

/// The version field: it can be compared; writes move it.
#[derive(Debug, Clone, Copy)]
pub struct InVersion;

/// A field that updates may change: not part of the key, not the version. It is sealed.
#[diagnostic::on_unimplemented(
    message = "this field is part of the primary key or the version, and cannot be changed",
    label = "cannot be changed",
    note = "a key is changed by creating another record and deleting this one; the version moves with every write"
)]
pub trait Settable: sealed::Sealed {}

impl Settable for Plain {}
impl Settable for InMap {}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::Plain {}
    impl Sealed for super::InMap {}
}
