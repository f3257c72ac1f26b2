//! A read of one item by its key.

use bytes::Bytes;

use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::key::to_key;
use crate::backend::dynamodb::request::projection::Projection;
use crate::backend::dynamodb::request::read::ReadRequest;
use crate::backend::dynamodb::sender::target::Target;
use crate::backend::dynamodb::wire::answer::{Found, read_answer};
use crate::backend::dynamodb::wire::body::Body;
use crate::backend::dynamodb::wire::item::Item;
use crate::definition::{Definition, FieldDef};
use crate::error::Result;
use crate::request::RecordKey;

/// `GetItem`.
#[derive(Debug, Clone)]
pub(crate) struct GetItem {
    table: String,
    key: Item,
    consistent: bool,
    projection: Option<Projection>,
    fields: &'static [FieldDef],
}

impl GetItem {
    /// A read of a whole item that is no record.
    pub(crate) fn new(table: impl Into<String>, key: Item, consistent: bool) -> Self {
        Self { table: table.into(), key, consistent, projection: None, fields: &[] }
    }

    /// A read of a record.
    pub(crate) fn of_record(definition: &'static Definition, key: &RecordKey, consistent: bool) -> Self {
        let get = Self::new(definition.name(), to_key(definition, key), consistent);
        Self { fields: definition.fields(), ..get }
    }

    /// The same, of these attributes only.
    pub(crate) fn projected(self, projection: Option<Projection>) -> Self {
        Self { projection, ..self }
    }
}

impl ReadRequest for GetItem {
    type Answer = Option<Found>;

    fn target(&self) -> Target {
        Target::GetItem
    }

    fn body(&self) -> Bytes {
        let mut body = Body::new(64 + self.table.len() + self.key.json().len());
        body.text("TableName", &self.table);
        body.json("Key", self.key.json());
        if self.consistent {
            body.flag("ConsistentRead", true);
        }
        if let Some(projection) = &self.projection {
            projection.write(&mut body);
        }
        body.finish()
    }

    fn read(&self, answer: &Bytes) -> Result<Self::Answer, Failure> {
        let mut found = None;
        read_answer(answer, |name, answer| match name {
            "Item" => {
                found = answer.maybe(|answer| answer.found(self.fields, 2))?;
                Ok(true)
            }
            _ => Ok(false),
        })
        .map_err(Failure::malformed)?;
        Ok(found)
    }
}
