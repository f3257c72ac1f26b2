use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::page::{IntoCursor, Page, decode_all};
use super::prepare::named;
use super::query::{first_of, page_limit};
use super::stream::{self, Records};
use crate::condition::{self, Condition};
use crate::cursor::Cursor;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::projection::Projection;
use crate::repository::Repository;
use crate::request::{self, Source};

/// How many parts a scan can be read in.
const MOST_SEGMENTS: u32 = 1024;

/// Reads all records of a repository, in no order: what `M::scan()` gives. It is the only
/// operation that does.
///
/// The same ends as a [`Query`](super::Query).
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct Event { #[hash_key] stream: String, #[range_key] seq: u64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Event>().await?;
/// # let events: Vec<_> = (0..5).map(|seq| Event { stream: "s".into(), seq }).collect();
/// # Event::put_many(&events).exec(&db).await?;
/// assert_eq!(Event::scan().filter(Event::SEQ.gt(2)).count(&db).await?, 2);
/// # Ok(()) }
/// ```
#[must_use = "a scan does nothing until it is executed"]
pub struct Scan<M, O = M> {
    filter: Option<Condition<M>>,
    limit: Option<usize>,
    after: Option<Cursor>,
    segments: u32,
    consistent: bool,
    fields: Option<&'static [&'static str]>,
    marker: PhantomData<fn() -> (M, O)>,
}

impl<M: Repository> Scan<M> {
    /// A scan of the whole repository.
    #[allow(clippy::new_without_default, reason = "a scan of everything is no default of anything")]
    pub fn new() -> Self {
        Self {
            filter: None,
            limit: None,
            after: None,
            segments: 1,
            consistent: false,
            fields: None,
            marker: PhantomData,
        }
    }

    /// Reads only the fields of a projection, and gives that. DynamoDB reads, and bills, the whole
    /// records all the same.
    pub fn select<P: Projection<Model = M>>(self) -> Scan<M, P> {
        Scan {
            filter: self.filter,
            limit: self.limit,
            after: self.after,
            segments: self.segments,
            consistent: self.consistent,
            fields: Some(P::FIELDS),
            marker: PhantomData,
        }
    }
}

impl<M: Repository, O: DeserializeOwned> Scan<M, O> {
    /// Only records for which the condition is true; the others are read all the same.
    pub fn filter(mut self, condition: Condition<M>) -> Self {
        Condition::and_also(&mut self.filter, condition);
        self
    }

    /// At most so many records, counted after the filter. Of a page, the default is 1,000.
    pub fn limit(mut self, records: usize) -> Self {
        self.limit = Some(records);
        self
    }

    /// Goes on where a page of the same scan ended. `None` is the first page.
    pub fn after(mut self, cursor: impl IntoCursor) -> Self {
        self.after = cursor.into_cursor();
        self
    }

    /// Reads the latest: on DynamoDB strongly consistent, at twice the read units.
    pub fn consistent(mut self) -> Self {
        self.consistent = true;
        self
    }

    /// Reads so many parts at once, for [`all`](Self::all) and [`count`](Self::count). On DynamoDB
    /// these are its parallel segments; the other backends gain nothing by it. From 1 to 1,024, and not
    /// with a cursor.
    pub fn segments(mut self, segments: u32) -> Self {
        self.segments = segments;
        self
    }

    /// A page.
    ///
    /// Errors: [`InvalidInput`](crate::ErrorKind::InvalidInput) for a cursor of another scan, or a limit
    /// of 0.
    pub async fn exec(self, db: &Database) -> Result<Page<O>> {
        let named = named(M::definition(), "scan");
        let request = self.request(db, None).map_err(&named)?;
        let bound = db.bind(&request);
        let page = db.backend().query(db.call("scan"), request).await.map_err(&named)?;
        let next = page.next.map(|position| bound.seal(&position));
        Ok(Page::new(decode_all::<M, O>(page.records, self.fields).map_err(named)?, next))
    }

    /// All records, or as many as the limit says.
    pub async fn all(self, db: &Database) -> Result<Vec<O>> {
        let named = named(M::definition(), "scan");
        let requests = self.requests(db).map_err(&named)?;
        let limit = self.limit;
        let reads = requests.into_iter().map(|request| stream::read_all(db, "scan", request, limit));
        let parts = futures_util::future::try_join_all(reads).await.map_err(&named)?;
        let records = parts.into_iter().flatten().take(limit.unwrap_or(usize::MAX)).collect();
        decode_all::<M, O>(records, self.fields).map_err(named)
    }

    /// The first record that comes.
    pub async fn first(mut self, db: &Database) -> Result<Option<O>> {
        self.limit = first_of(self.limit);
        let named = named(M::definition(), "scan");
        let request = self.request(db, None).map_err(&named)?;
        let records = stream::read_all(db, "scan", request, self.limit).await.map_err(&named)?;
        Ok(decode_all::<M, O>(records, self.fields).map_err(named)?.into_iter().next())
    }

    /// How many records there are, or the limit if there are more.
    pub async fn count(self, db: &Database) -> Result<u64> {
        let named = named(M::definition(), "count");
        let requests = self.requests(db).map_err(&named)?;
        let counts = requests.into_iter().map(|request| super::count::count(db, request, self.limit));
        let all: u64 = futures_util::future::try_join_all(counts).await.map_err(named)?.iter().sum();
        Ok(self.limit.and_then(|limit| u64::try_from(limit).ok()).map_or(all, |limit| all.min(limit)))
    }

    /// The records one by one; no more than two pages are held.
    pub fn stream(self, db: &Database) -> Records<M, O> {
        let request = self.request(db, None);
        Records::new(db.clone(), "scan", request, self.limit, named(M::definition(), "scan"))
    }

    /// The request that the database's backend would send for a page, or for the first page of each
    /// segment; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        let named = named(M::definition(), "explain");
        let requests = self.requests(db).map_err(&named)?;
        let texts = requests.iter().map(|request| db.explain(request::Request::Query(request)));
        Ok(texts.collect::<Result<Vec<_>>>().map_err(named)?.join("\n"))
    }

    /// One request a segment.
    fn requests(&self, db: &Database) -> Result<Vec<request::Query>> {
        match self.segments {
            0 | 1 => Ok(vec![self.request(db, None)?]),
            _ if self.after.is_some() => Err(Error::invalid("a scan in segments does not go on at a cursor")),
            total => (0..total).map(|segment| self.request(db, Some((segment, total)))).collect(),
        }
    }

    fn request(&self, db: &Database, segment: Option<(u32, u32)>) -> Result<request::Query> {
        let total = self.segments;
        if total == 0 || total > MOST_SEGMENTS {
            return Err(Error::invalid(format!("a scan in {total} segments; it can have 1 to {MOST_SEGMENTS}")));
        }
        let source = Source::scan(segment);
        let mut request = request::Query::new(M::definition(), source, page_limit(self.limit)?);
        request.filter = self.filter.clone().map(Condition::into_expr).transpose()?;
        request.filter.as_ref().map_or(Ok(()), condition::check_condition)?;
        request.filter = request.filter.map(|filter| M::definition().stored(filter));
        request.filter.as_ref().map_or(Ok(()), condition::check_size)?;
        request.consistent = self.consistent;
        request.projection = self.fields;
        request.after = self.after.as_ref().map(|cursor| db.bind(&request).open(cursor)).transpose()?;
        Ok(request)
    }
}

impl<M, O> Clone for Scan<M, O> {
    fn clone(&self) -> Self {
        Self {
            filter: self.filter.clone(),
            limit: self.limit,
            after: self.after.clone(),
            segments: self.segments,
            consistent: self.consistent,
            fields: self.fields,
            marker: PhantomData,
        }
    }
}

impl<M: Repository, O> fmt::Debug for Scan<M, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("repository", &M::definition().name())
            .field("filter", &self.filter)
            .field("limit", &self.limit)
            .field("segments", &self.segments)
            .finish_non_exhaustive()
    }
}
