//! Puts and deletes by the batch, each for itself.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemOutput;
use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, WriteRequest};

use crate::backend::BoxFuture;
use crate::backend::dynamodb::DynamoDb;
use crate::backend::dynamodb::key::{ident, to_key};
use crate::backend::dynamodb::read::get::{MOST_KEYS, PARALLEL, unprocessed};
use crate::backend::dynamodb::retry::{self, Attempts};
use crate::backend::dynamodb::value::{Item, Stored, to_attribute, to_item};
use crate::backend::dynamodb::write::build::has_unique;
use crate::backend::dynamodb::write::conflicts::turns;
use crate::backend::dynamodb::write::{Base, Writer};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Observer;
use crate::request::{Action, Call, Write, Written};
use crate::value::{Record, STAMP, Value};

/// "BatchWriteItem" in the API reference.
pub(crate) const MOST_WRITES: usize = 25;
/// How many single writes are under way at a time.
const SINGLE: usize = 8;

/// What came of the write at a position.
type Done = (usize, Result<Written>);

/// What came of the writes so far, told as it comes.
struct Results<'a> {
    done: Vec<Done>,
    tell: &'a (dyn Fn(&Done) + Sync),
}

impl Results<'_> {
    fn push(&mut self, done: Done) {
        (self.tell)(&done);
        self.done.push(done);
    }

    fn extend(&mut self, done: impl IntoIterator<Item = Done>) {
        done.into_iter().for_each(|done| self.push(done));
    }
}

impl DynamoDb {
    /// Does puts and deletes. Of several of one record that a batch can take, only the last is sent, and
    /// all are done then.
    pub(crate) async fn write_all(&self, call: &Call, writes: &[Write], observer: &Observer) -> Vec<Result<Written>> {
        let (whole, single): (Vec<_>, Vec<_>) = (0..writes.len()).partition(|at| batches(&writes[*at]));
        let same = last_of_each(writes, &whole);
        let mut sent: Vec<usize> = same.keys().copied().collect();
        sent.sort_unstable();
        let tell = |(at, result): &Done| {
            same.get(at).into_iter().flatten().for_each(|at| observer.report(*at, result.as_ref().err()));
        };
        let tell = &tell;
        let least = retry::least(call);
        let mut parts: Vec<BoxFuture<'_, Vec<Done>>> = Vec::new();
        for chunk in sent.chunks(MOST_WRITES) {
            let results = Results { done: Vec::new(), tell };
            parts.push(Box::pin(async move {
                match call.left() > least {
                    true => self.write_batch(call, writes, chunk, results).await,
                    false => unsent(chunk, results),
                }
            }));
        }
        let mut results: Vec<Option<Result<Written>>> = vec![None; writes.len()];
        for (last, result) in retry::side_by_side(parts, PARALLEL).await.into_iter().flatten() {
            for at in same.get(&last).into_iter().flatten() {
                results[*at] = Some(result.clone());
            }
        }
        let tell = |(at, result): &Done| observer.report(*at, result.as_ref().err());
        for window in single.chunks(MOST_KEYS) {
            for (at, result) in self.write_window(call, writes, window, least, &tell).await {
                results[at] = Some(result);
            }
        }
        results.into_iter().map(|result| result.unwrap_or_else(|| Err(undone()))).collect()
    }

    /// Does writes that no batch can take: side by side, but for those that meet in a record or a value.
    async fn write_window(
        &self,
        call: &Call,
        writes: &[Write],
        window: &[usize],
        least: Duration,
        tell: &(dyn Fn(&Done) + Sync),
    ) -> Vec<Done> {
        let results = || Results { done: Vec::with_capacity(window.len()), tell };
        if call.left() <= least {
            return unsent(window, results());
        }
        let wanted = window.iter().map(|at| (writes[*at].definition, writes[*at].key.clone())).collect();
        let stored = match self.fetch_stored(call, wanted).await {
            Ok(stored) => stored,
            Err(error) => {
                let mut results = results();
                results.extend(window.iter().map(|at| (*at, Err(error.clone()))));
                return results.done;
            }
        };
        let groups = turns(writes, window, &stored, call);
        let stored: HashMap<usize, Option<Stored>> = window.iter().copied().zip(stored).collect();
        let stored = &stored;
        let group = |group: Vec<usize>| async move {
            let mut results = Results { done: Vec::with_capacity(group.len()), tell };
            let mut written = HashSet::new();
            for at in group {
                if call.left() <= least {
                    results.push((at, Err(retry::timed_out("before this write was sent"))));
                    continue;
                }
                let first = written.insert(ident(writes[at].definition, &writes[at].key));
                let known = first.then(|| stored.get(&at).cloned().flatten());
                results.push(self.write_single(call, writes, at, known).await);
            }
            results.done
        };
        let parts = groups.into_iter().map(|at| Box::pin(group(at)) as BoxFuture<'_, _>).collect();
        retry::side_by_side(parts, SINGLE).await.into_iter().flatten().collect()
    }

    /// Does one write; what is stored was read already, where it is `known`.
    async fn write_single(&self, call: &Call, writes: &[Write], at: usize, known: Option<Option<Stored>>) -> Done {
        let mut writer = Writer::new(self, call, &writes[at..=at]);
        writer.telling = false;
        if let ([base @ Base::Wanted], Some(stored)) = (writer.bases.as_mut_slice(), known) {
            *base = Base::Read(stored);
        }
        let result = writer.run().await.map_err(|refusal| refusal.error);
        (at, result.and_then(|mut written| written.pop().ok_or_else(undone)))
    }

    /// Sends one batch, and what was left of it, until all is done.
    async fn write_batch(&self, call: &Call, writes: &[Write], chunk: &[usize], mut results: Results<'_>) -> Vec<Done> {
        let mut left: Vec<(usize, WriteRequest)> = Vec::with_capacity(chunk.len());
        for at in chunk {
            match part(&writes[*at], &self.stamps.stamp()) {
                Ok(request) => left.push((*at, request)),
                Err(error) => results.push((*at, Err(error))),
            }
        }
        let mut attempts = Attempts::new(call);
        while !left.is_empty() {
            let mut tables: HashMap<String, Vec<WriteRequest>> = HashMap::new();
            for (at, request) in &left {
                tables.entry(writes[*at].definition.name().to_owned()).or_default().push(request.clone());
            }
            let request = self.client.batch_write_item().set_request_items(Some(tables));
            let has = |answer: &BatchWriteItemOutput| answer.unprocessed_items.is_some();
            let error = match attempts.send_for(request.send(), "UnprocessedItems", has).await {
                Ok(answer) => {
                    let undone = answer.unprocessed_items.unwrap_or_default();
                    let is_undone = |(at, _): &(usize, WriteRequest)| {
                        let write = &writes[*at];
                        let undone = undone.get(write.definition.name());
                        undone.is_some_and(|undone| undone.iter().any(|request| is_of(request, write)))
                    };
                    let (undone, done): (Vec<_>, Vec<_>) = left.into_iter().partition(is_undone);
                    results.extend(done.into_iter().map(|(at, _)| (at, Ok(Written::default()))));
                    left = undone;
                    if left.is_empty() {
                        break;
                    }
                    unprocessed()
                }
                // Sent again, a put or a delete could be applied after another's write.
                Err(failure) if failure.class.may_be_applied() => {
                    results.extend(self.look(call, writes, left, failure.into_unknown()).await);
                    return results.done;
                }
                Err(failure) if failure.class.passes() => retry::gave_up(&attempts, failure),
                // One of them is refused, and with it all: each by itself tells which.
                Err(_) => {
                    for (at, _) in left {
                        results.push(self.write_single(call, writes, at, None).await);
                    }
                    return results.done;
                }
            };
            if !attempts.pause().await {
                results.extend(left.into_iter().map(|(at, _)| (at, Err(error.clone()))));
                return results.done;
            }
        }
        results.done
    }

    /// Looks which writes of a batch whose answer was lost have come through: puts by their stamps,
    /// deletes by there being no record, whoever took it away.
    async fn look(&self, call: &Call, writes: &[Write], sent: Vec<(usize, WriteRequest)>, unknown: Error) -> Vec<Done> {
        let wanted = sent.iter().map(|(at, _)| (writes[*at].definition, writes[*at].key.clone())).collect();
        let Ok(found) = self.fetch(call, wanted, true, None).await else {
            return sent.into_iter().map(|(at, _)| (at, Err(unknown.clone()))).collect();
        };
        let is_done = |request: &WriteRequest, stored: Option<Record>| match &request.put_request {
            Some(put) => put.item.get(STAMP) == stored.and_then(|record| record.get(STAMP).map(to_attribute)).as_ref(),
            None => stored.is_none(),
        };
        let judged = sent.into_iter().zip(found).map(|((at, request), stored)| {
            (at, if is_done(&request, stored) { Ok(Written::default()) } else { Err(unknown.clone()) })
        });
        judged.collect()
    }
}

/// The last of these writes of each record, with all that are of the same.
pub(crate) fn last_of_each(writes: &[Write], among: &[usize]) -> HashMap<usize, Vec<usize>> {
    let mut places: HashMap<Vec<u8>, Vec<usize>> = HashMap::with_capacity(among.len());
    for at in among {
        places.entry(ident(writes[*at].definition, &writes[*at].key)).or_default().push(*at);
    }
    places.into_values().filter_map(|places| Some((*places.last()?, places))).collect()
}

/// A put or a delete as a part of a batch.
pub(crate) fn part(write: &Write, stamp: &Value) -> Result<WriteRequest> {
    let unbuilt = |e| Error::new(ErrorKind::Backend, "a part of the batch cannot be built").with_source(e);
    let request = WriteRequest::builder();
    Ok(match &write.action {
        Action::Put(record) => {
            let mut item: Item = to_item(record);
            item.insert(STAMP.to_owned(), to_attribute(stamp));
            request.put_request(PutRequest::builder().set_item(Some(item)).build().map_err(unbuilt)?)
        }
        _ => {
            let key = to_key(write.definition, &write.key);
            request.delete_request(DeleteRequest::builder().set_key(Some(key)).build().map_err(unbuilt)?)
        }
    }
    .build())
}

/// Whether a write can be part of a batch, which knows no conditions and no transactions.
pub(crate) fn batches(write: &Write) -> bool {
    let plain = write.condition.is_none() && write.version.is_none();
    plain && !has_unique(write.definition) && matches!(write.action, Action::Put(_) | Action::Delete)
}

/// Whether a request that came back is that of a write: it has its key.
fn is_of(request: &WriteRequest, write: &Write) -> bool {
    let put = request.put_request.as_ref().map(|put| &put.item);
    let item = put.or(request.delete_request.as_ref().map(|delete| &delete.key));
    item.is_some_and(|item| {
        to_key(write.definition, &write.key).iter().all(|(name, value)| item.get(name) == Some(value))
    })
}

/// What there was no time left to send.
fn unsent(chunk: &[usize], mut results: Results<'_>) -> Vec<Done> {
    results.extend(chunk.iter().map(|at| (*at, Err(retry::timed_out("before this write was sent")))));
    results.done
}

fn undone() -> Error {
    Error::new(ErrorKind::Backend, "the write was not done")
}
