//! Reads of records by their keys and by unique values.

use redis::Value;

use super::layout::{Layout, field, primary, values};
use super::script::{FIND, Invocation, READ};
use super::server::{Server, bytes, list, unreadable};
use crate::backend::support::outcome::missing_index;
use crate::definition::{Definition, IndexDef};
use crate::error::{Error, Result};
use crate::request::{Call, Get, RecordKey};
use crate::value::Record;

/// So many records are read with one script: it keeps others waiting as long as it runs.
const CHUNK: usize = 500;

/// Reads one record.
pub(super) async fn get(
    server: &Server,
    call: &Call,
    definition: &'static Definition,
    layout: &Layout,
    key: &RecordKey,
) -> Result<Option<Record>> {
    let answer = server.read(call, "HGET", &get_command(layout, key)?).await?;
    live(call, definition, answer)
}

pub(super) fn get_command(layout: &Layout, key: &RecordKey) -> Result<redis::Cmd> {
    let mut command = redis::Cmd::with_capacity(3, 96);
    command.arg("HGET").arg(layout.record_key(&primary(key)?)).arg("r");
    Ok(command)
}

/// Reads many records of one repository, in the order of the keys.
pub(super) async fn get_many(
    server: &Server,
    call: &Call,
    definition: &'static Definition,
    layout: &Layout,
    keys: &[RecordKey],
) -> Result<Vec<Option<Record>>> {
    let mut found = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(CHUNK) {
        let mut invocation = Invocation::new(&READ, vec![layout.schema_key()]);
        for key in chunk {
            invocation.push(&b"1"[..]);
            invocation.push(primary(key)?);
        }
        for (record, _) in read_pairs(server, call, &invocation, chunk.len()).await? {
            found.push(live(call, definition, record)?);
        }
    }
    Ok(found)
}

/// The request of records as they are at one moment.
pub(super) fn snapshot_request<'a>(gets: &[(&Get, &Layout)]) -> Result<Invocation<'a>> {
    let mut keys: Vec<String> = Vec::new();
    let mut args = Vec::with_capacity(gets.len() * 2);
    for (get, layout) in gets {
        let key = layout.schema_key();
        let at = keys.iter().position(|known| *known == key).unwrap_or(keys.len());
        if at == keys.len() {
            keys.push(key);
        }
        args.push((at + 1, primary(&get.key)?));
    }
    let mut invocation = Invocation::new(&READ, keys);
    for (at, primary) in args {
        invocation.push_number(at);
        invocation.push(primary);
    }
    Ok(invocation)
}

/// Reads records of any repositories as they are at one moment.
pub(super) async fn read_snapshot(
    server: &Server,
    call: &Call,
    gets: &[(&Get, &Layout)],
) -> Result<Vec<Option<Record>>> {
    let pairs = read_pairs(server, call, &snapshot_request(gets)?, gets.len()).await?;
    pairs.into_iter().zip(gets).map(|((record, _), (get, _))| live(call, get.definition, record)).collect()
}

/// Runs the script that reads records, and returns each with its stamp.
pub(super) async fn read_pairs(
    server: &Server,
    call: &Call,
    invocation: &Invocation<'_>,
    count: usize,
) -> Result<Vec<(Value, Value)>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let mut parts = list(server.run(call, invocation).await?, READ.name)?.into_iter();
    let mut pairs = Vec::with_capacity(count);
    while let Some((record, stamp)) = parts.next().zip(parts.next()) {
        pairs.push((record, stamp));
    }
    if pairs.len() == count { Ok(pairs) } else { Err(unreadable(READ.name)) }
}

/// So many bytes of arguments are a request that a server always takes.
pub(super) fn find_request<'a>(
    layout: &Layout,
    index: &IndexDef,
    wanted: impl IntoIterator<Item = &'a Vec<crate::Value>>,
) -> Result<Invocation<'a>> {
    let stored = layout.index(index.name).ok_or_else(|| missing_index(index.name))?;
    let mut invocation = Invocation::new(&FIND, vec![layout.schema_key()]).arg(field(stored).into_bytes());
    for one in wanted {
        invocation.push(values(one)?);
    }
    Ok(invocation)
}

/// Reads the records with values of a unique index, in the order of the values.
pub(super) async fn find_many(
    server: &Server,
    call: &Call,
    definition: &'static Definition,
    layout: &Layout,
    index: &IndexDef,
    wanted: &[Vec<crate::Value>],
) -> Result<Vec<Option<Record>>> {
    let mut found = Vec::with_capacity(wanted.len());
    for chunk in wanted.chunks(CHUNK) {
        let answer = server.run(call, &find_request(layout, index, chunk)?).await?;
        let records = list(answer, FIND.name)?;
        if records.len() != chunk.len() {
            return Err(unreadable(FIND.name));
        }
        for record in records {
            found.push(live(call, definition, record)?);
        }
    }
    Ok(found)
}

/// The record in an answer as the model names its fields, if it is live.
fn live(call: &Call, definition: &'static Definition, answer: Value) -> Result<Option<Record>> {
    let found = record(answer)?.filter(|record| record.is_live(definition, call));
    Ok(found.map(|record| record.under_own_names(definition)))
}

/// The record in an answer, live or not.
pub(super) fn record(answer: Value) -> Result<Option<Record>> {
    match answer {
        Value::Nil => Ok(None),
        answer => {
            let broken = || Error::codec("a record in the store is not what the library writes");
            let bytes = bytes(answer).ok_or_else(|| unreadable("a record"))?;
            Record::from_bytes(bytes).map(Some).map_err(|_| broken())
        }
    }
}
