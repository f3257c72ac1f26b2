//! The expiry of records that were there before their model had a ttl.
//!
//! Each is marked only while it has no mark and by the value that its field has then, so that writers may
//! be at work meanwhile, and other processes at the same; what was done is not done again.

use crate::backend::BoxFuture;
use crate::backend::dynamodb::DynamoDb;
use crate::backend::dynamodb::expression::condition;
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::backend::dynamodb::failure::Class;
use crate::backend::dynamodb::key::to_key;
use crate::backend::dynamodb::retry::{self, Attempts, side_by_side};
use crate::backend::dynamodb::value::to_record_of;
use crate::condition::{Expr, Op};
use crate::definition::Definition;
use crate::error::Result;
use crate::path::Path;
use crate::request::{Call, RecordKey};
use crate::value::{EXPIRES, Record, Value};

/// How many records are marked at a time.
const PARALLEL: usize = 8;

impl DynamoDb {
    /// Marks every record that has no mark with the expiry that its field says, and lets its guards
    /// expire with it.
    pub(super) async fn mark_expiry(&self, call: &Call, definition: &'static Definition) -> Result<()> {
        let Some(field) = definition.ttl_name() else { return Ok(()) };
        let mut placeholders = Placeholders::default();
        let p = &mut placeholders;
        let unmarked = condition::function("attribute_not_exists", &Path::field(EXPIRES), p);
        let dated = condition::function("attribute_exists", &Path::field(field), p);
        let filter = condition::all([unmarked, dated], p).into_expression(p);
        let used = placeholders.used(filter.iter().map(String::as_str));
        let mut start = None;
        loop {
            let request = || {
                let scan = self.client.scan().table_name(definition.name()).consistent_read(true);
                scan.set_filter_expression(filter.clone())
                    .set_expression_attribute_names(used.names.clone())
                    .set_expression_attribute_values(used.values.clone())
                    .set_exclusive_start_key(start.clone())
                    .send()
            };
            let given = retry::read(call, request).await?;
            let mut marks: Vec<BoxFuture<'_, Result<()>>> = Vec::new();
            for item in given.items.unwrap_or_default() {
                let record = to_record_of(definition, item)?;
                marks.push(Box::pin(async move { self.mark_one(call, definition, field, &record).await }));
            }
            side_by_side(marks, PARALLEL).await.into_iter().collect::<Result<()>>()?;
            start = given.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        let guarded: Vec<_> = definition.unique_indexes().collect();
        if guarded.is_empty() { Ok(()) } else { self.backfill(call, definition, &guarded).await }
    }

    /// Marks one record as it was read. One that is written meanwhile has its mark from its writer, or
    /// expires by its field.
    async fn mark_one(
        &self,
        call: &Call,
        definition: &'static Definition,
        field: &'static str,
        record: &Record,
    ) -> Result<()> {
        let Some((at, value)) = definition.expiry_of(record).zip(record.get(field)) else { return Ok(()) };
        let mut placeholders = Placeholders::default();
        let p = &mut placeholders;
        let unmarked = condition::function("attribute_not_exists", &Path::field(EXPIRES), p);
        let same = Expr::Compare { path: Path::field(field), op: Op::Eq, value: value.clone() };
        let same = condition::write(&same, p);
        let condition = condition::all([unmarked, same], p).into_expression(p);
        let update = format!("SET {} = {}", p.name(EXPIRES), p.value(&Value::from(at)));
        let used = placeholders.used(condition.iter().map(String::as_str).chain([update.as_str()]));
        let key = to_key(definition, &RecordKey::of(definition, record)?);
        let mut attempts = Attempts::new(call);
        loop {
            let request = self.client.update_item().table_name(definition.name()).set_key(Some(key.clone()));
            let request = request.update_expression(&update).set_condition_expression(condition.clone());
            let request = request
                .set_expression_attribute_names(used.names.clone())
                .set_expression_attribute_values(used.values.clone());
            match attempts.send(request.send()).await {
                Ok(_) => return Ok(()),
                // Sent twice, it finds its own mark.
                Err(failure) if failure.class == Class::Condition => return Ok(()),
                Err(failure) if failure.class.passes() && attempts.pause().await => {}
                Err(failure) => return Err(failure.into_error()),
            }
        }
    }
}
