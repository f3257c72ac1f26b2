//! Reads that may be stale: the last word of a read, after which it runs on a handle for such reads alone.

use serde::de::DeserializeOwned;

use super::batch::GetMany;
use super::execute::Operation;
use super::find::FindUnique;
use super::find_many::FindMany;
use super::get::Get;
use super::index_kind::IndexKind;
use super::query::Query;
use super::scan::Scan;
use super::stream::RecordStream;
use crate::error::Result;
use crate::model::Model;
use crate::stale::StaleDatabase;

/// A read that may be stale: what `.stale()` returns. It runs on a [`StaleDatabase`], and is never consistent.
///
/// ```
/// # use reposit::{Database, Repository, StaleReads}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, PartialEq, Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// let near = db.stale_reads(StaleReads::nearest())?;
/// assert_eq!(User::get_many(["u1", "u2"]).stale().exec(&near).await?, [None, None]);
/// assert_eq!(User::scan().stale().count(&near).await?, 0);
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
#[derive(Debug, Clone)]
pub struct Stale<Q>(Q);

/// What a read of a handle for stale reads would have if it could be consistent. Nothing has it.
#[diagnostic::on_unimplemented(
    message = "a read that may be stale cannot be consistent",
    label = "`.stale()` comes before this",
    note = "leave one of the two out: a consistent read is executed on the database itself, `.consistent().exec(&db)`"
)]
pub trait Latest {}

impl<Q> Stale<Q> {
    /// Does not compile: it may be stale.
    #[doc(hidden)]
    pub fn consistent(self) -> Self
    where
        Self: Latest,
    {
        self
    }
}

impl<Q: Operation> Stale<Q> {
    /// Does it; of a query or scan it is a page.
    pub fn exec(self, db: &StaleDatabase) -> impl Future<Output = Result<Q::Output>> + Send {
        Operation::exec(self.0, db.database())
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &StaleDatabase) -> Result<String> {
        Operation::explain(self.0, db.database())
    }
}

macro_rules! stale {
    ($([$($generics:tt)*] $read:ty: $($consistent:ident).+;)*) => {$(
        impl<$($generics)*> $read {
            /// The same read as one that may be stale, for a handle of
            /// [`stale_reads`](crate::Database::stale_reads). It is the last word, and takes a `.consistent()` before it back.
            pub fn stale(mut self) -> Stale<Self> {
                self.$($consistent).+ = false;
                Stale(self)
            }
        }
    )*};
}

stale! {
    [M: Model] Get<M>: parts.consistent;
    [M: Model] GetMany<M>: keys.consistent;
    [M: Model] FindUnique<M>: parts.consistent;
    [M: Model] FindMany<M>: wanted.consistent;
    [M: Model, R, K: IndexKind, O] Query<M, R, K, O>: parts.consistent;
    [M: Model, O] Scan<M, O>: parts.consistent;
}

macro_rules! ends {
    ($([$($generics:tt)*] $read:ty;)*) => {$(
        impl<$($generics)*> Stale<$read> {
            /// All records, or as many as the limit says.
            pub fn all(self, db: &StaleDatabase) -> impl Future<Output = Result<Vec<O>>> + Send {
                self.0.all(db.database())
            }

            /// The first record.
            pub fn first(self, db: &StaleDatabase) -> impl Future<Output = Result<Option<O>>> + Send {
                self.0.first(db.database())
            }

            /// How many records there are, or the limit if there are more.
            pub fn count(self, db: &StaleDatabase) -> impl Future<Output = Result<u64>> + Send {
                self.0.count(db.database())
            }

            /// The records one by one.
            pub fn stream(self, db: &StaleDatabase) -> RecordStream<M, O> {
                self.0.stream(db.database())
            }
        }
    )*};
}

ends! {
    [M: Model, R, K: IndexKind, O: DeserializeOwned + Send] Query<M, R, K, O>;
    [M: Model, O: DeserializeOwned + Send] Scan<M, O>;
}
