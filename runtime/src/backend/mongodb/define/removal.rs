//! Collections that are taken away, and their records. Each command may be sent again.

use mongodb::Database;
use mongodb::bson::doc;

use super::{NAMESPACE_NOT_FOUND, command, schema, tolerate};
use crate::definition::Definition;
use crate::error::Result;
use crate::request::Call;

/// Takes the collection away, then what is written down of it.
pub(in super::super) async fn drop_repository(
    database: &Database,
    call: &Call,
    definition: &'static Definition,
) -> Result<()> {
    let drop_it = |()| database.run_command(doc! { "drop": definition.name() }).into_future();
    tolerate(command(call, "drop", drop_it).await.map(drop), NAMESPACE_NOT_FOUND)?;
    schema::forget(database, call, definition).await
}

/// Deletes all records.
pub(in super::super) async fn truncate(
    database: &Database,
    call: &Call,
    definition: &'static Definition,
) -> Result<()> {
    let everything = doc! { "delete": definition.name(), "deletes": [{ "q": {}, "limit": 0 }] };
    let delete = |()| database.run_command(everything.clone()).into_future();
    command(call, "delete", delete).await.map(drop).map_err(|failure| failure.into_error(call.operation))
}
