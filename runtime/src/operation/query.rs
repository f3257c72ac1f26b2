//! A query: the records with one hash value, in the order of the range.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::collect;
use super::execute::{Operation, Origin, Prepare};
use super::executing::Executing;
use super::index_kind::{Erased, IndexKind, Strong};
use super::page::{Ends, IntoCursor, Page, PageRest};
use super::prepare::read::{self, QueryParts};
use super::reading::{Reading, decode_all, poll_all, poll_first, poll_page};
use super::stream::RecordStream;
use crate::condition::{Composed, Condition};
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::field::Types;
use crate::model::Model;
use crate::projection::Projection;
use crate::request::{self, RecordPage};
use crate::value::Value;

/// Reads the records with one hash value, in the order of the range: what `M::query(..)` and
/// `M::find_by_..(..)` return.
///
/// `R` is the range's type, or those of several range fields, `K` what it goes over, `O` what it is read as: the model, or the projection
/// of [`select`](Self::select).
///
/// It ends with [`exec`](Self::exec) (a page), [`all`](Self::all), [`first`](Self::first),
/// [`count`](Self::count) or [`stream`](Self::stream). A page is one request, unless a filter
/// leaves too few records and more have to be read.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct Event { #[hash_key] stream: String, #[range_key] seq: u64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Event>().await?;
/// # let events: Vec<_> = (0..5).map(|seq| Event { stream: "s".into(), seq }).collect();
/// # Event::put_many(&events).exec(&db).await?;
/// let page = Event::query("s").range(1..).descending().limit(2).exec(&db).await?;
/// assert_eq!(page.items.iter().map(|event| event.seq).collect::<Vec<_>>(), [4, 3]);
/// let next = page.next.expect("there are more");
/// let rest = Event::query("s").range(1..).descending().after(next).all(&db).await?;
/// assert_eq!(rest.iter().map(|event| event.seq).collect::<Vec<_>>(), [2, 1]);
/// # Ok(()) }
/// ```
#[must_use = "a query does nothing until it is executed"]
pub struct Query<M, R, K, O = M> {
    pub(super) parts: QueryParts,
    marker: Types<(M, R, K, O)>,
}

impl<M: Model, R, K: IndexKind> Query<M, R, K> {
    /// A query of the primary key.
    #[doc(hidden)]
    pub fn primary(hash: Result<Value>) -> Self {
        Self::of(QueryParts::new(None, hash))
    }

    /// A query of the index at a position of the definition.
    #[doc(hidden)]
    pub fn index(index: usize, hash: Result<Value>) -> Self {
        Self::of(QueryParts::new(Some(index), hash))
    }

    /// The same of an index whose hash has further parts.
    #[doc(hidden)]
    pub fn also<const MORE: usize>(mut self, hash: [Result<Value>; MORE]) -> Self {
        self.parts.more_hash = hash.into();
        self
    }

    /// Reads only the fields of a projection, and returns that. If the index does not hold all of
    /// them, it does not compile.
    ///
    /// MongoDB and DynamoDB send no other fields; DynamoDB reads, and bills, the whole of what the
    /// index holds all the same.
    pub fn select<P: Projection<Model = M>>(self) -> Query<M, R, K, P> {
        const {
            let held = match K::INDEX {
                Some(index) => M::DEFINITION.holds(index, P::FIELDS),
                None => true,
            };
            assert!(!K::IS_ERASED, "an erased query reads whole records: write `select` before `erased`");
            assert!(held, "the index does not hold a field of the projection: name it in `projection` of the index");
        }
        let parts = QueryParts { fields: Some(P::FIELDS), ..self.parts };
        Query::of(parts)
    }
}

impl<M, R, K, O> Query<M, R, K, O> {
    pub(super) fn of(parts: QueryParts) -> Self {
        Self { parts, marker: PhantomData }
    }

    /// The same query with other range fields left.
    pub(super) fn ranged<Rest>(self) -> Query<M, Rest, K, O> {
        Query::of(self.parts)
    }

    /// The same query as a type that says nothing of its index: queries of several finders can so be in one
    /// list, or come from the arms of one `if`.
    ///
    /// It has all that a query has, but for what depends on the index: a range, `consistent` and `select` come
    /// before.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// struct Order { #[hash_key] id: String, #[index] customer: String, #[index(range = "at")] shop: String, at: i64 }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Order>().await?;
    /// # let (of_shop, since) = (Some("s"), 7);
    /// let orders = match of_shop {
    ///     Some(shop) => Order::find_by_shop(shop).range(since..).erased(),
    ///     None => Order::find_by_customer("ada").erased(),
    /// };
    /// let page = orders.filter(Order::ID.ne("o1")).limit(20).exec(&db).await?;
    /// # assert!(page.items.is_empty());
    /// # Ok(()) }
    /// ```
    pub fn erased(self) -> Query<M, Erased, Erased, O> {
        Query::of(self.parts)
    }
}

impl<M: Model, R, K: IndexKind, O> Query<M, R, K, O> {
    /// Only records for which the condition is true. It is applied by the server to what the index
    /// has; records that it leaves out are read and, on DynamoDB, paid for.
    pub fn filter(mut self, condition: Condition<M>) -> Self {
        Composed::and_also(&mut self.parts.filter, condition.composed);
        self
    }

    /// From the greatest range value to the least.
    pub fn descending(mut self) -> Self {
        self.parts.descending = true;
        self
    }

    /// At most so many records in the page, counted after the filter. The default is 1,000.
    pub fn limit(mut self, records: usize) -> Self {
        self.parts.limit = Some(records);
        self
    }

    /// Goes on where a page of the same query ended. `None` is the first page.
    pub fn after(mut self, cursor: impl IntoCursor) -> Self {
        self.parts.after = cursor.into_cursor();
        self
    }

    /// The page that ends where another one began: the records before the `previous` of a page of the same
    /// query, in the same order. `None` is the first page.
    ///
    /// It costs what the page after costs, as the index is read from there in the other direction.
    /// [`all`](Self::all) and [`first`](Self::first) with a limit give the last records before the cursor. A
    /// stream does not go backwards; it is [`InvalidInput`](crate::ErrorKind::InvalidInput), as is a cursor for
    /// [`after`](Self::after) besides.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct Event { #[hash_key] stream: String, #[range_key] seq: u64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Event>().await?;
    /// # let events: Vec<_> = (0..5).map(|seq| Event { stream: "s".into(), seq }).collect();
    /// # Event::put_many(&events).exec(&db).await?;
    /// let first = Event::query("s").limit(2).exec(&db).await?;
    /// let second = Event::query("s").limit(2).after(&first.next).exec(&db).await?;
    /// let back = Event::query("s").limit(2).before(&second.previous).exec(&db).await?;
    /// assert_eq!((&back.items, back.previous), (&first.items, None));
    /// # Ok(()) }
    /// ```
    pub fn before(mut self, cursor: impl IntoCursor) -> Self {
        self.parts.before = cursor.into_cursor();
        self
    }

    /// Reads the latest: on DynamoDB strongly consistent, at twice the read units. Only on the
    /// primary key and local indexes; anywhere else it does not compile.
    pub fn consistent(mut self) -> Self
    where
        K: Strong,
    {
        self.parts.consistent = true;
        self
    }
}

impl<M: Model, R, K: IndexKind, O: DeserializeOwned + Send> Query<M, R, K, O> {
    /// A page.
    ///
    /// Errors: [`InvalidInput`](crate::ErrorKind::InvalidInput) for a cursor of another query, a
    /// limit of 0, or a value that cannot be a key.
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<Page<O>>> + Send {
        Executing { asking: self.reading(db), poll: poll_page }
    }

    /// All records, or as many as the limit says, in as many requests as it takes.
    pub fn all(self, db: &Database) -> impl Future<Output = Result<Vec<O>>> + Send {
        Executing { asking: self.reading(db), poll: poll_all }
    }

    /// The first record. Nothing beyond it is read, unless a filter or expiry leaves records out.
    pub fn first(mut self, db: &Database) -> impl Future<Output = Result<Option<O>>> + Send {
        self.parts.limit = read::limit_to_first(self.parts.limit);
        Executing { asking: self.reading(db), poll: poll_first }
    }

    /// How many records there are, or the limit if there are more.
    pub fn count(self, db: &Database) -> impl Future<Output = Result<u64>> + Send {
        collect::count_query(db, M::DEFINITION, Self::NAME, self.parts)
    }

    /// The records one by one, as many as the limit says. The next page is fetched while the one
    /// at hand is consumed; no more than two are held.
    pub fn stream(self, db: &Database) -> RecordStream<M, O> {
        RecordStream::new(self.reading(db))
    }

    /// The request that the database's backend would send for a page; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        self.reading(db).explain()
    }

    fn reading(self, db: &Database) -> Reading<'_> {
        Reading::of_query(db, M::DEFINITION, Self::NAME, self.parts)
    }

    fn request(self, db: &Database) -> Result<request::Query> {
        read::query(db, M::DEFINITION, self.parts)
    }
}

impl<M: Model, R, K: IndexKind, O: DeserializeOwned + Send> Prepare for Query<M, R, K, O> {
    const NAME: &'static str = "query";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = request::Query;
    type Rest = PageRest;

    fn index_position(&self) -> Option<usize> {
        self.parts.index
    }

    fn prepare(self, db: &Database) -> Result<(request::Query, PageRest)> {
        let request = self.request(db)?;
        let rest = PageRest::of(db, &request);
        Ok((request, rest))
    }
}

impl<M: Model, R, K: IndexKind, O: DeserializeOwned + Send> Operation for Query<M, R, K, O> {
    type Output = Page<O>;

    fn finish(rest: PageRest, page: RecordPage) -> Result<Page<O>> {
        let Ends { records, next, previous } = rest.ends(page)?;
        let items = decode_all(records, &Origin::new(M::DEFINITION, Self::NAME, None), rest.fields())?;
        Ok(Page { items, next, previous })
    }
}

impl<M, R, K, O> Clone for Query<M, R, K, O> {
    fn clone(&self) -> Self {
        Self::of(self.parts.clone())
    }
}

impl<M: Model, R, K, O> fmt::Debug for Query<M, R, K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = self.parts.index.and_then(|at| M::DEFINITION.indexes().get(at));
        f.debug_struct("Query")
            .field("repository", &M::DEFINITION.name())
            .field("index", &index.map(|index| index.name))
            .field("hash", &self.parts.hash)
            .field("more_hash", &self.parts.more_hash)
            .field("leading", &self.parts.leading)
            .field("range", &self.parts.range)
            .field("filter", &self.parts.filter)
            .field("descending", &self.parts.descending)
            .field("limit", &self.parts.limit)
            .finish_non_exhaustive()
    }
}
