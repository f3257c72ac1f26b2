//! Whether the guards are as the records are, and repairing them: other programs write records without
//! their guards.

use std::collections::HashSet;

use crate::backend::BoxFuture;
use crate::backend::dynamodb::audit::guard_state::{GuardState, assign_guard, check_time, is_orphan, observe_guard};
use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::guard::unique_value::UniqueValue;
use crate::backend::dynamodb::guard::{self, GuardKey};
use crate::backend::dynamodb::parallel::{ITEMS, join_limited};
use crate::backend::dynamodb::read::get::fetch;
use crate::backend::dynamodb::read::guards::{fetch_guards, scan_guards};
use crate::backend::dynamodb::read::scan::RecordScan;
use crate::definition::Definition;
use crate::error::Result;
use crate::request::{Advance, Call, RecordKey, Verify, index_values};
use crate::value::{Record, Value};

/// An audit of one repository.
struct Audit<'a> {
    db: &'a Context,
    call: &'a Call,
    definition: &'static Definition,
    repair: bool,
    /// The guards of records that were not as they should be, which the second half leaves alone.
    seen: HashSet<GuardKey>,
    lines: Vec<String>,
}

/// A record that should have a guard.
struct Due {
    value: UniqueValue,
    values: Vec<Value>,
    owner: RecordKey,
    expires: Option<i64>,
}

/// Finds what is wrong with the guards of a repository, a line each, and repairs it if it is to be.
pub(crate) async fn verify_guards(db: &Context, call: &Call, verify: &Verify) -> Result<Vec<String>> {
    let definition = verify.definition;
    if definition.unique_indexes().next().is_none() {
        return Ok(Vec::new());
    }
    let repair = verify.repair;
    let mut audit = Audit { db, call, definition, repair, seen: HashSet::new(), lines: Vec::new() };
    let mut scan = RecordScan::new(db, call, definition);
    while let Some(records) = scan.next().await? {
        audit.verify_records(&records).await?;
    }
    let (mut start, mut advance) = (None, Advance::of_empty_pages());
    loop {
        let (guards, last) = scan_guards(db, call, definition, start).await?;
        audit.verify_owners(guards).await?;
        match last {
            Some(last) => {
                advance.to(&last)?;
                start = Some(last);
            }
            None => return Ok(audit.lines),
        }
    }
}

impl Audit<'_> {
    /// Whether each of these records has its guards.
    async fn verify_records(&mut self, records: &[Record]) -> Result<()> {
        let (db, call, definition, repair) = (self.db, self.call, self.definition, self.repair);
        let mut due = Vec::new();
        for record in records {
            let owner = RecordKey::from_record(definition, record)?;
            for index in definition.unique_indexes() {
                let value = UniqueValue::of_record(definition, index, record);
                if let Some((value, values)) = value.zip(index_values(definition, index, record)) {
                    due.push(Due { value, values, owner: owner.clone(), expires: record.expiry(definition) });
                }
            }
        }
        let keys: Vec<_> = due.iter().map(|due| due.value.key.clone()).collect();
        let guards = fetch_guards(db, call, definition, &keys).await?;
        let is_right = |due: &Due| {
            let guard = guards.get(&due.value.key).filter(|guard| guard::is_live(definition, guard, call));
            guard.is_some_and(|guard| {
                guard::owner(definition, guard).as_ref() == Some(&due.owner) && guard.expires() == due.expires
            })
        };
        let mut tasks: Vec<BoxFuture<'_, Result<Option<String>>>> = Vec::new();
        for due in due.iter().filter(|due| !is_right(due)) {
            self.seen.insert(due.value.key.clone());
            tasks.push(Box::pin(verify_record(db, call, due, repair)));
        }
        let lines = join_limited(tasks, ITEMS).await;
        self.add_lines(lines)
    }

    /// Whether the records that these guards name have their values.
    async fn verify_owners(&mut self, guards: Vec<Record>) -> Result<()> {
        let (db, call, definition, repair) = (self.db, self.call, self.definition, self.repair);
        let mut named = Vec::new();
        for guard in guards.into_iter().filter(|guard| guard::is_live(definition, guard, call)) {
            let index = guard::index_of_guard(definition, &guard);
            let (Some(index), Some(key)) = (index, guard::key_of_guard(&guard)) else { continue };
            match guard::owner(definition, &guard) {
                Some(owner) if !self.seen.contains(&key) => named.push((UniqueValue { definition, index, key }, owner)),
                _ => {}
            }
        }
        let wanted = named.iter().map(|(_, owner)| (definition, owner.clone())).collect();
        let owners = fetch(db, call, wanted, true, None).await?;
        let mut tasks: Vec<BoxFuture<'_, Result<Option<String>>>> = Vec::new();
        for ((value, owner), record) in named.iter().zip(owners) {
            if !value.is_had_by(record.as_ref(), call) {
                tasks.push(Box::pin(async move {
                    let is_orphan = is_orphan(db, call, value, owner, repair).await?;
                    Ok(is_orphan.then(|| orphan_line(value, owner)))
                }));
            }
        }
        let lines = join_limited(tasks, ITEMS).await;
        self.add_lines(lines)
    }

    /// Adds what was found. It comes in any order, and is to be reported in the same one each time.
    fn add_lines(&mut self, lines: Vec<Result<Option<String>>>) -> Result<()> {
        let lines: Vec<_> = lines.into_iter().collect::<Result<_>>()?;
        let mut lines: Vec<_> = lines.into_iter().flatten().collect();
        lines.sort();
        self.lines.extend(lines);
        Ok(())
    }
}

/// Observes a guard that seemed to be wrong: the record and the guard were read one after the other, and a
/// write may have come in between.
async fn verify_record(db: &Context, call: &Call, due: &Due, repair: bool) -> Result<Option<String>> {
    let name = due.value.index.name;
    let held = format!("{name}: {} of record {}", values_text(&due.values), key_text(&due.owner));
    loop {
        let observation = observe_guard(db, call, &due.value, &due.owner).await?;
        let line = match &observation.state {
            GuardState::Consistent => return Ok(None),
            GuardState::Unguarded => format!("{held} has no guard"),
            GuardState::OtherExpiry => format!("{held} has a guard with another expiry"),
            GuardState::GuardedFor(holder) => {
                format!("{held} is guarded for record {}, which does not have it", key_text(holder))
            }
            // These are not repaired: nobody here can know which record is to have the value.
            GuardState::Shared(holder) => {
                let holder = key_text(holder);
                return Ok(Some(format!("{held} is also that of record {holder}, which has the guard")));
            }
            GuardState::Nameless => return Ok(Some(format!("{held} has a guard that names no record"))),
        };
        if !repair || assign_guard(db, call, &due.value, observation).await? {
            return Ok(Some(line));
        }
        check_time(call, "while others kept writing a record")?;
    }
}

fn orphan_line(value: &UniqueValue, owner: &RecordKey) -> String {
    let text =
        guard::values_of_key(&value.key).map_or_else(|| "a long value".to_owned(), |values| values_text(&values));
    format!("{}: {text} is guarded for record {}, which does not have it", value.index.name, key_text(owner))
}

fn values_text(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ")
}

fn key_text(key: &RecordKey) -> String {
    let parts: Vec<_> = key.parts().cloned().collect();
    values_text(&parts)
}
