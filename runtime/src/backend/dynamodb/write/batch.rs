//! Many writes, each for itself: by the batch, or side by side if no batch can take them.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::backend::BoxFuture;
use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::key::to_key;
use crate::backend::dynamodb::marks::{is_stamped, marked_item};
use crate::backend::dynamodb::parallel::{BATCHES, ITEMS, join_limited};
use crate::backend::dynamodb::read::get::{fetch, fetch_stored};
use crate::backend::dynamodb::request::batch_get::unprocessed;
use crate::backend::dynamodb::request::batch_write::{BatchPart, BatchWrite};
use crate::backend::dynamodb::resend::Resend;
use crate::backend::dynamodb::retry::Attempts;
use crate::backend::dynamodb::value::Stored;
use crate::backend::dynamodb::write::build::must_read;
use crate::backend::dynamodb::write::conflicts::conflict_groups;
use crate::backend::dynamodb::write::run::run;
use crate::backend::dynamodb::write::state::{Prior, Writer};
use crate::backend::support::dedup::{Distinct, ident};
use crate::backend::support::outcome;
use crate::backend::support::retry::least_attempt;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::requests::{MOST_KEYS, MOST_WRITES};
use crate::progress::Observer;
use crate::request::{Action, Call, Write, Written};
use crate::value::{Record, Value};

/// What came of the write at a position.
type Done = (usize, Result<Written>);

/// What came of the writes so far, reported as it comes.
struct Results<'a> {
    done: Vec<Done>,
    report: &'a (dyn Fn(&Done) + Sync),
}

impl<'a> Results<'a> {
    fn new(report: &'a (dyn Fn(&Done) + Sync)) -> Self {
        Self { done: Vec::new(), report }
    }

    fn push(&mut self, done: Done) {
        (self.report)(&done);
        self.done.push(done);
    }

    fn extend(&mut self, done: impl IntoIterator<Item = Done>) {
        done.into_iter().for_each(|done| self.push(done));
    }
}

/// Which of many writes are sent together, by their positions.
pub(crate) struct Batches {
    /// The writes of each `BatchWriteItem`. Of several of one record only the last is in a batch.
    pub(crate) batches: Vec<Vec<usize>>,
    /// The writes that no batch can take, in windows whose records are read together.
    pub(crate) windows: Vec<Vec<usize>>,
    /// All writes of the record whose last one is at a position.
    same_record: HashMap<usize, Vec<usize>>,
}

impl Batches {
    /// How these writes are done.
    pub(crate) fn new(writes: &[Write]) -> Self {
        let each = || writes.iter().enumerate();
        let batched = each().filter(|(_, write)| write.is_plain());
        let records = Distinct::new(batched, |write| ident(write.definition, &write.key));
        let places = (0..records.items().len()).map(|at| records.positions_at(at));
        // A batch takes an item once. The last write of a record is what they all come to.
        let same_record: HashMap<_, _> =
            places.filter_map(|positions| Some((*positions.last()?, positions.to_vec()))).collect();
        let mut last: Vec<_> = same_record.keys().copied().collect();
        last.sort_unstable();
        let single: Vec<_> = each().filter(|(_, write)| !write.is_plain()).map(|(position, _)| position).collect();
        Self {
            batches: last.chunks(MOST_WRITES).map(<[_]>::to_vec).collect(),
            windows: single.chunks(MOST_KEYS).map(<[_]>::to_vec).collect(),
            same_record,
        }
    }

    /// The positions whose writes are done with the one at this position.
    fn done_with(&self, position: usize) -> &[usize] {
        self.same_record.get(&position).map_or(&[], Vec::as_slice)
    }
}

/// The batch of the writes at these positions, each with its own stamp.
pub(crate) fn batch_of(writes: &[Write], positions: &[usize], stamp: impl Fn() -> Value) -> BatchWrite {
    let part = |position: &usize| {
        let write = writes.get(*position)?;
        let put = match &write.action {
            Action::Put(record) => {
                let stamp = stamp();
                let item = marked_item(write.definition, record, &stamp);
                Some((item, Some(stamp).filter(|_| write.definition.stamps())))
            }
            _ => None,
        };
        let key = to_key(write.definition, &write.key);
        Some((*position, BatchPart { table: write.definition.name().into(), key, put }))
    };
    BatchWrite { parts: positions.iter().filter_map(part).collect() }
}

/// Does many writes, each for itself.
pub(crate) async fn write_many(
    db: &Context,
    call: &Call,
    writes: &[Write],
    observer: &Observer,
) -> Vec<Result<Written>> {
    let batches = Batches::new(writes);
    let least = least_attempt(call);
    let report = |(position, result): &Done| {
        batches.done_with(*position).iter().for_each(|position| observer.report(*position, result.as_ref().err()));
    };
    let mut tasks: Vec<BoxFuture<'_, Vec<Done>>> = Vec::new();
    for batch in &batches.batches {
        let results = Results::new(&report);
        tasks.push(Box::pin(async move {
            match call.left() > least {
                true => write_batch(db, call, writes, batch, results).await,
                false => skip_unsent(batch, results),
            }
        }));
    }
    let mut results: Vec<Option<Result<Written>>> = vec![None; writes.len()];
    let mut put = |position: usize, result| {
        if let Some(place) = results.get_mut(position) {
            *place = Some(result);
        }
    };
    for (last, result) in join_limited(tasks, BATCHES).await.into_iter().flatten() {
        batches.done_with(last).iter().for_each(|position| put(*position, result.clone()));
    }
    let report = |(position, result): &Done| observer.report(*position, result.as_ref().err());
    for window in &batches.windows {
        for (position, result) in write_window(db, call, writes, window, least, Results::new(&report)).await {
            put(position, result);
        }
    }
    results.into_iter().map(|result| result.unwrap_or_else(|| Err(undone()))).collect()
}

/// Sends one batch, and what was left of it, until all is done.
async fn write_batch(
    db: &Context,
    call: &Call,
    writes: &[Write],
    positions: &[usize],
    mut results: Results<'_>,
) -> Vec<Done> {
    let mut batch = batch_of(writes, positions, || db.next_stamp());
    let mut attempts = match db.resend {
        Resend::Never => Attempts::new(call),
        // What is sent until the end leaves time to look at last.
        Resend::Idempotent => Attempts::of_write(call),
    };
    while !batch.parts.is_empty() {
        let error = match batch.send(&*db.sender, &mut attempts).await {
            Ok((left, done)) => {
                results.extend(done.into_iter().map(|position| (position, Ok(Written::default()))));
                batch = left;
                if batch.parts.is_empty() {
                    break;
                }
                attempts.refused_after_loss(unprocessed())
            }
            // Sent again, a put or a delete could be applied a second time, over another's write in between.
            Err(failure) if failure.class.may_be_applied() => {
                if db.resend == Resend::Idempotent && attempts.pause().await {
                    continue;
                }
                results.extend(verify_batch(db, call, writes, batch, failure.into_unknown()).await);
                return results.done;
            }
            Err(failure) if failure.class.is_transient() => attempts.deadline_error(failure),
            // DynamoDB refuses the whole batch for one write of it, and does not say which. Each by itself
            // shows it.
            Err(_) => {
                for (position, _) in batch.parts {
                    results.push(write_single(db, call, writes, position, None).await);
                }
                return results.done;
            }
        };
        if !attempts.pause().await {
            results.extend(batch.parts.into_iter().map(|(position, _)| (position, Err(error.clone()))));
            return results.done;
        }
    }
    results.done
}

/// Looks which writes of a batch whose answer was lost were applied: puts by their stamps, deletes by there
/// being no record, whoever deleted it. A put that leaves no stamp is not found.
async fn verify_batch(db: &Context, call: &Call, writes: &[Write], batch: BatchWrite, unknown: Error) -> Vec<Done> {
    let written = batch.parts.iter().filter_map(|(position, _)| writes.get(*position));
    let wanted = written.map(|write| (write.definition, write.key.clone())).collect();
    let Ok(found) = fetch(db, call, wanted, true, None).await else {
        return batch.parts.into_iter().map(|(position, _)| (position, Err(unknown.clone()))).collect();
    };
    let is_applied = |part: &BatchPart, stored: Option<Record>| match &part.put {
        Some((_, stamp)) => stored.zip(stamp.as_ref()).is_some_and(|(record, stamp)| is_stamped(&record, stamp)),
        None => stored.is_none(),
    };
    let judged = batch.parts.into_iter().zip(found).map(|((position, part), stored)| {
        (position, if is_applied(&part, stored) { Ok(Written::default()) } else { Err(unknown.clone()) })
    });
    judged.collect()
}

/// Does writes that no batch can take: side by side, but for those that conflict.
async fn write_window(
    db: &Context,
    call: &Call,
    writes: &[Write],
    window: &[usize],
    least: Duration,
    mut results: Results<'_>,
) -> Vec<Done> {
    if call.left() <= least {
        return skip_unsent(window, results);
    }
    // What is created, or replaced under its version, is judged by the server, and its record need not be read.
    let is_read = |position: &&usize| writes.get(**position).is_some_and(must_read);
    let read: Vec<usize> = window.iter().filter(is_read).copied().collect();
    let wanted = read.iter().filter_map(|position| writes.get(*position));
    let wanted: Vec<_> = wanted.map(|write| (write.definition, write.key.clone())).collect();
    let found = match wanted.is_empty() {
        true => Ok(Vec::new()),
        false => fetch_stored(db, call, wanted).await,
    };
    let stored: HashMap<usize, Option<Stored>> = match found {
        Ok(found) => read.into_iter().zip(found).collect(),
        Err(error) => {
            results.extend(window.iter().map(|position| (*position, Err(error.clone()))));
            return results.done;
        }
    };
    let groups = conflict_groups(writes, window, &stored, call);
    let (stored, report) = (&stored, results.report);
    let group = |group: Vec<usize>| async move {
        let mut results = Results::new(report);
        let mut written = HashSet::new();
        for position in group {
            if call.left() <= least {
                results.push((position, Err(outcome::unsent())));
                continue;
            }
            let Some(write) = writes.get(position) else { continue };
            // What was read is what the first write of a record finds. Those after it read for themselves.
            let is_first = written.insert(ident(write.definition, &write.key));
            let known = if is_first { stored.get(&position).cloned() } else { None };
            results.push(write_single(db, call, writes, position, known).await);
        }
        results.done
    };
    let tasks = groups.into_iter().map(|positions| Box::pin(group(positions)) as BoxFuture<'_, _>).collect();
    join_limited(tasks, ITEMS).await.into_iter().flatten().collect()
}

/// Does one write. Its record was read already, if it is `known`.
async fn write_single(
    db: &Context,
    call: &Call,
    writes: &[Write],
    position: usize,
    known: Option<Option<Stored>>,
) -> Done {
    let Some(write) = writes.get(position) else { return (position, Err(undone())) };
    let mut writer = Writer::new(db, call, std::slice::from_ref(write));
    writer.needs_old_item = false;
    if let ([prior @ Prior::ToRead], Some(stored)) = (writer.priors.as_mut_slice(), known) {
        *prior = Prior::Known(stored);
    }
    let result = run(writer).await.map_err(|refusal| refusal.error);
    (position, result.and_then(|mut written| written.pop().ok_or_else(undone)))
}

/// What there was no time left to send.
fn skip_unsent(positions: &[usize], mut results: Results<'_>) -> Vec<Done> {
    results.extend(positions.iter().map(|position| (*position, Err(outcome::unsent()))));
    results.done
}

fn undone() -> Error {
    Error::new(ErrorKind::Backend, "the write was not done")
}
