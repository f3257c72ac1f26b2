//! What the compiler says if an operation is awaited and was never executed.
//!
//! An operation is a value and no future. It is a `Future` all the same, on a bound that nothing has, so
//! that `User::get("u1").await` is refused in words that say which call is missing.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::batch::{GetMany, PutMany};
use super::check::Check;
use super::create::Create;
use super::create_many::CreateMany;
use super::delete::Delete;
use super::delete_many::DeleteMany;
use super::find::FindUnique;
use super::find_many::FindMany;
use super::get::Get;
use super::page::Page;
use super::put::Put;
use super::query::Query;
use super::replace::Replace;
use super::results::TransactionResults;
use super::save::Save;
use super::save_many::SaveMany;
use super::scan::Scan;
use super::transaction::Transaction;
use super::update::Update;
use super::upsert::Upsert;
use crate::error::Result;

/// An operation as it is before it is executed. The bounds stand on this and not on the operation, of which
/// the compiler would say only that it is no future.
#[derive(Debug, Clone, Copy)]
pub struct Unexecuted;

macro_rules! refused_awaits {
    ($($(#[$text:meta])* $bound:ident: $([$($generics:tt)*] $operation:ty => $output:ty),*;)*) => {$(
        $(#[$text])*
        pub trait $bound<Operation> {
            /// Nothing has one.
            const NEVER: Infallible;
        }

        $(
            #[doc(hidden)]
            impl<$($generics)*> Future for $operation
            where
                Unexecuted: $bound<Self>,
            {
                type Output = $output;

                fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<$output> {
                    match <Unexecuted as $bound<Self>>::NEVER {}
                }
            }
        )*
    )*};
}

refused_awaits! {
    /// An operation that was executed.
    #[diagnostic::on_unimplemented(
        message = "`{Operation}` is an operation that was not executed",
        label = "call `.exec(&db)` before `.await`",
        note = "an operation is a value, which does nothing until it is given a database: write `.exec(&db).await`"
    )]
    Executed:
        ['a, M] Create<'a, M> => Result<()>,
        ['a, M] Put<'a, M> => Result<()>,
        ['a, M] Replace<'a, M> => Result<()>,
        ['a, M] Save<'a, M> => Result<()>,
        [M] Get<M> => Result<Option<M>>,
        [M] FindUnique<M> => Result<Option<M>>,
        [M] Update<M> => Result<M>,
        [M] Upsert<M> => Result<M>,
        [M] Delete<M> => Result<bool>,
        [M] FindMany<M> => Result<Vec<Option<M>>>,
        [M] GetMany<M> => Result<Vec<Option<M>>>,
        ['a, M] PutMany<'a, M> => Result<()>,
        ['a, M] CreateMany<'a, M> => Result<()>,
        ['a, M] SaveMany<'a, M> => Result<()>,
        [M, V] DeleteMany<M, V> => Result<()>;

    /// A query or scan that was brought to an end.
    #[diagnostic::on_unimplemented(
        message = "`{Operation}` is an operation that was not executed",
        label = "call `.exec(&db)` or another end of it before `.await`",
        note = "the ends of a query or scan: `.exec(&db)` gives a page, `.all(&db)` all records, `.first(&db)` the first, `.count(&db)` their number, `.stream(&db)` a stream"
    )]
    Ended:
        [M, R, K, O] Query<M, R, K, O> => Result<Page<O>>,
        [M, O] Scan<M, O> => Result<Page<O>>;

    /// A transaction that was committed.
    #[diagnostic::on_unimplemented(
        message = "a transaction was not committed",
        label = "call `.commit()` before `.await`",
        note = "a transaction does nothing until it is committed: write `.commit().await`"
    )]
    Committed:
        ['a] Transaction<'a> => Result<TransactionResults>;

    /// A check that is in a transaction.
    #[diagnostic::on_unimplemented(
        message = "a check is a part of a transaction, and nothing by itself",
        label = "give it to `db.transaction().add(..)`",
        note = "to look at a record without a transaction, read it with `get`"
    )]
    PartOfTransaction:
        [M] Check<M> => Result<()>;
}
