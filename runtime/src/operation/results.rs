//! What the operations of a transaction came to, by the handles that were taken when they were added.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::error::{Error, ErrorKind, Result};

/// Where the result of one operation is put once the transaction has been committed.
pub(super) type Told<T> = Arc<OnceLock<Result<T>>>;

/// Which transaction handles belong to: the address of one of these is that of no other.
#[derive(Debug, Clone)]
pub(super) struct Mark(Arc<u8>);

impl Mark {
    pub(super) fn new() -> Self {
        Self(Arc::new(0))
    }
}

/// Stands for the result of one operation of a transaction: what
/// [`add_returning`](super::Transaction::add_returning) returns. Once the transaction has been committed, its
/// [`TransactionResults`] give the result for it.
#[must_use = "it is what the result is asked for with; without one, `add` asks for none"]
pub struct TransactionHandle<T> {
    mark: Mark,
    told: Told<T>,
}

impl<T> TransactionHandle<T> {
    /// A handle of a transaction, and the place of its result.
    pub(super) fn new(mark: Mark) -> (Self, Told<T>) {
        let told = Told::<T>::default();
        (Self { mark, told: told.clone() }, told)
    }
}

impl<T> fmt::Debug for TransactionHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TransactionHandle")
    }
}

/// What a committed transaction came to: what [`commit`](super::Transaction::commit) returns.
///
/// It has the results of the operations that were added by
/// [`add_returning`](super::Transaction::add_returning), and of no others.
#[derive(Debug, Default)]
pub struct TransactionResults {
    mark: Option<Mark>,
}

impl TransactionResults {
    pub(super) fn new(mark: Option<Mark>) -> Self {
        Self { mark }
    }

    /// The result of an operation: what it would have returned by itself.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct User { #[hash_key] id: String, age: u32 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<User>().await?;
    /// # User::create(&User { id: "u1".into(), age: 36 }).exec(&db).await?;
    /// let mut transaction = db.transaction();
    /// let older = transaction.add_returning(User::update("u1").add(User::AGE, 1));
    /// let ada = transaction.commit().await?.get(older)?;
    /// assert_eq!(ada.age, 37);
    /// # Ok(()) }
    /// ```
    ///
    /// Errors: [`InvalidInput`](ErrorKind::InvalidInput) for a handle of another transaction;
    /// [`Codec`](ErrorKind::Codec) for a record that does not fit the model, which is stored all the same.
    pub fn get<T>(&self, handle: TransactionHandle<T>) -> Result<T> {
        self.check_handle(&handle.mark)?;
        // The transaction is gone, and has let go of its side.
        Arc::into_inner(handle.told).and_then(OnceLock::into_inner).unwrap_or_else(|| Err(untold()))
    }

    fn check_handle(&self, mark: &Mark) -> Result<()> {
        match &self.mark {
            Some(own) if Arc::ptr_eq(&own.0, &mark.0) => Ok(()),
            _ => Err(Error::invalid("the handle belongs to another transaction").in_operation("transaction")),
        }
    }
}

fn untold() -> Error {
    Error::new(ErrorKind::Backend, "the transaction came to no result for this operation").in_operation("transaction")
}
