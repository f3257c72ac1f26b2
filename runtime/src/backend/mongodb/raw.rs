//! Documents that a user read with the driver, as models.

use mongodb::bson::RawDocument;

use super::stored::from_document;
use crate::codec;
use crate::error::Result;
use crate::model::Model;

/// The model in a document that was read by hand, with the client that
/// [`Database::raw`](crate::Database::raw) returns.
///
/// A document that has expired is decoded too.
///
/// ```no_run
/// # use reposit::{Database, Repository, backend::mongodb as store}; use serde::{Serialize, Deserialize};
/// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
/// # async fn example(db: Database) -> Result<(), Box<dyn std::error::Error>> {
/// use mongodb::bson::{RawDocumentBuf, doc};
///
/// let database: &mongodb::Database = db.raw().ok_or("not on MongoDB")?;
/// let found = database.collection::<RawDocumentBuf>("user").find_one(doc! { "_id": "u1" }).await?;
/// let user: Option<User> = found.map(|document| store::decode(&document)).transpose()?;
/// # Ok(()) }
/// ```
///
/// Errors: [`Codec`](crate::ErrorKind::Codec) if the document does not fit the model.
pub fn decode<M: Model>(document: &RawDocument) -> Result<M> {
    codec::decode(from_document(M::DEFINITION, document)?, M::DEFINITION)
}
