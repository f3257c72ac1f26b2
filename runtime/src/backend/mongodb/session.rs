//! The session of a transaction, which leaves nothing open on the server where its future is dropped.

use std::time::Duration;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{RawDocumentBuf, doc};
use mongodb::options::{ReadConcern, ReadPreference, SelectionCriteria, WriteConcern};
use mongodb::{ClientSession, Collection};
use scopeguard::ScopeGuard;
use tokio::runtime::Handle;

use super::errors::Trouble;
use super::patience::{attempt, within};
use crate::request::Call;

/// After so long the server itself gives up a transaction that nobody goes on with:
/// "transactionLifetimeLimitSeconds" in "MongoDB Server Parameters".
const LIFETIME: Duration = Duration::from_secs(60);

/// Begins a transaction, on a snapshot. Taken out of its guard where it has come to its end; else
/// what is open is ended behind it.
pub(super) async fn begin(
    collection: Collection<RawDocumentBuf>,
    call: &Call,
) -> Result<ScopeGuard<ClientSession, impl FnOnce(ClientSession)>, Trouble> {
    let client = collection.client().clone();
    let mut session = within(attempt(call), client.start_session().into_future()).await?;
    let begin = session
        .start_transaction()
        .read_concern(ReadConcern::snapshot())
        .write_concern(WriteConcern::majority())
        .selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary));
    begin.await.map_err(Trouble::Driver)?;
    Ok(scopeguard::guard(session, |session| {
        if let Ok(runtime) = Handle::try_current() {
            // The driver does the same, but only once it has had an answer, and not for a commit.
            runtime.spawn(tokio::time::timeout(LIFETIME, end(session, collection)));
        }
    }))
}

/// Ends what a session has open: by going on to its next transaction, too, since the server refuses
/// what was sent for the one before it and has not come yet.
async fn end(mut session: ClientSession, collection: Collection<RawDocumentBuf>) {
    // Where the server cannot be reached it ends the transaction itself.
    let _ = session.abort_transaction().await;
    if session.start_transaction().await.is_ok() {
        let _ = collection.find_one(doc! { "_id": ObjectId::new() }).session(&mut session).await;
        let _ = session.abort_transaction().await;
    }
}
