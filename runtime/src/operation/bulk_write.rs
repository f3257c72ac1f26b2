//! Deletes or updates all records that a query or scan finds, page by page.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::execute::Origin;
use super::executing::awaited_again;
use super::found_pages::{PageWriter, Pages};
use super::prepare::found::{FoundParts, found};
use super::prepare::read::{self, QueryParts, ScanParts};
use crate::backend::BoxFuture;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::request::Query;

/// A delete or an update of every record that a query or scan finds: what `.delete_all(&db)` and
/// `.update_all(&db, ..)` return.
///
/// It is awaited as it is, and gives how many records were deleted or updated. Nothing is sent before that.
///
/// The records are read in pages of 1,000, of which no more than the keys are sent, and each is written under the
/// condition that the query still finds it. One that another writer changed in the meantime so that the query does
/// not find it any more is left alone, and not counted. One that somebody else deletes at the same moment is counted
/// by both. If another writer moves a record within the index that is read, it may be met twice or not at all, as in
/// any read by pages.
///
/// An error ends it. Its [`cursor`](Error::cursor) says where to go on: the same query with `.after(cursor)` does the
/// rest, and none of the records that were done is written again. The records before the cursor that were not done are
/// the error's [`failures`](Error::failures), each with its own error and its [`key`](Error::key). If there is no
/// cursor, nothing was done. Each page has the whole deadline of an operation, and so has each repetition of what was
/// refused for a time (throttled, unavailable, out of time), which goes on as long as some of it succeeds.
///
/// Dropped half done, it has written some of the records of one page; [`progress`](Self::progress) tells of which page.
///
/// DynamoDB: a `Query` or `Scan` for each page and a conditional `DeleteItem` or `UpdateItem` for each record, eight
/// at once; without any condition, as in a scan without a filter, one `BatchWriteItem` for 25 deletes. With unique
/// fields the records are read first, 100 at a time, and each is a transaction. MongoDB: a `find` and one `delete` or
/// `update` command for 1,000 records. PostgreSQL: a `SELECT` for each page and a statement for each record, eight at
/// once; without any condition one `DELETE`. Redis: the scripts of a page, and for 100 records one that reads and one
/// that writes.
#[must_use = "nothing is written until it is awaited"]
pub struct BulkWrite<'a> {
    db: &'a Database,
    origin: Origin,
    state: State<'a>,
}

enum State<'a> {
    Asked(Box<Asked>),
    Running(BoxFuture<'a, Result<u64>>),
    Ended,
}

/// What is to be done.
struct Asked {
    query: Result<Query>,
    parts: FoundParts,
    /// How many records at most.
    limit: Option<usize>,
    progress: Option<Progress>,
}

impl<'a> BulkWrite<'a> {
    /// Of what a query finds.
    pub(super) fn of_query(
        db: &'a Database,
        definition: &'static Definition,
        name: &'static str,
        query: QueryParts,
        parts: FoundParts,
    ) -> Self {
        let (index, limit) = (query.index, query.limit);
        let query = read::query(db, definition, query);
        Self::new(db, Origin::new(definition, name, index), Asked { query, parts, limit, progress: None })
    }

    /// Of what a scan finds.
    pub(super) fn of_scan(
        db: &'a Database,
        definition: &'static Definition,
        name: &'static str,
        scan: ScanParts,
        parts: FoundParts,
    ) -> Self {
        let limit = scan.limit;
        let query = match scan.segments {
            0 | 1 => read::scan(db, definition, &scan),
            _ => Err(Error::invalid("a scan in segments writes nothing: there is no one place in it to go on from")),
        };
        Self::new(db, Origin::new(definition, name, None), Asked { query, parts, limit, progress: None })
    }

    fn new(db: &'a Database, origin: Origin, asked: Asked) -> Self {
        Self { db, origin, state: State::Asked(Box::new(asked)) }
    }

    /// Lets it be watched, and accounted for if it is dropped: how many records were met, done and refused so far,
    /// and [from where](Progress::cursor) to go on.
    ///
    /// ```
    /// # use reposit::{Database, Progress, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct Event { #[hash_key] stream: String, #[range_key] seq: u64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Event>().await?;
    /// # let events: Vec<_> = (0..300).map(|seq| Event { stream: "s".into(), seq }).collect();
    /// # Event::put_many(&events).exec(&db).await?;
    /// let progress = Progress::new();
    /// let deleted = Event::query("s").range(100..).delete_all(&db).progress(&progress).await?;
    /// assert_eq!((deleted, progress.done()), (200, 200));
    /// # Ok(()) }
    /// ```
    pub fn progress(mut self, progress: &Progress) -> Self {
        if let State::Asked(asked) = &mut self.state {
            progress.begin_pages();
            asked.progress = Some(progress.clone());
        }
        self
    }
}

impl Future for BulkWrite<'_> {
    type Output = Result<u64>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<u64>> {
        let this = self.get_mut();
        if let State::Asked(_) = this.state
            && let State::Asked(asked) = std::mem::replace(&mut this.state, State::Ended)
        {
            this.state = State::Running(Box::pin(run(this.db, this.origin, *asked)));
        }
        let State::Running(running) = &mut this.state else {
            return Poll::Ready(Err(this.origin.name(awaited_again())));
        };
        let polled = running.as_mut().poll(context).map_err(|error| this.origin.name(error));
        if polled.is_ready() {
            this.state = State::Ended;
        }
        polled
    }
}

async fn run(db: &Database, origin: Origin, asked: Asked) -> Result<u64> {
    let Asked { query, parts, limit, progress } = asked;
    let found = found(db, query?, parts)?;
    let mut pages = Pages::new(db, origin.operation, found.query.clone(), limit);
    let (mut done, mut met, mut cursor) = (0, 0, pages.cursor());
    loop {
        let page = pages.next().await.map_err(|error| error.at_cursor(cursor.clone()))?;
        let Some(keys) = page else { return Ok(done) };
        let writing = PageWriter { db, operation: origin.operation, progress: progress.as_ref(), first: met };
        met += keys.len();
        let written = writing.write(&found, keys).await.map_err(|error| error.at_cursor(cursor))?;
        done += written.done;
        cursor = pages.cursor();
        if let Some(progress) = &progress {
            progress.pass(cursor.clone());
        }
        if !written.failures.is_empty() {
            return Err(Error::of_batch(written.failures, met).at_cursor(cursor));
        }
    }
}

impl fmt::Debug for BulkWrite<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BulkWrite({}, {})", self.origin.definition.name(), self.origin.operation)
    }
}
