//! What a write comes to: decided from the record that was read, or left to the script where that need not be known.

use std::borrow::Cow;

use super::items::Items;
use super::layout::{Entries, Layout};
use crate::error::Result;
use crate::limits::{self, Limits};
use crate::request::{Action, Call, Returning, Write, Written};
use crate::value::Record;

/// A record as it was read, with its stamp; nothing if there was none.
pub(super) type Seen = Option<(Record, Vec<u8>)>;

/// What a script is to do for one write.
pub(super) struct Decided<'a> {
    pub(super) expected: Expected,
    pub(super) change: Change<'a>,
    /// What the write has to tell; nothing if the script finds that out.
    pub(super) told: Option<Written>,
}

/// What must be there when the script runs.
pub(super) enum Expected {
    /// Anything.
    Anything,
    /// No live record.
    NoLive,
    /// No record.
    Nothing,
    /// The record with this stamp.
    Stamp(Vec<u8>),
}

/// What is done to the record.
pub(super) enum Change<'a> {
    /// Nothing, and neither by the others: it is refused, unless one before it is.
    Refuse,
    Keep,
    Delete,
    Set {
        record: Cow<'a, Record>,
        expiry: Option<i64>,
        entries: Entries,
    },
}

impl Expected {
    /// What was read.
    pub(super) fn seen(seen: Option<&Seen>) -> Self {
        match seen {
            Some(Some((_, stamp))) => Self::Stamp(stamp.clone()),
            Some(None) => Self::Nothing,
            None => Self::Anything,
        }
    }

    /// As the script reads it.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Anything => b"a".to_vec(),
            Self::NoLive => b"n".to_vec(),
            Self::Nothing => b"-".to_vec(),
            Self::Stamp(stamp) => [b"=", stamp.as_slice()].concat(),
        }
    }
}

/// Whether the script can do the write without anyone having read the record.
pub(super) fn is_blind(write: &Write) -> bool {
    let is_free = write.condition.is_none() && write.version.is_none();
    is_free && matches!(write.action, Action::Create(_) | Action::Put(_) | Action::Delete)
}

/// Whether the script is to return the record that was there.
pub(super) fn tells_before(write: &Write) -> bool {
    write.told() == Returning::Before
}

/// What the script is to do for a write that is decided without reading.
pub(super) fn decide_blind<'a>(layout: &Layout, write: &'a Write) -> Result<Decided<'a>> {
    let (expected, change) = match &write.action {
        Action::Create(record) => (Expected::NoLive, set(layout, Cow::Borrowed(record))?),
        Action::Put(record) => (Expected::Anything, set(layout, Cow::Borrowed(record))?),
        _ => (Expected::Anything, Change::Delete),
    };
    Ok(Decided { expected, change, told: None })
}

/// What the script is to do for a write, given what is stored; or why it is refused. The write is counted among the items
/// of its transaction.
pub(super) fn decide<'a>(
    call: &Call,
    limits: &Limits,
    layout: &Layout,
    write: &'a Write,
    seen: &Seen,
    items: &mut Items,
) -> Result<Decided<'a>> {
    let definition = write.definition;
    let found = seen.as_ref().map(|(record, _)| record);
    let stored = found.map(|record| record.clone().under_own_names(definition));
    write.judge(stored.as_ref(), call)?;
    let live = stored.as_ref().filter(|record| record.is_live(definition, call));
    let expected = Expected::seen(Some(seen));
    let told = write.told();
    if let Action::Check = write.action {
        items.count(layout, write, live, live)?;
        return Ok(Decided { expected, change: Change::Keep, told: Some(told.written(live, None)) });
    }
    let new = outcome(write, live)?;
    let updates = matches!(write.action, Action::Update(_) | Action::Upsert { .. });
    if let Some(new) = new.as_ref().filter(|_| updates) {
        // What is stored whole was measured before; what an update makes of it was not.
        limits::check_depth(new)?;
        limits::check_record(new, limits)?;
    }
    items.count(layout, write, live, new.as_deref())?;
    let written = told.written(live, new.as_deref());
    let renames = updates && live.is_some() && definition.has_aliases();
    let new = match found.filter(|_| renames) {
        Some(found) => {
            let changed: Vec<String> = write.changes().iter().map(|change| change.path().root().to_owned()).collect();
            new.map(|new| Cow::Owned(definition.under_old_names(found, new.into_owned(), &changed)))
        }
        None => new,
    };
    let change = match new {
        Some(record) => set(layout, record)?,
        None => Change::Delete,
    };
    Ok(Decided { expected, change, told: Some(written) })
}

/// The record after a write; one that is stored whole is not copied.
fn outcome<'a>(write: &'a Write, live: Option<&Record>) -> Result<Option<Cow<'a, Record>>> {
    match &write.action {
        Action::Create(record) | Action::Put(record) | Action::Replace(record) => Ok(Some(Cow::Borrowed(record))),
        _ => Ok(write.outcome(live)?.map(Cow::Owned)),
    }
}

fn set<'a>(layout: &Layout, record: Cow<'a, Record>) -> Result<Change<'a>> {
    let entries = layout.entries(&record)?;
    // Without a time to live nothing has an expiry, and none is looked for.
    let expiry = record.expires().filter(|_| layout.schema.expires);
    Ok(Change::Set { record, expiry, entries })
}
