//! From writes to what is sent for them.

use std::collections::HashSet;

use crate::backend::dynamodb::guard::GuardKey;
use crate::backend::dynamodb::guard::moves::{GuardMove, merge_moves, moves_of_write};
use crate::backend::dynamodb::write::build;
use crate::backend::dynamodb::write::state::{Part, Plan, Prior, Refusal, Writer};
use crate::error::Result;
use crate::request::{Action, Call, Write, Written};
use crate::value::Value;

/// What writes are planned with.
pub(crate) struct Planning<'a> {
    pub(crate) call: &'a Call,
    pub(crate) stamp: &'a Value,
    /// Whether the plan is sent as a transaction, however short it is.
    pub(crate) by_token: bool,
    /// Guards that are left alone though a write gives them up.
    pub(crate) unowned_guards: &'a HashSet<GuardKey>,
}

/// The plan of the writes under way. `moves` is filled in even if this returns an error.
pub(crate) fn plan_writer(writer: &Writer<'_>, moves: &mut Vec<GuardMove>) -> Result<Plan, Refusal> {
    let planning = Planning {
        call: writer.call,
        stamp: &writer.stamp,
        by_token: writer.by_token,
        unowned_guards: &writer.unowned_guards,
    };
    plan_writes(writer.writes, &writer.priors, &planning, moves)
}

/// The plan of writes of whose records this is known. `moves` is filled in even if this returns an error.
pub(crate) fn plan_writes(
    writes: &[Write],
    priors: &[Prior],
    planning: &Planning<'_>,
    moves: &mut Vec<GuardMove>,
) -> Result<Plan, Refusal> {
    let mut plan = Plan { ops: Vec::new(), written: Vec::with_capacity(writes.len()) };
    let single = writes.len() == 1 && !planning.by_token;
    for (position, (write, prior)) in writes.iter().zip(priors).enumerate() {
        let planned = match prior {
            Prior::Known(_) => plan_known(position, write, prior, planning, &mut plan, moves),
            Prior::NotNeeded | Prior::ToRead => plan_unread(position, write, single, planning, &mut plan, moves),
        };
        planned.map_err(|error| Refusal::at(position, error))?;
    }
    // The guards come after all records, so that a refusal of a record is found before one of a guard.
    for moved in merge_moves(moves.clone(), planning.call)? {
        if moved.to.is_some() || !planning.unowned_guards.contains(&moved.value.key) {
            let op = moved.to_op(planning.call)?;
            plan.ops.push((Part::Guard(Box::new(moved)), op));
        }
    }
    Ok(plan)
}

/// A write of a record that was read: it is judged here, and sent on the condition that the record is as
/// it was read.
fn plan_known(
    position: usize,
    write: &Write,
    prior: &Prior,
    planning: &Planning<'_>,
    plan: &mut Plan,
    moves: &mut Vec<GuardMove>,
) -> Result<()> {
    let stored = match prior {
        Prior::Known(stored) => stored.as_ref(),
        Prior::NotNeeded | Prior::ToRead => None,
    };
    let call = planning.call;
    let record = stored.map(|stored| &stored.record);
    write.judge(record, call)?;
    let resolved = build::resolved_op(write, call, planning.stamp, stored)?;
    if build::moves_unique(write) {
        moves.extend(moves_of_write(write, position, call, record, resolved.outcome.as_ref()));
    }
    plan.ops.extend(resolved.op.map(|op| (Part::Record(position), op)));
    let live = record.filter(|record| record.is_live(write.definition, call));
    plan.written.push(write.told().written(live, resolved.outcome.as_ref()));
    Ok(())
}

/// A write of a record that was not read: the server judges it. The guards are those of the record that it
/// stores if there is none.
fn plan_unread(
    position: usize,
    write: &Write,
    single: bool,
    planning: &Planning<'_>,
    plan: &mut Plan,
    moves: &mut Vec<GuardMove>,
) -> Result<()> {
    let op = build::conditional_op(write, planning.call, planning.stamp, single)?;
    plan.ops.push((Part::Record(position), op));
    if build::moves_unique(write) {
        moves.extend(moves_of_write(write, position, planning.call, None, build::inserted(write)));
    }
    let existed = matches!(write.action, Action::Update(_) | Action::Replace(_) | Action::Check);
    plan.written.push(Written::existed(existed));
    Ok(())
}
