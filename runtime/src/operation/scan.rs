//! A scan: all records of a repository.

use std::fmt;
use std::marker::PhantomData;

use futures_util::future::try_join_all;
use serde::de::DeserializeOwned;

use super::collect;
use super::execute::{Operation, Origin, Prepare, run};
use super::page::{IntoCursor, Page, PageRest, decode_all};
use super::prepare::read::{self, ScanParts};
use super::stream::RecordStream;
use crate::condition::{Composed, Condition};
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::projection::Projection;
use crate::repository::Repository;
use crate::request::{self, RecordPage, Request};

/// Reads all records of a repository, in no order: what `M::scan()` returns. It is the only
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
    parts: ScanParts,
    filter: Option<Composed>,
    marker: PhantomData<fn() -> (M, O)>,
}

impl<M: Repository> Scan<M> {
    /// A scan of the whole repository.
    #[allow(clippy::new_without_default, reason = "a scan of everything is no default of anything")]
    pub fn new() -> Self {
        let parts = ScanParts { limit: None, after: None, segments: 1, consistent: false, fields: None };
        Self { parts, filter: None, marker: PhantomData }
    }

    /// Reads only the fields of a projection, and returns that. DynamoDB reads, and bills, the whole
    /// records all the same.
    pub fn select<P: Projection<Model = M>>(self) -> Scan<M, P> {
        let parts = ScanParts { fields: Some(P::FIELDS), ..self.parts };
        Scan { parts, filter: self.filter, marker: PhantomData }
    }
}

impl<M: Repository, O> Scan<M, O> {
    /// Only records for which the condition is true; the others are read all the same.
    pub fn filter(mut self, condition: Condition<M>) -> Self {
        self.filter = Composed::and_also(self.filter, condition.into_composed());
        self
    }

    /// At most so many records, counted after the filter. Of a page, the default is 1,000.
    pub fn limit(mut self, records: usize) -> Self {
        self.parts.limit = Some(records);
        self
    }

    /// Goes on where a page of the same scan ended. `None` is the first page.
    pub fn after(mut self, cursor: impl IntoCursor) -> Self {
        self.parts.after = cursor.into_cursor();
        self
    }

    /// Reads the latest: on DynamoDB strongly consistent, at twice the read units.
    pub fn consistent(mut self) -> Self {
        self.parts.consistent = true;
        self
    }

    /// Reads so many parts at once, for [`all`](Self::all) and [`count`](Self::count). On DynamoDB
    /// these are its parallel segments; the other backends gain nothing by it. From 1 to 1,024, and not
    /// with a cursor.
    pub fn segments(mut self, segments: u32) -> Self {
        self.parts.segments = segments;
        self
    }
}

impl<M: Repository, O: DeserializeOwned + Send> Scan<M, O> {
    /// A page.
    ///
    /// Errors: [`InvalidInput`](crate::ErrorKind::InvalidInput) for a cursor of another scan, or a limit
    /// of 0.
    pub async fn exec(self, db: &Database) -> Result<Page<O>> {
        run(self, db).await
    }

    /// All records, or as many as the limit says.
    pub async fn all(self, db: &Database) -> Result<Vec<O>> {
        let (origin, limit, fields) = (Origin::of(&self), self.parts.limit, self.parts.fields);
        let requests = self.segment_requests(db).map_err(|e| origin.name(e))?;
        let reads = requests.into_iter().map(|request| collect::read_all(db, origin.operation, request, limit));
        let segments = try_join_all(reads).await.map_err(|e| origin.name(e))?;
        let records = segments.into_iter().flatten().take(limit.unwrap_or(usize::MAX)).collect();
        decode_all::<M, O>(records, fields).map_err(|e| origin.name(e))
    }

    /// The first record that comes.
    pub async fn first(mut self, db: &Database) -> Result<Option<O>> {
        self.parts.limit = read::limit_to_first(self.parts.limit);
        let (origin, limit, fields) = (Origin::of(&self), self.parts.limit, self.parts.fields);
        // In one request, whatever the segments: the first record of each but one would be read in vain.
        let request = self.request(db).map_err(|e| origin.name(e))?;
        let records = collect::read_all(db, origin.operation, request, limit).await.map_err(|e| origin.name(e))?;
        Ok(decode_all::<M, O>(records, fields).map_err(|e| origin.name(e))?.into_iter().next())
    }

    /// How many records there are, or the limit if there are more.
    pub async fn count(self, db: &Database) -> Result<u64> {
        let (origin, limit) = (Origin::of(&self).during("count"), self.parts.limit);
        let requests = self.segment_requests(db).map_err(|e| origin.name(e))?;
        let counts = requests.into_iter().map(|request| collect::count(db, request, limit));
        let all = try_join_all(counts).await.map_err(|e| origin.name(e))?.iter().sum();
        // Each segment counts to the limit.
        Ok(collect::at_most(all, limit))
    }

    /// The records one by one; no more than two pages are held.
    pub fn stream(self, db: &Database) -> RecordStream<M, O> {
        let (origin, limit) = (Origin::of(&self), self.parts.limit);
        RecordStream::new(db.clone(), self.request(db), limit, origin)
    }

    /// The request that the database's backend would send for a page, or for the first page of each
    /// segment; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        let origin = Origin::of(&self).during("explain");
        let requests = self.segment_requests(db).map_err(|e| origin.name(e))?;
        let texts = requests.iter().map(|request| db.explain(Request::Query(request)));
        Ok(texts.collect::<Result<Vec<_>>>().map_err(|e| origin.name(e))?.join("\n"))
    }

    fn segment_requests(self, db: &Database) -> Result<Vec<request::Query>> {
        read::scan_segments(db, M::definition(), &self.parts, self.filter.map(Composed::into_expr))
    }

    fn request(self, db: &Database) -> Result<request::Query> {
        read::scan(db, M::definition(), &self.parts, self.filter.map(Composed::into_expr))
    }
}

impl<M: Repository, O: DeserializeOwned + Send> Prepare for Scan<M, O> {
    const NAME: &'static str = "scan";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = request::Query;
    type Rest = PageRest;

    fn prepare(self, db: &Database) -> Result<(request::Query, PageRest)> {
        let request = self.request(db)?;
        let rest = PageRest::of(db, &request);
        Ok((request, rest))
    }
}

impl<M: Repository, O: DeserializeOwned + Send> Operation for Scan<M, O> {
    type Output = Page<O>;

    fn finish(rest: PageRest, page: RecordPage) -> Result<Page<O>> {
        rest.decode::<M, O>(page)
    }

    fn explain(self, db: &Database) -> Result<String> {
        Scan::explain(self, db)
    }
}

impl<M, O> Clone for Scan<M, O> {
    fn clone(&self) -> Self {
        Self { parts: self.parts.clone(), filter: self.filter.clone(), marker: PhantomData }
    }
}

impl<M: Repository, O> fmt::Debug for Scan<M, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("repository", &M::definition().name())
            .field("filter", &self.filter)
            .field("limit", &self.parts.limit)
            .field("segments", &self.parts.segments)
            .finish_non_exhaustive()
    }
}
