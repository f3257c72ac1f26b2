//! Which repositories there are: those that are written down and whose collection is there.

use mongodb::Database;
use mongodb::bson::doc;

use super::super::retry::read;
use super::schema;
use crate::error::Result;
use crate::request::Call;

/// The repositories under a table prefix, by their names without it.
pub(in super::super) async fn repositories(database: &Database, call: &Call, prefix: &str) -> Result<Vec<String>> {
    let known = schema::read_names(database, call, prefix).await?;
    if known.is_empty() {
        return Ok(Vec::new());
    }
    let named = doc! { "name": { "$in": known } };
    let list = |_| database.list_collection_names().filter(named.clone()).into_future();
    let names = read(call, "listCollections", list).await?;
    Ok(names.iter().filter_map(|name| name.strip_prefix(prefix)).map(str::to_owned).collect())
}
