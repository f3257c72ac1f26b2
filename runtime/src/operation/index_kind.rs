//! What a query goes over, as types: so that what an index cannot do does not compile.

/// Only the kinds below are kinds.
pub trait Sealed {}

impl Sealed for Primary {}
impl<const INDEX: usize> Sealed for Local<INDEX> {}
impl<const INDEX: usize> Sealed for Secondary<INDEX> {}
impl Sealed for Erased {}

/// The primary key: a query of it may be consistent.
#[derive(Debug, Clone, Copy)]
pub struct Primary;

/// A local index, by its position in the definition: a query of it may be consistent.
#[derive(Debug, Clone, Copy)]
pub struct Local<const INDEX: usize>;

/// Another index, by its position: on DynamoDB it lags behind writes by a moment.
#[derive(Debug, Clone, Copy)]
pub struct Secondary<const INDEX: usize>;

/// The range and the index of a query that says nothing of them: [`Query::erased`](super::Query::erased).
#[derive(Debug, Clone, Copy)]
pub struct Erased;

/// What a query goes over: the primary key, or an index. Sealed.
pub trait IndexKind: Sealed {
    /// The index; none is the table itself.
    const INDEX: Option<usize>;
    /// Whether it is not known which.
    #[doc(hidden)]
    const IS_ERASED: bool = false;
}

impl IndexKind for Erased {
    const INDEX: Option<usize> = None;
    const IS_ERASED: bool = true;
}

impl IndexKind for Primary {
    const INDEX: Option<usize> = None;
}

impl<const INDEX: usize> IndexKind for Local<INDEX> {
    const INDEX: Option<usize> = Some(INDEX);
}

impl<const INDEX: usize> IndexKind for Secondary<INDEX> {
    const INDEX: Option<usize> = Some(INDEX);
}

/// What can be read consistently: the primary key and local indexes. Sealed.
#[diagnostic::on_unimplemented(
    message = "this index cannot be read consistently",
    label = "only the primary key and local indexes can",
    note = "DynamoDB keeps a global index behind the table; `get`, `query`, a local index or a unique finder can be consistent"
)]
pub trait Strong: IndexKind {}

impl Strong for Primary {}
impl<const INDEX: usize> Strong for Local<INDEX> {}
