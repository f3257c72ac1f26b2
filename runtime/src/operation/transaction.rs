//! Transactions: operations over any models that happen all together or not at all.

use std::borrow::Cow;
use std::fmt;

use super::execute::{Origin, Prepare};
use super::results::{Mark, Told, TransactionHandle, TransactionResults};
use crate::change::Change;
use crate::database::Database;
use crate::error::{Error, ErrorKind, Result};
use crate::limits;
use crate::request::{Action, Request, Returning, Write, Written};
use crate::value::Record;

/// What can be part of a transaction: an operation that writes one record, or a check. Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a transaction",
    label = "neither a write of one record nor a check",
    note = "a transaction takes `create`, `put`, `replace`, `save`, `update`, `upsert`, `delete` and `check`; of many records, add each",
    note = "a transaction executes its operations itself: give it the operation without `.exec(&db)`, `.exec_returning(&db)` or the like; for its result, use `let handle = transaction.add_returning(operation)`",
    note = "reads do not take part: to write only if something is true of a record, add `check(key).only_if(..)` of its model; to read several at one moment, use `db.snapshot((..)).await`"
)]
pub trait TransactionItem: Prepare<Request = Write> + Sync {
    /// What it comes to in a transaction, for [`Transaction::add_returning`]: the record that a `create`, `put`,
    /// `replace` or `save` stored, as it was stored; what an `update`, `upsert` or `delete` executes to; nothing for
    /// a `check`.
    type Returned: Send + Sync + 'static;

    /// Which record its write has to tell of for that.
    #[doc(hidden)]
    const RETURNING: Returning = Returning::AsUsual;

    /// What it came to. `stored` is the record, of a write that stores a whole one.
    #[doc(hidden)]
    fn returned(stored: Option<Record>, written: Written) -> Result<Self::Returned>;

    /// Called once the transaction has been committed.
    #[doc(hidden)]
    fn committed(rest: Self::Rest) {
        let _ = rest;
    }
}

/// Writes that happen all together or not at all, over any models: what `db.transaction()` returns.
///
/// A refusal says which operation was refused ([`Error::position`], counted from 0) and why. Up to
/// the backend's limits, which are checked before anything is sent: on DynamoDB 100 operations, each
/// unique value that moves counted as one, and 4 MB ("Quotas in Amazon DynamoDB"); so on the embedded
/// backend and on Redis; on MongoDB and PostgreSQL 1,000 operations. On a cluster of Redis one over several repositories is
/// [`Unsupported`](crate::ErrorKind::Unsupported). No record may be in it twice, which DynamoDB refuses.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
/// let eve = User { id: "u2".into(), ..ada.clone() };
/// let refused = db.transaction().add(User::create(&ada)).add(User::create(&eve)).commit().await.unwrap_err();
/// assert_eq!((refused.kind(), refused.position(), refused.index()), (ErrorKind::UniqueViolation, Some(1), Some("by_email")));
/// assert_eq!(User::get("u1").exec(&db).await?, None);
/// # Ok(()) }
/// ```
#[must_use = "a transaction does nothing until it is committed"]
pub struct Transaction<'a> {
    db: &'a Database,
    items: Vec<Box<dyn Item + 'a>>,
    /// Only if a handle was given out.
    mark: Option<Mark>,
}

impl<'a> Transaction<'a> {
    /// Adds an operation: a create, put, save, update, upsert, delete or check.
    #[allow(clippy::should_implement_trait, reason = "nothing is summed")]
    pub fn add(mut self, operation: impl TransactionItem + 'a) -> Self {
        self.items.push(Box::new(Slot::Added(operation)));
        self
    }

    /// Adds an operation, and returns the handle by which its result is asked for after the commit.
    ///
    /// It gives what the operation would have given by itself: after a `create`, `put`, `replace` or `save` the
    /// record as it was stored, with its automatic key, its times and its version; after an `update` or `upsert`
    /// the record as it is then; after a `delete` whether there was one; after a `check` nothing. See
    /// [`TransactionItem::Returned`].
    ///
    /// On every backend but DynamoDB it costs nothing more than [`add`](Self::add). DynamoDB's
    /// transactions return nothing: there the records of updates, upserts and deletes are read first, all of them
    /// in one request for up to 100, and the transaction is committed on the condition that nobody wrote them
    /// since, else tried again until the deadline. Of what stores a whole record nothing is read for it.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct Order { #[hash_key(auto)] id: String, of: String }
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct Buyer { #[hash_key] id: String, orders: u32 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<(Order, Buyer)>().await?;
    /// # Buyer::create(&Buyer { id: "ada".into(), orders: 0 }).exec(&db).await?;
    /// let order = Order { id: String::new(), of: "ada".into() };
    /// let mut transaction = db.transaction();
    /// let order = transaction.add_returning(Order::create(&order));
    /// let buyer = transaction.add_returning(Buyer::update("ada").add(Buyer::ORDERS, 1));
    /// let results = transaction.commit().await?;
    /// assert_eq!(results.get(order)?.id.len(), 26);
    /// assert_eq!(results.get(buyer)?.orders, 1);
    /// # Ok(()) }
    /// ```
    pub fn add_returning<O: TransactionItem + 'a>(&mut self, operation: O) -> TransactionHandle<O::Returned> {
        let (handle, told) = TransactionHandle::new(self.mark.get_or_insert_with(Mark::new).clone());
        self.items.push(Box::new(Asked { slot: Slot::Added(operation), stored: None, told }));
        handle
    }

    /// Does all of it, or nothing. The results have what was asked for by
    /// [`add_returning`](Self::add_returning).
    ///
    /// If an answer is lost, the transaction is sent again and done once, by its token on DynamoDB, its session on
    /// MongoDB and its id on Redis; PostgreSQL is asked what became of it. So it is with a transaction of one operation, which by itself would be
    /// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) more often.
    ///
    /// Errors: what the refused operation would say by itself, with its position; a conflict with
    /// another transaction is tried again until the deadline.
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) before anything is sent for a record that is in it
    /// twice, too many operations or too many bytes.
    pub async fn commit(mut self) -> Result<TransactionResults> {
        let writes = self.prepare()?;
        let results = TransactionResults::new(self.mark.take());
        if writes.is_empty() {
            return Ok(results);
        }
        let names: Vec<_> = writes.iter().map(|write| write.definition.name()).collect();
        let call = self.db.call("transaction");
        let named = |error: Error| error.in_one_of(&names).in_operation("transaction");
        let mut written = self.db.backend().transact(call, writes).await.map_err(named)?.into_iter();
        self.items.iter_mut().for_each(|item| item.complete(written.next().unwrap_or_default()));
        Ok(results)
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(mut self) -> Result<String> {
        let writes = self.prepare()?;
        self.db.explain(Request::Transact(&writes)).map_err(|e| e.in_operation("explain"))
    }

    fn prepare(&mut self) -> Result<Vec<Write>> {
        let mut writes = Vec::with_capacity(self.items.len());
        for (position, item) in self.items.iter_mut().enumerate() {
            writes.push(item.prepare(self.db).map_err(|e| e.at_position(position))?);
        }
        check_writes(self.db, &writes).map_err(|e| e.in_operation("transaction"))?;
        Ok(writes)
    }
}

/// Refuses what a backend would refuse, before anything is sent.
fn check_writes(db: &Database, writes: &[Write]) -> Result<()> {
    let limits = db.backend().limits();
    if writes.len() > limits.transaction_operations {
        let limit = limits.transaction_operations;
        return Err(Error::invalid(format!("a transaction of {} operations; the limit is {limit}", writes.len())));
    }
    let size: usize = writes.iter().map(size_of_write).sum();
    if size > limits.transaction_bytes {
        let limit = limits.transaction_bytes;
        return Err(Error::invalid(format!("a transaction of {size} bytes; the limit is {limit}")));
    }
    for (position, write) in writes.iter().enumerate() {
        let same = |other: &Write| other.definition.name() == write.definition.name() && other.key == write.key;
        if let Some(first) = writes[..position].iter().position(same) {
            let message = format!("operations {first} and {position} are of the same record");
            return Err(Error::invalid(message).in_repository(write.definition.name()).at_position(position));
        }
    }
    Ok(())
}

/// The bytes that a write carries. What an update makes of the stored record is known to the backend only.
fn size_of_write(write: &Write) -> usize {
    let key = || write.key.parts().map(limits::value_size).sum::<usize>();
    let stamped = |record| limits::record_size(record) + limits::STAMP_SIZE;
    match &write.action {
        Action::Create(record) | Action::Put(record) | Action::Replace(record) => stamped(record),
        Action::Upsert { insert, .. } => stamped(insert),
        Action::Update(changes) => key() + changes.iter().map(Change::carried_size).sum::<usize>(),
        Action::Delete | Action::Check => key(),
    }
}

/// An item of whatever model, once it stands in a transaction.
trait Item: Send + Sync {
    /// Makes the write. It can be made once.
    fn prepare(&mut self, db: &Database) -> Result<Write>;

    /// What is left to do after the commit, which came to this.
    fn complete(&mut self, written: Written);
}

/// How far an item is.
enum Slot<O: TransactionItem> {
    Added(O),
    Prepared(O::Rest),
    Done,
}

impl<O: TransactionItem> Item for Slot<O> {
    fn prepare(&mut self, db: &Database) -> Result<Write> {
        let Self::Added(item) = std::mem::replace(self, Self::Done) else {
            return Err(Error::new(ErrorKind::Backend, "an item of a transaction was prepared twice"));
        };
        let origin = Origin::of(&item);
        let (write, rest) = item.prepare(db).map_err(|e| origin.name(e))?;
        *self = Self::Prepared(rest);
        Ok(write)
    }

    fn complete(&mut self, _: Written) {
        if let Self::Prepared(rest) = std::mem::replace(self, Self::Done) {
            O::committed(rest);
        }
    }
}

/// An item whose result is asked for.
struct Asked<O: TransactionItem> {
    slot: Slot<O>,
    /// The record that is stored, if a whole one is.
    stored: Option<Record>,
    told: Told<O::Returned>,
}

impl<O: TransactionItem> Item for Asked<O> {
    fn prepare(&mut self, db: &Database) -> Result<Write> {
        let mut write = self.slot.prepare(db)?;
        write.returning = O::RETURNING;
        self.stored = write.whole_record().map(Cow::into_owned);
        Ok(write)
    }

    fn complete(&mut self, written: Written) {
        let returned = O::returned(self.stored.take(), written);
        // Nobody else tells it.
        let _ = self.told.set(returned.map_err(|e| Origin::new(O::DEFINITION, O::NAME, None).name(e)));
        self.slot.complete(Written::default());
    }
}

impl Database {
    /// A transaction: operations that happen all together or not at all. See [`Transaction`].
    pub fn transaction(&self) -> Transaction<'_> {
        Transaction { db: self, items: Vec::new(), mark: None }
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transaction of {} operations", self.items.len())
    }
}
