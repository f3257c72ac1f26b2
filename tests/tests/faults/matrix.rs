//! Every operation under every fault, on one server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use reposit::{Error, ErrorKind};
use reposit_tests::report;
use reposit_tests::servers::Target;

use crate::faults::{Fault, How};
use crate::table::Written;
use reposit_tests::workload::fixture::Fixture;
use reposit_tests::workload::models::{Page, Person, Thing};
use reposit_tests::workload::operations::Operation;
use reposit_tests::workload::state::state;
use reposit_tests::workload::verdict::{Expected, judge};

/// How many cells are tried at once: most of them wait.
const AT_ONCE: usize = 24;

/// What writes, by its name on the wire.
const WRITES: [&str; 15] = [
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "TransactWriteItems",
    "BatchWriteItem",
    "insert",
    "update",
    "findAndModify",
    "delete",
    "commitTransaction",
    "INSERT",
    "UPDATE",
    "DELETE",
    "COMMIT",
    "EVALSHA write",
];

/// A row of the table: an operation, and which of its requests meets the fault.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) operation: Operation,
    pub(crate) request: String,
    /// How many requests come before it.
    earlier: usize,
}

/// What came of one operation under one fault.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) row: usize,
    pub(crate) fault: Fault,
    pub(crate) how: How,
    /// `-` where the fault cannot happen to the operation.
    pub(crate) word: String,
    pub(crate) lie: Option<String>,
}

pub(crate) struct Matrix {
    pub(crate) label: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) cells: Vec<Cell>,
    /// What is broken when all is over.
    pub(crate) broken: Vec<String>,
}

impl Matrix {
    pub(crate) async fn of(target: Target, written: Written) -> Self {
        let fixture = Arc::new(Fixture::on(target).await);
        let rows = rows(&fixture).await;
        let mut wanted = Vec::new();
        for how in [How::Once, How::Always] {
            for (row, at) in rows.iter().zip(0..) {
                let faults = Fault::wanted().into_iter().filter(|fault| fault.happens(how, target));
                wanted.extend(faults.map(|fault| (at, row.clone(), fault, how)));
            }
        }
        let cells = try_all(&fixture, wanted, 1, AT_ONCE).await;
        let mut matrix = Self { label: fixture.server.label(), rows, cells, broken: Vec::new() };
        matrix.settle(&fixture, &written).await;
        let mut broken = Vec::new();
        broken.extend(fixture.direct.verify::<Thing>().await.expect("a check"));
        broken.extend(fixture.direct.verify::<Person>().await.expect("a check"));
        broken.extend(fixture.direct.verify::<Page>().await.expect("a check"));
        for operation in wanted_operations() {
            report::ran(&format!("faults::{}", operation.name()), &matrix.label);
        }
        Self { broken, ..matrix }
    }

    /// Tries again, with more patience and more calm, what did not come out as it is written: a deadline that passes because the
    /// machine was busy says nothing of the library. A lie is one however busy the machine was.
    async fn settle(&mut self, fixture: &Arc<Fixture>, written: &Written) {
        for patience in [2, 4] {
            let differs = |cell: &&Cell| cell.lie.is_none() && !written.knows(self, cell);
            let again: Vec<_> = self.cells.iter().filter(differs).map(|cell| self.wanted(cell)).collect();
            for cell in try_all(fixture, again, patience, AT_ONCE / 4).await {
                let place = (cell.row, cell.fault, cell.how);
                self.cells.retain(|old| (old.row, old.fault, old.how) != place);
                self.cells.push(cell);
            }
        }
    }

    fn wanted(&self, cell: &Cell) -> Wanted {
        (cell.row, self.rows[cell.row].clone(), cell.fault, cell.how)
    }

    pub(crate) fn cell(&self, row: usize, fault: Fault, how: How) -> &str {
        let cell = self.cells.iter().find(|cell| (cell.row, cell.fault, cell.how) == (row, fault, how));
        cell.map_or("-", |cell| &cell.word)
    }

    /// Every lie, with the operation and the fault that it was told under.
    pub(crate) fn lies(&self) -> Vec<String> {
        let lie = |cell: &Cell| {
            let row = &self.rows[cell.row];
            let lie = cell.lie.as_ref()?;
            let (operation, fault) = (row.operation.name(), cell.fault.name());
            Some(format!("{operation} ({}), {fault}, {:?}: {lie}", row.request, cell.how))
        };
        self.cells.iter().filter_map(lie).chain(self.broken.iter().cloned()).collect()
    }
}

/// A cell to be tried: its row, and what goes wrong.
type Wanted = (usize, Row, Fault, How);

async fn try_all(fixture: &Arc<Fixture>, wanted: Vec<Wanted>, patience: u32, at_once: usize) -> Vec<Cell> {
    let cells = stream::iter(wanted).map(|(at, row, fault, how)| {
        let fixture = fixture.clone();
        // A task each, so that the machine's cores are used.
        async move {
            let cell = tokio::spawn(async move { try_one(&fixture, &row, fault, how, patience).await });
            let (word, lie) = match cell.await.expect("a cell comes to its end") {
                Ok(word) => (word, None),
                Err(lie) => ("LIE".to_owned(), Some(lie)),
            };
            Cell { row: at, fault, how, word, lie }
        }
    });
    cells.buffer_unordered(at_once).collect().await
}

/// Names operations, with semicolons between them: the run is of these only, and the page keeps the rows of the others.
const FILTER: &str = "REPOSIT_OPERATIONS";

/// The operations of this run: all, or those that `REPOSIT_OPERATIONS` names.
pub(crate) fn wanted_operations() -> Vec<Operation> {
    let names = std::env::var(FILTER).unwrap_or_default();
    let names: Vec<&str> = names.split(';').map(str::trim).filter(|name| !name.is_empty()).collect();
    Operation::all().filter(|operation| names.is_empty() || names.contains(&operation.name())).collect()
}

/// The rows of a server: what each operation sends to it.
pub(crate) async fn rows(fixture: &Fixture) -> Vec<Row> {
    let mut rows = Vec::new();
    let is_there = |operation: &Operation| operation.option().is_none() || fixture.target.is_dynamodb();
    for operation in wanted_operations().into_iter().filter(is_there) {
        rows.extend(look(fixture, operation).await);
    }
    rows
}

/// Looks at what an operation sends where nothing goes wrong, and checks that it is then right.
async fn look(fixture: &Fixture, operation: Operation) -> Vec<Row> {
    let id = fresh_id();
    let expected = Expected::of(operation, &id).await;
    operation.prepare(&fixture.direct, &id).await.expect("what must be there before");
    let (proxy, db) = fixture.behind_as(operation.option(), Duration::from_secs(20)).await;
    // What was sent to open the database is no part of the operation.
    let began = proxy.requests().len();
    let told = operation.run(&db, &id).await;
    let sent: Vec<String> = proxy.requests().into_iter().skip(began).map(|request| request.operation).collect();
    let after = state(&fixture.direct, operation, &id).await.expect("a read");
    if let Err(lie) = judge(operation, &id, &expected, &told, &after) {
        panic!("{} where nothing goes wrong: {lie}", operation.name());
    }
    let first = sent.iter().position(|name| WRITES.contains(&name.as_str()));
    let commit = sent.iter().position(|name| name == "commitTransaction" || name == "COMMIT");
    let spots = if operation.is_read() { [(!sent.is_empty()).then_some(0), None] } else { [first, commit] };
    spots.into_iter().flatten().map(|at| Row { operation, request: sent[at].clone(), earlier: at }).collect()
}

/// One operation under one fault: the word of the table, or the lie.
async fn try_one(fixture: &Fixture, row: &Row, fault: Fault, how: How, patience: u32) -> Result<String, String> {
    let (operation, id) = (row.operation, fresh_id());
    let expected = Expected::of(operation, &id).await;
    operation.prepare(&fixture.direct, &id).await.map_err(|error| format!("could not be prepared: {error:?}"))?;
    let before = state(&fixture.direct, operation, &id).await.map_err(|error| format!("{error:?}"))?;
    if before != expected.before {
        return Err(format!("prepared {before:?}, expected {:?}", expected.before));
    }
    let (proxy, db) = fixture.behind_as(operation.option(), fault.timeout(how, patience)).await;
    let rules = fault.rules(how, patience, &row.request, row.earlier);
    let fired: Vec<_> = rules.into_iter().map(|rule| proxy.fault(rule)).collect();
    let told = operation.run(&db, &id).await;
    if fired.first().is_none_or(|fired| fired.count() == 0) {
        return Ok("-".to_owned());
    }
    if fault == Fault::Overtaken {
        return overtaken(fixture, operation, &id, &told, fault.aftermath(how, patience)).await;
    }
    tokio::time::sleep(fault.aftermath(how, patience)).await;
    let mut after = state(&fixture.direct, operation, &id).await.map_err(|error| format!("{error:?}"))?;
    let mut judged = judge(operation, &id, &expected, &told, &after);
    // What is unknown may be done while it is read, which takes several requests.
    if judged.is_err() && told.as_ref().is_err_and(is_unknown) {
        tokio::time::sleep(Duration::from_secs(2)).await;
        after = state(&fixture.direct, operation, &id).await.map_err(|error| format!("{error:?}"))?;
        judged = judge(operation, &id, &expected, &told, &after);
    }
    judged.map_err(|lie| format!("{lie}\n  {told:?}"))
}

/// Whether it says of anything that it is not known.
fn is_unknown(error: &Error) -> bool {
    let unknown = |error: &Error| error.kind() == ErrorKind::OutcomeUnknown;
    unknown(error) || error.failures().iter().any(|failure| unknown(&failure.error))
}

/// Another writes before the late request comes: what is told to be done must not happen after that.
async fn overtaken(
    fixture: &Fixture,
    operation: Operation,
    id: &str,
    told: &Result<String, Error>,
    late: Duration,
) -> Result<String, String> {
    if operation.overtake(&fixture.direct, id).await.is_err() {
        return Ok("-".to_owned());
    }
    let before = state(&fixture.direct, operation, id).await.map_err(|error| format!("{error:?}"))?;
    tokio::time::sleep(late).await;
    let after = state(&fixture.direct, operation, id).await.map_err(|error| format!("{error:?}"))?;
    match told {
        Err(error) if error.kind() == ErrorKind::OutcomeUnknown => Ok("unknown".to_owned()),
        _ if before == after => Ok("ok".to_owned()),
        // It was sent again, and done; the first request came later still.
        Ok(_) if operation.option().is_some() => Ok("overwrites".to_owned()),
        _ => Err(format!("told {told:?}, and happened after another's write\n  then: {before:?}\n  now:  {after:?}")),
    }
}

pub(crate) fn fresh_id() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("c{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
