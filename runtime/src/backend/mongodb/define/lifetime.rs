//! Marks records that were stored before their model had a ttl with their expiry.
//!
//! The server computes each mark from the value that the record has then, and only if it has no mark yet. So
//! writers may be at work meanwhile, and several processes may mark; nothing is done twice.

use futures_util::TryStreamExt;
use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};

use super::super::find::FIND;
use super::super::predicate::{at, to_date};
use super::super::retry::read;
use crate::definition::{Definition, TimeUnit};
use crate::error::Result;
use crate::path::Path;
use crate::request::Call;
use crate::value::EXPIRES;

/// How many records are marked by one command.
const MANY: i64 = 1000;

/// Marks every record that has no mark with the expiry that its field sets.
pub(super) async fn mark_expiry(database: &Database, call: &Call, definition: &Definition) -> Result<()> {
    let (Some(ttl), Some(name)) = (definition.ttl(), definition.ttl_name()) else { return Ok(()) };
    let collection = &database.collection::<Document>(definition.name());
    let field = at(definition, &Path::field(name));
    let seconds = match ttl.unit {
        TimeUnit::Seconds => field.clone(),
        TimeUnit::Milliseconds => {
            doc! { "$toLong": { "$ceil": { "$divide": [{ "$toLong": field.clone() }, 1000] } } }.into()
        }
        TimeUnit::WholeMilliseconds => doc! { "$ceil": { "$divide": [{ "$toDecimal": field.clone() }, 1000] } }.into(),
    };
    let after = i64::try_from(ttl.seconds).unwrap_or(i64::MAX);
    // An integer that does not fit any more becomes a double, and that the furthest date.
    let expiry = to_date(doc! { "$add": [{ "$toDecimal": seconds }, after] }.into());
    let stage = &doc! { "$set": { EXPIRES: expiry } };
    let kinds: &[&str] = match ttl.unit {
        TimeUnit::Seconds | TimeUnit::WholeMilliseconds => &["int", "long", "double", "decimal"],
        TimeUnit::Milliseconds => &["date"],
    };
    let unmarked = doc! { "$expr": { "$in": [{ "$type": field }, kinds.to_vec()] }, EXPIRES: { "$exists": false } };
    let mut last: Option<Bson> = None;
    loop {
        let mut filter = unmarked.clone();
        if let Some(last) = last.take() {
            filter.insert("_id", doc! { "$gt": last });
        }
        let filter = &filter;
        let some = |_| async move {
            let find = collection.find(filter.clone()).projection(doc! { "_id": 1 }).sort(doc! { "_id": 1 });
            find.limit(MANY).await?.try_collect::<Vec<Document>>().await
        };
        let found = read(call, FIND, some).await?;
        let ids: Vec<_> = found.iter().filter_map(|record| record.get("_id").cloned()).collect();
        let Some(end) = ids.last() else { return Ok(()) };
        let mut these = unmarked.clone();
        these.insert("_id", doc! { "$in": &ids });
        read(call, "update", |_| collection.update_many(these.clone(), vec![stage.clone()]).into_future()).await?;
        last = Some(end.clone());
    }
}
