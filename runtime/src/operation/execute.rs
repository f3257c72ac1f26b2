//! What all operations share: how one is executed and explained, and how its errors get their names.

use super::exchange::Exchange;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::request::RecordKey;

/// What an operation brings along: its names, and the request that it makes. No other crate can name
/// this trait, so that [`Operation`] and [`TransactionItem`](super::TransactionItem) can grow.
pub trait Prepare: Sized + Send {
    /// The operation's name, for errors and for the call.
    const NAME: &'static str;

    /// The repository that it is of.
    const DEFINITION: &'static Definition;

    /// What is sent.
    type Request: Exchange;

    /// What is needed once the answer is there.
    type Rest: Send + Sync;

    /// The position in the definition of the index that it reads, if it reads one.
    fn index_position(&self) -> Option<usize> {
        None
    }

    /// Makes the request, or refuses what cannot be sent.
    fn prepare(self, db: &Database) -> Result<(Self::Request, Self::Rest)>;
}

/// An operation: a value that does nothing until it is given a database.
///
/// Everything that a model's methods return has this trait, but for a check, which is only ever part of a
/// transaction. `exec` and `explain` are methods of each operation as well, so that the trait is needed
/// only in code that takes any operation:
///
/// ```
/// use std::time::Instant;
/// use reposit::{Database, Operation, Result};
///
/// async fn timed<O: Operation>(db: &Database, operation: O) -> Result<O::Output> {
///     let (name, repository, began) = (operation.name(), operation.repository().name(), Instant::now());
///     let output = operation.exec(db).await;
///     println!("{name} in {repository}: {:?}", began.elapsed());
///     output
/// }
/// # use reposit::Repository; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, PartialEq, Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// timed(&db, User::create(&User { id: "u1".into() })).await?;
/// let page = timed(&db, User::scan().limit(10)).await?;
/// assert_eq!(page.items, [User { id: "u1".into() }]);
/// # Ok(()) }
/// ```
///
/// It is sealed: a wrapper takes operations, and need not be one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an operation",
    label = "not an operation that can be executed",
    note = "an operation is what a model's methods return, before `.exec(&db)`: `User::get(\"u1\")`"
)]
pub trait Operation: Prepare {
    /// What it executes to.
    type Output: Send;

    /// What the answer means to the caller.
    #[doc(hidden)]
    fn finish(rest: Self::Rest, answer: <Self::Request as Exchange>::Answer) -> Result<Self::Output>;

    /// Executes it.
    fn exec(self, db: &Database) -> impl Future<Output = Result<Self::Output>> + Send {
        run(self, db)
    }

    /// The requests that the database's backend would send; nothing is sent.
    fn explain(self, db: &Database) -> Result<String> {
        explain(self, db)
    }

    /// The operation's name, as errors give it: `create`, `get_many`.
    fn name(&self) -> &'static str {
        Self::NAME
    }

    /// The definition of the repository that it is of.
    fn repository(&self) -> &'static Definition {
        Self::DEFINITION
    }
}

/// Executes an operation.
pub(super) async fn run<O: Operation>(operation: O, db: &Database) -> Result<O::Output> {
    let origin = Origin::of(&operation);
    let (request, rest) = operation.prepare(db).map_err(|e| origin.name(e))?;
    let answer = request.send(db, O::NAME).await.map_err(|e| origin.name(e))?;
    O::finish(rest, answer).map_err(|e| origin.name(e))
}

/// Says what an operation would send.
pub(super) fn explain<O: Prepare>(operation: O, db: &Database) -> Result<String> {
    let origin = Origin::of(&operation).during("explain");
    let explained = operation.prepare(db).and_then(|(request, _)| request.explain(db));
    explained.map_err(|e| origin.name(e))
}

/// Where an error comes from: the one place that names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) definition: &'static Definition,
    pub(super) operation: &'static str,
    index: Option<usize>,
}

impl Origin {
    pub(super) fn new(definition: &'static Definition, operation: &'static str, index: Option<usize>) -> Self {
        Self { definition, operation, index }
    }

    /// The origin of an operation's errors.
    pub(super) fn of<O: Prepare>(operation: &O) -> Self {
        Self { definition: O::DEFINITION, operation: O::NAME, index: operation.index_position() }
    }

    /// The same repository and index, under the name of something else that is done.
    pub(super) fn during(self, operation: &'static str) -> Self {
        Self { operation, ..self }
    }

    /// The same of an error of one record among others, with its key if that is one.
    pub(super) fn name_of(&self, error: Error, key: Result<RecordKey>) -> Error {
        let error = self.name(error);
        match key {
            Ok(key) => error.of_record(key),
            Err(_) => error,
        }
    }

    /// Names the repository, the operation and the index in an error, unless it names them already.
    pub(super) fn name(&self, error: Error) -> Error {
        let error = error.in_repository(self.definition.name()).in_operation(self.operation);
        match self.index.and_then(|at| self.definition.indexes().get(at)) {
            Some(index) if error.index().is_none() => error.on_index(index.name),
            _ => error,
        }
    }
}
