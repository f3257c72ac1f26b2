//! What a request comes to, as text: nothing is sent.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{KeysAndAttributes, WriteRequest};
use serde_json::{Map, Value as Json, json};

use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::key::to_key;
use crate::backend::dynamodb::read::find::Lookup;
use crate::backend::dynamodb::read::get::{self, Wanted};
use crate::backend::dynamodb::read::pages::read_limit;
use crate::backend::dynamodb::read::query::Reading;
use crate::backend::dynamodb::read::snapshot;
use crate::backend::dynamodb::request::json::{item, text};
use crate::backend::dynamodb::value::Item;
use crate::backend::dynamodb::write::batch;
use crate::backend::dynamodb::write::build;
use crate::backend::dynamodb::write::transact::merge;
use crate::error::Result;
use crate::request::{Action, Call, FindUnique, Get, Query, Request, Write};
use crate::value::Value;

/// What a request comes to, request by request.
pub(crate) fn request(call: &Call, request: Request<'_>) -> Result<String> {
    let lines = match request {
        Request::Get(get) => vec![get_item(get.definition.name(), &to_key(get.definition, &get.key), get.consistent)],
        Request::GetMany(many) => {
            reads(many.keys.iter().map(|key| (many.definition, key.clone())).collect(), many.consistent)?
        }
        Request::FindUnique(find) => unique(find, call),
        Request::Query(query) => vec![page(query, call)?],
        Request::Write(write) => writes(std::slice::from_ref(write), true, call)?,
        Request::WriteMany(many) => write_many(many, call)?,
        Request::Transact(many) => writes(many, false, call)?,
        Request::Snapshot(gets) => vec![read_snapshot(gets)],
    };
    Ok(lines.join("\n"))
}

fn get_item(table: &str, key: &Item, consistent: bool) -> String {
    let mut body = json!({ "TableName": table, "Key": item(key) });
    if consistent {
        body["ConsistentRead"] = true.into();
    }
    text("GetItem", &body)
}

/// Reads by key: of one, and of many by the hundred.
fn reads(wanted: Vec<Wanted>, consistent: bool) -> Result<Vec<String>> {
    if let [(definition, key)] = wanted.as_slice() {
        return Ok(vec![get_item(definition.name(), &to_key(definition, key), consistent)]);
    }
    let (distinct, _) = get::distinct(&wanted);
    distinct.chunks(get::MOST_KEYS).map(|chunk| Ok(batch_get(&get::tables(chunk, consistent, None)?))).collect()
}

fn batch_get(tables: &HashMap<String, KeysAndAttributes>) -> String {
    let table = |(name, table): (&String, &KeysAndAttributes)| {
        let mut body = json!({ "Keys": table.keys().iter().map(item).collect::<Vec<_>>() });
        if table.consistent_read() == Some(true) {
            body["ConsistentRead"] = true.into();
        }
        (name.clone(), body)
    };
    let tables: BTreeMap<_, _> = tables.iter().map(table).collect();
    text("BatchGetItem", &json!({ "RequestItems": tables }))
}

fn unique(find: &FindUnique, call: &Call) -> Vec<String> {
    if !find.consistent {
        return vec![Lookup::new(find, call).explain()];
    }
    let guard = guard::to_key(&guard::key(find.definition, find.index, &find.values));
    let then = format!("then, of the record in {} that it names, the same", find.definition.name());
    vec![get_item(&guard::table(find.definition), &guard, true), then]
}

/// The first request of a query.
fn page(query: &Query, call: &Call) -> Result<String> {
    let reading = Reading::records(query, call)?;
    if reading.nothing {
        return Ok("nothing is sent: no record can be wanted".to_owned());
    }
    Ok(reading.explain(read_limit(&reading, query, query.limit, 0)))
}

/// Writes, one `alone` or all together.
fn writes(writes: &[Write], alone: bool, call: &Call) -> Result<Vec<String>> {
    let mut lines = read_first(writes.iter())?;
    lines.push(sent(writes, alone, call)?);
    Ok(lines)
}

/// The reads that come before writes which are decided on what is stored.
fn read_first<'a>(writes: impl Iterator<Item = &'a Write>) -> Result<Vec<String>> {
    let read = writes.filter(|write| build::must_read(write));
    let read: Vec<_> = read.map(|write| (write.definition, write.key.clone())).collect();
    if read.is_empty() {
        return Ok(Vec::new());
    }
    let mut lines = reads(read, true)?;
    lines.push("then, on the condition that what was read is as it was, and with the guards that move:".to_owned());
    Ok(lines)
}

/// The request of writes, as they are where nothing is stored.
fn sent(writes: &[Write], alone: bool, call: &Call) -> Result<String> {
    let (mut parts, mut moves) = (Vec::new(), Vec::new());
    for (position, write) in writes.iter().enumerate() {
        parts.push(build::direct(write, call, &stamp(), alone && writes.len() == 1)?.explain());
        if build::moves_unique(write) {
            moves.extend(build::guard_moves(write, position, call, None, stored(write)));
        }
    }
    for moved in merge(moves, call).map_err(|refusal| refusal.error)? {
        parts.push(moved.op(call)?.explain());
    }
    Ok(match parts.as_slice() {
        [(name, body)] if alone && *name != "ConditionCheck" => text(&format!("{name}Item"), body),
        parts => {
            let parts: Vec<Json> = parts.iter().map(|(name, body)| json!({ *name: body })).collect();
            text("TransactWriteItems", &json!({ "TransactItems": parts }))
        }
    })
}

/// The record that a write stores where none is.
fn stored(write: &Write) -> Option<&crate::value::Record> {
    match &write.action {
        Action::Create(record)
        | Action::Put(record)
        | Action::Replace(record)
        | Action::Upsert { insert: record, .. } => Some(record),
        _ => None,
    }
}

fn write_many(many: &[Write], call: &Call) -> Result<Vec<String>> {
    let (whole, single): (Vec<_>, Vec<_>) = (0..many.len()).partition(|at| batch::batches(&many[*at]));
    let last = batch::last_of_each(many, &whole);
    let mut lines = Vec::new();
    for chunk in in_order(last.into_keys().collect()).chunks(batch::MOST_WRITES) {
        let mut tables: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
        for at in chunk {
            let part = part(&batch::part(&many[*at], &stamp())?);
            tables.entry(many[*at].definition.name()).or_default().push(part);
        }
        lines.push(text("BatchWriteItem", &json!({ "RequestItems": tables })));
    }
    for window in single.chunks(get::MOST_KEYS) {
        lines.extend(read_first(window.iter().map(|at| &many[*at]))?);
        for at in window {
            lines.push(sent(&many[*at..=*at], true, call)?);
        }
    }
    Ok(lines)
}

fn in_order(mut places: Vec<usize>) -> Vec<usize> {
    places.sort_unstable();
    places
}

fn part(request: &WriteRequest) -> Json {
    let put = request.put_request().map(|put| json!({ "PutRequest": { "Item": item(put.item()) } }));
    let delete = request.delete_request().map(|delete| json!({ "DeleteRequest": { "Key": item(delete.key()) } }));
    put.or(delete).unwrap_or_default()
}

fn read_snapshot(gets: &[Get]) -> String {
    let part = |get: &Get| {
        let mut body = Map::new();
        body.insert("TableName".into(), get.definition.name().into());
        body.insert("Key".into(), item(&to_key(get.definition, &get.key)));
        json!({ "Get": body })
    };
    let (first, _) = snapshot::distinct(gets);
    let parts: Vec<Json> = first.into_iter().map(part).collect();
    text("TransactGetItems", &json!({ "TransactItems": parts }))
}

/// Stands for the random name that the write would have.
fn stamp() -> Value {
    Value::Bytes(vec![0; 16])
}
