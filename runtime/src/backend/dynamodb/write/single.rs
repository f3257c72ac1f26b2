//! Sending one operation, and what is done where its answer is lost.

use crate::backend::dynamodb::failure::{Class, Failure};
use crate::backend::dynamodb::key::to_key;
use crate::backend::dynamodb::request::item::Op;
use crate::backend::dynamodb::retry;
use crate::backend::dynamodb::value::{Item, to_attribute};
use crate::backend::dynamodb::write::refusal::Refusal;
use crate::backend::dynamodb::write::{Base, Sent, Writer};
use crate::error::Result;
use crate::request::{Action, Write};
use crate::value::STAMP;

/// How often a record is read to find out whether a write has come through.
const LOOKS: u32 = 5;

impl Writer<'_> {
    /// Sends one operation.
    pub(crate) async fn alone(&mut self, op: &Op) -> Result<Sent, Refusal> {
        let once = self.is_applied_once();
        loop {
            match op.send(&self.db.client, &mut self.attempts).await {
                Ok(item) => return Ok(Sent::Done(item)),
                Err(failure) if failure.class == Class::Condition => {
                    return Ok(Sent::Refused(vec![(0, failure.item.map(|item| *item))]));
                }
                // The record tells what is in the way: nothing, where it is a null.
                Err(failure) if failure.is_of_record() && matches!(self.bases.as_slice(), [Base::Unread]) => {
                    self.bases[0] = Base::Wanted;
                    return Ok(Sent::Refused(Vec::new()));
                }
                // With nothing to compare with, a second one could be applied beside the first.
                Err(failure) if failure.class.may_be_applied() && !once => return self.look(failure).await,
                Err(failure) if failure.class.passes() && self.attempts.pause().await => {}
                Err(failure) => return self.give_up(failure).await,
            }
        }
    }

    /// Whether a write of one record is applied once only, however often it is sent. One that depends
    /// on there being no record is not: it could be applied, deleted by another, and applied again.
    fn is_applied_once(&self) -> bool {
        let versioned = |write: &Write| write.version.is_some() && !matches!(write.action, Action::Delete);
        matches!(self.bases.as_slice(), [Base::Read(Some(_))]) || self.writes.iter().all(versioned)
    }

    /// Looks whether a write whose answer was lost has come through. A delete leaves nothing to see.
    async fn look(&mut self, failure: Failure) -> Result<Sent, Refusal> {
        let looks = if self.writes.iter().all(|write| matches!(write.action, Action::Delete)) { 0 } else { LOOKS };
        for _ in 0..looks {
            if let Some(item) = self.own_item().await {
                return Ok(Sent::Done(Some(item)));
            }
            if !self.attempts.pause().await {
                break;
            }
        }
        Err(failure.into_unknown().into())
    }

    /// Gives up; if an attempt may have been applied, not before a last look.
    pub(crate) async fn give_up(&mut self, failure: Failure) -> Result<Sent, Refusal> {
        if self.attempts.ambiguous
            && let Some(item) = self.own_item().await
        {
            return Ok(Sent::Done(Some(item)));
        }
        Err(retry::gave_up(&self.attempts, failure).into())
    }

    /// The first record written, if it has the stamp of this call.
    async fn own_item(&self) -> Option<Item> {
        let write = self.writes.iter().find(|write| !matches!(write.action, Action::Delete | Action::Check))?;
        let request = || {
            let get = self.db.client.get_item().table_name(write.definition.name()).consistent_read(true);
            get.set_key(Some(to_key(write.definition, &write.key))).send()
        };
        let item = retry::read(self.call, request).await.ok()?.item?;
        let own = to_attribute(&self.stamp);
        (item.get(STAMP) == Some(&own)).then_some(item)
    }
}
