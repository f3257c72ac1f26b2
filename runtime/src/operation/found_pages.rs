//! The keys of the records that a query finds, page by page, and the writes of a page.

use super::prepare::found::Found;
use super::prepare::read::PAGE;
use crate::cursor::Cursor;
use crate::database::Database;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{Observer, Progress};
use crate::request::{Advance, Position, Query, RecordKey, WriteMany};

/// The keys of the records that are found, page by page.
pub(super) struct Pages<'a> {
    db: &'a Database,
    operation: &'static str,
    /// The read of the next page.
    query: Query,
    /// How many records are wanted.
    left: usize,
    ended: bool,
    advance: Advance<Position>,
}

impl<'a> Pages<'a> {
    /// As many records as the limit says.
    pub(super) fn new(db: &'a Database, operation: &'static str, query: Query, limit: Option<usize>) -> Self {
        let left = limit.unwrap_or(usize::MAX);
        Self { db, operation, query, left, ended: false, advance: Advance::default() }
    }

    /// Where the next page begins; nothing at the beginning.
    pub(super) fn cursor(&self) -> Option<Cursor> {
        let bound = self.db.bind(&self.query);
        self.query.after.as_ref().map(|position| bound.seal(position))
    }

    /// The next page; nothing at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<RecordKey>>> {
        if self.ended || self.left == 0 {
            return Ok(None);
        }
        self.query.limit = self.left.min(PAGE);
        self.query.wants_next = self.left > PAGE;
        let page = self.db.backend().query(self.db.call(self.operation), self.query.clone()).await?;
        let Some(last) = page.records.last() else { return Ok(None) };
        let definition = self.query.definition;
        let keys: Vec<_> =
            page.records.iter().map(|record| RecordKey::from_record(definition, record)).collect::<Result<_>>()?;
        self.ended = page.next.is_none();
        // After the last page too there is a place to go on from, should some of it fail.
        let position = page.next.map_or_else(|| self.query.position_of(last), Ok)?;
        self.advance.to(&position)?;
        self.query.after = Some(position);
        self.left = self.left.saturating_sub(keys.len());
        Ok(Some(keys))
    }
}

/// Writes the records of a page.
pub(super) struct PageWriter<'a> {
    pub(super) db: &'a Database,
    pub(super) operation: &'static str,
    pub(super) progress: Option<&'a Progress>,
    /// How many records were met before.
    pub(super) first: usize,
}

/// What became of a page.
#[derive(Default)]
pub(super) struct WrittenPage {
    pub(super) done: u64,
    /// Those that were not done, by their positions in all that was met, with their keys.
    pub(super) failures: Vec<(usize, Error)>,
}

impl PageWriter<'_> {
    /// Writes each record; an error if for certain none was, and for no reason of its own.
    pub(super) async fn write(&self, found: &Found, keys: Vec<RecordKey>) -> Result<WrittenPage> {
        if let Some(progress) = self.progress {
            progress.extend(keys.len());
        }
        let (mut done, mut left, mut failures) = (0, 0, Vec::new());
        let mut open: Vec<_> = (0..keys.len()).collect();
        loop {
            let mut refused = Vec::new();
            for (at, result) in self.send(found, &keys, &open).await {
                match result {
                    Ok(()) => {
                        done += 1;
                        self.settle(at, None);
                    }
                    // The query does not find it any more.
                    Err(error) if error.kind().is_left_alone() => {
                        left += 1;
                        self.settle(at, Some(&error));
                    }
                    Err(error) if error.kind().is_transient() => refused.push((at, error)),
                    Err(error) => failures.push((at, error)),
                }
            }
            // What was refused for a time is sent again, as long as some of it is done.
            if refused.is_empty() || refused.len() == open.len() {
                failures.extend(refused);
                break;
            }
            open = refused.into_iter().map(|(at, _)| at).collect();
        }
        if done + left == 0
            && failures.iter().all(|(_, error)| !is_of_record(error.kind()))
            && let Some((_, error)) = failures.pop()
        {
            return Err(error);
        }
        failures.sort_by_key(|(at, _)| *at);
        Ok(WrittenPage {
            done,
            failures: failures.into_iter().map(|(at, error)| self.fail(&keys, at, error)).collect(),
        })
    }

    /// Sends the writes of the records at these places of the page, and gives what became of each.
    async fn send(&self, found: &Found, keys: &[RecordKey], open: &[usize]) -> Vec<(usize, Result<()>)> {
        let writes: Vec<_> = open.iter().filter_map(|at| found.write_of(keys.get(*at)?.clone())).collect();
        if writes.is_empty() {
            // Nothing is to be changed.
            return open.iter().map(|at| (*at, Ok(()))).collect();
        }
        let positions: Vec<_> = open.iter().map(|at| self.first + at).collect();
        let observer = Observer::new(self.progress.cloned()).for_positions(&positions).of_successes();
        let many = WriteMany::new(writes).observed(observer);
        match self.db.backend().write_many(self.db.call(self.operation), many).await {
            Ok(results) => open.iter().copied().zip(results.into_iter().map(|result| result.map(drop))).collect(),
            Err(error) => open.iter().map(|at| (*at, Err(error.clone()))).collect(),
        }
    }

    fn fail(&self, keys: &[RecordKey], at: usize, error: Error) -> (usize, Error) {
        self.settle(at, Some(&error));
        let error = match keys.get(at) {
            Some(key) => error.of_record(key.clone()),
            None => error,
        };
        (self.first + at, error)
    }

    fn settle(&self, at: usize, error: Option<&Error>) {
        if let Some(progress) = self.progress {
            progress.settle(self.first + at, error);
        }
    }
}

/// Whether an error may be one record's own, or the record may have been written.
fn is_of_record(kind: ErrorKind) -> bool {
    let is_of_all = matches!(kind, ErrorKind::SchemaMismatch | ErrorKind::Config | ErrorKind::Unsupported);
    !kind.is_transient() && !is_of_all
}
