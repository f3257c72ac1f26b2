//! Items that were read with the SDK itself.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use bytes::Bytes;

use super::value::to_record_of;
use super::wire::item::Item;
use crate::codec;
use crate::error::{Error, Result};
use crate::repository::Repository;

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
/// Errors: [`Codec`](crate::ErrorKind::Codec) if the item does not fit the model.
pub fn decode<M: Repository>(item: HashMap<String, AttributeValue>) -> Result<M> {
    // An attribute of a type that is not known yet has no other form.
    if let Some(name) = item.iter().find_map(|(name, value)| value.is_unknown().then_some(name)) {
        return Err(Error::codec(format!("{name}: an attribute of an unknown type")));
    }
    let item = serde_json::to_vec(&serde_dynamo::Item::from(item));
    let item = item.map_err(|e| Error::codec("an item that cannot be read").with_source(e))?;
    codec::decode(to_record_of(M::definition(), &Item::of_json(Bytes::from(item)))?, M::definition())
}
