//! Whether an operation told the truth.

use std::collections::BTreeMap;

use reposit::{Database, ErrorKind, Result};

use super::models::BATCH;
use super::operations::Operation;
use super::state::{State, of_item, state};

/// What must come of an operation where nothing goes wrong: the embedded store does it, whose writes have no network.
#[derive(Debug)]
pub struct Expected {
    /// What is there before.
    pub before: State,
    /// What is there once it is done.
    pub after: State,
    /// What the operation answers.
    pub told: Result<String, ErrorKind>,
}

impl Expected {
    /// Does the operation on the embedded store.
    pub async fn of(operation: Operation, id: &str) -> Self {
        let db = Database::open("memory:").await.expect("a store in memory");
        super::fixture::define(&db).await;
        operation.prepare(&db, id).await.expect("what must be there before");
        let before = state(&db, operation, id).await.expect("a read");
        let told = operation.run(&db, id).await.map_err(|error| error.kind());
        let after = state(&db, operation, id).await.expect("a read");
        Self { before, after, told }
    }
}

/// The word of the table, or the lie that was told.
pub fn judge(
    operation: Operation,
    id: &str,
    expected: &Expected,
    told: &Result<String>,
    after: &State,
) -> Result<String, String> {
    match told {
        Err(error) if !error.failures().is_empty() => {
            let mut words = Vec::new();
            for n in 0..BATCH {
                let failure = error.failures().iter().find(|failure| failure.position == n);
                let told = failure.map_or(Ok(()), |failure| Err(failure.error.kind()));
                let (before, done) = (of_item(&expected.before, id, n), of_item(&expected.after, id, n));
                judge_state(told, &before, &done, &of_item(after, id, n)).map_err(|lie| format!("item {n}: {lie}"))?;
                words.push(told.map_or_else(word, |()| "ok"));
            }
            Ok(summary(&words))
        }
        Err(error) if Err(error.kind()) == expected.told => {
            judge_state(Ok(()), &expected.before, &expected.before, after)?;
            Ok(word(error.kind()).to_owned())
        }
        // Whether the last attempt of a read or a transaction met a closed connection or the deadline is chance.
        Err(error)
            if (operation.is_read() || operation.is_transaction() || operation.is_bulk())
                && matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Unavailable) =>
        {
            judge_state(Ok(()), &expected.before, &expected.before, after)?;
            Ok("not done".to_owned())
        }
        // A lock that was taken after nobody waited for it any more is given back.
        Err(error) if error.kind() == ErrorKind::OutcomeUnknown && is_given_back(operation, expected, after) => {
            Ok(word(error.kind()).to_owned())
        }
        // Done or not, an operation that must be refused changes nothing.
        Err(error) => {
            judge_state(Err(error.kind()), &expected.before, &expected.after, after)?;
            if operation.is_batch() && error.kind() != ErrorKind::OutcomeUnknown && after != &expected.before {
                return Err(format!("{} for the whole batch, of which a part was done", error.kind()));
            }
            Ok(word(error.kind()).to_owned())
        }
        Ok(answer) => {
            if expected.told.as_ref() != Ok(answer) {
                return Err(format!("told {answer}, expected {:?}", expected.told));
            }
            judge_state(Ok(()), &expected.before, &expected.after, after)?;
            Ok("ok".to_owned())
        }
    }
}

fn is_given_back(operation: Operation, expected: &Expected, after: &State) -> bool {
    let free = |(name, _): (&String, &String)| (name.clone(), false.to_string());
    let is_lock = matches!(operation, Operation::Lock | Operation::LockGivenBack);
    is_lock && *after == expected.after.iter().map(free).collect::<State>()
}

fn judge_state(told: Result<(), ErrorKind>, before: &State, done: &State, after: &State) -> Result<(), String> {
    let may_be = match told {
        Ok(()) => vec![done],
        Err(ErrorKind::OutcomeUnknown) => vec![before, done],
        Err(ErrorKind::Timeout | ErrorKind::Unavailable | ErrorKind::Throttled) => vec![before],
        Err(kind) => return Err(format!("told {kind}, which is a false failure")),
    };
    if may_be.contains(&after) {
        return Ok(());
    }
    let told = told.map_or_else(|kind| kind.to_string(), |()| "done".to_owned());
    Err(format!("told {told}\n  before:   {before:?}\n  expected: {done:?}\n  found:    {after:?}"))
}

/// How the table says it.
pub fn word(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::OutcomeUnknown => "unknown",
        ErrorKind::AlreadyExists => "exists",
        ErrorKind::UniqueViolation => "taken",
        ErrorKind::VersionConflict => "conflict",
        ErrorKind::ConditionFailed => "refused",
        kind => kind.as_str(),
    }
}

/// The words of the items: with how many of each where a part of the batch was done. Where none was, how many had been sent
/// when the network went is chance.
fn summary(words: &[&'static str]) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    words.iter().for_each(|word| *counts.entry(word).or_default() += 1);
    match (counts.len(), counts.contains_key("ok")) {
        (2.., false) if counts.contains_key("unknown") => "unknown".to_owned(),
        (2.., true) => counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", "),
        _ => counts.into_keys().collect::<Vec<_>>().join(", "),
    }
}
