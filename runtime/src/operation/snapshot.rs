//! Reads of several records, of any models, as they were at one moment.

use super::execute::{Operation, Origin, Prepare};
use super::get::Get;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::limits::requests::MOST_TOGETHER;
use crate::model::Model;
use crate::request;
use crate::value::Record;

/// What can be read together: a get, a `Vec` of gets, or a tuple of up to six of these over any models.
/// Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read together with others",
    label = "not a `get`, a Vec of them or a tuple of them",
    note = "`db.snapshot(..)` takes `get`s, each not executed: `db.snapshot((User::get(\"u1\"), Team::get(\"core\"))).await`; up to six in a tuple, any number in a Vec"
)]
pub trait SnapshotRead: Sealed {
    /// What it is read as: in the place of each get, `Option<M>`.
    type Output;

    /// Adds the requests, in the order in which their records are decoded.
    #[doc(hidden)]
    fn requests(&self, db: &Database, requests: &mut Vec<request::Get>) -> Result<()>;

    /// Takes as many records as it has asked for.
    #[doc(hidden)]
    fn decode(self, records: &mut impl Iterator<Item = Option<Record>>) -> Result<Self::Output>;
}

/// Only gets, and what is made of them, can be read so.
pub trait Sealed {}

impl<M> Sealed for Get<M> {}
impl<R: Sealed> Sealed for Vec<R> {}

impl<M: Model> SnapshotRead for Get<M> {
    type Output = Option<M>;

    fn requests(&self, db: &Database, requests: &mut Vec<request::Get>) -> Result<()> {
        let origin = Origin::of(self).during("snapshot");
        let prepared = self.clone().prepare(db);
        let (request, ()) = prepared.map_err(|e| origin.name(e).at_position(requests.len()))?;
        requests.push(request);
        Ok(())
    }

    fn decode(self, records: &mut impl Iterator<Item = Option<Record>>) -> Result<Option<M>> {
        let origin = Origin::of(&self).during("snapshot");
        Self::finish((), records.next().flatten()).map_err(|e| origin.name(e))
    }
}

impl<R: SnapshotRead> SnapshotRead for Vec<R> {
    type Output = Vec<R::Output>;

    fn requests(&self, db: &Database, requests: &mut Vec<request::Get>) -> Result<()> {
        self.iter().try_for_each(|part| part.requests(db, requests))
    }

    fn decode(self, records: &mut impl Iterator<Item = Option<Record>>) -> Result<Self::Output> {
        self.into_iter().map(|part| part.decode(records)).collect()
    }
}

macro_rules! tuples {
    ($(($($part:ident $at:tt)*))*) => {$(
        impl<$($part: Sealed),*> Sealed for ($($part,)*) {}

        impl<$($part: SnapshotRead),*> SnapshotRead for ($($part,)*) {
            type Output = ($($part::Output,)*);

            fn requests(&self, db: &Database, requests: &mut Vec<request::Get>) -> Result<()> {
                $(self.$at.requests(db, requests)?;)*
                Ok(())
            }

            fn decode(self, records: &mut impl Iterator<Item = Option<Record>>) -> Result<Self::Output> {
                Ok(($(self.$at.decode(records)?,)*))
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0 B 1)
    (A 0 B 1 C 2)
    (A 0 B 1 C 2 D 3)
    (A 0 B 1 C 2 D 3 E 4)
    (A 0 B 1 C 2 D 3 E 4 F 5)
}

/// The requests that are sent, checked.
fn prepare<R: SnapshotRead>(db: &Database, gets: &R) -> Result<Vec<request::Get>> {
    let mut requests = Vec::new();
    gets.requests(db, &mut requests)?;
    if requests.len() > MOST_TOGETHER {
        return Err(Error::invalid(format!(
            "a read of {} records at one moment; the limit is {MOST_TOGETHER}",
            requests.len()
        )));
    }
    Ok(requests)
}

impl Database {
    /// Reads several records, of any models, as they were at one moment: a get, a `Vec` of gets, or a
    /// tuple of up to six of these.
    ///
    /// DynamoDB: one `TransactGetItems`, at twice the read units ("Amazon DynamoDB Transactions: How it
    /// works"). MongoDB: a `find` for each model, on one snapshot of a session ("Read Concern
    /// "snapshot""). PostgreSQL: one `SELECT`, of several models a `REPEATABLE READ` transaction. Redis: one script; on a
    /// cluster, of several models, it is [`Unsupported`](crate::ErrorKind::Unsupported). The embedded backends: one state of
    /// the store.
    ///
    /// Errors: [`InvalidInput`](crate::ErrorKind::InvalidInput) for more than 100 records, and for a key
    /// that cannot be one, with its position among the gets.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct User { #[hash_key] id: String, #[index(unique)] email: String, tags: Vec<String> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<User>().await?;
    /// let (ada, others) = db.snapshot((User::get("u1"), vec![User::get("u2"), User::get("u3")])).await?;
    /// assert!(ada.is_none() && others.len() == 2);
    /// # Ok(()) }
    /// ```
    pub async fn snapshot<R: SnapshotRead>(&self, gets: R) -> Result<R::Output> {
        let named = |error: Error| error.in_operation("snapshot");
        let requests = prepare(self, &gets).map_err(named)?;
        let records = match requests.is_empty() {
            true => Vec::new(),
            false => {
                let names: Vec<_> = requests.iter().map(|get| get.definition.name()).collect();
                let read = self.backend().read_snapshot(self.call("snapshot"), requests).await;
                read.map_err(|error| named(error.in_one_of(&names)))?
            }
        };
        gets.decode(&mut records.into_iter()).map_err(named)
    }

    /// The request that the backend would send for such a read; nothing is sent.
    pub fn explain_snapshot<R: SnapshotRead>(&self, gets: R) -> Result<String> {
        let requests = prepare(self, &gets);
        let explained = requests.and_then(|requests| self.explain(request::Request::Snapshot(&requests)));
        explained.map_err(|error| error.in_operation("explain"))
    }
}
