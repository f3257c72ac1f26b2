//! Writes of several items as one transaction, which DynamoDB does once for its token.

use crate::backend::dynamodb::failure::Class;
use crate::backend::dynamodb::request::transact::TransactWrite;
use crate::backend::dynamodb::write::applied::give_up;
use crate::backend::dynamodb::write::build;
use crate::backend::dynamodb::write::cancelled::{InvalidOp, failed_conditions};
use crate::backend::dynamodb::write::state::{Answer, Plan, Refusal, RefusedOps, Sent, Writer, unknown};
use crate::limits::{self, Limits};

/// Sends the operations of a plan as one transaction until it is done or refused.
pub(crate) async fn send_transaction(
    writer: &mut Writer<'_>,
    plan: &Plan,
    transaction: TransactWrite<'_>,
) -> Result<Sent, Refusal> {
    limits::check_transaction_items(transaction.len(), &Limits::DYNAMODB)?;
    let db = writer.db;
    // Each attempt has the same token, so that DynamoDB does at most one of them.
    let token = db.next_token();
    let (ambiguous_before, mut token_was_used) = (writer.attempts.ambiguous, false);
    loop {
        let failure = match transaction.send(&*db.sender, &mut writer.attempts, &token).await {
            Ok(()) => return Ok(Sent::Done(Answer::Returned(None))),
            Err(failure) => failure,
        };
        // DynamoDB Local refuses the whole request for what a record holds, DynamoDB cancels it.
        if failure.is_about_record() && writer.read_updated() {
            return Ok(Sent::Refused(Vec::new()));
        }
        let is_retried = match failure.class {
            Class::Cancelled => match failed_conditions(&failure).transpose() {
                Some(refused) => {
                    // If an earlier attempt had been applied, DynamoDB would have answered success for its
                    // token. But an earlier request may still be in flight, and could succeed once the
                    // condition holds again.
                    if writer.attempts.ambiguous && token_was_used {
                        let message = "an answer was lost, and then the transaction was refused";
                        return Err(unknown(message).into());
                    }
                    if writer.attempts.ambiguous && !use_up_token(writer, &token).await? {
                        // Sent once more, it succeeds if the token was used for this transaction.
                        token_was_used = true;
                        continue;
                    }
                    // No attempt can be applied any more, so the refusal is the truth.
                    writer.attempts.ambiguous = ambiguous_before;
                    return refuse(writer, plan, refused);
                }
                None => true,
            },
            class => class.is_transient(),
        };
        if !(is_retried && writer.attempts.pause().await) {
            return give_up(writer, failure).await;
        }
    }
}

/// What a cancelled transaction comes to.
fn refuse(writer: &mut Writer<'_>, plan: &Plan, refused: Result<RefusedOps, InvalidOp>) -> Result<Sent, Refusal> {
    match refused {
        Ok(refused) => Ok(Sent::Refused(refused)),
        // Read, the records say what is in the way: nothing, if it is a null.
        Err(invalid) if invalid.is_about_record && writer.read_updated() => Ok(Sent::Refused(Vec::new())),
        Err(invalid) => Err(Refusal { position: plan.position(invalid.at), error: invalid.error }),
    }
}

/// Uses a token up with a transaction that changes nothing. From then on DynamoDB refuses what was sent
/// under it and has not come yet: for ten minutes, and it takes no request that was signed so long ago.
/// Returns false if the token was used before.
async fn use_up_token(writer: &mut Writer<'_>, token: &str) -> Result<bool, Refusal> {
    let Some(write) = writer.writes.first() else { return Ok(true) };
    let db = writer.db;
    let check = build::noop_check(write)?;
    let transaction = TransactWrite::new([&check]);
    loop {
        let failure = match transaction.send(&*db.sender, &mut writer.attempts, token).await {
            Ok(()) => return Ok(true),
            // The token is that of a transaction with other operations: the one that is in doubt.
            Err(failure) if failure.code() == "IdempotentParameterMismatchException" => return Ok(false),
            Err(failure) => failure,
        };
        let is_retried = failure.class.is_transient() || failure.class == Class::Cancelled;
        if !(is_retried && writer.attempts.pause().await) {
            return Err(failure.into_unknown().into());
        }
    }
}
