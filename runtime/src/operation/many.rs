//! Operations on many records under way, without the model, so that it is compiled once.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::exchange::{Batch, Exchange, Settled, Settling};
use super::execute::Origin;
use super::executing::awaited_again;
use super::prepare::{read, write};
use crate::backend::Reply;
use crate::codec;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::model::{EncodedKey, Model};
use crate::progress::{Observer, Progress};
use crate::request::{Action, FindMany, GetMany};
use crate::value::{Record, Value};

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

/// What a find of many records asks for.
#[derive(Clone)]
pub(super) struct Wanted {
    /// The position of the unique index.
    pub(super) index: usize,
    /// The values of each record.
    pub(super) values: Result<Vec<Vec<Value>>>,
    pub(super) consistent: bool,
}

impl Wanted {
    pub(super) fn prepare(self, db: &Database, definition: &'static Definition) -> Result<FindMany> {
        read::find_many(db, definition, self.index, self.values?, self.consistent)
    }
}

/// Finds the records.
pub(super) fn find<'a>(
    db: &'a Database,
    definition: &'static Definition,
    name: &'static str,
    wanted: Wanted,
) -> Reply<'a, Found> {
    let origin = Origin::new(definition, name, Some(wanted.index));
    Reply::later(async move {
        let find = wanted.prepare(db, definition).map_err(|e| origin.name(e))?;
        let records = find.send(db, name).await.map_err(|e| origin.name(e))?;
        Ok(Found { records, origin })
    })
}

/// The records as the model.
pub(super) fn decode_many<M: Model>(found: Vec<Option<Record>>, origin: &Origin) -> Result<Vec<Option<M>>> {
    let mut decoded = Vec::with_capacity(found.len());
    for record in found {
        decoded.push(match record {
            Some(record) => match codec::decode(record, M::DEFINITION) {
                Ok(model) => Some(model),
                Err(error) => return Err(origin.name(error)),
            },
            None => None,
        });
    }
    Ok(decoded)
}

/// For a backend that reports nothing: the first report of an item counts.
pub(super) fn report_read(records: &[Option<Record>], observer: &Observer) {
    (0..records.len()).for_each(|at| observer.report(at, None));
}

/// Deletes the records.
pub(super) fn delete<'a>(
    db: &'a Database,
    definition: &'static Definition,
    name: &'static str,
    keys: Keys,
) -> Reply<'a, ()> {
    Reply::later(async move { send(db, definition, name, keys.prepare_delete(db, definition)).await })
}

/// What a write of many whole records asks for: each as it was encoded.
pub(super) struct Stores {
    records: Vec<Result<Record>>,
    progress: Option<Progress>,
    /// Whether none of them may be there.
    new: bool,
}

impl Stores {
    pub(super) fn of<M: Model>(models: &[M], progress: Option<Progress>, new: bool) -> Self {
        let mut records = Vec::with_capacity(models.len());
        for model in models {
            records.push(codec::encode(model, M::DEFINITION));
        }
        Self { records, progress, new }
    }

    pub(super) fn prepare(self, db: &Database, definition: &'static Definition) -> Batch {
        let new = self.new;
        let store = |record: Result<_>| match new {
            true => write::create(db, definition, record?),
            false => write::store(db, definition, record?, Action::Put),
        };
        let writes = self.records.into_iter().map(store).collect();
        Batch { writes, observer: Observer::new(self.progress) }
    }
}

/// Stores the records.
pub(super) async fn store(
    db: &Database,
    definition: &'static Definition,
    name: &'static str,
    stores: Stores,
) -> Result<()> {
    send(db, definition, name, stores.prepare(db, definition)).await
}

/// What a save of many records asks for: each as it was encoded, and the version that the stored one has.
pub(super) struct Saves {
    pub(super) records: Vec<(Result<Record>, u64)>,
    pub(super) progress: Option<Progress>,
}

impl Saves {
    pub(super) fn prepare(self, db: &Database, definition: &'static Definition) -> Batch {
        let save = |(record, current)| write::save(db, definition, record, current);
        let writes = self.records.into_iter().map(save).collect();
        Batch { writes, observer: Observer::new(self.progress) }
    }
}

/// Saves on their way to what became of each.
pub(super) struct Sending<'a> {
    db: &'a Database,
    origin: Origin,
    state: SendingState<'a>,
}

/// How far they are.
enum SendingState<'a> {
    Asked(Saves),
    Prepared(Batch),
    Sent(Reply<'a, Settled>),
    Ended,
}

impl<'a> Sending<'a> {
    pub(super) fn new(db: &'a Database, definition: &'static Definition, name: &'static str, saves: Saves) -> Self {
        Self { db, origin: Origin::new(definition, name, None), state: SendingState::Asked(saves) }
    }

    /// The batch that is about to be sent; nothing once it was given.
    pub(super) fn prepare(&mut self) -> Option<&mut Batch> {
        if !matches!(self.state, SendingState::Asked(_)) {
            return None;
        }
        if let SendingState::Asked(saves) = std::mem::replace(&mut self.state, SendingState::Ended) {
            self.state = SendingState::Prepared(saves.prepare(self.db, self.origin.definition));
        }
        match &mut self.state {
            SendingState::Prepared(batch) => Some(batch),
            _ => None,
        }
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Settled>> {
        if let SendingState::Prepared(_) = self.state
            && let SendingState::Prepared(batch) = std::mem::replace(&mut self.state, SendingState::Ended)
        {
            self.state = SendingState::Sent(Settling(batch).send(self.db, self.origin.operation));
        }
        match &mut self.state {
            SendingState::Sent(reply) => Pin::new(reply).poll(context).map_err(|e| self.origin.name(e)),
            _ => Poll::Ready(Err(self.origin.name(awaited_again()))),
        }
    }

    /// What it comes to, with its names.
    pub(super) fn finish(&self, settled: Settled) -> Result<()> {
        settled.into_result().map_err(|e| self.origin.name(e))
    }
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
