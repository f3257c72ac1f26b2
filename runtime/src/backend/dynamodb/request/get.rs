//! Reads by key: of one item, of a batch, and of several at one moment.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsOutput;
use aws_sdk_dynamodb::types::{Get, KeysAndAttributes, TransactGetItem};
use serde_json::{Value as Json, json};

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::backend::dynamodb::failure::{Class, Failure};
use crate::backend::dynamodb::key::to_key;
use crate::backend::dynamodb::request::json;
use crate::backend::dynamodb::request::read::ReadRequest;
use crate::backend::dynamodb::retry::Attempts;
use crate::backend::dynamodb::value::Item;
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::requests::MOST_TOGETHER;
use crate::request::{Call, RecordKey};

/// An item, or the key of one, and the table it is in.
pub(crate) type TableItem = (String, Item);

/// The attributes that a read returns.
#[derive(Debug, Clone)]
pub(crate) struct Projection {
    text: String,
    names: Option<HashMap<String, String>>,
}

impl Projection {
    /// These fields, and the key.
    pub(crate) fn new(definition: &Definition, fields: &[&str]) -> Self {
        let mut placeholders = Placeholders::default();
        let key = std::iter::once(definition.hash_name()).chain(definition.range_name());
        let mut names: Vec<_> = key.chain(fields.iter().copied()).map(|name| placeholders.name(name)).collect();
        names.sort();
        names.dedup();
        let text = names.join(", ");
        let names = placeholders.used([text.as_str()]).names;
        Self { text, names }
    }

    fn split(this: Option<&Self>) -> (Option<String>, Option<HashMap<String, String>>) {
        (this.map(|this| this.text.clone()), this.and_then(|this| this.names.clone()))
    }
}

/// `GetItem`.
#[derive(Debug, Clone)]
pub(crate) struct GetItem {
    table: String,
    key: Item,
    consistent: bool,
    projection: Option<Projection>,
}

impl GetItem {
    /// A read of a whole item.
    pub(crate) fn new(table: impl Into<String>, key: Item, consistent: bool) -> Self {
        Self { table: table.into(), key, consistent, projection: None }
    }

    /// A read of a record.
    pub(crate) fn of_record(definition: &Definition, key: &RecordKey, consistent: bool) -> Self {
        Self::new(definition.name(), to_key(definition, key), consistent)
    }

    /// The same, of these attributes only.
    pub(crate) fn projected(self, projection: Option<Projection>) -> Self {
        Self { projection, ..self }
    }

    /// It as text.
    pub(crate) fn to_text(&self) -> String {
        let mut body = json!({ "TableName": self.table, "Key": json::item(&self.key) });
        if self.consistent {
            body["ConsistentRead"] = true.into();
        }
        add_projection(&mut body, self.projection.as_ref());
        json::request("GetItem", &body)
    }
}

impl ReadRequest for GetItem {
    type Answer = Option<Item>;

    async fn send(&self, client: &Client, attempts: &mut Attempts<'_>) -> Result<Self::Answer, Failure> {
        let (projection, names) = Projection::split(self.projection.as_ref());
        let get = client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(self.key.clone()))
            .set_projection_expression(projection)
            .set_expression_attribute_names(names)
            .set_consistent_read(self.consistent.then_some(true));
        attempts.send("GetItem", get.send()).await.map(|answer| answer.item)
    }
}

/// `BatchGetItem`: of many items, from any tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct BatchGet {
    tables: HashMap<String, TableKeys>,
}

/// What a batch reads of one table.
#[derive(Debug, Clone)]
struct TableKeys {
    keys: Vec<Item>,
    consistent: bool,
    projection: Option<Projection>,
}

impl BatchGet {
    /// Adds a key of a table. How a table is read is the same for all of its keys.
    pub(crate) fn add(
        &mut self,
        table: &str,
        key: Item,
        consistent: bool,
        projection: impl Fn() -> Option<Projection>,
    ) {
        let new = || TableKeys { keys: Vec::new(), consistent, projection: projection() };
        self.tables.entry(table.to_owned()).or_insert_with(new).keys.push(key);
    }

    /// How many keys it has.
    pub(crate) fn len(&self) -> usize {
        self.tables.values().map(|table| table.keys.len()).sum()
    }

    /// Reads all of it, each item with the name of its table. DynamoDB may leave out any part of a batch:
    /// what is left out is asked for again, until all is read or the deadline passes.
    pub(crate) async fn read_all(&self, db: &Context, call: &Call) -> Result<Vec<TableItem>> {
        let mut left = self.request_items()?;
        let mut found = Vec::with_capacity(self.len());
        let mut attempts = Attempts::new(call);
        loop {
            let request = db.client.batch_get_item().set_request_items(Some(left.clone()));
            let has = |answer: &BatchGetItemOutput| answer.responses.is_some();
            let failure = match attempts.send_for("BatchGetItem", request.send(), "Responses", has).await {
                Ok(answer) => {
                    for (table, items) in answer.responses.unwrap_or_default() {
                        found.extend(items.into_iter().map(|item| (table.clone(), item)));
                    }
                    left = answer.unprocessed_keys.unwrap_or_default();
                    left.retain(|_, keys| !keys.keys.is_empty());
                    if left.is_empty() {
                        return Ok(found);
                    }
                    None
                }
                Err(failure) if failure.class.is_transient() => Some(failure),
                Err(failure) => return Err(failure.into_error()),
            };
            if !attempts.pause().await {
                return Err(failure.map_or_else(unprocessed, Failure::into_error));
            }
        }
    }

    fn request_items(&self) -> Result<HashMap<String, KeysAndAttributes>> {
        let unbuilt = |e| Error::new(ErrorKind::Backend, "a batch of keys cannot be built").with_source(e);
        let table = |(name, table): (&String, &TableKeys)| {
            let (projection, names) = Projection::split(table.projection.as_ref());
            let keys = KeysAndAttributes::builder()
                .set_keys(Some(table.keys.clone()))
                .set_consistent_read(table.consistent.then_some(true))
                .set_projection_expression(projection)
                .set_expression_attribute_names(names);
            Ok((name.clone(), keys.build().map_err(unbuilt)?))
        };
        self.tables.iter().map(table).collect()
    }

    /// It as text.
    pub(crate) fn to_text(&self) -> String {
        let table = |(name, table): (&String, &TableKeys)| {
            let mut body = json!({ "Keys": table.keys.iter().map(json::item).collect::<Vec<_>>() });
            if table.consistent {
                body["ConsistentRead"] = true.into();
            }
            add_projection(&mut body, table.projection.as_ref());
            (name.clone(), body)
        };
        // A map without an order would be another text each time.
        let tables: BTreeMap<_, _> = self.tables.iter().map(table).collect();
        json::request("BatchGetItem", &json!({ "RequestItems": tables }))
    }
}

/// The error of a batch that DynamoDB kept doing in part.
pub(crate) fn unprocessed() -> Error {
    Error::new(ErrorKind::Throttled, "DynamoDB left items of a batch undone until the deadline passed")
}

/// `TransactGetItems`: items of any tables as they are at one moment, each with its table.
#[derive(Debug, Clone)]
pub(crate) struct TransactGet {
    keys: Vec<TableItem>,
}

impl TransactGet {
    /// A read of these items. None may be there twice.
    ///
    /// Errors: [`InvalidInput`](ErrorKind::InvalidInput) if there are more than DynamoDB takes.
    pub(crate) fn new(keys: Vec<TableItem>) -> Result<Self> {
        let count = keys.len();
        if count > MOST_TOGETHER {
            return Err(Error::invalid(format!(
                "a read of {count} records at one moment; DynamoDB takes {MOST_TOGETHER}"
            )));
        }
        Ok(Self { keys })
    }

    /// It as text.
    pub(crate) fn to_text(&self) -> String {
        let part = |(table, key): &TableItem| json!({ "Get": { "TableName": table, "Key": json::item(key) } });
        let parts: Vec<Json> = self.keys.iter().map(part).collect();
        json::request("TransactGetItems", &json!({ "TransactItems": parts }))
    }
}

impl ReadRequest for TransactGet {
    type Answer = Vec<Option<Item>>;

    async fn send(&self, client: &Client, attempts: &mut Attempts<'_>) -> Result<Self::Answer, Failure> {
        let part = |(table, key): &TableItem| {
            let get = Get::builder().table_name(table).set_key(Some(key.clone())).build().map_err(Failure::unbuilt)?;
            Ok(TransactGetItem::builder().get(get).build())
        };
        let parts = self.keys.iter().map(part).collect::<Result<_, Failure>>()?;
        let request = client.transact_get_items().set_transact_items(Some(parts));
        let count = self.keys.len();
        let has =
            move |answer: &TransactGetItemsOutput| answer.responses.as_ref().is_some_and(|all| all.len() == count);
        let answer = attempts.send_for("TransactGetItems", request.send(), "answer for each item", has).await?;
        Ok(answer.responses.unwrap_or_default().into_iter().map(|response| response.item).collect())
    }

    fn is_retried(class: Class) -> bool {
        // It is cancelled if a write is at work on one of its items.
        class.is_transient() || class == Class::Cancelled
    }
}

fn add_projection(body: &mut Json, projection: Option<&Projection>) {
    if let Some(projection) = projection {
        body["ProjectionExpression"] = projection.text.clone().into();
        body["ExpressionAttributeNames"] = json!(projection.names.iter().flatten().collect::<BTreeMap<_, _>>());
    }
}
