//! What a request comes to, as text: nothing is sent.

use std::collections::HashSet;

use super::marks::{check_all_marks, check_marks};
use super::read::find::{guard_read, index_query};
use super::read::find_many::GuardReads;
use super::read::get::KeyReads;
use super::read::pages::read_limit;
use super::read::query::Reading;
use super::read::snapshot::plan_snapshot;
use super::request::get::GetItem;
use super::request::read::ReadRequest as _;
use super::write::batch::{Batches, batch_of};
use super::write::build::{must_read, must_read_to_tell};
use super::write::plan::{Planning, plan_writes};
use super::write::state::Prior;
use crate::error::Result;
use crate::request::{Call, FindUnique, Query, Request, Write};
use crate::value::Value;

/// What a request comes to, request by request.
pub(super) fn explain(call: &Call, request: Request<'_>) -> Result<String> {
    let texts = match request {
        Request::Get(get) => vec![GetItem::of_record(get.definition, &get.key, get.consistent).to_text()],
        Request::GetMany(many) => {
            let wanted = many.keys.iter().map(|key| (many.definition, key.clone())).collect();
            KeyReads::new(wanted, many.consistent, None).to_texts()
        }
        Request::FindUnique(find) => explain_find(find, call),
        Request::FindMany(find) => {
            let mut texts = GuardReads::new(find).to_texts();
            texts.push(format!("then, of the records in {} that they name, the same", find.definition.name()));
            texts
        }
        Request::Query(query) => vec![explain_query(query, call)?],
        Request::Write(write) => explain_writes(std::slice::from_ref(write), false, call)?,
        Request::WriteMany(many) => explain_many(many, call)?,
        Request::Transact(many) => explain_writes(many, true, call)?,
        Request::Snapshot(gets) => vec![plan_snapshot(gets)?.0.to_text()],
    };
    Ok(texts.join("\n"))
}

fn explain_find(find: &FindUnique, call: &Call) -> Vec<String> {
    if !find.consistent {
        return vec![index_query(find, call).to_text(None, None)];
    }
    let then = format!("then, of the record in {} that it names, the same", find.definition.name());
    vec![guard_read(find).to_text(), then]
}

/// The first request of a query.
fn explain_query(query: &Query, call: &Call) -> Result<String> {
    let reading = Reading::records(query, call)?;
    if reading.is_empty {
        return Ok("nothing is sent: no record can be wanted".to_owned());
    }
    Ok(reading.to_text(read_limit(&reading, query, query.limit, 0)))
}

/// Writes that are done together, or one by itself.
fn explain_writes(writes: &[Write], by_token: bool, call: &Call) -> Result<Vec<String>> {
    check_all_marks(writes)?;
    let mut texts = explain_reads(writes.iter(), |write| must_read(write) || by_token && must_read_to_tell(write));
    texts.push(explain_plan(writes, by_token, call)?);
    Ok(texts)
}

/// The reads that come before writes which are decided by what is stored.
fn explain_reads<'a>(writes: impl Iterator<Item = &'a Write>, is_read: impl Fn(&Write) -> bool) -> Vec<String> {
    let read = writes.filter(|write| is_read(write));
    let read: Vec<_> = read.map(|write| (write.definition, write.key.clone())).collect();
    if read.is_empty() {
        return Vec::new();
    }
    let mut texts = KeyReads::new(read, true, None).to_texts();
    texts.push("then, on the condition that what was read is as it was, and with the guards that move:".to_owned());
    texts
}

/// The request of writes, as it is if nothing is stored.
fn explain_plan(writes: &[Write], by_token: bool, call: &Call) -> Result<String> {
    let (stamp, unowned_guards) = (example_stamp(), HashSet::new());
    let planning = Planning { call, stamp: &stamp, by_token, unowned_guards: &unowned_guards };
    let priors: Vec<_> = writes.iter().map(|_| Prior::NotNeeded).collect();
    let plan = plan_writes(writes, &priors, &planning, &mut Vec::new()).map_err(|refusal| refusal.error)?;
    Ok(plan.request(by_token).to_text())
}

fn explain_many(writes: &[Write], call: &Call) -> Result<Vec<String>> {
    writes.iter().try_for_each(|write| check_marks(write.definition))?;
    let batches = Batches::new(writes);
    let mut texts: Vec<_> =
        batches.batches.iter().map(|batch| batch_of(writes, batch, example_stamp).to_text()).collect();
    for window in &batches.windows {
        let window: Vec<_> = window.iter().filter_map(|position| writes.get(*position)).collect();
        texts.extend(explain_reads(window.iter().copied(), must_read));
        for write in window {
            texts.push(explain_plan(std::slice::from_ref(write), false, call)?);
        }
    }
    Ok(texts)
}

/// Stands for the random stamp that a write would have.
fn example_stamp() -> Value {
    Value::Bytes(vec![0; 16])
}
