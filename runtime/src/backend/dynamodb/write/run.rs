//! The loop of a write: read, plan, send, learn.

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::read::get::{fetch_one, fetch_stored};
use crate::backend::dynamodb::write::build::must_read_to_tell;
use crate::backend::dynamodb::write::earlier::violation_before;
use crate::backend::dynamodb::write::plan::plan_writer;
use crate::backend::dynamodb::write::refusal::{Lesson, free_taken, learn};
use crate::backend::dynamodb::write::single::send_single;
use crate::backend::dynamodb::write::state::{Prior, Refusal, Sendable, Sent, Writer};
use crate::backend::dynamodb::write::transact::send_transaction;
use crate::backend::support::outcome;
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Action, Call, Write, Written};

/// Does one write.
pub(crate) async fn write(db: &Context, call: &Call, write: Write) -> Result<Written> {
    if let Action::Check = write.action {
        let found = fetch_one(db, call, write.definition, write.key.clone(), true).await?;
        write.judge(found.as_ref(), call)?;
        return Ok(write.told().written(found.as_ref(), None));
    }
    let writer = Writer::new(db, call, std::slice::from_ref(&write));
    let mut written = run(writer).await.map_err(|refusal| refusal.error)?;
    written.pop().ok_or_else(|| Error::new(ErrorKind::Backend, "a write came to nothing"))
}

/// Does all of these writes, or none.
pub(crate) async fn transact(db: &Context, call: &Call, writes: &[Write]) -> Result<Vec<Written>> {
    let mut writer = Writer::new(db, call, writes);
    writer.by_token = true;
    // A transaction does not say what its deletes found.
    writer.needs_old_item = false;
    for (prior, _) in writer.priors.iter_mut().zip(writes).filter(|(_, write)| must_read_to_tell(write)) {
        *prior = Prior::ToRead;
    }
    run(writer).await.map_err(Refusal::into_error)
}

/// Does the writes of a writer.
pub(crate) async fn run(mut writer: Writer<'_>) -> Result<Vec<Written>, Refusal> {
    let mut again = false;
    loop {
        read_priors(&mut writer).await.map_err(|error| writer.refused(error.into()))?;
        let mut moves = Vec::new();
        let plan = match plan_writer(&writer, &mut moves) {
            Ok(plan) => plan,
            Err(refusal) if writer.read_before(&refusal) => continue,
            Err(refusal) => {
                let earlier = violation_before(&writer, &moves, refusal.position.unwrap_or(0)).await?;
                return Err(writer.refused(earlier.map_or(refusal, Refusal::from)));
            }
        };
        if plan.ops.is_empty() {
            // A delete of what is not there.
            writer.check_delete_outcome(false)?;
            return Ok(plan.written);
        }
        if again && !writer.attempts.pause().await {
            let error = outcome::timed_out("while others kept writing the record");
            return Err(writer.refused(error.into()));
        }
        again = true;
        let sent = match plan.request(writer.by_token) {
            Sendable::Single(op) => send_single(&mut writer, op).await?,
            Sendable::Transaction(transaction) => send_transaction(&mut writer, &plan, transaction).await?,
        };
        match sent {
            Sent::Done(answer) => return writer.finish(plan, answer),
            Sent::Refused(refused) => match learn(&mut writer, plan, refused)? {
                Lesson::Done(written) => return Ok(written),
                Lesson::Again => {}
                Lesson::Taken(taken) => free_taken(&mut writer, taken).await?,
            },
        }
    }
}

/// Reads the records that are to be known.
async fn read_priors(writer: &mut Writer<'_>) -> Result<()> {
    let wanted = writer.priors.iter().zip(writer.writes).filter(|(prior, _)| matches!(prior, Prior::ToRead));
    let wanted: Vec<_> = wanted.map(|(_, write)| (write.definition, write.key.clone())).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let mut read = fetch_stored(writer.db, writer.call, wanted).await?.into_iter();
    for prior in writer.priors.iter_mut().filter(|prior| matches!(prior, Prior::ToRead)) {
        *prior = Prior::Known(read.next().flatten());
    }
    Ok(())
}
