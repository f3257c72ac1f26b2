//! The proxy in front of a MongoDB server.

use super::core::{Core, End, Request, Tap};
use super::damage;
use super::rule::Fault;
use super::wire::Frame;
use mongodb::bson::{Document, doc};
use std::collections::HashMap;
use std::io;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::sleep;

/// What the driver sends for itself: not counted, and met only by a rule that names it.
const HOUSEKEEPING: [&str; 9] =
    ["hello", "isMaster", "ismaster", "ping", "endSessions", "saslStart", "saslContinue", "authenticate", "buildInfo"];

/// A request whose client has gone is still brought to its end, as a network would; but not for ever.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// A proxy in front of a MongoDB server, to be used with `directConnection=true`; it ends when it is dropped.
#[derive(Debug)]
pub struct Mongo(Tap);

impl Mongo {
    /// Starts in front of `upstream`, a `host:port`.
    pub async fn start(upstream: &str) -> Self {
        let core = Arc::new(Core::default());
        let (serving, upstream) = (core.clone(), upstream.to_owned());
        let serve = move |stream| {
            let (core, upstream) = (serving.clone(), upstream.clone());
            async move { serve(&core, stream, &upstream).await }
        };
        Self(Tap::start(core, Fault::is_of_any_server, serve).await)
    }
}

impl Deref for Mongo {
    type Target = Tap;

    fn deref(&self) -> &Tap {
        &self.0
    }
}

async fn serve(core: &Core, mut client: TcpStream, upstream: &str) {
    let Ok(mut upstream) = TcpStream::connect(upstream).await else {
        return;
    };
    let _ = upstream.set_nodelay(true);
    let end = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = upstream.split();
        let connection = Connection { core, to_client: tokio::sync::Mutex::new(to_client), pending: Mutex::default() };
        tokio::select! {
            end = connection.up(from_client, to_server) => end,
            end = connection.down(from_server) => end,
        }
    };
    if let Ok(End::Reset) = end {
        let _ = client.set_zero_linger();
    }
}

struct Connection<'a> {
    core: &'a Core,
    to_client: tokio::sync::Mutex<WriteHalf<'a>>,
    /// The requests that the server has yet to answer, and what is to happen to the answer.
    pending: Mutex<HashMap<i32, Pending>>,
}

struct Pending {
    fault: Option<Fault>,
    in_transaction: bool,
}

impl Connection<'_> {
    async fn up(&self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> io::Result<End> {
        while let Some(frame) = Frame::read(&mut from).await? {
            let command = frame.command();
            let in_transaction = command.as_ref().is_some_and(is_in_transaction);
            let mut fault = command.and_then(|command| self.note(command, &frame.bytes));
            match &fault {
                Some(Fault::DropBefore) => return Ok(End::Close),
                Some(Fault::ResetBefore) => return Ok(End::Reset),
                Some(Fault::DelayBefore(time)) => sleep(*time).await,
                Some(Fault::Together(count)) => self.core.meet(*count).await,
                Some(refusal @ (Fault::ServerError | Fault::Throttled | Fault::Conflict)) => {
                    self.answer(&Frame::answer(frame.id(), &error(refusal, in_transaction))?).await?;
                    continue;
                }
                _ => {}
            }
            fault = fault.filter(|fault| !matches!(fault, Fault::DelayBefore(_)));
            self.pending().insert(frame.id(), Pending { fault, in_transaction });
            to.write_all(&frame.bytes).await?;
        }
        let wait = async {
            while !self.pending().is_empty() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        let _ = tokio::time::timeout(LAST_ANSWERS, wait).await;
        Ok(End::Close)
    }

    async fn down(&self, mut from: ReadHalf<'_>) -> io::Result<End> {
        while let Some(frame) = Frame::read(&mut from).await? {
            let pending = self.pending().remove(&frame.answers_to());
            let Some(Pending { fault: Some(fault), in_transaction }) = pending else {
                self.answer(&frame).await?;
                continue;
            };
            match fault {
                Fault::DropAfter => return Ok(End::Close),
                Fault::ResetAfter => return Ok(End::Reset),
                Fault::ServerErrorAfter => {
                    self.answer(&Frame::answer(frame.answers_to(), &error(&fault, in_transaction))?).await?;
                }
                Fault::DelayAfter(time) => {
                    sleep(time).await;
                    self.answer(&frame).await?;
                }
                Fault::Garble(damage) => {
                    let bytes = damage::of_frame(&frame, damage);
                    self.to_client.lock().await.write_all(&bytes).await?;
                }
                _ => self.answer(&frame).await?,
            }
        }
        Ok(End::Close)
    }

    fn note(&self, command: Document, raw: &[u8]) -> Option<Fault> {
        let operation = command.keys().next()?.clone();
        if HOUSEKEEPING.contains(&operation.as_str()) {
            return self.core.note_quietly(&operation, raw);
        }
        let body = serde_json::to_value(command).unwrap_or_default();
        self.core.note(Request { operation, body }, raw, Fault::is_of_any_server)
    }

    async fn answer(&self, frame: &Frame) -> io::Result<()> {
        self.to_client.lock().await.write_all(&frame.bytes).await
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, HashMap<i32, Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_in_transaction(command: &Document) -> bool {
    let ends = command.keys().next().is_some_and(|name| name == "commitTransaction" || name == "abortTransaction");
    command.get_bool("autocommit").is_ok_and(|auto| !auto) && !ends
}

/// An error with the labels that the server would give it in this place.
fn error(fault: &Fault, in_transaction: bool) -> Document {
    let (code, name, retried) = match fault {
        Fault::Throttled => (462, "IngressRequestRateLimitExceeded", "RetryableError"),
        Fault::Conflict => (112, "WriteConflict", "TransientTransactionError"),
        // An error of a server that shuts down would make the driver wait for its next heartbeat, ten seconds at each fault.
        _ => (6, "HostUnreachable", "RetryableWriteError"),
    };
    let label = if in_transaction { "TransientTransactionError" } else { retried };
    let mut error = doc! { "ok": 0.0, "errmsg": "a fault of the proxy", "code": code, "codeName": name };
    // Outside a transaction the server retries a write conflict by itself, so it gives it no label there.
    if in_transaction || *fault != Fault::Conflict {
        error.insert("errorLabels", vec![label]);
    }
    error
}
