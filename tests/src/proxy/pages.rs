//! Answers of DynamoDB that are right but not whole: part of a batch, a short or an empty page.

use serde_json::{Map, Value, json};

/// Takes the last `count` requests or keys out of a batch. Gives what is left of it (`None` if nothing is), and what was taken,
/// in the form of the answer's unprocessed part.
pub(super) fn split_batch(mut batch: Value, count: usize) -> (Option<Value>, Value) {
    let mut taken = Map::new();
    let mut left = count;
    let tables = batch["RequestItems"].as_object_mut().map(std::mem::take).unwrap_or_default();
    let mut kept = Map::new();
    for (table, mut requests) in tables.into_iter().rev() {
        // A write lists its requests; a read lists keys, beside what else it asks of the table.
        let reads = requests.is_object();
        let list = if reads { &mut requests["Keys"] } else { &mut requests };
        let Some(list) = list.as_array_mut() else {
            continue;
        };
        let out = list.split_off(list.len().saturating_sub(left));
        left -= out.len();
        let is_empty = list.is_empty();
        if !out.is_empty() {
            let mut unprocessed = if reads { requests.clone() } else { Value::Null };
            *(if reads { &mut unprocessed["Keys"] } else { &mut unprocessed }) = Value::Array(out);
            taken.insert(table.clone(), unprocessed);
        }
        if !is_empty {
            kept.insert(table, requests);
        }
    }
    let rest = (!kept.is_empty()).then(|| {
        batch["RequestItems"] = Value::Object(kept);
        batch
    });
    (rest, Value::Object(taken))
}

/// The name of the unprocessed part in the answer of a batch operation.
pub(super) fn unprocessed_field(operation: &str) -> &'static str {
    if operation == "BatchGetItem" { "UnprocessedKeys" } else { "UnprocessedItems" }
}

/// The answer of a batch of which nothing was done.
pub(super) fn nothing_done(operation: &str, taken: Value) -> Value {
    let mut answer = json!({ unprocessed_field(operation): taken });
    if operation == "BatchGetItem" {
        answer["Responses"] = json!({});
    }
    answer
}

/// Puts what was taken from a batch beside what the server itself left undone.
pub(super) fn add_unprocessed(answer: &mut Value, operation: &str, taken: Value) {
    let field = &mut answer[unprocessed_field(operation)];
    let Value::Object(taken) = taken else { return };
    if !field.is_object() {
        *field = json!({});
    }
    for (table, requests) in taken {
        match (&mut field[&table], requests) {
            (Value::Array(there), Value::Array(more)) => there.extend(more),
            (there @ Value::Null, requests) => *there = requests,
            (there, requests) => {
                if let (Some(there), Some(more)) = (there["Keys"].as_array_mut(), requests["Keys"].as_array()) {
                    there.extend(more.iter().cloned());
                }
            }
        }
    }
}

/// The same query or scan, held to this many items.
pub(super) fn limited(request: &Value, limit: usize) -> Value {
    let asked = request["Limit"].as_u64().unwrap_or(u64::MAX);
    let mut request = request.clone();
    request["Limit"] = json!(asked.min(limit as u64));
    request
}

/// An answer stripped of its items; where it says to go on stays.
pub(super) fn emptied(mut answer: Value) -> Value {
    if answer.get("Items").is_some() {
        answer["Items"] = json!([]);
    }
    answer["Count"] = json!(0);
    answer
}
