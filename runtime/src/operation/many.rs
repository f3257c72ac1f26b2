//! Operations on many records under way, without the model, so that it is compiled once.

use super::exchange::{Batch, Exchange};
use super::execute::Origin;
use super::prepare::{read, write};
use crate::database::Database;
use crate::error::Result;
use crate::progress::{Observer, Progress};
use crate::repository::EncodedKey;
use crate::request::{Action, GetMany};
use crate::value::Record;

/// What a read of many records asks for.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) keys: Vec<EncodedKey>,
    pub(super) consistent: bool,
    pub(super) progress: Option<Progress>,
}

impl Keys {
    pub(super) fn watched(mut self, progress: &Progress) -> Self {
        progress.begin(self.keys.len());
        self.progress = Some(progress.clone());
        self
    }

    pub(super) fn prepare_get(self, db: &Database, origin: Origin) -> Result<(GetMany, Observer)> {
        let observer = Observer::new(self.progress);
        let get = read::get_many(db, origin.definition, self.keys, self.consistent)?;
        Ok((get.observed(observer.clone()), observer))
    }

    pub(super) fn prepare_delete(self, db: &Database, origin: Origin) -> Batch {
        let delete = |key| write::on_key(db, origin.definition, key, Action::Delete, None);
        let writes = self.keys.into_iter().map(delete).collect();
        Batch { writes, observer: Observer::new(self.progress) }
    }
}

/// What was found, and what names the errors in it.
pub(super) struct Found {
    pub(super) records: Vec<Option<Record>>,
    pub(super) origin: Origin,
}

/// Reads the records.
pub(super) async fn get(db: &Database, origin: Origin, keys: Keys) -> Result<Found> {
    let (get, observer) = keys.prepare_get(db, origin).map_err(|e| origin.name(e))?;
    let records = get.send(db, origin.operation).await.map_err(|e| origin.name(e))?;
    report_read(&records, &observer);
    Ok(Found { records, origin })
}

/// For a backend that reports nothing: the first report of an item counts.
pub(super) fn report_read(records: &[Option<Record>], observer: &Observer) {
    (0..records.len()).for_each(|at| observer.report(at, None));
}

/// Deletes the records.
pub(super) async fn delete(db: &Database, origin: Origin, keys: Keys) -> Result<()> {
    keys.prepare_delete(db, origin).send(db, origin.operation).await.map_err(|e| origin.name(e))
}

/// What a put of many records asks for: each as it was encoded.
pub(super) struct Puts {
    pub(super) records: Vec<Result<Record>>,
    pub(super) progress: Option<Progress>,
}

impl Puts {
    pub(super) fn prepare(self, db: &Database, origin: Origin) -> Batch {
        let put = |record: Result<_>| write::store(db, origin.definition, record?, Action::Put);
        let writes = self.records.into_iter().map(put).collect();
        Batch { writes, observer: Observer::new(self.progress) }
    }
}

/// Puts the records.
pub(super) async fn put(db: &Database, origin: Origin, puts: Puts) -> Result<()> {
    puts.prepare(db, origin).send(db, origin.operation).await.map_err(|e| origin.name(e))
}

/// What would be sent; nothing is sent.
pub(super) fn explain(db: &Database, origin: Origin, request: Result<impl Exchange>) -> Result<String> {
    request.and_then(|request| request.explain(db)).map_err(|e| origin.during("explain").name(e))
}
