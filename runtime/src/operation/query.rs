//! A query: the records with one hash value, in the order of the range.

use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use serde::de::DeserializeOwned;

use super::collect;
use super::execute::Prepare;
use super::executing::Executing;
use super::index_kind::{Erased, IndexKind, Strong};
use super::page::{IntoCursor, Page};
use super::prepare::read::{self, QueryParts};
use super::range_parts::{self, AllGiven, Known, Left, NoRange, RangeParts, Ranged};
use super::reading::{Reading, poll_all, poll_first, poll_page};
use super::stream::RecordStream;
use crate::condition::{Composed, Condition};
use crate::database::Database;
use crate::error::Result;
use crate::field::{FieldType, Text, Types};
use crate::model::Model;
use crate::projection::Projection;
use crate::request::{self, KeyRange};
use crate::value::Value;

/// Reads the records with one hash value, in the order of the range: what `M::query(..)` and
/// `M::find_by_..(..)` return.
///
/// `R` is the range's type, or those of several range fields, `K` what it goes over, `O` what it is read as: the
/// model, or the projection of [`select`](Self::select).
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
    /// index holds all the same. PostgreSQL and Redis send whole records, of which the other fields are left out here.
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
    /// has; records that it leaves out are read and, on DynamoDB, paid for. On Redis it is applied here, to what was sent.
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

    pub(super) fn request(self, db: &Database) -> Result<request::Query> {
        read::query(db, M::DEFINITION, self.parts)
    }
}

impl<M: Model, R: RangeParts, K: IndexKind, O> Query<M, R, K, O> {
    /// Only range values within these bounds: any of Rust's ranges. Where the index has several
    /// range fields, of the first, or of the one after those that [`then`](Self::then) gave.
    pub fn range<'a>(mut self, bounds: impl RangeBounds<<R::First as FieldType>::Arg<'a>>) -> Self
    where
        R::First: 'a,
        <R::First as FieldType>::Arg<'a>: Clone,
    {
        let (low, high) = (bounds.start_bound().cloned(), bounds.end_bound().cloned());
        let bounds =
            range_parts::encode_bound::<R>(low).and_then(|low| Ok((low, range_parts::encode_bound::<R>(high)?)));
        self.parts.range = bounds.map(|(low, high)| match (low, high) {
            (Bound::Unbounded, Bound::Unbounded) => KeyRange::All,
            (low, high) => KeyRange::Between(low, high),
        });
        self
    }

    /// Only range values that begin so.
    pub fn begins_with(mut self, prefix: &str) -> Self
    where
        R::First: Text,
    {
        self.parts.range = Ok(if prefix.is_empty() { KeyRange::All } else { KeyRange::Prefix(prefix.to_owned()) });
        self
    }

    /// Only records with this value of the first range field, in the order of the next: the field that
    /// [`range`](Self::range), [`begins_with`](Self::begins_with) and a further `then` are about from here on.
    ///
    /// It costs no more than a query without it: DynamoDB takes it into its key condition, the others
    /// read that part of the index. A range given before is
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), as it is of the first range field.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// #[repository(index(name = "by_tenant", hash = "tenant", range = ["state", "city"]))]
    /// struct Customer { #[hash_key] id: String, tenant: String, state: String, city: String }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Customer>().await?;
    /// # for (id, state, city) in [("a", "CA", "Fresno"), ("b", "CA", "Oakland"), ("c", "NY", "Fulton")] {
    /// #     let customer = Customer { id: id.into(), tenant: "t".into(), state: state.into(), city: city.into() };
    /// #     Customer::create(&customer).exec(&db).await?;
    /// # }
    /// let found = Customer::find_by_tenant("t").then("CA").begins_with("F").all(&db).await?;
    /// assert_eq!(found.iter().map(|customer| &*customer.id).collect::<Vec<_>>(), ["a"]);
    /// # Ok(()) }
    /// ```
    pub fn then(mut self, value: <R::First as FieldType>::Arg<'_>) -> Query<M, R::Rest, K, O> {
        self.parts.add_leading(R::encode_first(value));
        self.ranged()
    }
}

// The same names where there is no range, so that the compiler says so in words. With the lifetime the bound is
// judged at the call of the method, and not here.
impl<M: Model, K: IndexKind, O> Query<M, NoRange, K, O> {
    /// Does not compile: there is no range.
    #[doc(hidden)]
    pub fn range<B>(self, _: B) -> Self
    where
        for<'later> NoRange: Ranged,
    {
        self
    }

    /// Does not compile: there is no range.
    #[doc(hidden)]
    pub fn begins_with<P>(self, _: P) -> Self
    where
        for<'later> NoRange: Ranged,
    {
        self
    }

    /// Does not compile: there is no range.
    #[doc(hidden)]
    pub fn then<V>(self, _: V) -> Self
    where
        for<'later> NoRange: Ranged,
    {
        self
    }
}

impl<M: Model, K: IndexKind, O> Query<M, AllGiven, K, O> {
    /// Does not compile: there is no range.
    #[doc(hidden)]
    pub fn range<B>(self, _: B) -> Self
    where
        for<'later> AllGiven: Left,
    {
        self
    }

    /// Does not compile: there is no range.
    #[doc(hidden)]
    pub fn begins_with<P>(self, _: P) -> Self
    where
        for<'later> AllGiven: Left,
    {
        self
    }

    /// Does not compile: there is no range.
    #[doc(hidden)]
    pub fn then<V>(self, _: V) -> Self
    where
        for<'later> AllGiven: Left,
    {
        self
    }
}

impl<M: Model, K: IndexKind, O> Query<M, Erased, K, O> {
    /// Does not compile: there is no range.
    #[doc(hidden)]
    pub fn range<B>(self, _: B) -> Self
    where
        for<'later> Erased: Known,
    {
        self
    }

    /// Does not compile: there is no range.
    #[doc(hidden)]
    pub fn begins_with<P>(self, _: P) -> Self
    where
        for<'later> Erased: Known,
    {
        self
    }

    /// Does not compile: there is no range.
    #[doc(hidden)]
    pub fn then<V>(self, _: V) -> Self
    where
        for<'later> Erased: Known,
    {
        self
    }
}
