//! All live records of a repository, a page at a time.

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::read::pages;
use crate::definition::Definition;
use crate::error::Result;
use crate::request::{Advance, Call, Position, Query, Source};
use crate::value::Record;

const PAGE: usize = 1000;

/// A scan of a repository's live records.
pub(crate) struct RecordScan<'a> {
    db: &'a Context,
    call: &'a Call,
    query: Option<Query>,
    advance: Advance<Position>,
}

impl<'a> RecordScan<'a> {
    pub(crate) fn new(db: &'a Context, call: &'a Call, definition: &'static Definition) -> Self {
        let mut query = Query::new(definition, Source::scan(None), PAGE);
        query.consistent = true;
        Self { db, call, query: Some(query), advance: Advance::default() }
    }

    /// The next page; none after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Record>>> {
        let Some(query) = self.query.take() else { return Ok(None) };
        let page = pages::read_page(self.db, self.call, &query).await?;
        page.next.iter().try_for_each(|next| self.advance.to(next))?;
        self.query = page.next.map(|position| Query { after: Some(position), ..query });
        Ok(Some(page.records))
    }
}
