//! Items and expressions as the JSON that DynamoDB is sent.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json, json};

use crate::backend::dynamodb::expression::placeholders::Used;
use crate::backend::dynamodb::value::Item;

/// A request as text: its name, and its body with sorted names.
pub(crate) fn request(operation: &str, body: &Json) -> String {
    format!("{operation} {body:#}")
}

/// An item in DynamoDB's JSON.
pub(crate) fn item(item: &Item) -> Json {
    // A HashMap has no order; a text that is the same every time has.
    item.iter()
        .map(|(name, value)| (name.clone(), attribute(value)))
        .collect::<BTreeMap<_, _>>()
        .into_iter()
        .collect::<Map<_, _>>()
        .into()
}

/// An attribute in DynamoDB's JSON.
fn attribute(value: &AttributeValue) -> Json {
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

/// Adds an expression, if there is one.
pub(crate) fn add_expression(body: &mut Map<String, Json>, name: &str, expression: Option<&str>) {
    if let Some(expression) = expression {
        body.insert(name.to_owned(), expression.into());
    }
}

/// Adds what the expressions' placeholders stand for.
pub(crate) fn add_placeholders(body: &mut Map<String, Json>, used: &Used) {
    if let Some(names) = &used.names {
        let names: BTreeMap<_, _> = names.iter().collect();
        body.insert("ExpressionAttributeNames".into(), json!(names));
    }
    if let Some(values) = &used.values {
        body.insert("ExpressionAttributeValues".into(), item(values));
    }
}
