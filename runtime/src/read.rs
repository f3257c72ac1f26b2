//! Reads of several records at one moment.

use crate::codec;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::operation::Get;
use crate::repository::Repository;
use crate::request;
use crate::value::Record;

/// How many records can be read together: DynamoDB's `TransactGetItems` takes 100.
const MOST: usize = 100;

/// What can be read together: a get, a `Vec` of gets, or a tuple of up to six of these over any models.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read together with others",
    label = "not a `get`, a Vec of them or a tuple of them",
    note = "`db.snapshot(..)` takes `get`s, each not executed: `db.snapshot((User::get(\"u1\"), Team::get(\"core\"))).await`; up to six in a tuple, any number in a Vec"
)]
pub trait SnapshotRead {
    /// What it gives: in the place of each get, `Option<M>`.
    type Output;

    #[doc(hidden)]
    fn requests(&self, db: &Database, requests: &mut Vec<request::Get>) -> Result<()>;

    /// Takes as many records as it has asked for.
    #[doc(hidden)]
    fn decode(self, records: &mut impl Iterator<Item = Option<Record>>) -> Result<Self::Output>;
}

impl<M: Repository> SnapshotRead for Get<M> {
    type Output = Option<M>;

    fn requests(&self, db: &Database, requests: &mut Vec<request::Get>) -> Result<()> {
        let request = self.request(db).map_err(|e| named::<M>(e).at_position(requests.len()))?;
        requests.push(request);
        Ok(())
    }

    fn decode(self, records: &mut impl Iterator<Item = Option<Record>>) -> Result<Option<M>> {
        records.next().flatten().map(|record| codec::decode(record, M::definition())).transpose().map_err(named::<M>)
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

fn named<M: Repository>(error: Error) -> Error {
    error.in_repository(M::definition().name()).in_operation("snapshot")
}

/// What is asked for, checked.
fn requests<R: SnapshotRead>(db: &Database, gets: &R) -> Result<Vec<request::Get>> {
    let mut requests = Vec::new();
    gets.requests(db, &mut requests)?;
    if requests.len() > MOST {
        return Err(Error::invalid(format!("a read of {} records at one moment; the limit is {MOST}", requests.len())));
    }
    Ok(requests)
}

pub(crate) async fn snapshot<R: SnapshotRead>(db: &Database, gets: R) -> Result<R::Output> {
    let requests = requests(db, &gets)?;
    let records = match requests.is_empty() {
        true => Vec::new(),
        false => {
            let names: Vec<_> = requests.iter().map(|get| get.definition.name()).collect();
            let read = db.backend().read_snapshot(db.call("snapshot"), requests).await;
            read.map_err(|error| error.in_one_of(&names))?
        }
    };
    gets.decode(&mut records.into_iter())
}

pub(crate) fn explain<R: SnapshotRead>(db: &Database, gets: &R) -> Result<String> {
    db.explain(request::Request::Snapshot(&requests(db, gets)?))
}
