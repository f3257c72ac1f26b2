//! A write of one record as its own request.

use crate::backend::dynamodb::failure::Class;
use crate::backend::dynamodb::marks::is_stamped;
use crate::backend::dynamodb::request::item::ItemOp;
use crate::backend::dynamodb::wire::answer::Found;
use crate::backend::dynamodb::write::applied::{give_up, verify_applied};
use crate::backend::dynamodb::write::state::{Answer, Prior, Refusal, Sent, Writer};
use crate::request::{Action, Returning, Write};

/// Sends one operation until it is done or refused.
pub(crate) async fn send_single(writer: &mut Writer<'_>, op: &ItemOp) -> Result<Sent, Refusal> {
    let again = is_applied_once(writer) || is_resent(writer);
    loop {
        match op.send(&*writer.db.sender, &mut writer.attempts).await {
            Ok(found) => return Ok(Sent::Done(answer_of(writer, found))),
            Err(failure) if failure.class == Class::Condition => {
                return Ok(Sent::Refused(vec![(0, failure.item.map(|item| *item))]));
            }
            // DynamoDB refuses the change for what is stored, without showing it. Read, the record says what
            // is in the way: nothing, if it is a null, which the library takes for a missing field.
            Err(failure) if failure.is_about_record() && matches!(writer.priors.as_slice(), [Prior::NotNeeded]) => {
                writer.priors = vec![Prior::ToRead];
                return Ok(Sent::Refused(Vec::new()));
            }
            // The answer was lost. Sent again, it could be applied a second time, over another's write in
            // between. So only the stamp can say what came of it, unless that is asked for.
            Err(failure) if failure.class.may_be_applied() && !again => return verify_applied(writer, failure).await,
            Err(failure) if failure.class.is_transient() && writer.attempts.pause().await => {}
            Err(failure) => return give_up(writer, failure).await,
        }
    }
}

/// Whether a write is sent again though it could be applied a second time.
fn is_resent(writer: &Writer<'_>) -> bool {
    writer.writes.iter().all(|write| writer.db.resend.takes(write))
}

/// The answer to a request. The record before it, after a lost answer, may be the one that the lost request left.
fn answer_of(writer: &Writer<'_>, found: Option<Found>) -> Answer {
    let tells_before = writer.writes.iter().any(|write| write.told() == Returning::Before);
    let is_own = |found: &Found| found.record.as_ref().is_ok_and(|record| is_stamped(record, &writer.stamp));
    match found {
        Some(found) if writer.attempts.ambiguous && tells_before && is_own(&found) => Answer::Stamped(found),
        found => Answer::Returned(found),
    }
}

/// Whether a write of one record is applied once only, however often it is sent: its condition names the
/// stamp or the version that it replaces. A write that depends on there being no record could be applied,
/// have its record deleted by another, and be applied again; so could one of a model without stamps, whose
/// record could be as it was read once more.
fn is_applied_once(writer: &Writer<'_>) -> bool {
    let versioned = |write: &Write| write.version.is_some() && !matches!(write.action, Action::Delete);
    let stamped = writer.writes.iter().all(|write| write.definition.stamps());
    let depends_on_stamp = stamped && matches!(writer.priors.as_slice(), [Prior::Known(Some(_))]);
    depends_on_stamp || writer.writes.iter().all(versioned)
}
