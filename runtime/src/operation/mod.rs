//! Operations: values built from a model, executed on a database or put in a transaction.
//!
//! Each says in its type what it executes to. None knows a backend: it makes a request, the database
//! hands it over, and the records that come back are decoded into the model here. All that can be executed
//! are an [`Operation`].
//!
//! A `&str` or other borrowed key is copied when the operation is made, so that an operation on a key
//! can be kept, cloned, sent to another task and executed more than once; one that writes a record
//! borrows it.
//!
//! A model's own methods (`User::create`, `User::get`) make them. In code that is generic over the
//! model they are made by `new`, with the key that [`Repository::key_parts`](crate::Repository::key_parts)
//! returns.
//!
//! Every operation may fail with [`InvalidInput`](crate::ErrorKind::InvalidInput) for a key or value that
//! cannot be stored, with [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) if the repository is not
//! defined, with [`Codec`](crate::ErrorKind::Codec) for a record that does not fit the model, and with
//! the errors of the network, which [the guide](crate::guide::failures) describes.

mod awaited;
mod batch;
mod bulk_write;
mod changes;
mod check;
mod collect;
mod create;
mod create_many;
mod delete;
mod delete_many;
mod exchange;
mod execute;
mod executing;
mod fill;
mod find;
mod find_many;
mod found_pages;
mod get;
mod index_kind;
mod lenient;
mod many;
mod page;
mod prepare;
mod put;
mod query;
mod query_execute;
mod query_write;
mod range_parts;
mod reading;
mod replace;
mod results;
mod returning;
mod save;
mod save_many;
mod scan;
mod snapshot;
mod stale;
mod stream;
mod transaction;
mod update;
mod upsert;

#[doc(hidden)]
pub use awaited::{Committed, Ended, Executed, PartOfTransaction, Unexecuted};
pub use batch::{GetMany, PutMany};
pub use bulk_write::BulkWrite;
pub use check::Check;
pub use create::Create;
pub use create_many::CreateMany;
pub use delete::Delete;
pub use delete_many::{AnyVersion, DeleteMany, DeletesUnchecked, NoVersion};
pub use execute::Operation;
pub use find::FindUnique;
pub use find_many::FindMany;
pub use get::Get;
pub use index_kind::{Erased, IndexKind, Local, Primary, Secondary, Strong};
pub use lenient::Lenient;
pub use page::{IntoCursor, Page};
pub use put::Put;
pub use query::Query;
pub use query_write::Whole;
pub use range_parts::{AllGiven, Known, Left, NoRange, Parts, RangeParts, Ranged, Written, WrittenPart};
pub use replace::Replace;
pub use results::{TransactionHandle, TransactionResults};
pub use save::Save;
pub use save_many::SaveMany;
pub use scan::Scan;
pub use snapshot::SnapshotRead;
pub use stale::{Latest, Stale};
pub use stream::RecordStream;
pub use transaction::{Transaction, TransactionItem};
pub use update::Update;
pub use upsert::Upsert;
