//! Why a write is refused, and what it leaves: decided here once, for every backend.

use std::borrow::Cow;

use super::call::Call;
use super::write::{Action, Returning, Write};
use crate::change::Change;
use crate::condition::{Expr, find_foreign};
use crate::definition::IndexDef;
use crate::error::{Error, ErrorKind, Result};
use crate::value::{EXPIRES, Record, Value};

impl Write {
    /// Whether the stored record allows the write, and if not, why: the one place where reasons
    /// are decided, for every backend.
    ///
    /// A delete of a missing record is allowed: it does nothing.
    pub fn judge(&self, stored: Option<&Record>, call: &Call) -> Result<()> {
        let live = stored.filter(|record| record.is_live(self.definition, call));
        let Some(record) = live else {
            return match self.action {
                Action::Create(_) | Action::Put(_) | Action::Upsert { .. } | Action::Delete => Ok(()),
                Action::Replace(_) | Action::Update(_) | Action::Check => {
                    Err(Error::new(ErrorKind::NotFound, "no live record has this key"))
                }
            };
        };
        if matches!(self.action, Action::Create(_)) {
            return Err(Error::new(ErrorKind::AlreadyExists, "a live record has this key"));
        }
        if let Some(expected) = self.version {
            self.judge_version(record, expected)?;
        }
        if let Some((path, found)) = self.condition.as_ref().and_then(|condition| find_foreign(record, condition)) {
            let message = format!("{path} is stored as {found}, which no field is read from");
            return Err(Error::codec(message));
        }
        if let Some(condition) = &self.condition
            && !record.satisfies(condition)
        {
            return Err(Error::new(ErrorKind::ConditionFailed, "the condition is false for the stored record"));
        }
        let impossible =
            self.changes().iter().find(|change| change.precondition().is_some_and(|needed| !record.satisfies(&needed)));
        match impossible {
            Some(change) => Err(crate::change::impossible_change(change, record)),
            None => Ok(()),
        }
    }

    fn judge_version(&self, record: &Record, expected: u64) -> Result<()> {
        let stored = self.definition.version_of(record);
        if stored == Some(expected.into()) {
            return Ok(());
        }
        Err(Error::of_versions(expected, stored))
    }

    /// The model's record that the write stores whatever is there, if it stores one: without what it keeps.
    pub(crate) fn whole_record(&self) -> Option<Cow<'_, Record>> {
        let keeps = self.definition.keeps_unknown();
        match &self.action {
            Action::Create(record) | Action::Put(record) | Action::Replace(record) => Some(Cow::Borrowed(record)),
            Action::Upsert { insert, .. } if keeps => Some(Cow::Borrowed(insert)),
            Action::Update(changes) if keeps => {
                let mut record = self.key.to_record(self.definition);
                for change in changes {
                    if let Change::Set(path, value) = change
                        && path.is_field()
                    {
                        record.set(path.root(), value.clone());
                    }
                }
                Some(Cow::Owned(record))
            }
            Action::Update(_) | Action::Upsert { .. } | Action::Delete | Action::Check => None,
        }
    }

    /// The changes of an update or upsert.
    pub fn changes(&self) -> &[Change] {
        match &self.action {
            Action::Update(changes) | Action::Upsert { changes, .. } => changes,
            _ => &[],
        }
    }

    /// Everything that must be true of a live stored record besides being there: the version, the
    /// caller's condition, and what the changes need.
    pub fn requirement(&self) -> Option<Expr> {
        let version = self.version.zip(self.definition.version()).map(|(expected, name)| {
            let path = crate::path::Path::field(name);
            let op = crate::condition::Op::Eq;
            self.definition.stored(Expr::Compare { path, op, value: Value::Int(expected.into()) })
        });
        let mut needs = Vec::new();
        for need in self.changes().iter().flat_map(Change::preconditions) {
            // Changes within one struct need it to be there once.
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
        let needs = (!needs.is_empty()).then(|| self.definition.stored_by_name(Expr::And(needs)));
        Expr::both(Expr::both(version, self.condition.clone()), needs)
    }

    /// That there is something to take away from, for every change that takes away. A server that
    /// refuses otherwise needs it; the write does not.
    pub(crate) fn removed_parents(&self) -> Option<Expr> {
        let removals = self.changes().iter().filter(|change| matches!(change, Change::Remove(_)));
        let parents: Vec<_> = removals.filter_map(Change::parent).collect();
        (!parents.is_empty()).then_some(Expr::And(parents))
    }

    /// The record after the write, given the live one before: nothing after a delete or check.
    pub fn outcome(&self, live: Option<&Record>) -> Result<Option<Record>> {
        match &self.action {
            Action::Create(record) | Action::Put(record) | Action::Replace(record) => Ok(Some(record.clone())),
            Action::Upsert { insert, changes } => match live {
                Some(record) => crate::change::apply(record, changes).map(Some),
                None => Ok(Some(insert.clone())),
            },
            Action::Update(changes) => live.map(|record| crate::change::apply(record, changes)).transpose(),
            Action::Delete => Ok(None),
            Action::Check => Ok(live.cloned()),
        }
    }

    /// Which record the write tells of: [`Before`](Returning::Before) for the live one that it finds,
    /// [`After`](Returning::After) for the one that it leaves, else [`Nothing`](Returning::Nothing).
    pub fn told(&self) -> Returning {
        match (self.returning, &self.action) {
            (Returning::Before, _) | (Returning::After, Action::Check) => Returning::Before,
            (Returning::AsUsual | Returning::After, Action::Update(_) | Action::Upsert { .. }) => Returning::After,
            _ => Returning::Nothing,
        }
    }

    /// Whether it is a put or a delete under no condition and of no unique values: what needs nothing to be there, and
    /// can go in one request with others.
    pub(crate) fn is_plain(&self) -> bool {
        let is_free = self.condition.is_none() && self.version.is_none();
        let is_whole = matches!(self.action, Action::Put(_) | Action::Delete);
        is_free && is_whole && self.definition.unique_indexes().next().is_none()
    }

    /// Whether the write may change the fields of a unique index.
    pub fn touches(&self, index: &IndexDef) -> bool {
        match &self.action {
            Action::Update(changes) => {
                let names: Vec<_> = index.parts().map(|part| self.definition.part_name(part)).collect();
                let expiry = changes.iter().any(|change| change.path().root() == EXPIRES);
                expiry || changes.iter().any(|change| names.contains(&change.path().root()))
            }
            Action::Check => false,
            _ => true,
        }
    }
}
