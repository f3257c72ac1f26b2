use std::fmt;
use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use serde::de::DeserializeOwned;

use super::page::{IntoCursor, PAGE, Page, decode_all};
use super::prepare::named_on;
use super::stream::{self, Records};
use crate::condition::{self, Condition};
use crate::cursor::Cursor;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::field::{Field, FieldType, Text, Types};
use crate::limits;
use crate::projection::Projection;
use crate::repository::Repository;
use crate::request::{self, KeyRange, Source};
use crate::value::Value;

/// The table's own order: of a query that may be consistent.
#[derive(Debug, Clone, Copy)]
pub struct Primary;

/// A local index, by its position in the definition: a query of it may be consistent.
#[derive(Debug, Clone, Copy)]
pub struct Local<const INDEX: usize>;

/// Another index, by its position: on DynamoDB it lags behind writes by a moment.
#[derive(Debug, Clone, Copy)]
pub struct Secondary<const INDEX: usize>;

/// What a query goes over.
pub trait Place {
    /// The index; none is the table itself.
    const INDEX: Option<usize>;
}

impl Place for Primary {
    const INDEX: Option<usize> = None;
}

impl<const INDEX: usize> Place for Local<INDEX> {
    const INDEX: Option<usize> = Some(INDEX);
}

impl<const INDEX: usize> Place for Secondary<INDEX> {
    const INDEX: Option<usize> = Some(INDEX);
}

/// What can be read consistently: the primary key and local indexes.
#[diagnostic::on_unimplemented(
    message = "this index cannot be read consistently",
    label = "only the primary key and local indexes can",
    note = "DynamoDB keeps a global index behind the table; `get`, `query`, a local index or a unique finder can be consistent"
)]
pub trait Strong: Place {}

impl Strong for Primary {}
impl<const INDEX: usize> Strong for Local<INDEX> {}

/// The range type of an index without a range field.
#[derive(Debug, Clone, Copy)]
pub struct NoRange;

/// What [`NoRange`] is not.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this index has no range field, so there is no range to choose",
    label = "no range field",
    note = "give the index one: `#[index(range = \"field\")]`, or `range = \"field\"` in `#[repository(index(..))]`"
)]
pub trait Ranged {}

/// Reads the records with one hash value, in the order of the range: what `M::query(..)` and
/// `M::find_by_..(..)` give.
///
/// `R` is the range's type, `K` what it goes over, `O` what it gives: the model, or the projection
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
    hash: Result<Value>,
    index: Option<usize>,
    span: Result<KeyRange>,
    filter: Option<Condition<M>>,
    descending: bool,
    limit: Option<usize>,
    after: Option<Cursor>,
    consistent: bool,
    encode: Option<fn(&R) -> Result<Value>>,
    fields: Option<&'static [&'static str]>,
    marker: Types<(R, K, O)>,
}

impl<M: Repository, R, K: Place> Query<M, R, K> {
    /// A query of the primary key.
    #[doc(hidden)]
    pub fn primary(hash: Result<Value>) -> Self {
        Self {
            hash,
            index: None,
            span: Ok(KeyRange::All),
            filter: None,
            descending: false,
            limit: None,
            after: None,
            consistent: false,
            encode: None,
            fields: None,
            marker: PhantomData,
        }
    }

    /// A query of the index at a position of the definition.
    #[doc(hidden)]
    pub fn index(index: usize, hash: Result<Value>) -> Self {
        Self { index: Some(index), ..Self::primary(hash) }
    }

    /// Encodes range values as this field does (`serde(with)`).
    #[doc(hidden)]
    pub fn ranged_by<Role>(mut self, field: Field<M, R, Role>) -> Self {
        self.encode = field.encoder();
        self
    }

    /// Reads only the fields of a projection, and gives that. Where the index does not hold all of
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
            assert!(held, "the index does not hold a field of the projection: name it in `projection` of the index");
        }
        Query {
            hash: self.hash,
            index: self.index,
            span: self.span,
            filter: self.filter,
            descending: self.descending,
            limit: self.limit,
            after: self.after,
            consistent: self.consistent,
            encode: self.encode,
            fields: Some(P::FIELDS),
            marker: PhantomData,
        }
    }
}

impl<M: Repository, R, K: Place, O: DeserializeOwned> Query<M, R, K, O> {
    /// Only records for which the condition is true. It is applied by the server to what the index
    /// gives; records that it leaves out are read and, on DynamoDB, paid for.
    pub fn filter(mut self, condition: Condition<M>) -> Self {
        self.filter = Some(match self.filter {
            Some(other) => other.and(condition),
            None => condition,
        });
        self
    }

    /// From the greatest range value to the least.
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    /// At most so many records in the page, counted after the filter. The default is 1,000.
    pub fn limit(mut self, records: usize) -> Self {
        self.limit = Some(records);
        self
    }

    /// Goes on where a page of the same query ended. `None` is the first page.
    pub fn after(mut self, cursor: impl IntoCursor) -> Self {
        self.after = cursor.into_cursor();
        self
    }

    /// Reads the latest: on DynamoDB strongly consistent, at twice the read units. Only on the
    /// primary key and local indexes; anywhere else it does not compile.
    pub fn consistent(mut self) -> Self
    where
        K: Strong,
    {
        self.consistent = true;
        self
    }

    /// A page.
    ///
    /// Errors: [`InvalidInput`](crate::ErrorKind::InvalidInput) for a cursor of another query, a
    /// limit of 0, or a value that cannot be a key.
    pub async fn exec(self, db: &Database) -> Result<Page<O>> {
        let (named, fields) = (self.named("query"), self.fields);
        let request = self.request(db).map_err(&named)?;
        let bound = db.bind(&request);
        let page = db.backend().query(db.call("query"), request).await.map_err(&named)?;
        let next = page.next.map(|position| bound.seal(&position));
        Ok(Page::new(decode_all::<M, O>(page.records, fields).map_err(named)?, next))
    }

    /// All records, or as many as the limit says, in as many requests as it takes.
    pub async fn all(self, db: &Database) -> Result<Vec<O>> {
        let named = self.named("query");
        let (limit, fields) = (self.limit, self.fields);
        let request = self.request(db).map_err(&named)?;
        let records = stream::read_all(db, "query", request, limit).await.map_err(&named)?;
        decode_all::<M, O>(records, fields).map_err(named)
    }

    /// The first record. Nothing beyond it is read, unless a filter or expiry leaves records out.
    pub async fn first(mut self, db: &Database) -> Result<Option<O>> {
        self.limit = first_of(self.limit);
        Ok(self.all(db).await?.into_iter().next())
    }

    /// How many records there are, or the limit if there are more.
    pub async fn count(self, db: &Database) -> Result<u64> {
        let (named, limit) = (self.named("count"), self.limit);
        let request = self.request(db).map_err(&named)?;
        super::count::count(db, request, limit).await.map_err(named)
    }

    /// The records one by one, as many as the limit says. The next page is fetched while the one
    /// at hand is consumed; no more than two are held.
    pub fn stream(self, db: &Database) -> Records<M, O> {
        let (named, limit) = (named_on(M::definition(), "query", self.index), self.limit);
        Records::new(db.clone(), "query", self.request(db), limit, named)
    }

    /// The request that the database's backend would send for a page; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        let named = self.named("explain");
        self.request(db).and_then(|request| db.explain(request::Request::Query(&request))).map_err(named)
    }

    fn named(&self, operation: &'static str) -> impl Fn(Error) -> Error + Send + use<M, R, K, O> {
        named_on(M::definition(), operation, self.index)
    }

    fn request(self, db: &Database) -> Result<request::Query> {
        let definition = M::definition();
        let limits = db.backend().limits();
        let hash = self.hash?;
        let source = match self.index {
            None => {
                limits::check_key(&hash, definition.hash().kind, definition.hash_name(), limits.hash_key)?;
                Source::primary(hash)
            }
            Some(at) => {
                let unknown = || Error::invalid(format!("the model has no index at position {at}"));
                let index = definition.indexes().get(at).ok_or_else(unknown)?;
                let name = definition.part_name(index.hash());
                limits::check_key(&hash, index.hash().kind, name, limits.hash_key)
                    .map_err(|e| e.on_index(index.name))?;
                Source::index(index, [hash])
            }
        };
        let mut request = request::Query::new(definition, source, page_limit(self.limit)?);
        let range = match self.index {
            None => definition.range(),
            Some(at) => definition.indexes().get(at).and_then(|index| index.ranges().first().copied()),
        };
        request.range = match range {
            Some(part) => self.span?.of_kind(part.kind, definition.part_name(part))?,
            None => self.span?,
        };
        request.filter = self.filter.map(Condition::into_expr).transpose()?;
        request.filter.as_ref().map_or(Ok(()), condition::check_condition)?;
        request.filter = request.filter.map(|filter| M::definition().stored(filter));
        request.filter.as_ref().map_or(Ok(()), condition::check_size)?;
        request.descending = self.descending;
        request.consistent = self.consistent;
        request.projection = self.fields;
        request.after = self.after.map(|cursor| db.bind(&request).open(&cursor)).transpose()?;
        Ok(request)
    }
}

/// The limit of a read of the first record; one of 0 stays what it is.
pub(super) fn first_of(limit: Option<usize>) -> Option<usize> {
    Some(limit.map_or(1, |limit| limit.min(1)))
}

/// A page has one record at least: a page of none would be no page, and never the last.
pub(super) fn page_limit(limit: Option<usize>) -> Result<usize> {
    match limit {
        Some(0) => Err(Error::invalid("a limit of 0 records")),
        limit => Ok(limit.unwrap_or(PAGE)),
    }
}

impl<M: Repository, R: FieldType, K: Place, O> Query<M, R, K, O> {
    /// Only range values within these bounds: any of Rust's ranges. Where the index has several
    /// range fields, of the first.
    pub fn range<'a>(mut self, bounds: impl RangeBounds<R::Arg<'a>>) -> Self
    where
        R: 'a,
        R::Arg<'a>: Clone,
    {
        let bounds = self.bound(bounds.start_bound()).and_then(|low| Ok((low, self.bound(bounds.end_bound())?)));
        self.span = bounds.map(|(low, high)| match (low, high) {
            (Bound::Unbounded, Bound::Unbounded) => KeyRange::All,
            (low, high) => KeyRange::Between(low, high),
        });
        self
    }

    /// Only range values that begin so.
    pub fn begins_with(mut self, prefix: &str) -> Self
    where
        R: Text,
    {
        self.span = Ok(if prefix.is_empty() { KeyRange::All } else { KeyRange::Prefix(prefix.to_owned()) });
        self
    }

    fn bound<'a>(&self, bound: Bound<&R::Arg<'a>>) -> Result<Bound<Value>>
    where
        R: 'a,
        R::Arg<'a>: Clone,
    {
        let encode = |value: &R::Arg<'a>| match self.encode {
            Some(encode) => R::with_value(value.clone(), encode),
            None => <R as FieldType>::encode(value.clone()),
        };
        Ok(match bound {
            Bound::Included(value) => Bound::Included(encode(value)?),
            Bound::Excluded(value) => Bound::Excluded(encode(value)?),
            Bound::Unbounded => Bound::Unbounded,
        })
    }
}

/// The same names where there is no range, so that the compiler says so in words. The lifetime has the
/// bound judged where the method is called, and not here.
impl<M: Repository, K: Place, O> Query<M, NoRange, K, O> {
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
}

impl<M, R, K, O> Clone for Query<M, R, K, O> {
    fn clone(&self) -> Self {
        Self {
            hash: self.hash.clone(),
            index: self.index,
            span: self.span.clone(),
            filter: self.filter.clone(),
            descending: self.descending,
            limit: self.limit,
            after: self.after.clone(),
            consistent: self.consistent,
            encode: self.encode,
            fields: self.fields,
            marker: PhantomData,
        }
    }
}

impl<M: Repository, R, K, O> fmt::Debug for Query<M, R, K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("repository", &M::definition().name())
            .field("index", &self.index.and_then(|at| M::definition().indexes().get(at)).map(|index| index.name))
            .field("hash", &self.hash)
            .field("span", &self.span)
            .field("filter", &self.filter)
            .field("descending", &self.descending)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
