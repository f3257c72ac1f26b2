//! Finds by the values of a unique index.

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::expression::condition;
use crate::backend::dynamodb::expression::liveness;
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::request::get::GetItem;
use crate::backend::dynamodb::request::page::PageRequest;
use crate::backend::dynamodb::request::read::send_read;
use crate::backend::dynamodb::value::found_record;
use crate::condition::{Expr, Op};
use crate::definition::Projection;
use crate::error::Result;
use crate::path::Path;
use crate::request::{Advance, Call, FindUnique, RecordKey, index_values};
use crate::value::Record;

/// How often a guard is read again whose record had left it meanwhile.
const TRIES: u32 = 8;

/// The query of a unique index.
pub(crate) fn index_query(find: &FindUnique, call: &Call) -> PageRequest {
    let definition = find.definition;
    let mut placeholders = Placeholders::default();
    let equal = find.index.parts().zip(&find.values).map(|(part, value)| Expr::Compare {
        path: Path::field(definition.part_name(part)),
        op: Op::Eq,
        value: value.clone(),
    });
    let key = condition::write_expr(&Expr::And(equal.collect()), &mut placeholders).into_expression(&mut placeholders);
    let filter = definition.ttl().map(|_| liveness::live(definition, call, &mut placeholders));
    let filter = filter.and_then(|filter| filter.into_expression(&mut placeholders));
    let used = placeholders.used(key.iter().chain(&filter).map(String::as_str));
    PageRequest {
        table: definition.name().to_owned(),
        model: definition.fields(),
        index: Some(find.index.name),
        key,
        filter,
        used,
        ..PageRequest::default()
    }
}

/// The read of the guard of a value.
pub(crate) fn guard_read(find: &FindUnique) -> GetItem {
    let key = guard::to_key(&guard::key_of_values(find.definition, find.index, &find.values));
    GetItem::new(guard::table(find.definition), key, true)
}

/// Finds the live record with the values, by the index or, consistently, by the guard.
pub(crate) async fn find_unique(db: &Context, call: &Call, find: &FindUnique) -> Result<Option<Record>> {
    if find.consistent { find_by_guard(db, call, find).await } else { find_by_index(db, call, find).await }
}

/// Queries the index, which may be a moment behind.
async fn find_by_index(db: &Context, call: &Call, find: &FindUnique) -> Result<Option<Record>> {
    let definition = find.definition;
    let request = index_query(find, call);
    let mut start = None;
    let mut advance = Advance::of_empty_pages();
    loop {
        let page = request.read_page(db, call, start, None).await?;
        for found in page.items {
            let record = found_record(definition, found)?;
            let record = match find.index.projection {
                Projection::All => Some(record),
                _ => fetch_holder(db, call, find, RecordKey::from_record(definition, &record)?).await?,
            };
            if let Some(record) = record.filter(|record| record.is_live(definition, call)) {
                return Ok(Some(record));
            }
        }
        let Some(last) = page.last else { return Ok(None) };
        advance.to(&last)?;
        start = Some(last);
    }
}

/// Reads the guard, which is never behind, and then the record that it names.
async fn find_by_guard(db: &Context, call: &Call, find: &FindUnique) -> Result<Option<Record>> {
    let definition = find.definition;
    let request = guard_read(find);
    let mut before = None;
    for _ in 0..TRIES {
        let Some(found) = send_read(db, call, &request).await? else { return Ok(None) };
        let guard = found.record?;
        let Some(owner) = guard::owner(definition, &guard).filter(|_| guard::is_live(definition, &guard, call)) else {
            return Ok(None);
        };
        if let Some(record) = fetch_holder(db, call, find, owner).await? {
            return Ok(Some(record));
        }
        // The guard and its record are two reads. If the guard is still the same, no record has the value;
        // if not, the value went to another record between the reads.
        if before.replace(guard.clone()) == Some(guard) {
            return Ok(None);
        }
    }
    Ok(None)
}

/// The record of a key, if it is live and has the values.
async fn fetch_holder(db: &Context, call: &Call, find: &FindUnique, key: RecordKey) -> Result<Option<Record>> {
    let definition = find.definition;
    let found = send_read(db, call, &GetItem::of_record(definition, &key, true)).await?;
    let record = found.map(|found| found_record(definition, found)).transpose()?;
    let has = |record: &Record| index_values(definition, find.index, record).as_ref() == Some(&find.values);
    Ok(record.filter(|record| record.is_live(definition, call) && has(record)))
}
