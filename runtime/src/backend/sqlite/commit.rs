//! The thread that writes: it takes all writes that wait into one commit, and clears away what has expired.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::core::Core;
use super::task::{End, Task};
use super::turn;
use super::writer::Uncommitted;

/// So many writes stand in one commit.
const MOST: usize = 512;

/// How long a transaction takes in writes. What is begun and not committed is unknown to those whose deadline passes.
const LONGEST: Duration = Duration::from_millis(20);

/// How often expired records are cleared away, and how many at a time.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
const SWEPT: usize = 200;

/// How long a sweep waits for another process.
const SWEEP_WAIT: Duration = Duration::from_millis(100);

/// Works on the writes until the last handle is gone.
pub(super) fn run(core: &Core) {
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

/// Does writes in as few transactions as they take, and answers all of one together.
fn commit(core: &Core, tasks: Vec<Task>) {
    let mut tasks = VecDeque::from(tasks);
    while let Some(deadline) = tasks.iter().map(Task::deadline).max() {
        commit_some(core, &mut tasks, deadline);
    }
}

/// Does writes in one transaction, for as long as one may be open.
fn commit_some(core: &Core, waiting: &mut VecDeque<Task>, deadline: Instant) {
    let disk = core.disk();
    let alone = disk.is_in_memory().then(|| disk.alone());
    let begun = turn::until(deadline, || disk.writer().begin_shared());
    if let Err(error) = begun {
        drop(alone);
        waiting.drain(..).for_each(|task| task.refuse(error.clone()));
        return;
    }
    let (began, again) = (Instant::now(), waiting.len() > 1);
    let mut tasks = Vec::new();
    while let Some(task) = waiting.pop_front() {
        let Some(mut task) = task.begin() else { continue };
        task.run(&core.keyspace, again);
        tasks.push(task);
        if disk.writer().has_failed() || began.elapsed() > LONGEST {
            break;
        }
    }
    let mut writer = disk.writer();
    let ended = match writer.check_shared() {
        Ok(()) => writer.commit(),
        Err(error) => {
            writer.roll_back();
            Err(Uncommitted { error, is_possible: false })
        }
    };
    writer.let_others_in();
    drop(writer);
    drop(alone);
    match ended {
        Ok(()) => tasks.into_iter().for_each(|task| task.answer(End::Done)),
        Err(unknown @ Uncommitted { is_possible: true, .. }) => {
            let end = End::Unknown(unknown.into_error());
            tasks.into_iter().for_each(|task| task.answer(end.clone()));
        }
        // Nothing of it is there: one by one, each has its own answer.
        Err(_) if again => tasks.into_iter().for_each(|task| run_alone(core, task)),
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
