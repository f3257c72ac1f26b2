//! Puts and deletes of many items, each for itself.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemOutput;
use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, WriteRequest};
use serde_json::{Value as Json, json};

use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::request::json;
use crate::backend::dynamodb::retry::Attempts;
use crate::backend::dynamodb::value::Item;

/// A put or a delete of one item, in a batch.
#[derive(Debug, Clone)]
pub(crate) struct BatchPart {
    pub(crate) table: &'static str,
    pub(crate) key: Item,
    /// The item that is stored; none if it is deleted.
    pub(crate) put: Option<Item>,
}

impl BatchPart {
    fn to_request(&self) -> Result<WriteRequest, Failure> {
        let request = WriteRequest::builder();
        Ok(match &self.put {
            Some(item) => {
                let put = PutRequest::builder().set_item(Some(item.clone()));
                request.put_request(put.build().map_err(Failure::unbuilt)?)
            }
            None => {
                let delete = DeleteRequest::builder().set_key(Some(self.key.clone()));
                request.delete_request(delete.build().map_err(Failure::unbuilt)?)
            }
        }
        .build())
    }

    /// Whether a request that came back is this one: it has its key.
    fn is_of(&self, request: &WriteRequest) -> bool {
        let put = request.put_request.as_ref().map(|put| &put.item);
        let item = put.or(request.delete_request.as_ref().map(|delete| &delete.key));
        item.is_some_and(|item| self.key.iter().all(|(name, value)| item.get(name) == Some(value)))
    }

    fn to_json(&self) -> Json {
        match &self.put {
            Some(item) => json!({ "PutRequest": { "Item": json::item(item) } }),
            None => json!({ "DeleteRequest": { "Key": json::item(&self.key) } }),
        }
    }
}

/// `BatchWriteItem`: its parts, each at the position of its write.
#[derive(Debug, Clone, Default)]
pub(crate) struct BatchWrite {
    pub(crate) parts: Vec<(usize, BatchPart)>,
}

impl BatchWrite {
    /// Sends it once. Returns what was not done, and the positions of what was: DynamoDB may leave out any
    /// part of a batch.
    pub(crate) async fn send(
        &self,
        client: &Client,
        attempts: &mut Attempts<'_>,
    ) -> Result<(Self, Vec<usize>), Failure> {
        let mut tables: HashMap<String, Vec<WriteRequest>> = HashMap::new();
        for (_, part) in &self.parts {
            tables.entry(part.table.to_owned()).or_default().push(part.to_request()?);
        }
        let request = client.batch_write_item().set_request_items(Some(tables));
        let has = |answer: &BatchWriteItemOutput| answer.unprocessed_items.is_some();
        let answer = attempts.send_for("BatchWriteItem", request.send(), "UnprocessedItems", has).await?;
        let unprocessed = answer.unprocessed_items.unwrap_or_default();
        let is_left = |(_, part): &(usize, BatchPart)| {
            let left = unprocessed.get(part.table);
            left.is_some_and(|left| left.iter().any(|request| part.is_of(request)))
        };
        let (left, done): (Vec<_>, Vec<_>) = self.parts.iter().cloned().partition(is_left);
        Ok((Self { parts: left }, done.into_iter().map(|(position, _)| position).collect()))
    }

    /// It as text.
    pub(crate) fn to_text(&self) -> String {
        let mut tables: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
        for (_, part) in &self.parts {
            tables.entry(part.table).or_default().push(part.to_json());
        }
        json::request("BatchWriteItem", &json!({ "RequestItems": tables }))
    }
}
