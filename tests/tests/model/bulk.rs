//! What writes of all that a query finds come to, and which are refused before anything is read.

use reposit::ErrorKind;

use crate::answers::{Expected, Refusal};
use crate::decision::{Outcome, check_changes};
use crate::models::Model;
use crate::ops::{End, How, Op, Query, Source, Span, Told};
use crate::oracle::Oracle;
use crate::order::in_span;
use crate::rules::Rules;
use crate::semantics::equal;

/// Why an update of all that a query finds is refused, before anything is read: its changes are, or they would move a
/// record within the index that is read, to be met again.
fn prepare_bulk(rules: &Rules, query: &Query, now: i64) -> Outcome<()> {
    check_changes(rules, &query.changes)?;
    let Source::Index { name, hash, also } = &query.source else { return Ok(()) };
    // The time of the update and the version change with it.
    let time = rules.times.map(|(_, updated)| (updated, How::Set(now.into())));
    let version = rules.version.map(|version| (version, How::Add(1.into())));
    let implied = time.into_iter().chain(version).filter(|_| !query.changes.is_empty());
    let given = query.changes.iter().map(|change| (change.path.as_str(), change.how.clone()));
    let mut moved = false;
    let fields = rules.index(name).fields;
    for (field, how) in given.clone().chain(implied.filter(|(name, _)| given.clone().all(|(path, _)| path != *name))) {
        let Some(at) = fields.iter().position(|name| *name == field) else { continue };
        let fixed = match (at, also) {
            (0, _) => Some(hash),
            (1, Some(also)) => Some(also),
            _ => None,
        };
        let span = if at == 1 + usize::from(also.is_some()) { &query.span } else { &Span::All };
        match (how, fixed) {
            (How::Remove, _) => return Ok(()),
            (How::Set(value), Some(fixed)) if equal(&value, fixed) => {}
            (How::Set(_), Some(_)) => return Ok(()),
            (How::Set(value), None) if !in_span(span, &value) => return Ok(()),
            _ => moved = true,
        }
    }
    if moved { Err(Refusal::new(ErrorKind::InvalidInput)) } else { Ok(()) }
}

impl Oracle {
    /// Writes each record that a query finds, for itself.
    pub fn write_all(&mut self, model: Model, query: &Query) -> Outcome<Expected> {
        let rules = model.rules();
        if query.end == End::UpdateAll {
            prepare_bulk(rules, query, self.seconds())?;
        }
        let (mut done, mut refused) = (0, Vec::new());
        for stored in self.matching(model, query) {
            let (key, changes) = (rules.key_of(&stored.row), query.changes.clone());
            let op = match query.end {
                End::UpdateAll => Op::Update { key, changes, only_if: None, version: None, told: Told::Nothing },
                _ => Op::Delete { key, only_if: None, version: None, returning: false },
            };
            match self.write(model, &op) {
                Ok(_) => done += 1,
                Err(refusal) => refused.push(refusal.kind),
            }
        }
        Ok(Expected::Bulk(done, refused))
    }
}
