//! Items that were read with the SDK itself.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use serde::Serialize;

use super::value::to_record_of;
use super::wire::item::Item;
use crate::codec;
use crate::error::{Error, Result};
use crate::model::Model;

/// The model in an item that was read with the SDK's client, the one that
/// [`Database::raw`](crate::Database::raw) gives.
///
/// It takes whatever item it is given, one that has expired too.
///
/// ```no_run
/// # use reposit::{Database, Repository, backend::dynamodb}; use serde::{Serialize, Deserialize};
/// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
/// # async fn example(db: Database) -> Result<(), Box<dyn std::error::Error>> {
/// let client: &reposit::aws_sdk_dynamodb::Client = db.raw().ok_or("not on DynamoDB")?;
/// for item in client.scan().table_name("user").send().await?.items.unwrap_or_default() {
///     let user: User = dynamodb::decode(item)?;
///     println!("{}", user.id);
/// }
/// # Ok(()) }
/// ```
///
/// Errors: [`Codec`](crate::ErrorKind::Codec) if the item does not fit the model. An attribute of a type that the SDK
/// does not know is no error unless a field is read from it.
pub fn decode<M: Model>(item: HashMap<String, AttributeValue>) -> Result<M> {
    let item: HashMap<String, Attribute> = item.into_iter().map(|(name, value)| (name, value.into())).collect();
    let item = serde_json::to_vec(&item);
    let item = item.map_err(|e| Error::codec("an item that cannot be read").with_source(e))?;
    codec::decode(to_record_of(M::DEFINITION, &Item::of_json(Bytes::from(item)))?, M::DEFINITION)
}

/// An attribute, as DynamoDB's JSON has it.
#[derive(Serialize)]
#[serde(untagged)]
enum Attribute {
    Known(serde_dynamo::AttributeValue),
    /// One of a type that the SDK does not know yet, or with one in it.
    Unknown {
        unknown: bool,
    },
}

impl From<AttributeValue> for Attribute {
    fn from(value: AttributeValue) -> Self {
        match has_unknown(&value) {
            true => Self::Unknown { unknown: true },
            false => Self::Known(value.into()),
        }
    }
}

/// Whether an attribute, or something in it, is of a type that has no other form.
fn has_unknown(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::L(items) => items.iter().any(has_unknown),
        AttributeValue::M(map) => map.values().any(has_unknown),
        value => value.is_unknown(),
    }
}
