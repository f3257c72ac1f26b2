//! What moves one gathering: the wait for more gets, then the one request for them all.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

use crate::backend::{Backend, BoxFuture};
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::request::{Call, Get, GetMany, RecordKey};
use crate::value::Record;

/// What the request came to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// A record for each key.
    Records(Vec<Option<Record>>),
    /// An error that each of the gets alone would have met.
    Failed(Error),
    /// The error of one get may not be that of another: each asks for itself.
    Apart,
}

/// What is done for all the callers of a gathering. Whichever of them polls it moves it.
pub(super) struct Engine {
    stage: Stage,
    /// Wakes all callers from time to time, so that a deadline is kept, and so that someone goes on if the
    /// caller that drives is not polled.
    alarm: Pin<Box<Sleep>>,
    wake_driver: Waker,
    wake_all: Waker,
}

enum Stage {
    /// Until all that is ready to run has run once.
    Turn {
        is_over: bool,
    },
    Window(Pin<Box<Sleep>>),
    Asked(BoxFuture<'static, Outcome>),
}

impl Engine {
    /// An engine that waits so long for more gets. `wake_driver` is woken when there is something to do.
    pub(super) fn new(window: Duration, alarm: Duration, wake_driver: Waker, wake_all: Waker) -> Self {
        let stage = match window.is_zero() {
            true => Stage::Turn { is_over: false },
            false => Stage::Window(Box::pin(sleep(window))),
        };
        Self { stage, alarm: Box::pin(sleep(alarm)), wake_driver, wake_all }
    }

    /// Sets the alarm again if it has gone off. `until_next` is never zero.
    pub(super) fn poll_alarm(&mut self, until_next: impl Fn() -> Duration) {
        let mut context = Context::from_waker(&self.wake_all);
        while self.alarm.as_mut().poll(&mut context).is_ready() {
            self.alarm.as_mut().reset(Instant::now() + until_next());
        }
    }

    /// Goes on: waits, unless `is_full`, then asks, then waits for the answer.
    pub(super) fn poll_stage(&mut self, is_full: bool, ask: impl Fn() -> BoxFuture<'static, Outcome>) -> Poll<Outcome> {
        let mut context = Context::from_waker(&self.wake_driver);
        loop {
            let waited = match &mut self.stage {
                Stage::Asked(answer) => return answer.as_mut().poll(&mut context),
                _ if is_full => true,
                Stage::Turn { is_over } => {
                    if !*is_over {
                        self.wake_driver.wake_by_ref();
                    }
                    std::mem::replace(is_over, true)
                }
                Stage::Window(window) => window.as_mut().poll(&mut context).is_ready(),
            };
            if !waited {
                return Poll::Pending;
            }
            self.stage = Stage::Asked(ask());
        }
    }
}

/// Reads the records with these keys in one request.
pub(super) async fn read_all(
    backend: Arc<dyn Backend>,
    definition: &'static Definition,
    consistent: bool,
    call: Call,
    mut keys: Vec<RecordKey>,
) -> Outcome {
    let count = keys.len();
    let records: Result<Vec<_>> = match keys.pop_if(|_| count == 1) {
        Some(key) => backend.get(call, Get::new(definition, key, consistent)).await.map(|record| vec![record]),
        None => backend.get_many(call, GetMany::new(definition, keys, consistent)).await,
    };
    match records {
        Ok(records) if records.len() == count => Outcome::Records(records),
        Err(error) if count == 1 || error.kind().is_transient() => Outcome::Failed(error),
        // One record that cannot be read, or one key that is refused, is no reason to refuse the others.
        _ => Outcome::Apart,
    }
}
