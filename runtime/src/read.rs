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

/// What can be read together: a `Vec` of gets, or a tuple of up to six over any models.
pub trait ReadTogether {
    /// What it gives: in the place of each get, `Option<M>`.
    type Output;

    #[doc(hidden)]
    fn requests(&self, db: &Database) -> Result<Vec<request::Get>>;

    #[doc(hidden)]
    fn decode(records: Vec<Option<Record>>) -> Result<Self::Output>;
}

fn one<M: Repository>(record: Option<Record>) -> Result<Option<M>> {
    record.map(|record| codec::decode(record, M::definition())).transpose()
}

impl<M: Repository> ReadTogether for Vec<Get<M>> {
    type Output = Vec<Option<M>>;

    fn requests(&self, db: &Database) -> Result<Vec<request::Get>> {
        self.iter().map(|get| get.request(db)).collect()
    }

    fn decode(records: Vec<Option<Record>>) -> Result<Self::Output> {
        records.into_iter().map(one).collect()
    }
}

macro_rules! tuples {
    ($(($($model:ident $at:tt)*))*) => {$(
        impl<$($model: Repository),*> ReadTogether for ($(Get<$model>,)*) {
            type Output = ($(Option<$model>,)*);

            fn requests(&self, db: &Database) -> Result<Vec<request::Get>> {
                Ok(vec![$(self.$at.request(db)?),*])
            }

            fn decode(records: Vec<Option<Record>>) -> Result<Self::Output> {
                let mut records = records.into_iter();
                Ok(($(one::<$model>(records.next().flatten())?,)*))
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

pub(crate) async fn together<R: ReadTogether>(db: &Database, gets: R) -> Result<R::Output> {
    let requests = gets.requests(db)?;
    if requests.len() > MOST {
        return Err(Error::invalid(format!("a read of {} records at one moment; the limit is {MOST}", requests.len())));
    }
    if requests.is_empty() {
        return R::decode(Vec::new());
    }
    R::decode(db.backend().read_together(db.call("read"), requests).await?)
}
