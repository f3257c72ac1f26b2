//! How a value of a record and its guard stand to each other, and putting them right.
//!
//! Others write meanwhile, with this library too, so a guard is looked at in one transaction with the
//! records it concerns, and moved in one with the condition that these are still as they were seen.

use crate::backend::dynamodb::DynamoDb;
use crate::backend::dynamodb::failure::Class;
use crate::backend::dynamodb::guard::{self, GuardKey, Move};
use crate::backend::dynamodb::key::to_key;
use crate::backend::dynamodb::read::snapshot;
use crate::backend::dynamodb::retry::{self, Attempts};
use crate::backend::dynamodb::value::{Stored, to_record};
use crate::backend::dynamodb::write::build;
use crate::backend::dynamodb::write::transact::refusals;
use crate::definition::{Definition, IndexDef};
use crate::error::Result;
use crate::request::{Call, RecordKey};
use crate::value::Record;

/// A value of a unique index: where, which, and the key of its guard.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) definition: &'static Definition,
    pub(super) index: &'static IndexDef,
    pub(super) key: GuardKey,
}

/// How the guard of a value stands to a record.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Standing {
    /// The record has the value and the guard, or neither is the case any more.
    Right,
    /// The record has the value, and nobody the guard.
    Unguarded,
    /// The record has both, but the guard expires at another time.
    OtherExpiry,
    /// The record has the value, and the guard is of one that has not.
    GuardedFor(RecordKey),
    /// The record has the value, and so has the one of which the guard is.
    Shared(RecordKey),
    /// The record has the value, and the guard names none.
    Nameless,
}

/// What was seen of a value at one moment.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) standing: Standing,
    /// When the record expires.
    expires: Option<i64>,
    /// The records that were looked at.
    records: Vec<(RecordKey, Option<Stored>)>,
}

impl Place {
    /// Whether a record is live and has the value.
    pub(super) fn is_of(&self, record: Option<&Record>, call: &Call) -> bool {
        let live = record.filter(|record| record.is_live(self.definition, call));
        live.and_then(|record| guard::key_of(self.definition, self.index, record)).as_ref() == Some(&self.key)
    }

    fn is_held(&self, stored: Option<&Stored>, call: &Call) -> bool {
        self.is_of(stored.map(|stored| &stored.record), call)
    }

    fn moved(&self, from: Option<RecordKey>, to: Option<(RecordKey, Option<i64>)>) -> Move {
        Move {
            definition: self.definition,
            index: self.index,
            key: self.key.clone(),
            position: 0,
            from,
            to,
            before: None,
        }
    }
}

impl DynamoDb {
    /// The live guard of a value and the records of these keys, as they are at one moment.
    async fn picture(
        &self,
        call: &Call,
        place: &Place,
        keys: &[&RecordKey],
    ) -> Result<(Option<Record>, Vec<Option<Stored>>)> {
        let definition = place.definition;
        let mut parts = vec![snapshot::part(&guard::table(definition), guard::to_key(&place.key))?];
        for key in keys {
            parts.push(snapshot::part(definition.name(), to_key(definition, key))?);
        }
        let mut read = self.read_parts(call, parts).await?.into_iter();
        let guard =
            read.next().flatten().map(to_record).transpose()?.filter(|guard| guard::is_live(definition, guard, call));
        let stored = |item: Option<_>| item.map(|item| Stored::new(definition, item)).transpose();
        Ok((guard, read.map(stored).collect::<Result<_>>()?))
    }

    /// Looks how the guard of a value stands to a record.
    pub(super) async fn look_at(&self, call: &Call, place: &Place, owner: &RecordKey) -> Result<Look> {
        let mut other: Option<RecordKey> = None;
        loop {
            let keys: Vec<_> = std::iter::once(owner).chain(&other).collect();
            let (guard, records) = self.picture(call, place, &keys).await?;
            let keys = keys.into_iter().cloned();
            let records: Vec<_> = keys.zip(records).collect();
            let record = records.first().and_then(|(_, record)| record.as_ref());
            let expires = record.and_then(|stored| stored.record.expiry(place.definition));
            let standing = match &guard {
                _ if !place.is_held(record, call) => Standing::Right,
                None => Standing::Unguarded,
                Some(guard) => match guard::owner(place.definition, guard) {
                    None => Standing::Nameless,
                    Some(holder) if holder == *owner && guard.expires() == expires => Standing::Right,
                    Some(holder) if holder == *owner => Standing::OtherExpiry,
                    Some(holder) if other.as_ref() == Some(&holder) => {
                        let has = place.is_held(records.get(1).and_then(|(_, record)| record.as_ref()), call);
                        if has { Standing::Shared(holder) } else { Standing::GuardedFor(holder) }
                    }
                    // Its record is to be in the picture too.
                    Some(holder) => {
                        if call.left().is_zero() {
                            return Err(retry::timed_out("while others kept moving a unique value"));
                        }
                        other = Some(holder);
                        continue;
                    }
                },
            };
            return Ok(Look { standing, expires, records });
        }
    }

    /// Gives a record the guard of its value, as it was seen to need it. False where it is not as it was
    /// seen any more.
    pub(super) async fn give(&self, call: &Call, place: &Place, look: Look) -> Result<bool> {
        let Some((owner, _)) = look.records.first() else { return Ok(false) };
        let from = match look.standing {
            Standing::GuardedFor(holder) => Some(holder),
            _ => None,
        };
        let moved = place.moved(from, Some((owner.clone(), look.expires)));
        self.move_if_still(call, &moved, &look.records).await
    }

    /// Whether a guard is of a record that does not have its value; if so, and asked to, frees it.
    pub(super) async fn is_orphan(&self, call: &Call, place: &Place, owner: &RecordKey, free: bool) -> Result<bool> {
        loop {
            let (guard, mut records) = self.picture(call, place, &[owner]).await?;
            let holder = guard.and_then(|guard| guard::owner(place.definition, &guard));
            let record = records.pop().flatten();
            if holder.as_ref() != Some(owner) || place.is_held(record.as_ref(), call) {
                return Ok(false);
            }
            let moved = place.moved(Some(owner.clone()), None);
            if !free || self.move_if_still(call, &moved, &[(owner.clone(), record)]).await? {
                return Ok(true);
            }
            if call.left().is_zero() {
                return Err(retry::timed_out("while others kept moving a unique value"));
            }
        }
    }

    /// Frees a value whose guard names a record that has not, or no longer, got it: the server deleted that,
    /// or another program wrote it. False where the record holds the value; true too where the guard is
    /// not that record's any more.
    pub(super) async fn free(&self, call: &Call, place: &Place, holder: &RecordKey) -> Result<bool> {
        let (guard, mut records) = self.picture(call, place, &[holder]).await?;
        let named = guard.and_then(|guard| guard::owner(place.definition, &guard));
        let record = records.pop().flatten();
        if named.as_ref() != Some(holder) {
            return Ok(true);
        }
        if place.is_held(record.as_ref(), call) {
            return Ok(false);
        }
        let moved = place.moved(Some(holder.clone()), None);
        self.move_if_still(call, &moved, &[(holder.clone(), record)]).await?;
        Ok(true)
    }

    /// Moves a guard, if these records are still as they were read.
    async fn move_if_still(&self, call: &Call, moved: &Move, records: &[(RecordKey, Option<Stored>)]) -> Result<bool> {
        let mut parts = vec![moved.op(call)?.part()?];
        for (key, record) in records {
            parts.push(build::still(moved.definition, key, record.as_ref())?.part()?);
        }
        let token = self.stamps.token();
        let mut attempts = Attempts::of_write(call);
        loop {
            let request = self.client.transact_write_items().client_request_token(&token);
            let failure = match attempts.send(request.set_transact_items(Some(parts.clone())).send()).await {
                Ok(_) => return Ok(true),
                Err(failure) => failure,
            };
            let again = match failure.class {
                Class::Cancelled if refusals(&failure).map_err(|part| part.error)?.is_some() => return Ok(false),
                class => class == Class::Cancelled || class.passes(),
            };
            if !(again && attempts.pause().await) {
                return Err(retry::gave_up(&attempts, failure));
            }
        }
    }
}
