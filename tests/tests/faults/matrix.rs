//! Every operation under every fault, on one server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use reposit_tests::report;
use reposit_tests::servers::Target;

use crate::faults::{Fault, How};
use crate::models::{Page, Person, Thing};
use crate::operations::Operation;
use crate::stand::Stand;
use crate::state::state;
use crate::verdict::{Expected, judge};

/// How many cells are tried at once: most of them wait.
const AT_ONCE: usize = 24;

/// What writes, by its name on the wire.
const WRITES: [&str; 10] = [
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
];

/// A row of the table: an operation, and which of its requests meets the fault.
#[derive(Debug, Clone)]
pub struct Row {
    pub operation: Operation,
    pub request: String,
    /// How many requests come before it.
    earlier: usize,
}

/// What came of one operation under one fault.
#[derive(Debug)]
pub struct Cell {
    pub row: usize,
    pub fault: Fault,
    pub how: How,
    /// `-` where the fault cannot happen to the operation.
    pub word: String,
    pub lie: Option<String>,
}

pub struct Matrix {
    pub label: String,
    pub rows: Vec<Row>,
    pub cells: Vec<Cell>,
    /// What is broken when all is over.
    pub broken: Vec<String>,
}

impl Matrix {
    pub async fn of(target: Target) -> Self {
        let stand = Arc::new(Stand::on(target).await);
        let mut rows = Vec::new();
        for operation in Operation::ALL {
            rows.extend(look(&stand, operation).await);
        }
        let mut wanted = Vec::new();
        for how in [How::Once, How::Always] {
            for (row, at) in rows.iter().zip(0..) {
                let faults = Fault::ALL.into_iter().filter(|fault| fault.happens(how, target == Target::Mongodb));
                wanted.extend(faults.map(|fault| (at, row.clone(), fault, how)));
            }
        }
        let cells = stream::iter(wanted).map(|(at, row, fault, how)| {
            let stand = stand.clone();
            // A task each, so that what panics is known by its name.
            async move {
                let cell = tokio::spawn(async move { try_one(&stand, &row, fault, how).await });
                let (word, lie) = match cell.await.expect("a cell comes to its end") {
                    Ok(word) => (word, None),
                    Err(lie) => ("LIE".to_owned(), Some(lie)),
                };
                Cell { row: at, fault, how, word, lie }
            }
        });
        let cells = cells.buffer_unordered(AT_ONCE).collect().await;
        let mut broken = Vec::new();
        broken.extend(stand.truth.check::<Thing>().await.expect("a check"));
        broken.extend(stand.truth.check::<Person>().await.expect("a check"));
        broken.extend(stand.truth.check::<Page>().await.expect("a check"));
        let label = stand.server.label();
        for operation in Operation::ALL {
            report::ran(&format!("faults::{}", operation.name()), &label);
        }
        Self { label, rows, cells, broken }
    }

    pub fn cell(&self, row: usize, fault: Fault, how: How) -> &str {
        let cell = self.cells.iter().find(|cell| (cell.row, cell.fault, cell.how) == (row, fault, how));
        cell.map_or("-", |cell| &cell.word)
    }

    /// Every lie, with the operation and the fault that it was told under.
    pub fn lies(&self) -> Vec<String> {
        let lie = |cell: &Cell| {
            let row = &self.rows[cell.row];
            let lie = cell.lie.as_ref()?;
            let (operation, fault) = (row.operation.name(), cell.fault.name());
            Some(format!("{operation} ({}), {fault}, {:?}: {lie}", row.request, cell.how))
        };
        self.cells.iter().filter_map(lie).chain(self.broken.iter().cloned()).collect()
    }
}

/// Looks at what an operation sends where nothing goes wrong, and checks that it is then right.
async fn look(stand: &Stand, operation: Operation) -> Vec<Row> {
    let id = fresh_id();
    let expected = Expected::of(operation, &id).await;
    operation.prepare(&stand.truth, &id).await.expect("what must be there before");
    let (proxy, db) = stand.behind(Duration::from_secs(20)).await;
    // What the client sends for itself, once: it is no part of the operation.
    db.ping().await.expect("the proxy answers");
    let began = proxy.requests().len();
    let told = operation.run(&db, &id).await;
    let sent: Vec<String> = proxy.requests().into_iter().skip(began).map(|request| request.operation).collect();
    let after = state(&stand.truth, operation, &id).await.expect("a read");
    if let Err(lie) = judge(operation, &id, &expected, &told, &after) {
        panic!("{} where nothing goes wrong: {lie}", operation.name());
    }
    let first = sent.iter().position(|name| WRITES.contains(&name.as_str()));
    let commit = sent.iter().position(|name| name == "commitTransaction");
    let spots = [first, commit];
    spots.into_iter().flatten().map(|at| Row { operation, request: sent[at].clone(), earlier: at }).collect()
}

/// One operation under one fault: the word of the table, or the lie.
async fn try_one(stand: &Stand, row: &Row, fault: Fault, how: How) -> Result<String, String> {
    let (operation, id) = (row.operation, fresh_id());
    let expected = Expected::of(operation, &id).await;
    operation.prepare(&stand.truth, &id).await.map_err(|error| format!("could not be prepared: {error:?}"))?;
    let before = state(&stand.truth, operation, &id).await.map_err(|error| format!("{error:?}"))?;
    if before != expected.before {
        return Err(format!("prepared {before:?}, expected {:?}", expected.before));
    }
    let (proxy, db) = stand.behind(fault.timeout(how)).await;
    db.ping().await.map_err(|error| format!("{error:?}"))?;
    let fired: Vec<_> = fault.rules(how, &row.request, row.earlier).into_iter().map(|rule| proxy.fault(rule)).collect();
    let told = operation.run(&db, &id).await;
    if fired.first().is_none_or(|fired| fired.count() == 0) {
        return Ok("-".to_owned());
    }
    tokio::time::sleep(fault.aftermath(how)).await;
    let after = state(&stand.truth, operation, &id).await.map_err(|error| format!("{error:?}"))?;
    judge(operation, &id, &expected, &told, &after).map_err(|lie| format!("{lie}\n  {told:?}"))
}

pub fn fresh_id() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("c{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
