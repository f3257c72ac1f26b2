//! The proxy in front of a Redis server.

use super::core::{Core, End, Fired, Listener, Request};
use super::damage_resp;
use super::resp::Message;
use super::rule::{Fault, Rule};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::sleep;

/// What is sent to open a connection: not counted, and met only by a rule that names it.
const HOUSEKEEPING: [&str; 7] = ["HELLO", "AUTH", "CLIENT", "SELECT", "PING", "INFO", "TIME"];

/// A request whose client has gone is still brought to its end, as a network would; but not for ever.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// A proxy in front of a Redis server; it ends when it is dropped.
#[derive(Debug)]
pub struct Redis {
    core: Arc<Core>,
    listener: Listener,
}

impl Redis {
    /// Starts in front of `upstream`, a `host:port`.
    pub async fn start(upstream: &str) -> Self {
        let core = Arc::new(Core::default());
        let (serving, upstream) = (core.clone(), upstream.to_owned());
        let listener = Listener::start(move |stream| {
            let (core, upstream) = (serving.clone(), upstream.clone());
            async move { serve(&core, stream, &upstream).await }
        })
        .await;
        Self { core, listener }
    }

    /// Its own `host:port`.
    pub fn address(&self) -> &str {
        &self.listener.address
    }

    /// Makes something go wrong. Of several rules that match a command, the first that is due strikes.
    pub fn fault(&self, rule: Rule) -> Fired {
        assert!(rule.fault.fits_redis(), "{:?} is no fault of Redis", rule.fault);
        self.core.add(rule)
    }

    /// Nothing goes wrong any more.
    pub fn clear_faults(&self) {
        self.core.clear_faults();
    }

    /// How many commands of each name came, retries included; what opens a connection is left out.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        self.core.counts()
    }

    /// The commands that came, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.core.requests()
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        self.listener.accepted()
    }

    /// Starts the count anew.
    pub fn reset_counts(&self) {
        self.core.forget();
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
    /// What is to happen to the answers that the server has yet to give, in their order.
    pending: Mutex<VecDeque<Option<Fault>>>,
}

impl Connection<'_> {
    async fn up(&self, from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> io::Result<End> {
        let mut from = BufReader::new(from);
        while let Some(message) = Message::read(&mut from).await? {
            let mut fault = self.note(&message);
            match &fault {
                Some(Fault::DropBefore) => return Ok(End::Close),
                Some(Fault::ResetBefore) => return Ok(End::Reset),
                Some(Fault::DelayBefore(time)) => sleep(*time).await,
                Some(Fault::Together(count)) => self.core.meet(*count).await,
                Some(refusal @ (Fault::ServerError | Fault::Throttled)) => {
                    self.answer(&Message::error(error(refusal))).await?;
                    continue;
                }
                _ => {}
            }
            fault = fault.filter(|fault| !matches!(fault, Fault::DelayBefore(_)));
            self.pending().push_back(fault);
            to.write_all(&message.bytes).await?;
        }
        let wait = async {
            while !self.pending().is_empty() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        let _ = tokio::time::timeout(LAST_ANSWERS, wait).await;
        Ok(End::Close)
    }

    async fn down(&self, from: ReadHalf<'_>) -> io::Result<End> {
        let mut from = BufReader::new(from);
        while let Some(message) = Message::read(&mut from).await? {
            let fault = if message.is_push() { None } else { self.pending().pop_front().flatten() };
            match fault {
                Some(Fault::DropAfter) => return Ok(End::Close),
                Some(Fault::ResetAfter) => return Ok(End::Reset),
                Some(fault @ Fault::ServerErrorAfter) => self.answer(&Message::error(error(&fault))).await?,
                Some(Fault::DelayAfter(time)) => {
                    sleep(time).await;
                    self.answer(&message).await?;
                }
                Some(Fault::Garble(damage)) => {
                    let (bytes, closes) = damage_resp::of_message(&message, damage);
                    self.answer(&Message { bytes }).await?;
                    if closes {
                        return Ok(End::Close);
                    }
                }
                _ => self.answer(&message).await?,
            }
        }
        Ok(End::Close)
    }

    fn note(&self, message: &Message) -> Option<Fault> {
        let parts = message.parts();
        let text = |part: &&[u8]| String::from_utf8_lossy(part).into_owned();
        let operation = parts.first().map(text)?.to_ascii_uppercase();
        if HOUSEKEEPING.contains(&operation.as_str()) {
            return self.core.note_quietly(&operation, &message.bytes);
        }
        let body = parts.iter().skip(1).map(text).collect::<Vec<_>>().into();
        self.core.note(Request { operation, body }, &message.bytes, Fault::fits_redis)
    }

    async fn answer(&self, message: &Message) -> io::Result<()> {
        self.to_client.lock().await.write_all(&message.bytes).await
    }

    fn pending(&self) -> MutexGuard<'_, VecDeque<Option<Fault>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error as the server words it.
fn error(fault: &Fault) -> &'static str {
    match fault {
        Fault::Throttled => "OOM command not allowed when used memory > 'maxmemory'.",
        // Of what stands between: the server itself gives none after it has done something.
        Fault::ServerErrorAfter => "ERR upstream failure",
        _ => "LOADING Redis is loading the dataset in memory",
    }
}
