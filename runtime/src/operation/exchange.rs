//! The requests of operations: how each is sent, and how a backend is asked to explain it.

use crate::backend::Reply;
use crate::database::Database;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Observer;
use crate::request::{
    Action, FindMany, FindUnique, Get, GetMany, Query, RecordPage, Request, Write, WriteMany, Written,
};
use crate::value::Record;

/// A request that can be sent to a backend, or explained by it.
pub trait Exchange: Sized + Send {
    /// What a backend answers.
    type Answer: Send;

    /// Sends it, with the whole deadline of an operation of this name.
    fn send<'a>(self, db: &'a Database, operation: &'static str) -> Reply<'a, Self::Answer>;

    /// What the backend would send; nothing is sent.
    fn explain(&self, db: &Database) -> Result<String>;
}

impl Exchange for Get {
    type Answer = Option<Record>;

    fn send<'a>(self, db: &'a Database, operation: &'static str) -> Reply<'a, Self::Answer> {
        db.backend().get(db.call(operation), self)
    }

    fn explain(&self, db: &Database) -> Result<String> {
        db.explain(Request::Get(self))
    }
}

impl Exchange for GetMany {
    type Answer = Vec<Option<Record>>;

    fn send<'a>(self, db: &'a Database, operation: &'static str) -> Reply<'a, Self::Answer> {
        if self.keys.is_empty() {
            return Reply::now(Ok(Vec::new()));
        }
        db.backend().get_many(db.call(operation), self)
    }

    fn explain(&self, db: &Database) -> Result<String> {
        db.explain(Request::GetMany(self))
    }
}

impl Exchange for FindUnique {
    type Answer = Option<Record>;

    fn send<'a>(self, db: &'a Database, operation: &'static str) -> Reply<'a, Self::Answer> {
        db.backend().find_unique(db.call(operation), self)
    }

    fn explain(&self, db: &Database) -> Result<String> {
        db.explain(Request::FindUnique(self))
    }
}

impl Exchange for FindMany {
    type Answer = Vec<Option<Record>>;

    fn send<'a>(self, db: &'a Database, operation: &'static str) -> Reply<'a, Self::Answer> {
        if self.values.is_empty() {
            return Reply::now(Ok(Vec::new()));
        }
        db.backend().find_many(db.call(operation), self)
    }

    fn explain(&self, db: &Database) -> Result<String> {
        db.explain(Request::FindMany(self))
    }
}

impl Exchange for Query {
    type Answer = RecordPage;

    fn send<'a>(self, db: &'a Database, operation: &'static str) -> Reply<'a, Self::Answer> {
        db.backend().query(db.call(operation), self)
    }

    fn explain(&self, db: &Database) -> Result<String> {
        db.explain(Request::Query(self))
    }
}

impl Exchange for Write {
    type Answer = Written;

    fn send<'a>(self, db: &'a Database, operation: &'static str) -> Reply<'a, Self::Answer> {
        match self.action {
            // By itself a check is a read: it is what an update without changes comes to.
            Action::Check => Reply::later(read_checked(db, operation, self)),
            _ => db.backend().write(db.call(operation), self),
        }
    }

    fn explain(&self, db: &Database) -> Result<String> {
        match self.action {
            Action::Check => db.explain(Request::Get(&read_of(self))),
            _ => db.explain(Request::Write(self)),
        }
    }
}

/// The read that a check is by itself.
fn read_of(check: &Write) -> Get {
    Get::new(check.definition, check.key.clone(), true)
}

/// Reads the record, and refuses what the write would have been refused for.
async fn read_checked(db: &Database, operation: &'static str, check: Write) -> Result<Written> {
    let call = db.call(operation);
    let stored = db.backend().get(call.clone(), read_of(&check)).await?;
    check.judge(stored.as_ref(), &call)?;
    let missing = || Error::new(ErrorKind::NotFound, "no live record has this key");
    stored.map(Written::updated).ok_or_else(missing)
}

/// Writes, each for itself, with those that could not be prepared.
#[derive(Debug)]
pub struct Batch {
    /// In the order of the items, each or why it cannot be sent.
    pub(super) writes: Vec<Result<Write>>,
    pub(super) observer: Observer,
}

impl Exchange for Batch {
    type Answer = ();

    fn send<'a>(self, db: &'a Database, operation: &'static str) -> Reply<'a, ()> {
        Reply::later(async move { settle_batch(db, operation, self).await?.into_result() })
    }

    fn explain(&self, db: &Database) -> Result<String> {
        let writes: Vec<_> = self.writes.iter().cloned().collect::<Result<_>>()?;
        db.explain(Request::WriteMany(&writes))
    }
}

/// A batch whose answer says of each item what became of it, also if some failed.
#[derive(Debug)]
pub struct Settling(pub(super) Batch);

impl Exchange for Settling {
    type Answer = Settled;

    fn send<'a>(self, db: &'a Database, operation: &'static str) -> Reply<'a, Settled> {
        Reply::later(settle_batch(db, operation, self.0))
    }

    fn explain(&self, db: &Database) -> Result<String> {
        self.0.explain(db)
    }
}

/// What became of the items of a batch.
#[derive(Debug)]
pub struct Settled {
    total: usize,
    /// Those that were not done, in their order.
    failures: Vec<(usize, Error)>,
}

impl Settled {
    pub(super) fn is_done(&self, position: usize) -> bool {
        self.failures.binary_search_by_key(&position, |(failed, _)| *failed).is_err()
    }

    pub(super) fn into_result(self) -> Result<()> {
        match self.failures.is_empty() {
            true => Ok(()),
            false => Err(Error::of_batch(self.failures, self.total)),
        }
    }
}

/// Sends the writes that could be prepared, and tells of every one that was not done.
async fn settle_batch(db: &Database, operation: &'static str, batch: Batch) -> Result<Settled> {
    let Batch { writes: prepared, observer } = batch;
    let total = prepared.len();
    let (mut writes, mut positions, mut failures) = (Vec::with_capacity(total), Vec::with_capacity(total), Vec::new());
    for (position, write) in prepared.into_iter().enumerate() {
        match write {
            Ok(write) => {
                writes.push(write);
                positions.push(position);
            }
            Err(error) => {
                observer.report(position, Some(&error));
                failures.push((position, error));
            }
        }
    }
    if !writes.is_empty() {
        // The backend sees the positions of its request; the caller asked by those of the batch.
        let many = WriteMany::new(writes).observed(observer.for_positions(&positions));
        let results = db.backend().write_many(db.call(operation), many).await?;
        for (position, result) in positions.into_iter().zip(results) {
            // Reported once more for a backend that reports nothing: the first report of an item counts.
            observer.report(position, result.as_ref().err());
            failures.extend(result.err().map(|error| (position, error)));
        }
    }
    // Those that could not be prepared stand before those that were refused.
    failures.sort_by_key(|(position, _)| *position);
    Ok(Settled { total, failures })
}
