//! Reads of guards.

use std::collections::{HashMap, HashSet};

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::guard::{self, GuardKey};
use crate::backend::dynamodb::request::batch_get::BatchGet;
use crate::backend::dynamodb::request::page::PageRequest;
use crate::backend::dynamodb::wire::item::Item;
use crate::definition::Definition;
use crate::error::Result;
use crate::limits::requests::MOST_KEYS;
use crate::request::Call;
use crate::value::Record;

/// The guards of these keys, whether or not they have expired.
pub(crate) async fn fetch_guards(
    db: &Context,
    call: &Call,
    definition: &Definition,
    keys: &[GuardKey],
) -> Result<HashMap<GuardKey, Record>> {
    let table = guard::table(definition);
    let mut found = HashMap::with_capacity(keys.len());
    let distinct: HashSet<_> = keys.iter().collect();
    let distinct: Vec<_> = distinct.into_iter().collect();
    for chunk in distinct.chunks(MOST_KEYS) {
        let mut batch = BatchGet::default();
        chunk.iter().for_each(|key| batch.add(&table, &[], guard::to_key(key), true, || None));
        for (_, read) in batch.read_all(db, call).await? {
            let guard = read.record?;
            found.extend(guard::key_of_guard(&guard).map(|key| (key, guard)));
        }
    }
    Ok(found)
}

/// A page of a repository's guards, and where the next one starts.
pub(crate) async fn scan_guards(
    db: &Context,
    call: &Call,
    definition: &Definition,
    start: Option<Item>,
) -> Result<(Vec<Record>, Option<Item>)> {
    let page = PageRequest::scan(guard::table(definition)).read_page(db, call, start, None).await?;
    let guards = page.items.into_iter().map(|found| found.record).collect::<Result<_>>()?;
    Ok((guards, page.last))
}
