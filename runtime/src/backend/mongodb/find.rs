//! The command `find`: written once, sent as it is written, and read where its answer lies.

use std::time::Duration;

use futures_util::StreamExt as _;
use mongodb::bson::raw::cstr;
use mongodb::bson::{Document, RawDocument, RawDocumentBuf};
use mongodb::options::ReadConcern;
use mongodb::raw_batch_cursor::RawBatch;

use super::elements::{ARRAY, DOCUMENT, Element, Elements};
use super::encode::DocumentWriter;
use super::handle::Handle;
use super::retry::read;
use super::stale;
use crate::error::{Error, Result};
use crate::request::Call;

/// The command's name.
pub(super) const FIND: &str = "find";

/// Room for the parts of a command beside its filter.
const ROOM: usize = 160;

/// What is looked for, and how.
#[derive(Debug)]
pub(super) struct Find {
    pub(super) collection: &'static str,
    pub(super) filter: RawDocumentBuf,
    pub(super) sort: Option<Document>,
    pub(super) hint: Option<Document>,
    pub(super) projection: Option<Document>,
    pub(super) limit: Option<i64>,
    /// Whether all come in the first batch, so that the server keeps nothing open.
    pub(super) is_single_batch: bool,
    pub(super) batch_size: Option<u32>,
}

impl Find {
    /// A find of all that the filter finds.
    pub(super) fn all(collection: &'static str, filter: RawDocumentBuf) -> Self {
        Self {
            collection,
            filter,
            sort: None,
            hint: None,
            projection: None,
            limit: None,
            is_single_batch: false,
            batch_size: None,
        }
    }

    /// A find of one document.
    pub(super) fn one(collection: &'static str, filter: RawDocumentBuf) -> Self {
        Self { limit: Some(1), is_single_batch: true, ..Self::all(collection, filter) }
    }

    /// The command, to be read by people.
    pub(super) fn to_document(&self) -> Result<Document> {
        let unreadable = |error| Error::codec("the command has no text").with_source(error);
        Document::try_from(self.begin()?.finish()?).map_err(unreadable)
    }

    fn begin(&self) -> Result<DocumentWriter> {
        let mut command = DocumentWriter::with_capacity(self.filter.as_bytes().len() + ROOM);
        command.text(FIND, self.collection)?;
        command.document("filter", &self.filter)?;
        for (name, part) in [("sort", &self.sort), ("hint", &self.hint)] {
            if let Some(part) = part {
                command.document(name, &raw(part)?)?;
            }
        }
        if let Some(limit) = self.limit {
            command.int64("limit", limit)?;
        }
        if self.is_single_batch {
            command.bool("singleBatch", true)?;
        }
        if let Some(projection) = &self.projection {
            command.document("projection", &raw(projection)?)?;
        }
        Ok(command)
    }

    /// The command as it is sent, but for the time it may take. The driver adds the read concern only to commands
    /// that it builds itself.
    fn command(&self, concern: Option<&ReadConcern>) -> Result<RawDocumentBuf> {
        let mut command = self.begin()?;
        if let Some(size) = self.batch_size {
            command.int64("batchSize", size.into())?;
        }
        if let Some(concern) = concern {
            let unwritable = |error| Error::config("the read concern cannot be written as BSON").with_source(error);
            let concern = mongodb::bson::serialize_to_raw_document_buf(concern).map_err(unwritable)?;
            command.document("readConcern", &concern)?;
        }
        command.finish()
    }

    /// Sends it, with the database's own read concern unless there is another, and decodes each document where
    /// it lies: at most `most` of them, since a server that returns more than it is asked for might never end.
    pub(super) async fn send<T>(
        &self,
        database: &Handle,
        call: &Call,
        concern: Option<&ReadConcern>,
        most: usize,
        decode: impl Fn(&RawDocument) -> Result<T>,
    ) -> Result<Vec<T>> {
        let decode = &decode;
        let command = &self.command(concern.or(stale::concern_of(database, call).as_deref()))?;
        let criteria = &stale::criteria(call);
        // Boxed, since what waits for it would be moved with it each time.
        let attempt = |time: Duration| {
            Box::pin(async move {
                let mut command = command.clone();
                command.append(cstr!("maxTimeMS"), i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
                let mut session = database.take_session().await?;
                let sent = database.run_raw_cursor_command(command).selection_criteria(criteria.clone());
                let sent = match self.batch_size {
                    Some(size) => sent.batch_size(size),
                    None => sent,
                };
                let mut cursor = Box::pin(sent.session(&mut *session).batch()).await?;
                let (mut batches, mut found) = (cursor.stream(&mut session), Vec::new());
                while found.len() < most
                    && let Some(batch) = batches.next().await
                {
                    decode_batch(&batch?, most, decode, &mut found)?;
                }
                drop(batches);
                database.give_back(session);
                Ok(found)
            })
        };
        read(call, FIND, attempt).await?.into_iter().collect()
    }
}

/// Decodes the documents of one answer, until there are `most`.
pub(super) fn decode_batch<T>(
    batch: &RawBatch,
    most: usize,
    decode: impl Fn(&RawDocument) -> Result<T>,
    found: &mut Vec<Result<T>>,
) -> mongodb::error::Result<()> {
    let before = found.len();
    if decode_regular(batch.as_raw_document(), most, &decode, found).is_some() {
        return Ok(());
    }
    // Not of the form that answers have. The driver's own reading of it says in an error what is wrong.
    found.truncate(before);
    let documents = batch.doc_slices()?;
    for (at, item) in documents.into_iter().enumerate() {
        if found.len() >= most {
            break;
        }
        match item?.as_document() {
            Some(document) => found.push(decode(document)),
            None => drop(documents.get_document(at)?),
        }
    }
    Ok(())
}

/// Decodes the documents of an answer where they lie; nothing if it is not of the form that answers have.
fn decode_regular<T>(
    answer: &RawDocument,
    most: usize,
    decode: impl Fn(&RawDocument) -> Result<T>,
    found: &mut Vec<Result<T>>,
) -> Option<()> {
    let cursor = first_of(answer.as_bytes(), DOCUMENT, &["cursor"])?;
    let batch = first_of(cursor.content, ARRAY, &["firstBatch", "nextBatch"])?;
    let mut items = Elements::of(batch.content).ok()?;
    while found.len() < most
        && let Some(item) = items.next().ok()?
    {
        let document = (item.kind == DOCUMENT).then(|| RawDocument::from_bytes(item.content).ok())??;
        found.push(decode(document));
    }
    Some(())
}

/// The first field of a document under one of the names, if it is of a kind.
fn first_of<'a>(document: &'a [u8], kind: u8, names: &[&str]) -> Option<Element<'a>> {
    let mut elements = Elements::of(document).ok()?;
    loop {
        let element = elements.next().ok()??;
        if names.iter().any(|name| name.as_bytes() == element.name) {
            return (element.kind == kind).then_some(element);
        }
    }
}

/// A document as it is sent.
pub(super) fn raw(document: &Document) -> Result<RawDocumentBuf> {
    let unwritable = |error| Error::codec("a filter cannot be written as BSON").with_source(error);
    RawDocumentBuf::try_from(document).map_err(unwritable)
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{Bson, doc};

    use super::*;

    fn decode(cursor: Bson, most: usize) -> Option<usize> {
        let answer = RawDocumentBuf::try_from(&doc! { "ok": 1, "cursor": cursor }).unwrap();
        let mut found = Vec::new();
        decode_regular(&answer, most, |_| Ok(()), &mut found).map(|()| found.len())
    }

    #[test]
    fn only_an_answer_of_the_form_that_answers_have_is_read() {
        let two = vec![Bson::from(doc! { "a": 1 }), doc! {}.into()];
        for name in ["firstBatch", "nextBatch"] {
            let cursor = |batch: Bson| Bson::from(doc! { "id": 0_i64, name: batch });
            assert_eq!(decode(cursor(two.clone().into()), 10), Some(2));
            assert_eq!(decode(cursor(two.clone().into()), 1), Some(1));
            assert_eq!(decode(cursor(Bson::Array(vec![])), 1), Some(0));
            assert_eq!(decode(cursor(vec![Bson::from(1)].into()), 10), None);
            assert_eq!(decode(cursor(Bson::from(1)), 10), None);
        }
        assert_eq!(decode(Bson::from(doc! { "id": 0_i64 }), 10), None);
        assert_eq!(decode(Bson::from(1), 10), None);
    }
}
