//! Operations: values built from a model, executed on a database or put in a transaction.
//!
//! Each says in its type what it gives. None knows a backend: it makes a request, the database
//! hands it over, and the records that come back are read into the model here.

mod batch;
mod count;
mod delete;
mod fill;
mod get;
mod page;
mod prepare;
mod query;
mod scan;
mod stream;
mod transaction;
mod update;
mod write;

pub use batch::{DeleteMany, GetMany, PutMany};
pub use delete::{Check, Delete};
pub use get::{FindUnique, Get};
pub use page::Page;
pub use query::{NoRange, Primary, Query, Secondary};
pub use scan::Scan;
pub use stream::Records;
pub use transaction::{Transaction, TransactionItem};
pub use update::{Update, Upsert};
pub use write::{Create, Put, Save, VersionOf};
