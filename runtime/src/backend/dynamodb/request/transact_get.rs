//! Reads of several items at one moment.

use bytes::Bytes;

use crate::backend::dynamodb::failure::{Class, Failure};
use crate::backend::dynamodb::request::read::ReadRequest;
use crate::backend::dynamodb::sender::target::Target;
use crate::backend::dynamodb::wire::answer::{Found, read_answer};
use crate::backend::dynamodb::wire::body::Body;
use crate::backend::dynamodb::wire::item::Item;
use crate::definition::FieldDef;
use crate::error::{Error, Result};
use crate::limits::requests::MOST_TOGETHER;

/// The key of an item, the table it is in, and the fields of its model.
#[derive(Debug, Clone)]
pub(crate) struct TableKey {
    pub(crate) table: String,
    pub(crate) fields: &'static [FieldDef],
    pub(crate) key: Item,
}

/// `TransactGetItems`: items of any tables as they are at one moment.
#[derive(Debug, Clone)]
pub(crate) struct TransactGet {
    keys: Vec<TableKey>,
}

impl TransactGet {
    /// A read of these items. None may be there twice.
    ///
    /// Errors: [`InvalidInput`](crate::ErrorKind::InvalidInput) if there are more than DynamoDB takes.
    pub(crate) fn new(keys: Vec<TableKey>) -> Result<Self> {
        let count = keys.len();
        if count > MOST_TOGETHER {
            return Err(Error::invalid(format!(
                "a read of {count} records at one moment; DynamoDB takes {MOST_TOGETHER}"
            )));
        }
        Ok(Self { keys })
    }
}

impl ReadRequest for TransactGet {
    type Answer = Vec<Option<Found>>;

    fn target(&self) -> Target {
        Target::TransactGetItems
    }

    fn body(&self) -> Bytes {
        let mut body = Body::new(64 + 128 * self.keys.len());
        body.open_list("TransactItems");
        for TableKey { table, key, .. } in &self.keys {
            body.open_entry();
            body.open("Get");
            body.text("TableName", table);
            body.json("Key", key.json());
            body.close();
            body.close();
        }
        body.close_list();
        body.finish()
    }

    fn read(&self, answer: &Bytes) -> Result<Self::Answer, Failure> {
        let mut responses = None;
        let read = read_answer(answer, |name, answer| match name {
            "Responses" => {
                responses = answer.maybe(|answer| {
                    let mut keys = self.keys.iter();
                    answer.list(|answer| {
                        let fields = keys.next().map_or(&[][..], |key| key.fields);
                        let mut found = None;
                        answer.maybe(|answer| {
                            answer.object(|name, answer| match &*name {
                                "Item" => {
                                    found = answer.maybe(|answer| answer.found(fields, 4))?;
                                    Ok(())
                                }
                                _ => answer.skip(4),
                            })
                        })?;
                        Ok(found)
                    })
                })?;
                Ok(true)
            }
            _ => Ok(false),
        });
        read.map_err(Failure::malformed)?;
        let whole = responses.filter(|responses: &Vec<_>| responses.len() == self.keys.len());
        whole.ok_or_else(|| Failure::incomplete("answer for each item"))
    }

    fn is_retried(class: Class) -> bool {
        // It is cancelled if a write is at work on one of its items.
        class.is_transient() || class == Class::Cancelled
    }
}
