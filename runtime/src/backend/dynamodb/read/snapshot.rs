//! Reads of several records as they were at one moment.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsOutput;
use aws_sdk_dynamodb::types::{Get as GetPart, TransactGetItem};

use crate::backend::dynamodb::DynamoDb;
use crate::backend::dynamodb::failure::Class;
use crate::backend::dynamodb::key::{ident, to_key};
use crate::backend::dynamodb::retry::Attempts;
use crate::backend::dynamodb::value::{Item, to_record_of};
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Call, Get};
use crate::value::Record;

/// "Transactions" in "Quotas in Amazon DynamoDB".
const MOST_ITEMS: usize = 100;

impl DynamoDb {
    /// Reads live records in one transaction, in the order asked.
    pub(crate) async fn read_at_once(&self, call: &Call, gets: &[Get]) -> Result<Vec<Option<Record>>> {
        let (first, places) = distinct(gets);
        let keys = first.into_iter().map(|get| part(get.definition.name(), to_key(get.definition, &get.key)));
        let parts: Vec<_> = keys.collect::<Result<_>>()?;
        let count = parts.len();
        if count > MOST_ITEMS {
            return Err(Error::invalid(format!(
                "a read of {count} records at one moment; DynamoDB takes {MOST_ITEMS}"
            )));
        }
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let read = self.read_parts(call, parts).await?;
        let record = |get: &Get| {
            let found = places.get(&ident(get.definition, &get.key)).and_then(|at| read.get(*at)?.clone());
            let record = found.map(|item| to_record_of(get.definition, item)).transpose()?;
            Ok(record.filter(|record| record.is_live(get.definition, call)))
        };
        gets.iter().map(record).collect()
    }

    /// Reads items of any tables in one transaction, in the order asked.
    pub(crate) async fn read_parts(&self, call: &Call, parts: Vec<TransactGetItem>) -> Result<Vec<Option<Item>>> {
        let mut attempts = Attempts::new(call);
        let answer = loop {
            let request = self.client.transact_get_items().set_transact_items(Some(parts.clone()));
            let has =
                |answer: &TransactGetItemsOutput| answer.responses.as_ref().is_some_and(|all| all.len() == parts.len());
            match attempts.send_for(request.send(), "answer for each item", has).await {
                Ok(answer) => break answer,
                // A write was at work on one of the records.
                Err(failure)
                    if (failure.class.passes() || failure.class == Class::Cancelled) && attempts.pause().await => {}
                Err(failure) => return Err(failure.into_error()),
            }
        };
        let items = answer.responses.unwrap_or_default().into_iter();
        Ok(items.map(|response| response.item).collect())
    }
}

/// A read of one item as a part of a transaction.
pub(crate) fn part(table: &str, key: Item) -> Result<TransactGetItem> {
    let unbuilt = |e| Error::new(ErrorKind::Backend, "a part of the transaction cannot be built").with_source(e);
    let get = GetPart::builder().table_name(table).set_key(Some(key)).build().map_err(unbuilt)?;
    Ok(TransactGetItem::builder().get(get).build())
}

/// The gets, each once, since an item may be in a transaction once; and which of them is whose.
pub(crate) fn distinct(gets: &[Get]) -> (Vec<&Get>, HashMap<Vec<u8>, usize>) {
    let mut places: HashMap<Vec<u8>, usize> = HashMap::with_capacity(gets.len());
    let mut first = Vec::with_capacity(gets.len());
    for get in gets {
        let next = places.len();
        if *places.entry(ident(get.definition, &get.key)).or_insert(next) == next {
            first.push(get);
        }
    }
    (first, places)
}
