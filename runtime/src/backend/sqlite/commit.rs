//! The thread that writes: it takes all writes that wait into one commit, and clears away what has expired.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::core::Core;
use super::task::{End, Task};
use super::turn;
use super::writer::Uncommitted;

/// So many writes stand in one commit.
const MOST: usize = 512;

/// How often expired records are cleared away, and how many at a time.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
const SWEPT: usize = 200;

/// How long a sweep waits for another process.
const SWEEP_WAIT: Duration = Duration::from_millis(100);

/// Works on the writes until the last handle is gone.
pub(super) fn run(core: &Arc<Core>) {
    let mut sweep_at = Instant::now() + SWEEP_EVERY;
    while let Some(tasks) = core.writes.take(MOST, sweep_at.saturating_duration_since(Instant::now())) {
        let mut group = Vec::new();
        for task in tasks {
            if task.is_alone {
                commit(core, std::mem::take(&mut group));
                run_alone(core, task);
            } else {
                group.push(task);
            }
        }
        commit(core, group);
        if Instant::now() >= sweep_at {
            let is_more = sweep(core);
            sweep_at = Instant::now() + if is_more { SWEEP_EVERY / 100 } else { SWEEP_EVERY };
        }
    }
}

/// Does writes in one transaction, and then answers all.
fn commit(core: &Core, tasks: Vec<Task>) {
    let Some(deadline) = tasks.iter().map(Task::deadline).max() else { return };
    let disk = core.disk();
    let alone = disk.is_in_memory().then(|| disk.alone());
    let begun = turn::until(deadline, || disk.writer().begin_shared());
    if let Err(error) = begun {
        drop(alone);
        tasks.into_iter().for_each(|task| task.refuse(error.clone()));
        return;
    }
    let mut tasks: Vec<Task> = tasks.into_iter().filter_map(Task::begin).collect();
    let again = tasks.len() > 1;
    for task in &mut tasks {
        task.run(&core.keyspace, again);
        if disk.writer().has_failed() {
            break;
        }
    }
    let mut writer = disk.writer();
    let has_failed = writer.has_failed();
    let ended = if has_failed { Ok(writer.roll_back()) } else { writer.commit() };
    writer.let_others_in();
    drop(writer);
    drop(alone);
    match ended {
        Ok(()) if !has_failed => tasks.into_iter().for_each(|task| task.answer(End::Done)),
        Err(unknown @ Uncommitted { is_possible: true, .. }) => {
            let end = End::Unknown(unknown.into_error());
            tasks.into_iter().for_each(|task| task.answer(end.clone()));
        }
        // Nothing of it is there: one by one, each has its own answer.
        _ if again => tasks.into_iter().for_each(|task| run_alone(core, task)),
        Ok(()) => tasks.into_iter().for_each(|task| task.answer(End::Done)),
        Err(known) => tasks.into_iter().for_each(|task| task.refuse(known.error.clone())),
    }
}

/// Does a task in transactions of its own.
fn run_alone(core: &Core, task: Task) {
    let Some(mut task) = task.begin() else { return };
    task.run(&core.keyspace, false);
    task.answer(End::Done);
}

/// Clears away some of what has expired; says whether there may be more. What goes wrong here goes wrong for nobody,
/// and is tried again.
fn sweep(core: &Core) -> bool {
    let Some(now) = core.now() else { return false };
    let cleared = turn::until(Instant::now() + SWEEP_WAIT, || core.keyspace.clear_expired(now, SWEPT));
    cleared.is_ok_and(|cleared| cleared >= SWEPT)
}
