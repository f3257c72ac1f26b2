//! Operations sent together, and the moves of guards among them.

use std::collections::HashMap;

use crate::backend::dynamodb::failure::{Class, Failure};
use crate::backend::dynamodb::guard::{self, GuardKey, Move};
use crate::backend::dynamodb::standing::Place;
use crate::backend::dynamodb::validation;
use crate::backend::dynamodb::write::build;
use crate::backend::dynamodb::write::refusal::{Refusal, unknown};
use crate::backend::dynamodb::write::{Plan, RefusedOps, Sent, Writer};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{self, Limits};
use crate::request::{Call, RecordKey};

impl Writer<'_> {
    /// Sends the operations of a plan as one transaction. Each attempt has the same token, so that it
    /// is done once.
    pub(crate) async fn together(&mut self, plan: &Plan) -> Result<Sent, Refusal> {
        let count = plan.ops.len();
        limits::check_transaction_items(count, &Limits::DYNAMODB)?;
        let parts: Vec<_> = plan.ops.iter().map(|(_, op)| op.part()).collect::<Result<_>>()?;
        let token = self.db.stamps.token();
        let (ambiguous, mut used) = (self.attempts.ambiguous, false);
        loop {
            let request = self.db.client.transact_write_items().client_request_token(&token);
            let sent = self.attempts.send(request.set_transact_items(Some(parts.clone())).send()).await;
            let failure = match sent {
                Ok(_) => return Ok(Sent::Done(None)),
                Err(failure) => failure,
            };
            // DynamoDB Local refuses the whole request for what a record holds, DynamoDB cancels it.
            if failure.is_of_record() && self.wants_all() {
                return Ok(Sent::Refused(Vec::new()));
            }
            let again = match failure.class {
                Class::Cancelled => match refusals(&failure).transpose() {
                    Some(refused) => {
                        // Had an attempt before been applied, its token would have made this one succeed;
                        // but one that is still on its way may be, once the reason for the refusal is gone.
                        if self.attempts.ambiguous && used {
                            let message = "an answer was lost, and then the transaction was refused";
                            return Err(unknown(message).into());
                        }
                        if self.attempts.ambiguous && !self.use_up(&token).await? {
                            // Sent once more, it succeeds if it is what the token was used for.
                            used = true;
                            continue;
                        }
                        self.attempts.ambiguous = ambiguous;
                        return match refused {
                            Ok(refused) => Ok(Sent::Refused(refused)),
                            // The records tell what is in the way: nothing, where it is a null.
                            Err(part) if part.is_of_record && self.wants_all() => Ok(Sent::Refused(Vec::new())),
                            Err(part) => Err(Refusal { position: plan.position(part.at), error: part.error }),
                        };
                    }
                    None => true,
                },
                class => class.passes(),
            };
            if !(again && self.attempts.pause().await) {
                return self.give_up(failure).await;
            }
        }
    }

    /// Uses a token up with a transaction that changes nothing: from then on DynamoDB refuses what was
    /// sent under it and has not come yet, for ten minutes, and no request is taken that was signed so
    /// long ago. False where it has been used before.
    async fn use_up(&mut self, token: &str) -> Result<bool, Refusal> {
        let Some(write) = self.writes.first() else { return Ok(true) };
        let nothing = vec![build::nothing(write)?.part()?];
        loop {
            let request = self.db.client.transact_write_items().client_request_token(token);
            let failure = match self.attempts.send(request.set_transact_items(Some(nothing.clone())).send()).await {
                Ok(_) => return Ok(true),
                Err(failure) if failure.code() == "IdempotentParameterMismatchException" => return Ok(false),
                Err(failure) => failure,
            };
            let again = failure.class.passes() || failure.class == Class::Cancelled;
            if !(again && self.attempts.pause().await) {
                return Err(failure.into_unknown().into());
            }
        }
    }
}

/// An operation that DynamoDB does not take, by its place.
#[derive(Debug)]
pub(crate) struct RefusedPart {
    at: usize,
    pub(crate) error: Error,
    /// Whether what is stored is the reason.
    is_of_record: bool,
}

impl RefusedPart {
    fn of(at: usize, text: &str) -> Self {
        Self { at, error: validation::error(text), is_of_record: validation::is_of_record(text) }
    }
}

/// The operations whose conditions were false; none where the transaction was in the way of another,
/// or there was too much traffic. An error is that of the operation at this place.
pub(crate) fn refusals(failure: &Failure) -> Result<Option<RefusedOps>, RefusedPart> {
    let of_code = |code: &str| {
        let code = code.to_owned();
        failure.reasons.iter().enumerate().filter(move |(_, reason)| reason.code() == Some(&code))
    };
    if let Some((at, reason)) = of_code("ValidationError").next() {
        return Err(RefusedPart::of(at, reason.message().unwrap_or_default()));
    }
    if let Some((at, _)) = of_code("ItemCollectionSizeLimitExceeded").next() {
        let error = Error::new(
            ErrorKind::Backend,
            "the records of one hash key would have more than the 10 GB that DynamoDB takes of a table with local indexes",
        );
        return Err(RefusedPart { at, error, is_of_record: false });
    }
    let refused: Vec<_> = of_code("ConditionalCheckFailed").map(|(at, reason)| (at, reason.item.clone())).collect();
    Ok((!refused.is_empty()).then_some(refused))
}

impl Writer<'_> {
    /// Whether a write before `position` takes a value that is another's: then that is the refusal to
    /// tell, since each write sees those before it.
    pub(crate) async fn taken_before(&self, moves: &[Move], position: usize) -> Result<Option<Refusal>> {
        let moves: Vec<_> = moves.iter().filter(|moved| moved.position < position).collect();
        let mut holders: HashMap<(&str, &GuardKey), Option<RecordKey>> = HashMap::new();
        for moved in &moves {
            let place = (moved.definition.name(), &moved.key);
            if moved.to.is_some() && !holders.contains_key(&place) {
                let guard = self.db.guards_of(self.call, moved.definition, std::slice::from_ref(&moved.key)).await?;
                let live = guard.get(&moved.key).filter(|guard| guard::is_live(moved.definition, guard, self.call));
                let named = live.and_then(|guard| guard::owner(moved.definition, guard));
                holders.insert(place, self.holder(moved, named).await?);
            }
        }
        for moved in moves {
            let holder = holders.entry((moved.definition.name(), &moved.key)).or_default();
            match &moved.to {
                None => *holder = None,
                Some((owner, until)) if holder.as_ref().is_none_or(|holder| holder == owner) => {
                    *holder = self.call.is_before(*until).then(|| owner.clone());
                }
                Some(_) => return Ok(Some(violation(moved))),
            }
        }
        Ok(None)
    }

    /// The record that a guard names, if it has the value.
    async fn holder(&self, moved: &Move, named: Option<RecordKey>) -> Result<Option<RecordKey>> {
        let Some(key) = named else { return Ok(None) };
        let wanted = vec![(moved.definition, key.clone())];
        let record = self.db.fetch(self.call, wanted, true, None).await?.into_iter().flatten().next();
        let place = Place { definition: moved.definition, index: moved.index, key: moved.key.clone() };
        Ok(place.is_of(record.as_ref(), self.call).then_some(key))
    }
}

/// The moves of several writes on one guard as one move: DynamoDB takes one operation an item. Each
/// sees those before it.
pub(crate) fn merge(moves: Vec<Move>, call: &Call) -> Result<Vec<Move>, Refusal> {
    let mut merged: Vec<Move> = Vec::with_capacity(moves.len());
    let mut violations = Vec::new();
    for next in moves {
        let same = |other: &&mut Move| other.key == next.key && other.definition.name() == next.definition.name();
        let Some(before) = merged.iter_mut().find(same) else {
            merged.push(next);
            continue;
        };
        match (&before.to, &next.to) {
            // Given up, then taken.
            (None, _) => {
                before.to = next.to;
                before.position = next.position;
            }
            // Taken while it was not given up yet.
            (Some(_), None) => violations.push(violation(before)),
            (Some((_, until)), Some(_)) if call.is_before(*until) => violations.push(violation(&next)),
            // Taken by a record that has expired already: it must have been free for that one, too.
            (Some((owner, _)), Some(_)) => {
                before.before.get_or_insert_with(|| owner.clone());
                before.to = next.to;
            }
        }
    }
    match violations.into_iter().min_by_key(|violation| violation.position) {
        Some(first) => Err(first),
        None => Ok(merged),
    }
}

fn violation(moved: &Move) -> Refusal {
    Refusal::at(moved.position, Error::taken(moved.index.name))
}
