//! Puts and deletes of many items, each for itself.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value as Json;

use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::request::text::to_text;
use crate::backend::dynamodb::retry::Attempts;
use crate::backend::dynamodb::sender::Sender;
use crate::backend::dynamodb::sender::target::Target;
use crate::backend::dynamodb::wire::answer::read_answer;
use crate::backend::dynamodb::wire::body::Body;
use crate::backend::dynamodb::wire::item::Item;
use crate::value::Value;

/// A put or a delete of one item, in a batch.
#[derive(Debug, Clone)]
pub(crate) struct BatchPart {
    pub(crate) table: Cow<'static, str>,
    pub(crate) key: Item,
    /// The item that is stored, and its stamp, if it has one; none if it is deleted.
    pub(crate) put: Option<(Item, Option<Value>)>,
}

impl BatchPart {
    fn write(&self, body: &mut Body) {
        body.open_entry();
        match &self.put {
            Some((item, _)) => {
                body.open("PutRequest");
                body.json("Item", item.json());
            }
            None => {
                body.open("DeleteRequest");
                body.json("Key", self.key.json());
            }
        }
        body.close();
        body.close();
    }

    /// Whether a request that came back is this one: it has its key.
    fn is_of(&self, key: &serde_json::Map<String, Json>, request: &Json) -> bool {
        let put = request.get("PutRequest").and_then(|put| put.get("Item"));
        let item = put.or(request.get("DeleteRequest").and_then(|delete| delete.get("Key")));
        item.is_some_and(|item| key.iter().all(|(name, value)| item.get(name) == Some(value)))
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
        sender: &dyn Sender,
        attempts: &mut Attempts<'_>,
    ) -> Result<(Self, Vec<usize>), Failure> {
        let read = |answer: Bytes| read_unprocessed(&answer);
        let unprocessed = attempts.exchange(sender, Target::BatchWriteItem, &self.body(), read).await?;
        let is_left = |(_, part): &(usize, BatchPart)| {
            let Some(left) = unprocessed.get(&*part.table).and_then(Json::as_array) else { return false };
            let key = serde_json::from_slice(part.key.json()).unwrap_or_default();
            left.iter().any(|request| part.is_of(&key, request))
        };
        let (left, done): (Vec<_>, Vec<_>) = self.parts.iter().cloned().partition(is_left);
        Ok((Self { parts: left }, done.into_iter().map(|(position, _)| position).collect()))
    }

    fn body(&self) -> Bytes {
        let mut tables: BTreeMap<&str, Vec<&BatchPart>> = BTreeMap::new();
        let mut size = 128;
        for (_, part) in &self.parts {
            size += 32 + part.put.as_ref().map_or(&part.key, |(item, _)| item).json().len();
            tables.entry(&part.table).or_default().push(part);
        }
        let mut body = Body::new(size);
        body.open("RequestItems");
        for (table, parts) in tables {
            body.open_list(table);
            parts.into_iter().for_each(|part| part.write(&mut body));
            body.close_list();
        }
        body.close();
        body.finish()
    }

    /// It as text.
    pub(crate) fn to_text(&self) -> String {
        to_text(Target::BatchWriteItem, &self.body())
    }
}

/// What was not done, by table.
fn read_unprocessed(answer: &Bytes) -> Result<Json, Failure> {
    let mut unprocessed = None;
    let read = read_answer(answer, |name, answer| match name {
        "UnprocessedItems" => {
            unprocessed = answer.maybe(|answer| answer.item(2))?;
            Ok(true)
        }
        _ => Ok(false),
    });
    read.map_err(Failure::malformed)?;
    let unprocessed = unprocessed.ok_or_else(|| Failure::incomplete("UnprocessedItems"))?;
    let parsed: Option<Json> = serde_json::from_slice(unprocessed.json()).ok();
    let is_map_of_lists = |parsed: &Json| parsed.as_object().is_some_and(|tables| tables.values().all(Json::is_array));
    parsed.filter(is_map_of_lists).ok_or_else(|| Failure::incomplete("UnprocessedItems that can be read"))
}
