//! Reads of several records as they were at one moment.

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::key::to_key;
use crate::backend::dynamodb::request::read::send_read;
use crate::backend::dynamodb::request::transact_get::{TableKey, TransactGet};
use crate::backend::dynamodb::value::found_record;
use crate::backend::support::dedup::{Distinct, ident};
use crate::error::Result;
use crate::request::{Call, Get};
use crate::value::Record;

/// The transaction that reads these records, and which of its items is whose: an item may be in a
/// transaction once.
pub(crate) fn plan_snapshot(gets: &[Get]) -> Result<(TransactGet, Distinct<&Get>)> {
    let distinct = Distinct::new(gets.iter().enumerate(), |get| ident(get.definition, &get.key));
    let keys = distinct.items().iter();
    let keys = keys.map(|get| TableKey {
        table: get.definition.name().to_owned(),
        fields: get.definition.fields(),
        key: to_key(get.definition, &get.key),
    });
    Ok((TransactGet::new(keys.collect())?, distinct))
}

/// Reads live records in one transaction, in the order in which they were asked for.
pub(crate) async fn read_snapshot(db: &Context, call: &Call, gets: &[Get]) -> Result<Vec<Option<Record>>> {
    let (request, distinct) = plan_snapshot(gets)?;
    let mut records = vec![None; gets.len()];
    if gets.is_empty() {
        return Ok(records);
    }
    for (at, found) in send_read(db, call, &request).await?.into_iter().enumerate() {
        let Some((get, found)) = distinct.items().get(at).zip(found) else { continue };
        let record = found_record(get.definition, found)?;
        if record.is_live(get.definition, call) {
            for position in distinct.positions_at(at) {
                if let Some(place) = records.get_mut(*position) {
                    *place = Some(record.clone());
                }
            }
        }
    }
    Ok(records)
}
