//! A scan: all records of a repository.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::collect;
use super::execute::{Operation, Origin, Prepare};
use super::executing::Executing;
use super::page::{Ends, IntoCursor, Page, PageRest};
use super::prepare::read::{self, ScanParts};
use super::reading::{Reading, decode_all, poll_collected, poll_first, poll_page};
use super::stream::RecordStream;
use crate::backend::Reply;
use crate::condition::{Composed, Condition};
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::model::Model;
use crate::projection::Projection;
use crate::request::{self, RecordPage};

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
    pub(super) parts: ScanParts,
    marker: PhantomData<fn() -> (M, O)>,
}

impl<M: Model> Scan<M> {
    /// A scan of the whole repository.
    #[allow(clippy::new_without_default, reason = "a scan of everything is no default of anything")]
    pub fn new() -> Self {
        let parts = ScanParts {
            filter: None,
            limit: None,
            after: None,
            before: None,
            segments: 1,
            consistent: false,
            fields: None,
        };
        Self { parts, marker: PhantomData }
    }

    /// Reads only the fields of a projection, and returns that. DynamoDB reads, and bills, the whole
    /// records all the same; PostgreSQL and Redis send them.
    pub fn select<P: Projection<Model = M>>(self) -> Scan<M, P> {
        let parts = ScanParts { fields: Some(P::FIELDS), ..self.parts };
        Scan { parts, marker: PhantomData }
    }
}

impl<M: Model, O> Scan<M, O> {
    /// Only records for which the condition is true; the others are read all the same.
    pub fn filter(mut self, condition: Condition<M>) -> Self {
        Composed::and_also(&mut self.parts.filter, condition.composed);
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

    /// The page that ends where another one began: the records before the `previous` of a page of the same
    /// scan, as they came. `None` is the first page.
    ///
    /// Errors: [`Unsupported`](crate::ErrorKind::Unsupported) on DynamoDB, which reads a whole table in one
    /// direction only.
    pub fn before(mut self, cursor: impl IntoCursor) -> Self {
        self.parts.before = cursor.into_cursor();
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

impl<M: Model, O: DeserializeOwned + Send> Scan<M, O> {
    /// A page.
    ///
    /// Errors: [`InvalidInput`](crate::ErrorKind::InvalidInput) for a cursor of another scan, or a limit
    /// of 0.
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<Page<O>>> + Send {
        Executing { asking: self.reading(db), poll: poll_page }
    }

    /// All records, or as many as the limit says.
    pub fn all(self, db: &Database) -> impl Future<Output = Result<Vec<O>>> + Send {
        let reading = collect::read_segments(db, M::DEFINITION, Self::NAME, self.parts);
        Executing { asking: Reply::later(reading), poll: poll_collected }
    }

    /// The first record that comes.
    pub fn first(mut self, db: &Database) -> impl Future<Output = Result<Option<O>>> + Send {
        self.parts.limit = read::limit_to_first(self.parts.limit);
        // In one request, whatever the segments: the first record of each but one would be read in vain.
        Executing { asking: self.reading(db), poll: poll_first }
    }

    /// How many records there are, or the limit if there are more.
    pub fn count(self, db: &Database) -> impl Future<Output = Result<u64>> + Send {
        collect::count_segments(db, M::DEFINITION, Self::NAME, self.parts)
    }

    /// The records one by one; no more than two pages are held.
    pub fn stream(self, db: &Database) -> RecordStream<M, O> {
        RecordStream::new(self.reading(db))
    }

    /// The request that the database's backend would send for a page, or for the first page of each
    /// segment; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        collect::explain_segments(db, M::DEFINITION, Self::NAME, &self.parts)
    }

    fn reading(self, db: &Database) -> Reading<'_> {
        Reading::of_scan(db, M::DEFINITION, Self::NAME, self.parts)
    }
}

impl<M: Model, O: DeserializeOwned + Send> Prepare for Scan<M, O> {
    const NAME: &'static str = "scan";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = request::Query;
    type Rest = PageRest;

    fn prepare(self, db: &Database) -> Result<(request::Query, PageRest)> {
        let request = read::scan(db, M::DEFINITION, &self.parts)?;
        let rest = PageRest::of(db, &request);
        Ok((request, rest))
    }
}

impl<M: Model, O: DeserializeOwned + Send> Operation for Scan<M, O> {
    type Output = Page<O>;

    fn finish(rest: PageRest, page: RecordPage) -> Result<Page<O>> {
        let Ends { records, next, previous } = rest.ends(page)?;
        let items = decode_all(records, &Origin::new(M::DEFINITION, Self::NAME, None), rest.fields())?;
        Ok(Page { items, next, previous })
    }

    fn explain(self, db: &Database) -> Result<String> {
        Scan::explain(self, db)
    }
}

impl<M, O> Clone for Scan<M, O> {
    fn clone(&self) -> Self {
        Self { parts: self.parts.clone(), marker: PhantomData }
    }
}

impl<M: Model, O> fmt::Debug for Scan<M, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("repository", &M::DEFINITION.name())
            .field("filter", &self.parts.filter)
            .field("limit", &self.parts.limit)
            .field("segments", &self.parts.segments)
            .finish_non_exhaustive()
    }
}
