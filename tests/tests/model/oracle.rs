//! The plain model: lists of records, and what every operation on them must answer.

use std::collections::BTreeMap;

use reposit::ErrorKind;
use serde_json::Value as Json;

use crate::answers::{Ends, Expected, Refusal, Wanted, ended};
use crate::decision::{
    Outcome, changed, check_values, filled, judge, key_of, key_row, of_new, prepare, stored_by_create, stored_by_older,
    stored_by_save,
};
use crate::models::{Model, START};
use crate::ops::{End, Op, Query, SLOTS, Source, Step, Values, Version, Way};
use crate::order;
use crate::places::{PageRead, Place, Places, groups_from};
use crate::rules::{IndexRule, Kind, Row, Rules};
use crate::semantics::{all_equal, integer, is_nothing};
use crate::stored::{Stored, Written};

pub struct Oracle {
    tables: BTreeMap<Model, Vec<Stored>>,
    /// In milliseconds since the epoch.
    now: i128,
    step: usize,
    /// The pages that were read last: where a cursor led on or back.
    pages: [Option<(Model, Query, Places)>; SLOTS],
    can: Abilities,
}

/// What the backend can.
#[derive(Debug, Clone, Copy)]
pub struct Abilities {
    /// Its pages end at their last records, and say whether more follow.
    pub exact_end: bool,
    /// It scans backwards.
    pub scan_back: bool,
}

impl Oracle {
    pub fn new(can: Abilities) -> Self {
        let tables = Model::ALL.into_iter().map(|model| (model, Vec::new())).collect();
        Self { tables, now: i128::from(START) * 1000, step: 0, pages: Default::default(), can }
    }

    /// The step as it can be done now: with the stored version in the place of
    /// [`Version::Stored`], batches of records that keep apart, and nothing in the place of a put by
    /// an older release whose answer is open.
    pub fn resolve(&self, step: &Step) -> Step {
        let op = |model: &Model, op: &Op| {
            let rules = model.rules();
            let mut op = op.clone();
            match &mut op {
                Op::Save { row, version } => *version = self.version(*model, &rules.key_of(row), *version),
                Op::Delete { key, version: Some(version), .. } | Op::Update { key, version: Some(version), .. } => {
                    *version = self.version(*model, key, *version)
                }
                Op::PutMany { rows } | Op::CreateMany { rows } => *rows = self.apart(*model, rows),
                Op::SaveMany { rows } => {
                    let apart = self.apart(*model, &rows.iter().map(|(row, _)| row.clone()).collect::<Vec<_>>());
                    rows.retain(|(row, _)| apart.contains(row));
                    for (row, version) in rows {
                        *version = self.version(*model, &rules.key_of(row), *version);
                    }
                }
                _ => {}
            }
            (*model, op)
        };
        match step {
            Step::Do(model, Op::Older { row }) if self.meets_expired(*model, row) => Step::Advance { millis: 0 },
            Step::Do(model, inner) => {
                let (model, inner) = op(model, inner);
                Step::Do(model, inner)
            }
            Step::Together(items) => Step::Together(items.iter().map(|(model, inner)| op(model, inner)).collect()),
            Step::Told(items) => Step::Told(items.iter().map(|(model, inner)| op(model, inner)).collect()),
            other => other.clone(),
        }
    }

    fn version(&self, model: Model, key: &[Json], version: Version) -> Version {
        let field = model.rules().version.unwrap_or_default();
        let stored = || self.live(model, key).and_then(|stored| stored.row[field].as_u64());
        match version {
            Version::Stored => Version::Is(stored().unwrap_or(0)),
            is => is,
        }
    }

    /// Whether an expired record has a unique value of a record. An older release without the time to
    /// live still sees that one, but only until the store has deleted it.
    fn meets_expired(&self, model: Model, row: &Row) -> bool {
        let rules = model.rules();
        let shares = |other: &Row| {
            let mut unique = rules.indexes.iter().filter(|index| index.unique);
            unique.any(|index| match (order::values(index, row), order::values(index, other)) {
                (Some(a), Some(b)) => all_equal(&a, &b),
                _ => false,
            })
        };
        self.tables[&model].iter().any(|stored| !self.is_live(rules, &stored.row) && shares(&stored.row))
    }

    /// The records of a batch without those that meet another one's unique values. The items of a
    /// batch are done each for itself, in no promised order: which of two that meet comes first is
    /// the backend's.
    fn apart(&self, model: Model, rows: &[Row]) -> Vec<Row> {
        let rules = model.rules();
        if !rules.indexes.iter().any(|index| index.unique) {
            return rows.to_vec();
        }
        let held = |row: &Row| -> Vec<(&str, Values)> {
            let key = rules.key_of(row);
            let stored = self.row(model, &key);
            let both = stored.iter().chain([row]);
            let unique = rules.indexes.iter().filter(|index| index.unique);
            let values =
                both.flat_map(|row| unique.clone().filter_map(|index| Some((index.name, order::values(index, row)?))));
            values.chain([("the key", key.clone())]).collect()
        };
        let meet = |a: &Row, b: &Row| {
            let b = held(b);
            held(a).iter().any(|(name, a)| b.iter().any(|(other, b)| name == other && all_equal(a, b)))
        };
        let mut apart: Vec<Row> = Vec::new();
        for row in rows {
            if !apart.iter().any(|other| meet(other, row)) {
                apart.push(row.clone());
            }
        }
        apart
    }

    /// What a step must answer. It is done, too.
    pub fn expect(&mut self, step: &Step) -> Expected {
        self.step += 1;
        match step {
            Step::Advance { millis } => {
                self.now += i128::from(*millis);
                Expected::Done
            }
            Step::Do(model, op) => self.one(*model, op).unwrap_or_else(Expected::Refused),
            Step::Together(items) | Step::Told(items) => self.together(items, step).unwrap_or_else(Expected::Refused),
            Step::Read(keys) => self.read(keys).unwrap_or_else(Expected::Refused),
            Step::Next { slot, limit, turned, end, way, crossed } => match self.begin(*slot, *way, *crossed) {
                Some((model, query, from)) => {
                    let query = Query { limit: Some(*limit), end: *end, ..query.clone() };
                    self.read_on(*model, &query, from, (*way, *turned)).unwrap_or_else(Expected::Refused)
                }
                None => Expected::Nothing,
            },
        }
    }

    /// The query of a slot, and the place from which is read, where there is a cursor.
    fn begin(&self, slot: usize, way: Way, crossed: bool) -> Option<(&Model, &Query, &Place)> {
        let (model, query, places) = self.pages[slot].as_ref()?;
        let at_the_end = (way == Way::On) != crossed;
        Some((model, query, if at_the_end { places.last.as_ref() } else { places.first.as_ref() }?))
    }

    /// What comes from a cursor on.
    fn read_on(&self, model: Model, query: &Query, from: &Place, (way, turned): (Way, bool)) -> Outcome<Expected> {
        let is_back = way == Way::Back;
        if turned || is_back && query.end == End::Stream {
            return Err(Refusal::new(ErrorKind::InvalidInput));
        }
        if is_back && matches!(query.source, Source::Scan { .. }) && !self.can.scan_back {
            return Err(Refusal::new(ErrorKind::Unsupported));
        }
        let how = (way, self.can.exact_end);
        let groups = groups_from(model.rules(), &self.matching(model, query), query, from, how);
        let limit = if query.end == End::First { Some(1) } else { query.limit };
        Ok(ended(query.end, Wanted { groups, limit, from: Some(way) }))
    }

    /// Keeps where a page begins and ends that was as expected, for what is read from there.
    pub fn page_was_read(&mut self, step: &Step, items: &[Row], ends: Ends<bool>) {
        let (slot, model, query, from, way) = match step {
            Step::Do(model, Op::Query(query)) => match query.end {
                End::Page { slot } => (slot, *model, query.clone(), None, Way::On),
                _ => return,
            },
            Step::Next { slot, way, crossed, end: End::Page { .. }, .. } => match self.begin(*slot, *way, *crossed) {
                Some((model, query, from)) => (*slot, *model, query.clone(), Some(from.clone()), *way),
                None => return,
            },
            _ => return,
        };
        let (rules, step, exact) = (model.rules(), self.step, self.can.exact_end);
        let page = PageRead { rules, query: &query, from, way, step, exact };
        let places = page.places(&self.matching(model, &query), items);
        let places = Places { first: places.first.filter(|_| ends.previous), last: places.last.filter(|_| ends.next) };
        self.pages[slot] = Some((model, query, places));
    }

    /// All live records of a model.
    pub fn all(&self, model: Model) -> impl Iterator<Item = &Stored> {
        self.tables[&model].iter().filter(move |stored| self.is_live(model.rules(), &stored.row))
    }

    /// The time that is filled in.
    pub fn seconds(&self) -> i64 {
        i64::try_from(self.now.div_euclid(1000)).unwrap_or(i64::MAX)
    }

    fn is_live(&self, rules: &Rules, row: &Row) -> bool {
        let expiry = rules.ttl.and_then(|(field, seconds)| {
            let at = integer(row.get(field)?)?;
            // Of an instant in milliseconds, rounded up.
            Some(seconds + if rules.field(field).kind == Kind::Instant { -(-at).div_euclid(1000) } else { at })
        });
        expiry.is_none_or(|at| at * 1000 > self.now)
    }

    fn live(&self, model: Model, key: &[Json]) -> Option<&Stored> {
        self.all(model).find(|stored| all_equal(&model.rules().key_of(&stored.row), key))
    }

    fn row(&self, model: Model, key: &[Json]) -> Option<Row> {
        self.live(model, key).map(|stored| stored.row.clone())
    }

    /// The live record with these values of a unique index.
    fn with_values(&self, model: Model, index: &str, values: &[Json]) -> Option<Row> {
        let index = model.rules().index(index);
        let has = |row: &Row| order::values(index, row).is_some_and(|held| all_equal(&held, values));
        self.all(model).find(|stored| has(&stored.row)).map(|stored| stored.row.clone())
    }

    fn one(&mut self, model: Model, op: &Op) -> Outcome<Expected> {
        let rules = model.rules();
        Ok(match op {
            Op::Get { key, .. } => {
                check_values(key)?;
                Expected::One(self.row(model, key))
            }
            Op::GetMany { keys, .. } => {
                keys.iter().try_for_each(|key| check_values(key))?;
                Expected::Many(keys.iter().map(|key| self.row(model, key)).collect())
            }
            Op::Find { index, values, .. } => {
                check_values(values)?;
                Expected::One(self.with_values(model, index, values))
            }
            Op::FindMany { index, values, .. } => {
                values.iter().try_for_each(|values| check_values(values))?;
                Expected::Many(values.iter().map(|values| self.with_values(model, index, values)).collect())
            }
            Op::Query(query) => self.query(model, query)?,
            Op::PutMany { rows } => {
                self.each(model, rows.iter().map(|row| Op::Put { row: row.clone(), only_if: None }))
            }
            Op::CreateMany { rows } => {
                self.each(model, rows.iter().map(|row| Op::Create { row: row.clone(), returning: false }))
            }
            Op::SaveMany { rows } => {
                let save = |(row, version): &(Row, Version)| Op::Save { row: row.clone(), version: *version };
                self.each(model, rows.iter().map(save))
            }
            Op::DeleteMany { keys } => {
                let delete =
                    |key: &Values| Op::Delete { key: key.clone(), only_if: None, version: None, returning: false };
                self.each(model, keys.iter().map(delete))
            }
            write => {
                prepare(rules, write, self.seconds())?;
                self.write(model, write)?.answer(write)
            }
        })
    }

    /// Each for itself, in order: those that were refused.
    fn each(&mut self, model: Model, ops: impl Iterator<Item = Op>) -> Expected {
        let rules = model.rules();
        let write = |(n, op): (usize, Op)| {
            let result = prepare(rules, &op, self.seconds()).and_then(|()| self.write(model, &op));
            result.err().map(|refusal| (n, refusal))
        };
        Expected::Failures(ops.enumerate().filter_map(write).collect())
    }

    /// All or nothing; each operation sees those before it.
    fn together(&mut self, items: &[(Model, Op)], step: &Step) -> Outcome<Expected> {
        for (n, (model, op)) in items.iter().enumerate() {
            prepare(model.rules(), op, self.seconds()).map_err(|refusal| refusal.at(n, *model))?;
        }
        let keys: Vec<_> = items.iter().map(|(model, op)| (*model, key_of(model.rules(), op))).collect();
        for (n, (model, key)) in keys.iter().enumerate() {
            if keys[..n].iter().any(|(other, same)| other == model && all_equal(same, key)) {
                return Err(Refusal::new(ErrorKind::InvalidInput).at(n, *model));
            }
        }
        let before = self.tables.clone();
        let mut each = Vec::new();
        for (n, (model, op)) in items.iter().enumerate() {
            match self.write(*model, op) {
                Ok(written) => each.push(written),
                Err(refusal) => {
                    self.tables = before;
                    return Err(refusal.at(n, *model));
                }
            }
        }
        let each = each.into_iter().zip(items.iter().map(|(_, op)| op));
        Ok(match step {
            Step::Told(_) => Expected::Each(each.map(|(written, op)| written.result(op)).collect()),
            _ => {
                let saved = each.filter(|(_, op)| matches!(op, Op::Save { .. }));
                Expected::Many(saved.map(|(written, _)| written.after).collect())
            }
        })
    }

    /// A write that was prepared.
    pub fn write(&mut self, model: Model, op: &Op) -> Outcome<Written> {
        let rules = model.rules();
        let key = key_of(rules, op);
        let (live, now) = (self.row(model, &key), self.seconds());
        judge(rules, op, live.as_ref())?;
        let changes_nothing = match op {
            Op::Check { .. } => true,
            // What has expired may stay or go.
            Op::Delete { .. } => live.is_none(),
            Op::Update { changes, .. } | Op::Upsert { changes, .. } => changes.iter().all(is_nothing) && live.is_some(),
            _ => false,
        };
        if changes_nothing {
            return Ok(Written { before: live.clone(), after: live });
        }
        let new = match op {
            Op::Create { row, .. } => Some(stored_by_create(rules, row, now)),
            Op::Put { row, .. } | Op::Replace { row, .. } => Some(filled(rules, row, now)),
            Op::Older { row } => Some(stored_by_older(rules, row, now)),
            Op::Save { row, version } => Some(stored_by_save(rules, row, *version, now)),
            Op::Update { changes, .. } | Op::Upsert { changes, .. } => {
                let is_upsert = matches!(op, Op::Upsert { .. });
                Some(match &live {
                    Some(old) => changed(rules, old, changes, is_upsert, now)?,
                    None => changed(rules, &key_row(rules, &key), &of_new(changes), is_upsert, now)?,
                })
            }
            Op::Delete { .. } => None,
            other => panic!("{other} is not a write"),
        };
        if let Some(new) = &new {
            self.check_unique(model, &key, new)?;
        }
        let step = self.step;
        let table = self.tables.entry(model).or_default();
        table.retain(|stored| !all_equal(&rules.key_of(&stored.row), &key));
        table.extend(new.clone().map(|row| Stored { row, written: step }));
        Ok(Written { before: live, after: new })
    }

    fn check_unique(&self, model: Model, key: &[Json], new: &Row) -> Outcome<()> {
        let rules = model.rules();
        let taken = |index: &&IndexRule| {
            let Some(values) = order::values(index, new) else { return false };
            let clashes = |stored: &Stored| {
                order::values(index, &stored.row).is_some_and(|held| all_equal(&held, &values))
                    && !all_equal(&rules.key_of(&stored.row), key)
            };
            index.unique && self.all(model).any(clashes)
        };
        let indexes: Vec<_> = rules.indexes.iter().filter(taken).map(|index| index.name).collect();
        match indexes.is_empty() {
            true => Ok(()),
            false => Err(Refusal { indexes, ..Refusal::new(ErrorKind::UniqueViolation) }),
        }
    }

    pub fn matching(&self, model: Model, query: &Query) -> Vec<Stored> {
        let rules = model.rules();
        self.all(model).filter(|stored| order::selects(rules, query, &stored.row)).cloned().collect()
    }

    fn query(&mut self, model: Model, query: &Query) -> Outcome<Expected> {
        if let Source::Primary { hash } | Source::Index { hash, .. } = &query.source {
            check_values(std::slice::from_ref(hash))?;
        }
        if let Source::Index { also: Some(also), .. } = &query.source {
            check_values(std::slice::from_ref(also))?;
        }
        if query.limit == Some(0) {
            return Err(Refusal::new(ErrorKind::InvalidInput));
        }
        if matches!(query.end, End::DeleteAll | End::UpdateAll) {
            return self.write_all(model, query);
        }
        let limit = if query.end == End::First { Some(1) } else { query.limit };
        let groups = order::groups(model.rules(), &self.matching(model, query), query);
        Ok(ended(query.end, Wanted { groups, limit, from: None }))
    }

    /// Several records at one moment, asked for model by model.
    fn read(&self, keys: &[(Model, Values)]) -> Outcome<Expected> {
        let mut asked: Vec<_> = keys.iter().collect();
        asked.sort_by_key(|(model, _)| *model);
        for (n, (model, key)) in asked.into_iter().enumerate() {
            check_values(key).map_err(|refusal| refusal.at(n, *model))?;
        }
        Ok(Expected::Many(keys.iter().map(|(model, key)| self.row(*model, key)).collect()))
    }
}
