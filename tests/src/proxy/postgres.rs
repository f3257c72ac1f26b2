//! The proxy in front of a PostgreSQL server.

use super::core::{Core, End, Request, Tap};
use super::damage;
use super::pg_wire::{Exchange, Message, Opening, Reader, read_opening, verb};
use super::rule::Fault;
use serde_json::json;
use std::collections::VecDeque;
use std::io;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::sleep;

/// What is sent to set a session up: not counted, and met only by a rule that names it.
const HOUSEKEEPING: [&str; 7] = ["", "PREPARE", "SET", "RESET", "SHOW", "DISCARD", "DEALLOCATE"];

/// What is executed in no statement of a client's.
const PREPARE: &str = "PREPARE";

/// A request whose client has gone is still brought to its end, as a network would; but not for ever.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// A proxy in front of a PostgreSQL server; it ends when it is dropped. A request is a statement, by the word that says what it
/// does.
#[derive(Debug)]
pub struct Postgres(Tap);

impl Postgres {
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

impl Deref for Postgres {
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
    if !matches!(open(&mut client, &mut upstream).await, Ok(Opening::Session)) {
        return;
    }
    let end = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = upstream.split();
        // The first answer is that to the opening.
        let pending = Mutex::new(VecDeque::from([Pending::default()]));
        let connection = Connection { core, to_client: tokio::sync::Mutex::new(to_client), pending };
        tokio::select! {
            end = connection.up(from_client, to_server) => end,
            end = connection.down(from_server) => end,
        }
    };
    if let Ok(End::Reset) = end {
        let _ = client.set_zero_linger();
    }
}

/// Passes on what a connection begins with.
async fn open(client: &mut TcpStream, upstream: &mut TcpStream) -> io::Result<Opening> {
    loop {
        let (opening, bytes) = read_opening(client).await?;
        upstream.write_all(&bytes).await?;
        match opening {
            Opening::Encryption => client.write_u8(upstream.read_u8().await?).await?,
            // It is done when the server has closed the connection.
            Opening::Cancel => {
                let _ = upstream.read_u8().await;
                return Ok(opening);
            }
            Opening::Session => return Ok(opening),
        }
    }
}

struct Connection<'a> {
    core: &'a Core,
    to_client: tokio::sync::Mutex<WriteHalf<'a>>,
    /// What the server has yet to answer, in the order in which it does.
    pending: Mutex<VecDeque<Pending>>,
}

/// An answer that is still to come.
#[derive(Debug, Default)]
struct Pending {
    fault: Option<Fault>,
    /// The error that stands in the place of the answer.
    error: Option<&'static str>,
}

impl Connection<'_> {
    async fn up(&self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> io::Result<End> {
        let mut reader = Reader::default();
        while let Some(message) = Message::read(&mut from).await? {
            if matches!(message.kind(), b'p' | b'X') {
                to.write_all(&message.bytes).await?;
                continue;
            }
            let Some(exchange) = reader.take(&message) else { continue };
            let operation = exchange.sql.as_deref().map_or_else(|| PREPARE.to_owned(), verb);
            let fault = self.note(&operation, &exchange);
            match &fault {
                Some(Fault::DropBefore) => return Ok(End::Close),
                Some(Fault::ResetBefore) => return Ok(End::Reset),
                Some(Fault::DelayBefore(time)) => sleep(*time).await,
                Some(Fault::Together(count)) => self.core.meet(*count).await,
                Some(Fault::ServerError) => {
                    self.wait_for_answers().await;
                    self.answer(&Message::error("FATAL", SHUTDOWN).bytes).await?;
                    return Ok(End::Close);
                }
                _ => {}
            }
            let (bytes, pending) = forwarded(&operation, exchange, fault);
            self.pending().push_back(pending);
            to.write_all(&bytes).await?;
        }
        self.wait_for_answers().await;
        Ok(End::Close)
    }

    async fn wait_for_answers(&self) {
        let wait = async {
            while !self.pending().is_empty() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let _ = tokio::time::timeout(LAST_ANSWERS, wait).await;
    }

    async fn down(&self, mut from: ReadHalf<'_>) -> io::Result<End> {
        let mut answer: Vec<Message> = Vec::new();
        while let Some(message) = Message::read(&mut from).await? {
            let is_met = self.pending().front().is_some_and(|next| next.fault.is_some() || next.error.is_some());
            if !is_met {
                if message.ends_answer() {
                    self.pending().pop_front();
                }
                self.answer(&message.bytes).await?;
                continue;
            }
            let is_last = message.ends_answer();
            answer.push(message);
            if !is_last {
                continue;
            }
            let met = self.pending().pop_front().unwrap_or_default();
            if let Some(end) = self.meet(met, std::mem::take(&mut answer)).await? {
                return Ok(end);
            }
        }
        // The server may have closed it after an error.
        self.answer(&all_bytes(&answer)).await?;
        Ok(End::Close)
    }

    /// What becomes of a whole answer that a fault meets.
    async fn meet(&self, met: Pending, mut answer: Vec<Message>) -> io::Result<Option<End>> {
        if let Some(code) = met.error {
            let error = Message::error("ERROR", code);
            let last = answer.pop();
            answer = [error].into_iter().chain(last).collect();
        }
        match met.fault {
            Some(Fault::DropAfter) => return Ok(Some(End::Close)),
            Some(Fault::ResetAfter) => return Ok(Some(End::Reset)),
            Some(Fault::ServerErrorAfter) => {
                self.answer(&Message::error("FATAL", SHUTDOWN).bytes).await?;
                return Ok(Some(End::Close));
            }
            Some(Fault::DelayAfter(time)) => sleep(time).await,
            Some(Fault::Garble(damage)) => {
                let messages = answer.into_iter().map(|message| message.bytes).collect();
                self.answer(&damage::of_messages(messages, damage)).await?;
                return Ok(None);
            }
            _ => {}
        }
        self.answer(&all_bytes(&answer)).await?;
        Ok(None)
    }

    fn note(&self, operation: &str, exchange: &Exchange) -> Option<Fault> {
        let sql = exchange.sql.clone().unwrap_or_default();
        // The text of a prepared statement was sent before.
        let raw = [sql.as_bytes(), &exchange.bytes].concat();
        if HOUSEKEEPING.contains(&operation) {
            return self.core.note_quietly(operation, &raw);
        }
        let request = Request { operation: operation.to_owned(), body: json!({ "sql": sql }) };
        self.core.note(request, &raw, Fault::is_of_any_server)
    }

    async fn answer(&self, bytes: &[u8]) -> io::Result<()> {
        self.to_client.lock().await.write_all(bytes).await
    }

    fn pending(&self) -> MutexGuard<'_, VecDeque<Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The code of a server that ends its sessions.
const SHUTDOWN: &str = "57P01";

/// What is sent in the place of an exchange that an error meets, and what is to become of the answer. The server itself raises
/// the error, so that a transaction has failed to it too.
fn forwarded(operation: &str, exchange: Exchange, fault: Option<Fault>) -> (Vec<u8>, Pending) {
    let code = match &fault {
        Some(Fault::Conflict) => "40001",
        Some(Fault::Throttled) => "53300",
        _ => {
            let fault = fault.filter(|fault| !matches!(fault, Fault::DelayBefore(_) | Fault::Together(_)));
            return (exchange.bytes, Pending { fault, error: None });
        }
    };
    if operation == "COMMIT" {
        // A commit that fails leaves no transaction.
        return (Message::query("ROLLBACK").bytes, Pending { fault: None, error: Some(code) });
    }
    let raise = format!("DO $$BEGIN RAISE EXCEPTION 'a fault of the proxy' USING ERRCODE = '{code}'; END$$");
    (Message::query(&raise).bytes, Pending::default())
}

fn all_bytes(messages: &[Message]) -> Vec<u8> {
    messages.iter().flat_map(|message| message.bytes.iter().copied()).collect()
}
