//! A query or scan that is under way. All but the last step, in which the records are read as the model, is without
//! the model and compiled once.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use serde::de::DeserializeOwned;

use super::execute::Origin;
use super::executing::awaited_again;
use super::page::{Ends, Page, PageRest};
use super::prepare::read::{self, PAGE, QueryParts, ScanParts};
use crate::backend::Reply;
use crate::codec;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::request::{Advance, Position, Query, RecordPage, Request};
use crate::value::Record;

/// A query or scan, on its way to a page or to all of its records.
pub(super) struct Reading<'a> {
    pub(super) db: &'a Database,
    pub(super) origin: Origin,
    /// What is read, until it is or cannot be.
    pub(super) request: Option<Result<Query>>,
    /// The fields of a projection; nothing for the whole model.
    pub(super) fields: Option<&'static [&'static str]>,
    pub(super) limit: Option<usize>,
    reply: Option<Reply<'a, RecordPage>>,
    /// What a page needs once it is there.
    rest: Option<PageRest>,
    records: Vec<Record>,
    advance: Advance<Position>,
}

impl<'a> Reading<'a> {
    pub(super) fn of_query(
        db: &'a Database,
        definition: &'static Definition,
        name: &'static str,
        parts: QueryParts,
    ) -> Self {
        let (index, limit) = (parts.index, parts.limit);
        Self::new(db, Origin::new(definition, name, index), read::query(db, definition, parts), limit)
    }

    /// Of a scan in one request.
    pub(super) fn of_scan(
        db: &'a Database,
        definition: &'static Definition,
        name: &'static str,
        parts: ScanParts,
    ) -> Self {
        Self::new(db, Origin::new(definition, name, None), read::scan(db, definition, &parts), parts.limit)
    }

    /// `limit` is that of all records, and not the page's.
    pub(super) fn new(db: &'a Database, origin: Origin, request: Result<Query>, limit: Option<usize>) -> Self {
        let fields = request.as_ref().ok().and_then(|request| request.projection);
        let (records, advance) = (Vec::new(), Advance::default());
        Self { db, origin, request: Some(request), fields, limit, reply: None, rest: None, records, advance }
    }

    /// What would be sent for a page; nothing is sent.
    pub(super) fn explain(self) -> Result<String> {
        let explained = self.request.unwrap_or_else(|| Err(awaited_again()));
        let explained = explained.and_then(|request| self.db.explain(Request::Query(&request)));
        explained.map_err(|e| self.origin.during("explain").name(e))
    }

    fn send(&mut self, request: Query) {
        self.reply = Some(self.db.backend().query(self.db.call(self.origin.operation), request));
    }

    pub(super) fn take_request(&mut self) -> Result<Query> {
        self.request.take().unwrap_or_else(|| Err(awaited_again()))
    }

    /// The page that was asked for.
    fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Result<Ends>> {
        if self.reply.is_none() {
            let request = self.take_request()?;
            self.rest = Some(PageRest::of(self.db, &request));
            self.send(request);
        }
        let Some(reply) = &mut self.reply else { return Poll::Ready(Err(awaited_again())) };
        let page = ready!(Pin::new(reply).poll(context))?;
        let rest = self.rest.take().ok_or_else(awaited_again)?;
        Poll::Ready(rest.ends(page))
    }

    /// The page that was asked for, or an error with its names.
    pub(super) fn poll_ends(&mut self, context: &mut Context<'_>) -> Poll<Result<Ends>> {
        self.poll_page(context).map_err(|error| self.origin.name(error))
    }

    /// All records, or an error with its names.
    pub(super) fn poll_records(&mut self, context: &mut Context<'_>) -> Poll<Result<Vec<Record>>> {
        self.poll_all(context).map_err(|error| self.origin.name(error))
    }

    /// All records, page by page: until the end, or until the limit.
    fn poll_all(&mut self, context: &mut Context<'_>) -> Poll<Result<Vec<Record>>> {
        let mut request = self.take_request()?;
        let polled = self.poll_pages(&mut request, context);
        if polled.is_pending() {
            self.request = Some(Ok(request));
        }
        polled
    }

    fn poll_pages(&mut self, request: &mut Query, context: &mut Context<'_>) -> Poll<Result<Vec<Record>>> {
        let limit = self.limit.unwrap_or(usize::MAX);
        loop {
            let Some(reply) = &mut self.reply else {
                let left = limit.saturating_sub(self.records.len());
                request.limit = left.min(PAGE);
                // The last page need not say where the next begins, which would cost a look at one record more.
                request.wants_next = left > PAGE;
                self.send(request.clone());
                continue;
            };
            let page = ready!(Pin::new(reply).poll(context))?;
            self.reply = None;
            match self.records.is_empty() {
                true => self.records = page.records,
                false => self.records.extend(page.records),
            }
            request.after = page.next;
            if request.after.is_none() || self.records.len() >= limit {
                self.records.truncate(limit);
                if request.backwards {
                    self.records.reverse();
                }
                return Poll::Ready(Ok(std::mem::take(&mut self.records)));
            }
            request.after.iter().try_for_each(|position| self.advance.to(position))?;
        }
    }
}

/// Records that several readings gave, with what reads them as a model.
pub(super) struct Collected {
    pub(super) records: Vec<Record>,
    pub(super) origin: Origin,
    pub(super) fields: Option<&'static [&'static str]>,
}

impl Future for Reading<'_> {
    type Output = Result<Vec<Record>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<Vec<Record>>> {
        self.get_mut().poll_all(context)
    }
}

/// Ends in a page.
pub(super) fn poll_page<O: DeserializeOwned>(
    reading: &mut Reading<'_>,
    context: &mut Context<'_>,
) -> Poll<Result<Page<O>>> {
    // Written out, as below: each call of a combinator would be compiled with each model.
    match reading.poll_page(context) {
        Poll::Ready(Ok(ends)) => Poll::Ready(match decode_all(ends.records, &reading.origin, reading.fields) {
            Ok(items) => Ok(Page { items, next: ends.next, previous: ends.previous }),
            Err(error) => Err(error),
        }),
        Poll::Ready(Err(error)) => Poll::Ready(Err(reading.origin.name(error))),
        Poll::Pending => Poll::Pending,
    }
}

/// Ends in all records.
pub(super) fn poll_all<O: DeserializeOwned>(
    reading: &mut Reading<'_>,
    context: &mut Context<'_>,
) -> Poll<Result<Vec<O>>> {
    match reading.poll_all(context) {
        Poll::Ready(Ok(records)) => Poll::Ready(decode_all(records, &reading.origin, reading.fields)),
        Poll::Ready(Err(error)) => Poll::Ready(Err(reading.origin.name(error))),
        Poll::Pending => Poll::Pending,
    }
}

/// Ends in the records of several readings.
pub(super) fn poll_collected<O: DeserializeOwned>(
    collecting: &mut Reply<'_, Collected>,
    context: &mut Context<'_>,
) -> Poll<Result<Vec<O>>> {
    match Pin::new(collecting).poll(context) {
        Poll::Ready(Ok(Collected { records, origin, fields })) => Poll::Ready(decode_all(records, &origin, fields)),
        Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        Poll::Pending => Poll::Pending,
    }
}

/// Ends in the first record, of a reading of one record.
pub(super) fn poll_first<O: DeserializeOwned>(
    reading: &mut Reading<'_>,
    context: &mut Context<'_>,
) -> Poll<Result<Option<O>>> {
    match poll_all(reading, context) {
        Poll::Ready(Ok(mut records)) => Poll::Ready(Ok(records.pop())),
        Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        Poll::Pending => Poll::Pending,
    }
}

/// Reads the records as `O`: the model, or with `fields` a projection of it.
pub(super) fn decode_all<O: DeserializeOwned>(
    records: Vec<Record>,
    origin: &Origin,
    fields: Option<&[&str]>,
) -> Result<Vec<O>> {
    let mut decoded = Vec::with_capacity(records.len());
    for record in records {
        match decode_one(record, origin.definition, fields) {
            Ok(one) => decoded.push(one),
            Err(error) => return Err(origin.name(error)),
        }
    }
    Ok(decoded)
}

/// Reads a record as `O`: the model, or with `fields` a projection of it.
pub(super) fn decode_one<O: DeserializeOwned>(
    mut record: Record,
    definition: &'static Definition,
    fields: Option<&[&str]>,
) -> Result<O> {
    definition.complete(&mut record);
    // What the backend read for its own needs is left out.
    codec::decode_part(&record, definition, fields)
}
