//! Tables that are taken away, and their items. Each request may be sent again.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};

use super::observe::{STATES, describe_table, read_unless};
use crate::backend::BoxFuture;
use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::failure::{Class, Failure};
use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::parallel::{BATCHES, join_limited};
use crate::backend::dynamodb::request::batch_get::unprocessed;
use crate::backend::dynamodb::retry::{Attempts, of_sdk};
use crate::backend::support::outcome;
use crate::definition::Definition;
use crate::error::Result;
use crate::limits::requests::MOST_WRITES;
use crate::request::Call;

/// The key attributes of an item.
type Key = HashMap<String, AttributeValue>;

/// Takes the repository's table away, then that of its guards: records without guards would not be unique.
pub(in super::super) async fn drop_repository(
    db: &Context,
    call: &Call,
    definition: &'static Definition,
) -> Result<()> {
    db.defined.remove(definition);
    drop_table(db, call, definition.name()).await?;
    drop_table(db, call, &guard::table(definition)).await
}

/// Takes a table away and waits until it is gone.
async fn drop_table(db: &Context, call: &Call, name: &str) -> Result<()> {
    let mut waiting = Attempts::new(call);
    loop {
        let request = db.client.delete_table().table_name(name).send();
        match waiting.send("DeleteTable", of_sdk(request)).await {
            Ok(_) => {}
            Err(failure) if failure.class == Class::NoTable => return Ok(()),
            // It is being made, changed or deleted: by another process, or by the attempt before.
            Err(failure) if failure.class == Class::TableInUse || failure.class.is_transient() => {}
            Err(failure) => return Err(failure.into_error()),
        }
        if describe_table(db, call, name).await?.is_none() {
            return Ok(());
        }
        if !waiting.pause().await {
            return Err(outcome::timed_out(&format!("while the table {name} was being deleted")));
        }
    }
}

/// Deletes the items of the table, then the guards.
pub(in super::super) async fn truncate(db: &Context, call: &Call, definition: &'static Definition) -> Result<()> {
    let keys: Vec<_> = std::iter::once(definition.hash_name()).chain(definition.range_name()).collect();
    if !delete_items(db, call, definition.name(), &keys, |_| true).await? {
        return Err(outcome::undefined());
    }
    if definition.unique_indexes().next().is_none() {
        return Ok(());
    }
    // That one says how far the guards are, and is none.
    let states = AttributeValue::B(Blob::new(STATES));
    let is_guard = |key: &Key| key.get(guard::KEY) != Some(&states);
    delete_items(db, call, &guard::table(definition), &[guard::KEY], is_guard).await.map(drop)
}

/// Deletes the items of a table; false if there is no such table.
async fn delete_items(
    db: &Context,
    call: &Call,
    table: &str,
    keys: &[&str],
    is_deleted: impl Fn(&Key) -> bool,
) -> Result<bool> {
    let projection: Vec<_> = (0..keys.len()).map(|at| format!("#k{at}")).collect();
    let names: HashMap<_, _> = projection.iter().cloned().zip(keys.iter().map(|key| (*key).to_owned())).collect();
    let mut start = None;
    loop {
        let scan = || {
            let scan = db.client.scan().table_name(table).consistent_read(true);
            let scan = scan.projection_expression(projection.join(", "));
            scan.set_expression_attribute_names(Some(names.clone())).set_exclusive_start_key(start.clone()).send()
        };
        let Some(page) = read_unless(call, "Scan", |class| class == Class::NoTable, scan).await? else {
            return Ok(false);
        };
        let found: Vec<Key> = page.items.unwrap_or_default().into_iter().filter(|key| is_deleted(key)).collect();
        let delete = |keys: &[Key]| Box::pin(delete_batch(db, call, table, keys.to_vec())) as BoxFuture<'_, _>;
        let deletes = found.chunks(MOST_WRITES).map(delete).collect();
        join_limited(deletes, BATCHES).await.into_iter().collect::<Result<()>>()?;
        match page.last_evaluated_key {
            Some(last) => start = Some(last),
            None => return Ok(true),
        }
    }
}

/// Deletes the items of these keys, and those that were left, until none is.
async fn delete_batch(db: &Context, call: &Call, table: &str, keys: Vec<Key>) -> Result<()> {
    let delete = |key: Key| {
        let delete = DeleteRequest::builder().set_key(Some(key)).build().map_err(Failure::unbuilt)?;
        Ok(WriteRequest::builder().delete_request(delete).build())
    };
    let left = keys.into_iter().map(delete).collect::<Result<Vec<_>, Failure>>().map_err(Failure::into_error)?;
    let mut left = HashMap::from([(table.to_owned(), left)]);
    let mut attempts = Attempts::new(call);
    loop {
        let request = db.client.batch_write_item().set_request_items(Some(left.clone())).send();
        let error = match attempts.send("BatchWriteItem", of_sdk(request)).await {
            Ok(answer) => {
                left = answer.unprocessed_items.unwrap_or_default();
                if left.is_empty() {
                    return Ok(());
                }
                unprocessed()
            }
            Err(failure) if failure.class.is_transient() => failure.into_error(),
            Err(failure) => return Err(failure.into_error()),
        };
        if !attempts.pause().await {
            return Err(error);
        }
    }
}
