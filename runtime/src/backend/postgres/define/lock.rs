//! The lock under which definitions are made, one at a time in a schema.

use std::time::Duration;

use super::super::failure::Failure;
use super::super::link::{Link, Session};
use super::super::names::fnv1a;
use super::super::param::Param;
use crate::backend::support::outcome;
use crate::backend::support::retry::Backoff;
use crate::request::{Attempt, Call};

const TRY: &str = "SELECT pg_try_advisory_lock($1)";

/// A connection that has the lock. The lock is the connection's: it ends with it.
pub(super) struct Locked<'a> {
    session: Session<'a>,
    key: Param,
}

impl<'a> Locked<'a> {
    /// Waits for the lock. It is asked for again and again: who waited within the server would hold up the index that the
    /// holder makes.
    pub(super) async fn new(link: &'a Link, call: &Call, schema: &str) -> Result<Self, Failure> {
        let session = link.session(call).await?;
        // Whatever becomes of the call, the lock is not left on a connection that goes back.
        session.set_in_transaction(true);
        let key = Param::Int(i64::from_ne_bytes(fnv1a(format!("reposit {schema}").as_bytes()).to_ne_bytes()));
        let mut backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(200));
        loop {
            let answer = session.send(call, Attempt::new("SELECT"), TRY, std::slice::from_ref(&key)).await?;
            if answer.rows.first().is_some_and(|row| row.try_get(0).unwrap_or(false)) {
                break;
            }
            if !backoff.pause(call.left()).await {
                return Err(outcome::timed_out("while another process was defining").into());
            }
        }
        // An index may take longer to make than any call.
        session.run(call, session.simple("SET statement_timeout = 0")).await?;
        Ok(Self { session, key })
    }

    pub(super) fn session(&self) -> &Session<'a> {
        &self.session
    }

    /// Gives the connection back without the lock; if that fails, it is closed.
    pub(super) async fn unlock(self, call: &Call) {
        let unlock = "SELECT pg_advisory_unlock($1)";
        let reset = self.session.run(call, self.session.simple("RESET statement_timeout")).await;
        let unlocked = self.session.send(call, Attempt::new("SELECT"), unlock, std::slice::from_ref(&self.key)).await;
        self.session.set_in_transaction(reset.is_err() || unlocked.is_err());
    }
}
