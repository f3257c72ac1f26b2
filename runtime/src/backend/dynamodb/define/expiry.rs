//! The expiry of records that were there before their model had a ttl.
//!
//! Each is marked only while it has no mark, and by the value that its field has then. So writers may be at
//! work meanwhile, and other processes at the same, and what was done is not done again.

use crate::backend::BoxFuture;
use crate::backend::dynamodb::audit::backfill::backfill_guards;
use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::expression::condition;
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::backend::dynamodb::failure::Class;
use crate::backend::dynamodb::key::to_key;
use crate::backend::dynamodb::parallel::{ITEMS, join_limited};
use crate::backend::dynamodb::request::item::{ItemAction, ItemOp};
use crate::backend::dynamodb::request::page::PageRequest;
use crate::backend::dynamodb::retry::Attempts;
use crate::backend::dynamodb::value::found_record;
use crate::condition::{Expr, Op};
use crate::definition::Definition;
use crate::error::Result;
use crate::path::Path;
use crate::request::{Call, RecordKey};
use crate::value::{EXPIRES, Record, Value};

/// Marks every record that has no mark with the expiry that its field says, and lets its guards expire with
/// it.
pub(super) async fn mark_expiry(db: &Context, call: &Call, definition: &'static Definition) -> Result<()> {
    let Some(field) = definition.ttl_name() else { return Ok(()) };
    // Where the server expires records by the field, they need no mark.
    if !definition.expires_by_seconds() {
        mark_records(db, call, definition, field).await?;
    }
    let guarded: Vec<_> = definition.unique_indexes().collect();
    if guarded.is_empty() { Ok(()) } else { backfill_guards(db, call, definition, &guarded).await }
}

async fn mark_records(db: &Context, call: &Call, definition: &'static Definition, field: &'static str) -> Result<()> {
    let request = unmarked_records(definition, field);
    let mut start = None;
    loop {
        let page = request.read_page(db, call, start, None).await?;
        let mut tasks: Vec<BoxFuture<'_, Result<()>>> = Vec::new();
        for found in page.items {
            let record = found_record(definition, found)?;
            tasks.push(Box::pin(async move { mark_record(db, call, definition, field, &record).await }));
        }
        join_limited(tasks, ITEMS).await.into_iter().collect::<Result<()>>()?;
        start = page.last;
        if start.is_none() {
            return Ok(());
        }
    }
}

/// The scan of the records that have the field and no mark.
fn unmarked_records(definition: &Definition, field: &'static str) -> PageRequest {
    let mut placeholders = Placeholders::default();
    let p = &mut placeholders;
    let unmarked = condition::function("attribute_not_exists", &Path::field(EXPIRES), p);
    let dated = condition::function("attribute_exists", &Path::field(field), p);
    let filter = condition::all([unmarked, dated], p).into_expression(p);
    let used = placeholders.used(filter.iter().map(String::as_str));
    PageRequest { model: definition.fields(), filter, used, ..PageRequest::scan(definition.name()) }
}

/// Marks one record as it was read. One that is written meanwhile has its mark from its writer, or expires by
/// its field.
async fn mark_record(
    db: &Context,
    call: &Call,
    definition: &'static Definition,
    field: &'static str,
    record: &Record,
) -> Result<()> {
    let Some((at, value)) = definition.expiry_of(record).zip(record.get(field)) else { return Ok(()) };
    let mut placeholders = Placeholders::default();
    let p = &mut placeholders;
    let unmarked = condition::function("attribute_not_exists", &Path::field(EXPIRES), p);
    let same = Expr::Compare { path: Path::field(field), op: Op::Eq, value: value.to_value() };
    let same = condition::write_expr(&same, p);
    let condition = condition::all([unmarked, same], p).into_expression(p);
    let expression = format!("SET {} = {}", p.name(EXPIRES), p.value(&Value::from(at)));
    let key = to_key(definition, &RecordKey::from_record(definition, record)?);
    let action = ItemAction::Update { key, expression };
    let mark = ItemOp::new(definition.name(), action, condition, &placeholders)?;
    let mut attempts = Attempts::new(call);
    loop {
        match mark.send(&*db.sender, &mut attempts).await {
            Ok(_) => return Ok(()),
            // Sent twice, it finds its own mark.
            Err(failure) if failure.class == Class::Condition => return Ok(()),
            Err(failure) if failure.class.is_transient() && attempts.pause().await => {}
            Err(failure) => return Err(failure.into_error()),
        }
    }
}
