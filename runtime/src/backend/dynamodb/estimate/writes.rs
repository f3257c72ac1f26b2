//! Writes: alone, in batches, and together.

use super::held::Held;
use super::reads::{by_keys, get_item, holder};
use super::sent::Sent;
use super::sizes::{TRANSACTIONAL, check_capacity, guard_capacity, guard_size, write_capacity};
use crate::backend::dynamodb::guard::GuardKey;
use crate::backend::dynamodb::guard::moves::{GuardMove, merge_moves, moves_of_write};
use crate::backend::dynamodb::write::batch::Batches;
use crate::backend::dynamodb::write::build::{inserted, moves_unique, must_read, must_read_to_tell};
use crate::limits::{Limits, check_record_size, check_transaction_items, record_size};
use crate::request::{Action, Capacity, FindUnique, RecordKey, Returning, Write, index_values};
use crate::value::Record;

/// A write, and the record that it meets.
struct Met<'a> {
    write: &'a Write,
    before: Option<Record>,
    /// Whether that is read before the write is sent.
    is_read: bool,
    judges: bool,
}

impl<'a> Met<'a> {
    fn by(held: Held<'_>, write: &'a Write) -> Self {
        Self {
            write,
            before: held.record(write.definition, &write.key),
            is_read: must_read(write),
            judges: held.judges,
        }
    }

    /// The record afterwards. What cannot be changed as asked is as it was, where nothing is judged.
    fn after(&self) -> Option<Record> {
        match self.write.outcome(self.before.as_ref()) {
            Ok(after) => after,
            Err(_) => self.before.clone().filter(|_| !self.judges),
        }
    }

    /// What happens to guards.
    fn moves(&self, held: Held<'_>, position: usize) -> Vec<GuardMove> {
        if !moves_unique(self.write) {
            return Vec::new();
        }
        let (before, after) = if self.is_read { (self.before.as_ref(), self.after()) } else { (None, None) };
        let after = after.as_ref().or(if self.is_read { None } else { inserted(self.write) });
        moves_of_write(self.write, position, held.call, before, after)
    }

    fn is_refused(&self, held: Held<'_>) -> bool {
        let is_too_large = |after: Option<Record>| {
            after.is_some_and(|after| check_record_size(record_size(&after), &Limits::DYNAMODB).is_err())
        };
        let before = self.before.as_ref();
        let is_refused = || self.write.judge(before, held.call).is_err();
        self.judges && (is_refused() || self.write.outcome(before).map_or(true, is_too_large))
    }

    /// The requests that find another record with a value that this one is to have, and refuse it: unless that
    /// record gives it up in the same transaction, of which these are `all` moves.
    fn taken(&self, held: Held<'_>, moves: &[GuardMove], all: &[GuardMove]) -> Option<Sent> {
        let definition = self.write.definition;
        let after = self.after().filter(|_| held.judges)?;
        let is_given_up = |key: &GuardKey, owner: &RecordKey| {
            all.iter().any(|moved| moved.value.key == *key && moved.from.as_ref() == Some(owner))
        };
        let taken = moves.iter().filter(|moved| moved.to.is_some()).find_map(|moved| {
            let values = index_values(definition, moved.value.index, &after)?;
            let find = FindUnique::new(definition, moved.value.index, values, true);
            let holder = held.holder(find)?;
            let owner = RecordKey::from_record(definition, &holder).ok()?;
            let is_taken = owner != self.write.key && !is_given_up(&moved.value.key, &owner);
            is_taken.then_some((moved, holder, owner))
        });
        let (moved, record, owner) = taken?;
        let size = guard_size(definition, moved.value.index, &moved.value.key, &owner, record.expires());
        Some(holder(definition, size, &record))
    }
}

pub(super) fn write(held: Held<'_>, write: &Write) -> Vec<Sent> {
    let met = Met::by(held, write);
    let mut sent = Vec::new();
    if met.is_read || matches!(write.action, Action::Check) {
        sent.push(get_item(write.definition, met.before.as_ref(), true));
    }
    sent.extend(send(held, &met));
    sent
}

/// What is sent once the record was read, if it is.
fn send(held: Held<'_>, met: &Met<'_>) -> Vec<Sent> {
    let Met { write, before, is_read, .. } = met;
    if matches!(write.action, Action::Check) {
        return Vec::new();
    }
    let moves = met.moves(held, 0);
    let request = if moves.is_empty() { request_of(&write.action) } else { "TransactWriteItems" };
    if met.is_refused(held) {
        return if *is_read { Vec::new() } else { vec![Sent::refused(request)] };
    }
    if matches!(write.action, Action::Delete) && before.is_none() {
        // What was read and is not there need not be deleted; the server refuses it, unless it has a condition.
        return match (is_read, write.requirement()) {
            (true, _) => Vec::new(),
            (false, None) => vec![Sent::refused(request)],
            (false, Some(_)) => vec![Sent::write(request, write_capacity(write.definition, None, None, 1.0))],
        };
    }
    if let Some(holder) = met.taken(held, &moves, &moves) {
        return vec![Sent::refused(request), holder];
    }
    let after = met.after();
    let factor = if moves.is_empty() { 1.0 } else { TRANSACTIONAL };
    let mut consumed = write_capacity(write.definition, before.as_ref(), after.as_ref(), factor);
    consumed.extend(moves.iter().map(|moved| move_capacity(moved, before.as_ref())));
    vec![Sent::write(request, consumed)]
}

fn request_of(action: &Action) -> &'static str {
    match action {
        Action::Create(_) | Action::Put(_) | Action::Replace(_) => "PutItem",
        Action::Update(_) | Action::Upsert { .. } => "UpdateItem",
        Action::Delete => "DeleteItem",
        Action::Check => "GetItem",
    }
}

/// What the move of a guard consumes: its item is as large as it is or was.
fn move_capacity(moved: &GuardMove, before: Option<&Record>) -> Capacity {
    let value = &moved.value;
    let size = |owner: &RecordKey, expires| guard_size(value.definition, value.index, &value.key, owner, expires);
    let was = moved.from.as_ref().map(|owner| size(owner, before.and_then(Record::expires)));
    let is = moved.to.as_ref().map(|(owner, expires)| size(owner, *expires));
    guard_capacity(value.definition, was.into_iter().chain(is).max().unwrap_or(0))
}

pub(super) fn write_many(held: Held<'_>, writes: &[Write]) -> Vec<Sent> {
    let batches = Batches::new(writes);
    let mut sent = Vec::new();
    for positions in &batches.batches {
        let met = positions.iter().filter_map(|at| writes.get(*at)).map(|write| Met::by(held, write));
        let capacity =
            |met: Met<'_>| write_capacity(met.write.definition, met.before.as_ref(), met.after().as_ref(), 1.0);
        sent.push(Sent::write("BatchWriteItem", met.flat_map(capacity).collect()));
    }
    for window in &batches.windows {
        let met: Vec<_> = window.iter().filter_map(|at| writes.get(*at)).map(|write| Met::by(held, write)).collect();
        sent.extend(read_first(held, &met));
        met.iter().for_each(|met| sent.extend(send(held, met)));
    }
    sent
}

/// The reads of the records that are read first, together.
fn read_first(held: Held<'_>, met: &[Met<'_>]) -> Vec<Sent> {
    let wanted = met.iter().filter(|met| met.is_read).map(|met| (met.write.definition, &met.write.key));
    let wanted: Vec<_> = wanted.collect();
    if wanted.is_empty() { Vec::new() } else { by_keys(held, &wanted, true) }
}

pub(super) fn transact(held: Held<'_>, writes: &[Write]) -> Vec<Sent> {
    let mut met: Vec<_> = writes.iter().map(|write| Met::by(held, write)).collect();
    met.iter_mut().for_each(|met| met.is_read |= must_read_to_tell(met.write));
    let mut sent = read_first(held, &met);
    // What was read is judged before anything is sent.
    if met.iter().any(|met| met.is_read && met.is_refused(held)) {
        return sent;
    }
    let moves: Vec<_> = met.iter().enumerate().map(|(at, met)| met.moves(held, at)).collect();
    let all: Vec<_> = moves.iter().flatten().cloned().collect();
    let taken = met.iter().zip(&moves).find_map(|(met, moves)| met.taken(held, moves, &all));
    if taken.is_some() || met.iter().any(|met| met.is_refused(held)) {
        sent.push(Sent::refused("TransactWriteItems"));
        sent.extend(taken);
        return sent;
    }
    let Ok(merged) = merge_moves(all, held.call) else { return sent };
    if check_transaction_items(met.len() + merged.len(), &Limits::DYNAMODB).is_err() {
        return sent;
    }
    let mut consumed: Vec<_> = met.iter().flat_map(|met| part_capacity(met)).collect();
    if consumed.is_empty() {
        return sent;
    }
    let before = |moved: &GuardMove| met.get(moved.position).and_then(|met| met.before.as_ref());
    consumed.extend(merged.iter().map(|moved| move_capacity(moved, before(moved))));
    sent.push(Sent::write("TransactWriteItems", consumed));
    sent
}

/// What a part of a transaction consumes.
fn part_capacity(met: &Met<'_>) -> Vec<Capacity> {
    let (write, before) = (met.write, met.before.as_ref());
    match &write.action {
        Action::Check => vec![check_capacity(write.definition, before)],
        // What was read and is not there need not be deleted, only checked if it is told.
        Action::Delete if before.is_none() && met.is_read && write.returning != Returning::After => Vec::new(),
        _ => write_capacity(write.definition, before, met.after().as_ref(), TRANSACTIONAL),
    }
}
