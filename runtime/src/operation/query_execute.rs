//! A query as an operation that is prepared and answered, and as it prints.

use std::fmt;

use serde::de::DeserializeOwned;

use super::execute::{Operation, Origin, Prepare};
use super::index_kind::IndexKind;
use super::page::{Ends, Page, PageRest};
use super::query::Query;
use super::reading::decode_all;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::model::Model;
use crate::request::{self, RecordPage};

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
