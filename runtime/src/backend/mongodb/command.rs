//! A write as one command of the server: built once, then sent or printed.

use mongodb::ClientSession;
use mongodb::Collection;
use mongodb::bson::{Bson, Document, RawDocumentBuf, doc, oid::ObjectId};
use mongodb::options::ReturnDocument;

use super::document::{by_id, check_unstamped, expired, live, to_document};
use super::elements::Elements;
use super::guard::requirement;
use super::predicate::literal;
use super::update::{both, put_if, stage, sums_fit, upsert};
use crate::error::{Error, Result};
use crate::request::{Action, Call, Returning, Write};
use crate::value::STAMP;

/// The stamps of one write: what it leaves in the record, so that it can be found out afterwards
/// whether it was applied. The driver makes ids that nobody else makes, as
/// [`WriteIds`](crate::backend::support::write_id::WriteIds) does; they are the server's own type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamps {
    /// In a record that the write stored or changed.
    pub(super) written: ObjectId,
    /// In a record that an upsert made new.
    pub(super) inserted: ObjectId,
}

impl Stamps {
    pub(super) fn new() -> Self {
        Self { written: ObjectId::new(), inserted: ObjectId::new() }
    }

    pub(super) fn has(&self, stamp: ObjectId) -> bool {
        stamp == self.written || stamp == self.inserted
    }
}

/// One command.
#[derive(Debug)]
pub(super) enum Command {
    Insert(RawDocumentBuf),
    Replace {
        filter: Document,
        record: RawDocumentBuf,
        upsert: bool,
    },
    Modify {
        filter: Document,
        pipeline: Vec<Document>,
        upsert: bool,
        told: Returning,
    },
    /// Leaves a stamp only: what a check in a transaction does, so that the server sees a conflict with
    /// another write of the record. A model without stamps has nothing left: what it leaves is taken away again.
    Touch {
        filter: Document,
        stamp: Option<ObjectId>,
        told: Returning,
    },
    Delete {
        filter: Document,
        told: Returning,
    },
}

/// What the server answered to a command.
#[derive(Debug)]
pub(super) struct Answer {
    /// Whether a record was found that the command is for.
    pub(super) matched: bool,
    /// The record that the command returns, if it returns one.
    pub(super) record: Option<RawDocumentBuf>,
}

impl Command {
    /// The command of a write.
    pub(super) fn new(write: &Write, call: &Call, stamps: Stamps) -> Result<Self> {
        let definition = write.definition;
        check_unstamped(definition)?;
        let by_id = || by_id(definition, &write.key);
        let told = write.told();
        let document = |record| to_document(definition, &write.key, record, stamps.written);
        Ok(match &write.action {
            Action::Create(record) => match expired(definition, call) {
                // An expired record is replaced; a live one is not found, and the insert duplicates with it.
                Some(expired) => {
                    let mut filter = by_id()?;
                    filter.insert("$or", expired);
                    Self::Replace { filter, record: document(record)?, upsert: true }
                }
                None => Self::Insert(document(record)?),
            },
            Action::Put(record) if write.condition.is_some() => {
                let record = Document::try_from(document(record)?).map_err(unwritable)?;
                Self::Modify { filter: by_id()?, pipeline: vec![put_if(write, record, call)?], upsert: true, told }
            }
            Action::Put(record) => Self::Replace { filter: by_id()?, record: document(record)?, upsert: true },
            Action::Replace(record) => {
                Self::Replace { filter: required_filter(write, call)?, record: document(record)?, upsert: false }
            }
            Action::Update(changes) => {
                let pipeline = vec![stage(definition, changes, stamps.written)?];
                Self::Modify { filter: required_filter(write, call)?, pipeline, upsert: false, told }
            }
            Action::Upsert { changes, insert } => {
                let insert = to_document(definition, &write.key, insert, stamps.inserted)?;
                let insert = Document::try_from(insert).map_err(unwritable)?;
                let pipeline = upsert(write, changes, insert, stamps.written, call)?;
                Self::Modify { filter: by_id()?, pipeline, upsert: true, told }
            }
            Action::Delete => Self::Delete { filter: required_filter(write, call)?, told },
            Action::Check => {
                let stamp = definition.stamps().then_some(stamps.written);
                Self::Touch { filter: required_filter(write, call)?, stamp, told }
            }
        })
    }

    /// Makes the command miss a record that it was applied to already. The driver may have sent the attempt
    /// before this one twice, and reports only the last: it can have been applied although the report says
    /// that it was not.
    pub(super) fn skip_applied(&mut self, stamps: Stamps) {
        match self {
            Self::Replace { filter, .. } | Self::Modify { filter, .. } | Self::Touch { filter, .. } => {
                let marks = [stamps.written, stamps.inserted];
                filter.insert(STAMP, doc! { "$nin": marks.to_vec() });
            }
            // A second insert is refused by the first one's key; of a delete nothing is left to find.
            Self::Insert(_) | Self::Delete { .. } => {}
        }
    }

    /// The command's name.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Insert(_) => "insert",
            Self::Modify { told, .. } | Self::Touch { told, .. } | Self::Delete { told, .. }
                if *told != Returning::Nothing =>
            {
                "findAndModify"
            }
            Self::Replace { .. } | Self::Modify { .. } | Self::Touch { .. } => "update",
            Self::Delete { .. } => "delete",
        }
    }

    /// Sends it, in a session's transaction if there is one.
    ///
    /// The driver's own methods number each write, so that it can send it a second time when the connection
    /// breaks, and the server applies it once ("Retryable Writes"). A command of one's own has no number, and one
    /// that it brought would be ahead of the driver's count, under which the session is used again. It would cost
    /// more, too: the driver copies its parts one by one, and makes a document of the answer.
    pub(super) async fn send(
        &self,
        collection: &Collection<RawDocumentBuf>,
        mut session: Option<&mut ClientSession>,
    ) -> mongodb::error::Result<Answer> {
        // The method that takes a session belongs to each action's own type: there is no trait for it.
        macro_rules! sent {
            ($action:expr) => {{
                let action = $action;
                match session.as_deref_mut() {
                    Some(session) => action.session(session).await?,
                    None => action.await?,
                }
            }};
        }
        Ok(match self {
            Self::Insert(record) => {
                sent!(collection.insert_one(record));
                Answer { matched: false, record: None }
            }
            Self::Replace { filter, record, upsert } => {
                let result = match replacement(record).map_err(mongodb::error::Error::custom)? {
                    Some(stage) => sent!(collection.update_one(filter.clone(), vec![stage]).upsert(*upsert)),
                    None => sent!(collection.replace_one(filter.clone(), record).upsert(*upsert)),
                };
                Answer { matched: result.matched_count > 0, record: None }
            }
            Self::Modify { filter, pipeline, upsert, told: Returning::Nothing } => {
                let result = sent!(collection.update_one(filter.clone(), pipeline.clone()).upsert(*upsert));
                Answer { matched: result.matched_count > 0, record: None }
            }
            Self::Modify { filter, pipeline, upsert, told } => {
                let action = collection.find_one_and_update(filter.clone(), pipeline.clone());
                Answer::of(sent!(action.upsert(*upsert).return_document(returned(*told))))
            }
            Self::Touch { filter, stamp, told } => {
                let answer = match told {
                    Returning::Nothing => {
                        let result = sent!(collection.update_one(filter.clone(), touch(*stamp)));
                        Answer { matched: result.matched_count > 0, record: None }
                    }
                    told => {
                        let action = collection.find_one_and_update(filter.clone(), touch(*stamp));
                        Answer::of(sent!(action.return_document(returned(*told))))
                    }
                };
                if stamp.is_none() && answer.matched {
                    sent!(collection.update_one(filter.clone(), doc! { "$unset": { TOUCH: 1 } }));
                }
                answer
            }
            Self::Delete { filter, told: Returning::Nothing } => {
                let result = sent!(collection.delete_one(filter.clone()));
                Answer { matched: result.deleted_count > 0, record: None }
            }
            Self::Delete { filter, .. } => Answer::of(sent!(collection.find_one_and_delete(filter.clone()))),
        })
    }

    /// The command of a write as a document, to be read by people.
    pub(super) fn document(write: &Write, call: &Call) -> Result<Document> {
        Self::new(write, call, Stamps::new())?.into_document(write.definition.name())
    }

    fn into_document(self, collection: &str) -> Result<Document> {
        Ok(match self {
            Self::Insert(record) => doc! { "insert": collection, "documents": [readable(record)?] },
            Self::Replace { filter, record, upsert } => {
                let update = match replacement(&record)? {
                    Some(stage) => Bson::Array(vec![stage.into()]),
                    None => readable(record)?,
                };
                doc! { "update": collection, "updates": [{ "q": filter, "u": update, "upsert": upsert }] }
            }
            Self::Modify { filter, pipeline, upsert, told: Returning::Nothing } => {
                doc! { "update": collection, "updates": [{ "q": filter, "u": pipeline, "upsert": upsert }] }
            }
            Self::Modify { filter, pipeline, upsert, told } => {
                let new = told == Returning::After;
                doc! { "findAndModify": collection, "query": filter, "update": pipeline, "new": new, "upsert": upsert }
            }
            Self::Touch { filter, stamp, told: Returning::Nothing } => {
                doc! { "update": collection, "updates": [{ "q": filter, "u": touch(stamp) }] }
            }
            Self::Touch { filter, stamp, .. } => {
                doc! { "findAndModify": collection, "query": filter, "update": touch(stamp), "new": false }
            }
            Self::Delete { filter, told: Returning::Nothing } => {
                doc! { "delete": collection, "deletes": [{ "q": filter, "limit": 1 }] }
            }
            Self::Delete { filter, .. } => doc! { "findAndModify": collection, "query": filter, "remove": true },
        })
    }
}

impl Answer {
    /// Of a command that returns the record that it found.
    fn of(record: Option<RawDocumentBuf>) -> Self {
        Self { matched: record.is_some(), record }
    }
}

/// Which record a command returns.
fn returned(told: Returning) -> ReturnDocument {
    if told == Returning::After { ReturnDocument::After } else { ReturnDocument::Before }
}

/// What a check leaves, and takes away again, in a record of a model without stamps. Nobody ever sees it.
const TOUCH: &str = "_reposit_touch";

/// Leaves a stamp only.
fn touch(stamp: Option<ObjectId>) -> Document {
    match stamp {
        Some(stamp) => doc! { "$set": { STAMP: stamp } },
        // An update that changes nothing is no write, and would conflict with none.
        None => doc! { "$set": { TOUCH: true } },
    }
}

/// The stage that puts a record in another's place if a plain replacement cannot: the server takes a replacement
/// with a name that begins with "$" for an update with a mistake in it.
pub(super) fn replacement(record: &RawDocumentBuf) -> Result<Option<Document>> {
    let mut elements = Elements::of(record.as_bytes())?;
    let mut odd = false;
    while let Some(element) = elements.next()? {
        odd |= element.name.starts_with(b"$");
    }
    odd.then(|| Ok(doc! { "$replaceWith": literal(readable(record.clone())?) })).transpose()
}

fn readable(record: RawDocumentBuf) -> Result<Bson> {
    Document::try_from(record).map(Bson::Document).map_err(unwritable)
}

fn unwritable(error: mongodb::bson::error::Error) -> Error {
    Error::codec("a record cannot be written as BSON").with_source(error)
}

/// The filter that finds the record only if it is live and everything that the write needs is true of it.
fn required_filter(write: &Write, call: &Call) -> Result<Document> {
    let definition = write.definition;
    let mut filter = by_id(definition, &write.key)?;
    filter.extend(live(definition, call));
    let needs = requirement(write)?;
    if let Some(needs) = needs.into_iter().chain(sums_fit(definition, write.changes())?).reduce(both) {
        filter.insert("$expr", needs);
    }
    Ok(filter)
}
