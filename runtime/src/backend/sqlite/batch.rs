//! Batches of writes: parts of them are tasks, so that other writes come in between, and what the deadline leaves undone is
//! known.

use super::core::Core;
use crate::backend::keyspace::Keyspace;
use crate::error::Result;
use crate::request::{Call, Write, WriteMany, Written};

/// So many writes are one task.
const PART: usize = 64;

/// Does writes, each for itself.
pub(super) async fn write_many(core: &Core, call: Call, many: WriteMany) -> Result<Vec<Result<Written>>> {
    let WriteMany { mut writes, observer } = many;
    let mut parts = Vec::new();
    while !writes.is_empty() {
        let rest = writes.split_off(writes.len().min(PART));
        let part = std::mem::replace(&mut writes, rest);
        let count = part.len();
        let act = |keyspace: &Keyspace<_>, call: &Call, part: Vec<Write>| Ok(keyspace.write_records(call, part));
        parts.push((count, core.submit(call.clone(), part, act, false)));
    }
    let mut results = Vec::new();
    for (count, submitted) in parts {
        let answer = match submitted {
            Ok(awaited) => awaited.write().await,
            Err(error) => Err(error),
        };
        let first = results.len();
        match answer {
            Ok(told) => results.extend(told),
            Err(error) => results.extend(std::iter::repeat_n(Err(error), count)),
        }
        for (position, result) in (first..).zip(results.iter().skip(first)) {
            observer.report(position, result.as_ref().err());
        }
    }
    Ok(results)
}
