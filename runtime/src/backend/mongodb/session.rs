//! The session of a transaction, which leaves nothing open on the server if its future is dropped.

use std::time::Duration;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{RawDocumentBuf, doc};
use mongodb::options::{ReadConcern, ReadPreference, SelectionCriteria, WriteConcern};
use mongodb::{ClientSession, Collection};
use scopeguard::ScopeGuard;
use tokio::runtime::Handle;

use super::failure::DriverFailure;
use super::retry::{attempt_time, within};
use crate::request::Call;

/// After so long the server itself aborts a transaction that nobody goes on with:
/// "transactionLifetimeLimitSeconds" in "MongoDB Server Parameters".
const LIFETIME: Duration = Duration::from_secs(60);

/// Begins a transaction, on a snapshot. The caller takes the session out of its guard once the transaction
/// has ended; otherwise the guard ends it in the background.
pub(super) async fn begin(
    collection: Collection<RawDocumentBuf>,
    call: &Call,
) -> Result<ScopeGuard<ClientSession, impl FnOnce(ClientSession)>, DriverFailure> {
    let client = collection.client().clone();
    let mut session = within(attempt_time(call), client.start_session().into_future()).await?;
    let begin = session
        .start_transaction()
        .read_concern(ReadConcern::snapshot())
        .write_concern(WriteConcern::majority())
        .selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary));
    begin.await.map_err(DriverFailure::Driver)?;
    Ok(scopeguard::guard(session, |session| {
        if let Ok(runtime) = Handle::try_current() {
            // The driver does the same when a session is dropped, but only for a transaction that has had an
            // answer, and not for one whose commit was sent.
            runtime.spawn(tokio::time::timeout(LIFETIME, end(session, collection)));
        }
    }))
}

/// Ends what a session has open. It also begins and aborts the session's next transaction: the server then
/// refuses requests for the transaction before it that are still on their way.
async fn end(mut session: ClientSession, collection: Collection<RawDocumentBuf>) {
    // If the server cannot be reached, it ends the transaction itself.
    let _ = session.abort_transaction().await;
    if session.start_transaction().await.is_ok() {
        let _ = collection.find_one(doc! { "_id": ObjectId::new() }).session(&mut session).await;
        let _ = session.abort_transaction().await;
    }
}
