//! Tables that are taken away, and their items. Each request may be sent again.

use std::borrow::Cow;

use super::observe::{STATES, describe_table};
use crate::backend::BoxFuture;
use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::backend::dynamodb::failure::Class;
use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::parallel::{BATCHES, join_limited};
use crate::backend::dynamodb::request::batch_get::unprocessed;
use crate::backend::dynamodb::request::batch_write::{BatchPart, BatchWrite};
use crate::backend::dynamodb::request::page::PageRequest;
use crate::backend::dynamodb::retry::{Attempts, of_sdk};
use crate::backend::dynamodb::wire::answer::Found;
use crate::backend::support::outcome;
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::requests::MOST_WRITES;
use crate::request::Call;

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
            Err(failure) if failure.text().contains("protected against deletion") => {
                let message = format!("the table {name} is protected against deletion: turn that off there first");
                return Err(Error::new(ErrorKind::Backend, message).with_source(failure.into_error()));
            }
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
    delete_items(db, call, definition.name().into(), &keys, |_| true).await?;
    if definition.unique_indexes().next().is_none() {
        return Ok(());
    }
    // That one says how far the guards are, and is none.
    let is_states = |key: &Found| key.record.as_ref().ok().and_then(guard::key_of_guard).is_some_and(|k| k == STATES);
    delete_items(db, call, guard::table(definition).into(), &[guard::KEY], |key| !is_states(key)).await
}

/// Deletes those items of a table whose keys are chosen.
async fn delete_items(
    db: &Context,
    call: &Call,
    table: Cow<'static, str>,
    keys: &[&str],
    is_deleted: impl Fn(&Found) -> bool,
) -> Result<()> {
    let request = scan_of_keys(&table, keys);
    let mut start = None;
    loop {
        let page = request.read_page(db, call, start, None).await?;
        let chosen: Vec<_> = page.items.into_iter().filter(|key| is_deleted(key)).collect();
        let delete = |keys: &[Found]| {
            let part = |key: &Found| BatchPart { table: table.clone(), key: key.item.clone(), put: None };
            let batch = BatchWrite { parts: keys.iter().map(part).enumerate().collect() };
            Box::pin(delete_batch(db, call, batch)) as BoxFuture<'_, _>
        };
        let batches = chosen.chunks(MOST_WRITES).map(delete).collect();
        join_limited(batches, BATCHES).await.into_iter().collect::<Result<()>>()?;
        start = page.last;
        if start.is_none() {
            return Ok(());
        }
    }
}

/// The scan of a table that returns nothing but the keys.
fn scan_of_keys(table: &str, keys: &[&str]) -> PageRequest {
    let mut placeholders = Placeholders::default();
    let fields = keys.iter().map(|key| placeholders.name(key)).collect::<Vec<_>>().join(", ");
    let used = placeholders.used([fields.as_str()]);
    PageRequest { fields: Some(fields), used, ..PageRequest::scan(table) }
}

/// Sends the deletes, and those that were left, until none is.
async fn delete_batch(db: &Context, call: &Call, mut batch: BatchWrite) -> Result<()> {
    let mut attempts = Attempts::new(call);
    loop {
        let error = match batch.send(&*db.sender, &mut attempts).await {
            Ok((left, _)) if left.parts.is_empty() => return Ok(()),
            Ok((left, _)) => {
                batch = left;
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
