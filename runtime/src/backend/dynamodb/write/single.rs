//! A write of one record as its own request.

use crate::backend::dynamodb::failure::Class;
use crate::backend::dynamodb::request::item::ItemOp;
use crate::backend::dynamodb::write::applied::{give_up, verify_applied};
use crate::backend::dynamodb::write::state::{Answer, Prior, Refusal, Sent, Writer};
use crate::request::{Action, Write};

/// Sends one operation until it is done or refused.
pub(crate) async fn send_single(writer: &mut Writer<'_>, op: &ItemOp) -> Result<Sent, Refusal> {
    let once = is_applied_once(writer);
    loop {
        match op.send(&*writer.db.sender, &mut writer.attempts).await {
            Ok(found) => return Ok(Sent::Done(Answer::Returned(found))),
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
            // between. So only the stamp can say what came of it.
            Err(failure) if failure.class.may_be_applied() && !once => return verify_applied(writer, failure).await,
            Err(failure) if failure.class.is_transient() && writer.attempts.pause().await => {}
            Err(failure) => return give_up(writer, failure).await,
        }
    }
}

/// Whether a write of one record is applied once only, however often it is sent: its condition names the
/// stamp or the version that it replaces. A write that depends on there being no record could be applied,
/// have its record deleted by another, and be applied again.
fn is_applied_once(writer: &Writer<'_>) -> bool {
    let versioned = |write: &Write| write.version.is_some() && !matches!(write.action, Action::Delete);
    matches!(writer.priors.as_slice(), [Prior::Known(Some(_))]) || writer.writes.iter().all(versioned)
}
