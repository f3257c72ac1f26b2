//! Finds by the values of a unique index.

use serde_json::Map;

use crate::backend::dynamodb::DynamoDb;
use crate::backend::dynamodb::expression::condition;
use crate::backend::dynamodb::expression::placeholders::{Placeholders, Used};
use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::key::to_key;
use crate::backend::dynamodb::read::query::{PAGE, is_page};
use crate::backend::dynamodb::request::json;
use crate::backend::dynamodb::retry;
use crate::backend::dynamodb::value::{to_record, to_record_of};
use crate::backend::dynamodb::write::build;
use crate::condition::{Expr, Op};
use crate::definition::Projection;
use crate::error::Result;
use crate::path::Path;
use crate::request::{Advance, Call, FindUnique, RecordKey, index_values};
use crate::value::Record;

/// How often a guard is read again whose record had left it meanwhile.
const TRIES: u32 = 8;

/// A query of a unique index.
pub(crate) struct Lookup<'a> {
    find: &'a FindUnique,
    key: Option<String>,
    filter: Option<String>,
    used: Used,
}

impl<'a> Lookup<'a> {
    pub(crate) fn new(find: &'a FindUnique, call: &Call) -> Self {
        let definition = find.definition;
        let mut placeholders = Placeholders::default();
        let equal = find.index.parts().zip(&find.values).map(|(part, value)| Expr::Compare {
            path: Path::field(definition.part_name(part)),
            op: Op::Eq,
            value: value.clone(),
        });
        let key = condition::write(&Expr::And(equal.collect()), &mut placeholders).into_expression(&mut placeholders);
        let filter = definition.ttl().map(|_| build::live(definition, call, &mut placeholders));
        let filter = filter.and_then(|filter| filter.into_expression(&mut placeholders));
        let used = placeholders.used(key.iter().chain(&filter).map(String::as_str));
        Self { find, key, filter, used }
    }

    /// The first request, as text.
    pub(crate) fn explain(&self) -> String {
        let mut body = Map::new();
        body.insert("TableName".into(), self.find.definition.name().into());
        body.insert("IndexName".into(), self.find.index.name.into());
        json::expression(&mut body, "KeyConditionExpression", self.key.as_deref());
        json::expression(&mut body, "FilterExpression", self.filter.as_deref());
        json::placeholders(&mut body, &self.used);
        json::text("Query", &body.into())
    }
}

impl DynamoDb {
    /// One query of the index, which may be a moment behind.
    pub(crate) async fn find(&self, call: &Call, find: &FindUnique) -> Result<Option<Record>> {
        let definition = find.definition;
        let Lookup { key, filter, used, .. } = Lookup::new(find, call);
        let mut start = None;
        let mut advance = Advance::of_empty_pages();
        loop {
            let request = || {
                let query = self.client.query().table_name(definition.name()).index_name(find.index.name);
                query
                    .set_key_condition_expression(key.clone())
                    .set_filter_expression(filter.clone())
                    .set_expression_attribute_names(used.names.clone())
                    .set_expression_attribute_values(used.values.clone())
                    .set_exclusive_start_key(start.clone())
                    .send()
            };
            let given = retry::read_for(call, request, PAGE, |page| is_page(page.items.as_deref(), page.count)).await?;
            for item in given.items.unwrap_or_default() {
                let record = to_record_of(definition, item)?;
                let record = match find.index.projection {
                    Projection::All => Some(record),
                    _ => self.holder(call, find, RecordKey::of(definition, &record)?).await?,
                };
                if let Some(record) = record.filter(|record| record.is_live(definition, call)) {
                    return Ok(Some(record));
                }
            }
            let Some(last) = given.last_evaluated_key else { return Ok(None) };
            advance.to(&last)?;
            start = Some(last);
        }
    }

    /// The guard, which is never behind, and then the record that it says.
    pub(crate) async fn find_consistently(&self, call: &Call, find: &FindUnique) -> Result<Option<Record>> {
        let definition = find.definition;
        let key = guard::to_key(&guard::key(definition, find.index, &find.values));
        let table = guard::table(definition);
        let mut before = None;
        for _ in 0..TRIES {
            let request = || {
                let get = self.client.get_item().table_name(&table).consistent_read(true);
                get.set_key(Some(key.clone())).send()
            };
            let Some(item) = retry::read(call, request).await?.item else { return Ok(None) };
            let guard = to_record(item)?;
            let Some(owner) = guard::owner(definition, &guard).filter(|_| guard::is_live(definition, &guard, call))
            else {
                return Ok(None);
            };
            if let Some(record) = self.holder(call, find, owner).await? {
                return Ok(Some(record));
            }
            // The value went from one record to another between the reads, unless nothing has moved.
            if before.replace(guard.clone()) == Some(guard) {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// The record of a key, if it is live and has the values.
    async fn holder(&self, call: &Call, find: &FindUnique, key: RecordKey) -> Result<Option<Record>> {
        let definition = find.definition;
        let request = || {
            let get = self.client.get_item().table_name(definition.name()).consistent_read(true);
            get.set_key(Some(to_key(definition, &key))).send()
        };
        let item = retry::read(call, request).await?.item;
        let record = item.map(|item| to_record_of(definition, item)).transpose()?;
        let has = |record: &Record| index_values(definition, find.index, record).as_ref() == Some(&find.values);
        Ok(record.filter(|record| record.is_live(definition, call) && has(record)))
    }
}
