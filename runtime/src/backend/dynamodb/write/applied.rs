//! Finding out whether a write whose answer was lost was applied.

use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::marks::is_stamped;
use crate::backend::dynamodb::request::get::GetItem;
use crate::backend::dynamodb::request::read::send_read;
use crate::backend::dynamodb::wire::answer::Found;
use crate::backend::dynamodb::write::state::{Answer, Refusal, Sent, Writer};
use crate::backend::support::applied::{Applied, Until, find_applied};
use crate::error::Result;
use crate::request::{Action, Write};
use crate::value::Record;

/// How often a record is read to find out whether a write was applied.
const VERIFY_READS: u32 = 5;

/// The first record written, if it has the stamp of these writes.
struct OwnItem<'a>(&'a Writer<'a>);

impl Applied for OwnItem<'_> {
    type Written = Found;

    async fn find(&self) -> Result<Option<Found>> {
        let Self(writer) = self;
        let Some(write) = writer.writes.iter().find(|write| leaves_stamp(write)) else { return Ok(None) };
        // Consistent, because another replica might not have the write yet.
        let get = GetItem::of_record(write.definition, &write.key, true);
        let found = send_read(writer.db, writer.call, &get).await?;
        let is_own = |record: &Record| is_stamped(record, &writer.stamp);
        Ok(found.filter(|found| found.record.as_ref().is_ok_and(is_own)))
    }
}

/// Whether a write leaves a stamp in its record. A delete leaves nothing to find.
fn leaves_stamp(write: &Write) -> bool {
    write.definition.stamps() && !matches!(write.action, Action::Delete | Action::Check)
}

/// Looks for the stamp of a write that is not sent again.
pub(crate) async fn verify_applied(writer: &Writer<'_>, failure: Failure) -> Result<Sent, Refusal> {
    if writer.writes.iter().any(leaves_stamp) {
        let (until, backoff) = (Until::Reads(VERIFY_READS), writer.attempts.backoff());
        if let Some(item) = find_applied(&OwnItem(writer), until, backoff, || writer.attempts.left()).await {
            return Ok(Sent::Done(Answer::Stamped(item)));
        }
    }
    Err(failure.into_unknown().into())
}

/// Gives up after a failure. If an attempt may have been applied, the record is read once more before.
pub(crate) async fn give_up(writer: &Writer<'_>, failure: Failure) -> Result<Sent, Refusal> {
    if writer.attempts.ambiguous
        && let Ok(Some(item)) = OwnItem(writer).find().await
    {
        return Ok(Sent::Done(Answer::Stamped(item)));
    }
    Err(writer.attempts.deadline_error(failure).into())
}
