use std::fmt;
use std::marker::PhantomData;

use super::prepare::{named, store};
use crate::codec;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::repository::{IntoKey, KeyArg, Repository, Unversioned, checked};
use crate::request::{Action, Write};

/// Reads many records by their keys: what `M::get_many(..)` gives.
///
/// Executes to `Vec<Option<M>>` in the order asked; a key may repeat, and there may be any number
/// of them. DynamoDB: one `BatchGetItem` for 100 keys; MongoDB: one `find`.
#[must_use = "an operation does nothing until it is executed"]
pub struct GetMany<M> {
    keys: Vec<KeyArg>,
    consistent: bool,
    marker: PhantomData<fn() -> M>,
}

impl<M: Repository> GetMany<M> {
    /// A read of the records with these keys.
    pub fn new<K: IntoKey<M::Key>>(keys: impl IntoIterator<Item = K>) -> Self {
        let keys = keys.into_iter().map(|key| M::key_parts(&key.into_key())).collect();
        Self { keys, consistent: false, marker: PhantomData }
    }

    /// Reads the latest: on DynamoDB strongly consistent, at twice the read units.
    pub fn consistent(mut self) -> Self {
        self.consistent = true;
        self
    }

    /// Does it.
    pub async fn exec(self, db: &Database) -> Result<Vec<Option<M>>> {
        let definition = M::definition();
        let named = named(definition, "get_many");
        let limits = db.backend().limits();
        let keys = self.keys.into_iter().map(|key| key.and_then(|key| checked(definition, key, &limits)));
        let keys: Vec<_> = keys.collect::<Result<_>>().map_err(&named)?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let found = db.backend().get_many(db.call("get_many"), definition, keys, self.consistent).await;
        let found = found.map_err(&named)?.into_iter();
        found.map(|record| record.map(|record| codec::decode(record, definition)).transpose().map_err(&named)).collect()
    }
}

/// Stores many records: what `M::put_many(&[m])` gives. Not offered with a version.
///
/// Each is put for itself. Executes to `()`, or to an error whose [`failures`](Error::failures)
/// give, for each record that was not stored, its position and its own error.
#[must_use = "an operation does nothing until it is executed"]
pub struct PutMany<'a, M> {
    records: &'a [M],
}

impl<'a, M: Repository + Unversioned> PutMany<'a, M> {
    /// A put of each of these records.
    pub fn new(records: &'a [M]) -> Self {
        Self { records }
    }

    /// Does it.
    pub async fn exec(self, db: &Database) -> Result<()> {
        let definition = M::definition();
        let prepare = |record| store(db, definition, codec::encode(record, definition)?, Action::Put);
        let writes = self.records.iter().map(prepare).collect();
        write_many(db, "put_many", writes).await.map_err(named(definition, "put_many"))
    }
}

/// Takes many records away: what `M::delete_many(..)` gives. Not offered with a version.
///
/// Executes to `()`, or to an error whose [`failures`](Error::failures) give, for each key that was
/// not done, its position and its own error.
#[must_use = "an operation does nothing until it is executed"]
pub struct DeleteMany<M> {
    keys: Vec<KeyArg>,
    marker: PhantomData<fn() -> M>,
}

impl<M: Repository + Unversioned> DeleteMany<M> {
    /// A delete of the records with these keys.
    pub fn new<K: IntoKey<M::Key>>(keys: impl IntoIterator<Item = K>) -> Self {
        let keys = keys.into_iter().map(|key| M::key_parts(&key.into_key())).collect();
        Self { keys, marker: PhantomData }
    }

    /// Does it.
    pub async fn exec(self, db: &Database) -> Result<()> {
        let definition = M::definition();
        let limits = db.backend().limits();
        let prepare =
            |key: KeyArg| Ok(Write::new(definition, checked(definition, key?, &limits)?, Action::Delete));
        let writes = self.keys.into_iter().map(prepare).collect();
        write_many(db, "delete_many", writes).await.map_err(named(definition, "delete_many"))
    }
}

/// Does the writes that could be prepared, and tells of every one that was not done.
async fn write_many(db: &Database, operation: &'static str, prepared: Vec<Result<Write>>) -> Result<()> {
    let total = prepared.len();
    let (mut writes, mut positions, mut failures) = (Vec::with_capacity(total), Vec::with_capacity(total), Vec::new());
    for (position, write) in prepared.into_iter().enumerate() {
        match write {
            Ok(write) => {
                writes.push(write);
                positions.push(position);
            }
            Err(error) => failures.push((position, error)),
        }
    }
    if !writes.is_empty() {
        let results = db.backend().write_many(db.call(operation), writes).await?;
        let failed = positions.into_iter().zip(results).filter_map(|(at, result)| Some((at, result.err()?)));
        failures.extend(failed);
    }
    if failures.is_empty() {
        return Ok(());
    }
    failures.sort_by_key(|(position, _)| *position);
    Err(Error::of_batch(failures, total))
}

impl<M: Repository> fmt::Debug for GetMany<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GetMany({}, {} keys)", M::definition().name(), self.keys.len())
    }
}

impl<M: Repository> fmt::Debug for PutMany<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PutMany({}, {} records)", M::definition().name(), self.records.len())
    }
}

impl<M: Repository> fmt::Debug for DeleteMany<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeleteMany({}, {} keys)", M::definition().name(), self.keys.len())
    }
}
