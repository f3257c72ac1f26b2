//! Reads of many items by their keys, of any tables.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::request::projection::Projection;
use crate::backend::dynamodb::request::text::to_text;
use crate::backend::dynamodb::retry::Attempts;
use crate::backend::dynamodb::sender::target::Target;
use crate::backend::dynamodb::wire::answer::{Answer, Found, read_answer};
use crate::backend::dynamodb::wire::body::Body;
use crate::backend::dynamodb::wire::item::Item;
use crate::backend::dynamodb::wire::scan::Malformed;
use crate::definition::FieldDef;
use crate::error::{Error, ErrorKind, Result};
use crate::request::Call;

/// An item of an answer, and the table it is in.
pub(crate) type TableFound = (String, Found);

/// `BatchGetItem`: of many items, from any tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct BatchGet {
    tables: BTreeMap<String, TableKeys>,
}

/// What a batch reads of one table.
#[derive(Debug, Clone)]
struct TableKeys {
    keys: Vec<Item>,
    consistent: bool,
    projection: Option<Projection>,
    fields: &'static [FieldDef],
}

/// What a batch was answered with: items, and the keys that are left.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) found: Vec<TableFound>,
    pub(crate) left: BTreeMap<String, Vec<Item>>,
    has_responses: bool,
}

impl BatchGet {
    /// Adds a key of a table. How a table is read is the same for all of its keys.
    pub(crate) fn add(
        &mut self,
        table: &str,
        fields: &'static [FieldDef],
        key: Item,
        consistent: bool,
        projection: impl Fn() -> Option<Projection>,
    ) {
        let new = || TableKeys { keys: Vec::new(), consistent, projection: projection(), fields };
        self.tables.entry(table.to_owned()).or_insert_with(new).keys.push(key);
    }

    /// How many keys it has.
    pub(crate) fn len(&self) -> usize {
        self.tables.values().map(|table| table.keys.len()).sum()
    }

    /// Reads all of it, each item with the name of its table. DynamoDB may leave out any part of a batch:
    /// what is left out is asked for again, until all is read or the deadline passes.
    pub(crate) async fn read_all(&self, db: &Context, call: &Call) -> Result<Vec<TableFound>> {
        let mut body = self.body(|_, table| Some(&table.keys));
        let mut found = Vec::with_capacity(self.len());
        let mut attempts = Attempts::new(call);
        loop {
            let read = |answer: Bytes| self.read(&answer);
            let failure = match attempts.exchange(&*db.sender, Target::BatchGetItem, &body, read).await {
                Ok(batch) => {
                    found.extend(batch.found);
                    if batch.left.is_empty() {
                        return Ok(found);
                    }
                    body = self.body(|name, _| batch.left.get(name));
                    None
                }
                Err(failure) if failure.class.is_transient() => Some(failure),
                Err(failure) => return Err(failure.into_error()),
            };
            if !attempts.pause().await {
                return Err(failure.map_or_else(unprocessed, Failure::into_error));
            }
        }
    }

    /// The request for these keys of each table.
    fn body<'a>(&'a self, keys: impl Fn(&str, &'a TableKeys) -> Option<&'a Vec<Item>>) -> Bytes {
        let mut body = Body::new(128 + 64 * self.len());
        body.open("RequestItems");
        for (name, table) in &self.tables {
            let Some(keys) = keys(name, table) else { continue };
            body.open(name);
            body.open_list("Keys");
            keys.iter().for_each(|key| body.entry(key.json()));
            body.close_list();
            if table.consistent {
                body.flag("ConsistentRead", true);
            }
            if let Some(projection) = &table.projection {
                projection.write(&mut body);
            }
            body.close();
        }
        body.close();
        body.finish()
    }

    /// Reads an answer.
    pub(crate) fn read(&self, answer: &Bytes) -> Result<Batch, Failure> {
        let mut batch = Batch::default();
        let read = read_answer(answer, |name, answer| {
            match name {
                "Responses" => {
                    batch.has_responses = answer.maybe(|answer| self.read_found(answer, &mut batch.found))?.is_some()
                }
                "UnprocessedKeys" => {
                    answer.maybe(|answer| self.read_left(answer, &mut batch.left))?;
                }
                _ => return Ok(false),
            }
            Ok(true)
        });
        read.map_err(Failure::malformed)?;
        if batch.has_responses { Ok(batch) } else { Err(Failure::incomplete("Responses")) }
    }

    fn read_found(&self, answer: &mut Answer<'_>, found: &mut Vec<TableFound>) -> Result<(), Malformed> {
        answer.object(|name, answer| {
            let fields = self.tables.get(&*name).map_or(&[][..], |table| table.fields);
            let items = answer.list(|answer| answer.found(fields, 4))?;
            found.extend(items.into_iter().map(|item| (name.clone().into_owned(), item)));
            Ok(())
        })?;
        Ok(())
    }

    /// The keys that are left, of tables that were asked for.
    fn read_left(&self, answer: &mut Answer<'_>, left: &mut BTreeMap<String, Vec<Item>>) -> Result<(), Malformed> {
        answer.object(|table, answer| {
            let mut keys = Vec::new();
            answer.object(|name, answer| match &*name {
                "Keys" => {
                    keys = answer.list(|answer| answer.item(5))?;
                    Ok(())
                }
                _ => answer.skip(5),
            })?;
            if !keys.is_empty() && self.tables.contains_key(&*table) {
                left.insert(table.into_owned(), keys);
            }
            Ok(())
        })?;
        Ok(())
    }

    /// It as text.
    pub(crate) fn to_text(&self) -> String {
        to_text(Target::BatchGetItem, &self.body(|_, table| Some(&table.keys)))
    }
}

/// The error of a batch that DynamoDB kept doing in part.
pub(crate) fn unprocessed() -> Error {
    Error::new(ErrorKind::Throttled, "DynamoDB left items of a batch undone until the deadline passed")
}
