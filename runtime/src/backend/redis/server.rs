//! What is sent to the server: one attempt, and reads that are repeated until the deadline.

use std::time::Duration;

use redis::{Cmd, ConnectionAddr, Value};

use super::failure::Failure;
use super::link::{Connected, Link};
use super::script::Invocation;
use crate::backend::support::attempt::report;
use crate::backend::support::outcome;
use crate::backend::support::retry::Backoff;
use crate::backend::support::write_id::WriteIds;
use crate::error::Result;
use crate::request::{Attempt, Call};

/// With no more than this left, all of it goes into one last attempt.
const LAST_ATTEMPT: Duration = Duration::from_millis(100);
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How often a server is tried that cannot be reached. Bounded, since a `define` may have ten minutes.
const MOST_CONNECTIONS: u32 = 5;

/// The server, and what is the same for all that is sent to it.
pub(super) struct Server {
    pub(super) link: Link,
    /// What stands before each key.
    pub(super) prefix: String,
    /// How many replicas must have a write.
    pub(super) wait: u64,
    pub(super) ids: WriteIds,
}

/// Pauses between attempts.
pub(super) fn backoff() -> Backoff {
    Backoff::new(FIRST_PAUSE, LONGEST_PAUSE)
}

/// How long an attempt may take, so that time is left to make another.
fn attempt_time(call: &Call) -> Duration {
    let left = call.left();
    if left <= LAST_ATTEMPT { left } else { left.mul_f64(0.6) }
}

/// The attempts of one request.
#[derive(Debug)]
pub(super) struct Attempts {
    backoff: Backoff,
    number: u32,
    unreached: u32,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self { backoff: backoff(), number: 0, unreached: 0 }
    }

    /// Waits for the next attempt after this failure; returns false if there is none.
    pub(super) async fn pause(&mut self, call: &Call, failure: &Failure) -> bool {
        if matches!(failure, Failure::Unreached(_)) {
            self.unreached += 1;
        }
        failure.is_transient() && self.unreached < MOST_CONNECTIONS && self.backoff.pause(call.left()).await
    }
}

/// A connection with the time that an attempt on it may take.
pub(super) struct Sending<'a> {
    server: &'a Server,
    pub(super) connected: Connected,
    within: Duration,
}

impl Server {
    /// The host and port; nothing if there are several.
    pub(super) fn place(&self) -> Option<(&str, u16)> {
        match self.link.client().get_connection_info().addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } if !self.link.is_cluster() => {
                Some((host, *port))
            }
            _ => None,
        }
    }

    /// Begins an attempt: with a connection, for all that it sends.
    pub(super) async fn begin(
        &self,
        call: &Call,
        request: &str,
        attempts: &mut Attempts,
    ) -> std::result::Result<Sending<'_>, Failure> {
        attempts.number += 1;
        let within = attempt_time(call);
        match self.link.connected(within).await {
            Ok(connected) => Ok(Sending { server: self, connected, within: within.min(call.left()) }),
            Err(failure) => {
                report(call, Attempt::new(request).numbered(attempts.number), Some(&failure));
                Err(failure)
            }
        }
    }

    /// Sends what changes nothing, again and again if it fails for a reason that passes, until the deadline.
    pub(super) async fn read(&self, call: &Call, request: &str, command: &Cmd) -> Result<Value> {
        let mut attempts = Attempts::new();
        loop {
            let failure = match self.begin(call, request, &mut attempts).await {
                Ok(mut sending) => match sending.send(call, request, attempts.number, command, false).await {
                    Ok(value) => return Ok(value),
                    Err(failure) => failure,
                },
                Err(failure) => failure,
            };
            if !attempts.pause(call, &failure).await {
                return Err(failure.into_error(call.operation));
            }
        }
    }

    /// Runs a script that may run any number of times, as [`read`](Self::read) does.
    pub(super) async fn run(&self, call: &Call, invocation: &Invocation<'_>) -> Result<Value> {
        let mut attempts = Attempts::new();
        loop {
            let failure = match self.begin(call, invocation.request(), &mut attempts).await {
                Ok(mut sending) => match sending.run(call, invocation, &attempts, false).await {
                    Ok(value) => return Ok(value),
                    Err(failure) => failure,
                },
                Err(failure) => failure,
            };
            if !attempts.pause(call, &failure).await {
                return Err(failure.into_error(call.operation));
            }
        }
    }
}

impl Sending<'_> {
    /// Sends a command once, and reports it.
    async fn send(
        &mut self,
        call: &Call,
        request: &str,
        number: u32,
        command: &Cmd,
        writes: bool,
    ) -> std::result::Result<Value, Failure> {
        let result = self.connected.send(command, self.within).await;
        let attempt = Attempt::new(request).numbered(number);
        match &result {
            Ok(_) => call.report_attempt(&attempt),
            Err(failure) => {
                if failure.needs_new_connection() {
                    self.server.link.give_up(&self.connected);
                }
                let lost = writes && failure.may_be_applied();
                report(call, if lost { attempt.lost() } else { attempt }, Some(failure));
            }
        }
        result
    }

    /// Runs a script once: by its hash, and, if the server does not know that, with its source.
    pub(super) async fn run(
        &mut self,
        call: &Call,
        invocation: &Invocation<'_>,
        attempts: &Attempts,
        writes: bool,
    ) -> std::result::Result<Value, Failure> {
        let (request, number) = (invocation.request(), attempts.number);
        match self.send(call, request, number, &invocation.by_hash(), writes).await {
            Err(failure) if failure.is_missing_script() => {
                let request = if request == "EVALSHA" { "EVAL" } else { "EVAL_RO" };
                self.send(call, request, number, &invocation.by_source(), writes).await
            }
            result => result,
        }
    }

    /// Waits until as many replicas have what was written as were asked for.
    pub(super) async fn replicate(&mut self, call: &Call, attempts: &Attempts) -> std::result::Result<(), Failure> {
        let wanted = self.server.wait;
        if wanted == 0 {
            return Ok(());
        }
        // It answers how many have it before the attempt is over.
        let time = u64::try_from(self.within.mul_f64(0.75).as_millis()).unwrap_or(u64::MAX).max(1);
        let mut command = redis::cmd("WAIT");
        command.arg(wanted).arg(time);
        let answer = self.send(call, "WAIT", attempts.number, &command, true).await?;
        match answer {
            Value::Int(replicas) if u64::try_from(replicas).is_ok_and(|replicas| replicas >= wanted) => Ok(()),
            Value::Int(replicas) => {
                Err(Failure::NotReplicated { replicas: u64::try_from(replicas).unwrap_or(0), wanted })
            }
            _ => Err(Failure::Unreadable("WAIT was answered with something else than a number")),
        }
    }
}

/// The error of an answer that is none to a script, or to another request.
pub(super) fn unreadable(asked: &str) -> crate::Error {
    let message = format!("the server's answer is none to what it was asked for: {asked}");
    crate::Error::new(crate::ErrorKind::Unavailable, message)
}

/// The parts of an answer that is a list.
pub(super) fn list(value: Value, script: &str) -> Result<Vec<Value>> {
    match value {
        Value::Array(parts) => Ok(parts),
        _ => Err(unreadable(script)),
    }
}

/// The bytes of a part of an answer; nothing if it is none.
pub(super) fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.into_bytes()),
        _ => None,
    }
}

/// The deadline passed before anything that was sent was answered.
pub(super) fn contended(call: &Call) -> crate::Error {
    outcome::contended(call.operation)
}
