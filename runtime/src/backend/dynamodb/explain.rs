//! Requests as the JSON that DynamoDB is sent.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json, json};

use super::convert::Item;
use super::keys::to_key;
use super::pages::read_limit;
use super::placeholders::Used;
use super::plan;
use super::query::Reading;
use crate::error::Result;
use crate::request::{Action, Call, Query, Write};
use crate::value::Value;

/// A request as text: its name, and its body with sorted names.
pub(super) fn text(operation: &str, body: &Json) -> String {
    format!("{operation} {body:#}")
}

/// An item in DynamoDB's JSON.
pub(super) fn item(item: &Item) -> Json {
    // A HashMap has no order; a text that is the same every time has.
    item.iter()
        .map(|(name, value)| (name.clone(), attribute(value)))
        .collect::<BTreeMap<_, _>>()
        .into_iter()
        .collect::<Map<_, _>>()
        .into()
}

/// An attribute in DynamoDB's JSON.
pub(super) fn attribute(value: &AttributeValue) -> Json {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::B(blob) => json!({ "B": STANDARD.encode(blob.as_ref()) }),
        AttributeValue::Bool(b) => json!({ "BOOL": b }),
        AttributeValue::L(items) => json!({ "L": items.iter().map(attribute).collect::<Vec<_>>() }),
        AttributeValue::M(map) => json!({ "M": item(map) }),
        _ => json!({ "NULL": true }),
    }
}

/// Adds an expression, where there is one.
pub(super) fn expression(body: &mut Map<String, Json>, name: &str, expression: Option<&str>) {
    if let Some(expression) = expression {
        body.insert(name.to_owned(), expression.into());
    }
}

/// Adds what the expressions' placeholders stand for.
pub(super) fn placeholders(body: &mut Map<String, Json>, used: &Used) {
    if let Some(names) = &used.names {
        let names: BTreeMap<_, _> = names.iter().collect();
        body.insert("ExpressionAttributeNames".into(), json!(names));
    }
    if let Some(values) = &used.values {
        body.insert("ExpressionAttributeValues".into(), item(values));
    }
}

/// The first request of a query.
pub(super) fn query(query: &Query) -> Result<String> {
    let call = Call::new("explain", now_millis(), Duration::ZERO);
    let reading = Reading::records(query, &call)?;
    if reading.nothing {
        return Ok("nothing is sent: no record can be wanted".to_owned());
    }
    Ok(reading.explain(read_limit(&reading, query, query.limit, 0)))
}

/// The requests of a write; of one that reads first, with the guards as they move where the record
/// is new.
pub(super) fn write(write: &Write) -> Result<String> {
    let call = Call::new("explain", now_millis(), Duration::ZERO);
    let stamp = Value::Bytes(vec![0; 16]);
    let (name, body) = plan::direct(write, &call, &stamp, true)?.explain();
    let record = match &write.action {
        Action::Create(record)
        | Action::Put(record)
        | Action::Replace(record)
        | Action::Upsert { insert: record, .. } => Some(record),
        _ => None,
    };
    let moves = if plan::moves_unique(write) { plan::guard_moves(write, 0, &call, None, record) } else { Vec::new() };
    let mut lines = Vec::new();
    if plan::must_read(write) {
        let mut get = Map::new();
        get.insert("TableName".into(), write.definition.name().into());
        get.insert("Key".into(), item(&to_key(write.definition, &write.key)));
        get.insert("ConsistentRead".into(), true.into());
        lines.push(text("GetItem", &get.into()));
        lines.push(
            "then, on the condition that the record is as it was read, and with the guards that move:".to_owned(),
        );
    }
    if moves.is_empty() {
        let name = if name == "ConditionCheck" { name.to_owned() } else { format!("{name}Item") };
        lines.push(text(&name, &body));
    } else {
        let mut parts = vec![json!({ name: body })];
        for moved in &moves {
            let (name, body) = moved.op(&call)?.explain();
            parts.push(json!({ name: body }));
        }
        lines.push(text("TransactWriteItems", &json!({ "TransactItems": parts })));
    }
    Ok(lines.join("\n"))
}

fn now_millis() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
