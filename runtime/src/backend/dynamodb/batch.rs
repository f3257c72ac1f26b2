//! Puts and deletes by the batch, each for itself.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, WriteRequest};

use super::DynamoDb;
use super::call::{self, Attempts};
use super::convert::{Item, to_attribute, to_item};
use super::keys::{ident, to_key};
use super::plan::has_unique;
use super::read::{PARALLEL, unprocessed};
use super::write::Writer;
use crate::backend::BoxFuture;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Observer;
use crate::request::{Action, Call, Write, Written};
use crate::value::{Record, STAMP, Value};

/// "BatchWriteItem" in the API reference.
pub(super) const MOST_WRITES: usize = 25;

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
    /// Does puts and deletes. Of two of the same record only the last is sent, and both are done then.
    pub(super) async fn write_all(&self, call: &Call, writes: &[Write], observer: &Observer) -> Vec<Result<Written>> {
        let same = last_of_each(writes);
        let mut sent: Vec<usize> = same.keys().copied().collect();
        sent.sort_unstable();
        let (whole, single): (Vec<_>, Vec<_>) = sent.into_iter().partition(|at| batches(&writes[*at]));
        let tell = |(at, result): &Done| {
            same.get(at).into_iter().flatten().for_each(|at| observer.tell(*at, result.as_ref().err()));
        };
        let tell = &tell;
        let mut parts: Vec<BoxFuture<'_, Vec<Done>>> = Vec::new();
        for chunk in whole.chunks(MOST_WRITES) {
            parts.push(Box::pin(self.write_batch(call, writes, chunk, Results { done: Vec::new(), tell })));
        }
        for at in single {
            parts.push(Box::pin(async move {
                let done = self.write_single(call, writes, at).await;
                tell(&done);
                vec![done]
            }));
        }
        let mut results: Vec<Option<Result<Written>>> = vec![None; writes.len()];
        for (last, result) in call::side_by_side(parts, PARALLEL).await.into_iter().flatten() {
            for at in same.get(&last).into_iter().flatten() {
                results[*at] = Some(result.clone());
            }
        }
        results.into_iter().map(|result| result.unwrap_or_else(|| Err(undone()))).collect()
    }

    async fn write_single(&self, call: &Call, writes: &[Write], at: usize) -> Done {
        let mut writer = Writer::new(self, call, &writes[at..=at]);
        writer.telling = false;
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
            let error = match attempts.send(request.send()).await {
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
                Err(failure) if failure.class.passes() => call::gave_up(&attempts, failure),
                // One of them is refused, and with it all: each by itself tells which.
                Err(_) => {
                    for (at, _) in left {
                        results.push(self.write_single(call, writes, at).await);
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

/// The last write of each record, with all that are of the same.
pub(super) fn last_of_each(writes: &[Write]) -> HashMap<usize, Vec<usize>> {
    let mut places: HashMap<Vec<u8>, Vec<usize>> = HashMap::with_capacity(writes.len());
    for (at, write) in writes.iter().enumerate() {
        places.entry(ident(write.definition, &write.key)).or_default().push(at);
    }
    places.into_values().filter_map(|places| Some((*places.last()?, places))).collect()
}

/// A put or a delete as a part of a batch.
pub(super) fn part(write: &Write, stamp: &Value) -> Result<WriteRequest> {
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
pub(super) fn batches(write: &Write) -> bool {
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

fn undone() -> Error {
    Error::new(ErrorKind::Backend, "the write was not done")
}
