//! Operations on many records under way, without the model, so that it is compiled once.

use super::exchange::{Batch, Exchange};
use super::execute::Origin;
use super::prepare::{read, write};
use crate::backend::Reply;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::model::EncodedKey;
use crate::progress::{Observer, Progress};
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

    pub(super) fn prepare_get(self, db: &Database, definition: &'static Definition) -> Result<(GetMany, Observer)> {
        let observer = Observer::new(self.progress);
        let get = read::get_many(db, definition, self.keys, self.consistent)?;
        Ok((get.observed(observer.clone()), observer))
    }

    pub(super) fn prepare_delete(self, db: &Database, definition: &'static Definition) -> Batch {
        let delete = |key| write::on_key(db, definition, key, Action::Delete, None);
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
pub(super) fn get<'a>(
    db: &'a Database,
    definition: &'static Definition,
    name: &'static str,
    keys: Keys,
) -> Reply<'a, Found> {
    let origin = Origin::new(definition, name, None);
    Reply::later(async move {
        let (get, observer) = keys.prepare_get(db, definition).map_err(|e| origin.name(e))?;
        let records = get.send(db, name).await.map_err(|e| origin.name(e))?;
        report_read(&records, &observer);
        Ok(Found { records, origin })
    })
}

/// For a backend that reports nothing: the first report of an item counts.
pub(super) fn report_read(records: &[Option<Record>], observer: &Observer) {
    (0..records.len()).for_each(|at| observer.report(at, None));
}

/// Deletes the records.
pub(super) async fn delete(
    db: &Database,
    definition: &'static Definition,
    name: &'static str,
    keys: Keys,
) -> Result<()> {
    send(db, definition, name, keys.prepare_delete(db, definition)).await
}

/// What a put of many records asks for: each as it was encoded.
pub(super) struct Puts {
    pub(super) records: Vec<Result<Record>>,
    pub(super) progress: Option<Progress>,
}

impl Puts {
    pub(super) fn prepare(self, db: &Database, definition: &'static Definition) -> Batch {
        let put = |record: Result<_>| write::store(db, definition, record?, Action::Put);
        let writes = self.records.into_iter().map(put).collect();
        Batch { writes, observer: Observer::new(self.progress) }
    }
}

/// Puts the records.
pub(super) async fn put(db: &Database, definition: &'static Definition, name: &'static str, puts: Puts) -> Result<()> {
    send(db, definition, name, puts.prepare(db, definition)).await
}

async fn send(db: &Database, definition: &'static Definition, name: &'static str, batch: Batch) -> Result<()> {
    batch.send(db, name).await.map_err(|e| Origin::new(definition, name, None).name(e))
}

/// What would be sent; nothing is sent.
pub(super) fn explain(
    db: &Database,
    definition: &'static Definition,
    name: &'static str,
    request: Result<impl Exchange>,
) -> Result<String> {
    let explained = request.and_then(|request| request.explain(db));
    explained.map_err(|e| Origin::new(definition, name, None).during("explain").name(e))
}
