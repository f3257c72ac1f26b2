//! The proxy in front of a Redis server.
//!
//! A connection may have many commands under way: the server answers them in the order of their coming, and so does the proxy.

use super::core::{Core, End, Request, Tap};
use super::forge_resp;
use super::resp::Resp;
use super::rule::Fault;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::Mutex;
use tokio::time::sleep;

/// What a client sends to have a connection, and to see that one is there: not counted, and met only by a rule that names it.
const HOUSEKEEPING: [&str; 9] = ["HELLO", "AUTH", "SELECT", "CLIENT", "PING", "TIME", "INFO", "ROLE", "COMMAND"];

/// Commands whose second word says what they do.
const TWO_WORDS: [&str; 7] = ["SCRIPT", "CLIENT", "CONFIG", "CLUSTER", "FUNCTION", "ACL", "OBJECT"];

/// A request whose client has gone is still brought to its end, as a network would; but not for ever.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// A proxy in front of a Redis server; it ends when it is dropped.
///
/// A command is named as it was sent, in capitals, with the script that it runs where that is one of reposit's: `HGET`,
/// `EVALSHA write`, `SCRIPT LOAD write`.
#[derive(Debug)]
pub struct Redis(Tap);

impl Redis {
    /// Starts in front of `upstream`, a `host:port`.
    pub async fn start(upstream: &str) -> Self {
        let core = Arc::new(Core::default());
        let (serving, upstream) = (core.clone(), upstream.to_owned());
        let serve = move |stream| {
            let (core, upstream) = (serving.clone(), upstream.clone());
            async move { serve(&core, Scripts::of_reposit(), stream, &upstream).await }
        };
        Self(Tap::start(core, Fault::fits_redis, serve).await)
    }
}

impl Deref for Redis {
    type Target = Tap;

    fn deref(&self) -> &Tap {
        &self.0
    }
}

/// The names of scripts, by the hashes that the server knows them by.
#[derive(Debug)]
struct Scripts(BTreeMap<String, String>);

impl Scripts {
    /// Those of the backend's folder.
    fn of_reposit() -> &'static Self {
        static SCRIPTS: LazyLock<Scripts> = LazyLock::new(Scripts::read);
        &SCRIPTS
    }

    fn read() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/src/backend/redis/scripts");
        // Some stand behind the functions that they share.
        let shared = std::fs::read_to_string(folder.join("entries.lua")).expect("the functions of the scripts");
        let named = |path: std::path::PathBuf| {
            let source =
                std::fs::read_to_string(&path).ok().filter(|_| path.extension().is_some_and(|ext| ext == "lua"))?;
            let name = path.file_stem()?.to_string_lossy().into_owned();
            Some([(hash_of(&source), name.clone()), (hash_of(&(shared.clone() + &source)), name)])
        };
        Self(
            folder
                .read_dir()
                .into_iter()
                .flatten()
                .flatten()
                .filter_map(|entry| named(entry.path()))
                .flatten()
                .collect(),
        )
    }

    /// What a command is called.
    fn name(&self, command: &[&[u8]]) -> String {
        let word = |at: usize| command.get(at).map(|word| String::from_utf8_lossy(word)).unwrap_or_default();
        let mut name = word(0).to_ascii_uppercase();
        if TWO_WORDS.contains(&name.as_str()) {
            name = format!("{name} {}", word(1).to_ascii_uppercase());
        }
        let hash = match name.as_str() {
            "EVALSHA" | "EVALSHA_RO" => word(1).to_ascii_lowercase(),
            "EVAL" | "EVAL_RO" => hash_of(&word(1)),
            "SCRIPT LOAD" => hash_of(&word(2)),
            _ => return name,
        };
        self.0.get(&hash).map_or(name.clone(), |script| format!("{name} {script}"))
    }
}

fn hash_of(source: &str) -> String {
    redis::Script::new(source).get_hash().to_owned()
}

async fn serve(core: &Core, scripts: &Scripts, mut client: TcpStream, upstream: &str) {
    let Ok(mut upstream) = TcpStream::connect(upstream).await else {
        return;
    };
    let _ = upstream.set_nodelay(true);
    let end = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = upstream.split();
        let state = Mutex::new(State { to_client, pending: VecDeque::new() });
        let connection = Connection { core, scripts, state };
        tokio::select! {
            end = connection.up(BufReader::new(from_client), to_server) => end,
            end = connection.down(BufReader::new(from_server)) => end,
        }
    };
    if let Ok(End::Reset) = end {
        let _ = client.set_zero_linger();
    }
}

struct Connection<'a> {
    core: &'a Core,
    scripts: &'a Scripts,
    state: Mutex<State<'a>>,
}

struct State<'a> {
    to_client: WriteHalf<'a>,
    /// What the client waits for, in order.
    pending: VecDeque<Pending>,
}

/// An answer that is yet to come.
enum Pending {
    /// The server's, and what is to happen to it.
    Asked(Option<Fault>),
    /// One that was made here, and waits until those before it have been given.
    Made(Resp),
}

/// Commands of one connection that wait for each other, and those that came after them: a connection keeps its order.
#[derive(Default)]
struct Together {
    wanted: usize,
    waiting: usize,
    held: Vec<Vec<u8>>,
}

impl Together {
    /// Takes a command that has to wait.
    fn holds(&mut self, fault: Option<&Fault>, bytes: &[u8]) -> bool {
        if let Some(Fault::Together(count)) = fault {
            self.wanted = *count;
            self.waiting += 1;
        }
        let holds = self.waiting > 0;
        if holds {
            self.held.push(bytes.to_vec());
        }
        holds
    }

    /// All that were held, once as many wait as have to.
    fn released(&mut self) -> Vec<Vec<u8>> {
        if self.waiting < self.wanted {
            return Vec::new();
        }
        std::mem::take(self).held
    }
}

impl State<'_> {
    /// Gives the answers that wait for no other.
    async fn give_made(&mut self) -> io::Result<()> {
        while let Some(Pending::Made(answer)) = self.pending.front() {
            self.to_client.write_all(&answer.bytes()).await?;
            self.pending.pop_front();
        }
        Ok(())
    }
}

impl Connection<'_> {
    async fn up(&self, mut from: BufReader<ReadHalf<'_>>, mut to: WriteHalf<'_>) -> io::Result<End> {
        let mut together = Together::default();
        while let Some(command) = Resp::read(&mut from).await? {
            let bytes = command.bytes();
            let mut fault = command.command().and_then(|words| self.note(&words, &bytes));
            match &fault {
                Some(Fault::DropBefore) => return Ok(End::Close),
                Some(Fault::ResetBefore) => return Ok(End::Reset),
                Some(Fault::DelayBefore(time)) => sleep(*time).await,
                _ if together.holds(fault.as_ref(), &bytes) => {
                    for bytes in together.released() {
                        self.state.lock().await.pending.push_back(Pending::Asked(None));
                        to.write_all(&bytes).await?;
                    }
                    continue;
                }
                Some(refusal) if *refusal != Fault::ServerErrorAfter && error(refusal).is_some() => {
                    let answer = Resp::error(error(refusal).unwrap_or_default());
                    let mut state = self.state.lock().await;
                    state.pending.push_back(Pending::Made(answer));
                    state.give_made().await?;
                    continue;
                }
                _ => {}
            }
            fault = fault.filter(|fault| !matches!(fault, Fault::DelayBefore(_)));
            self.state.lock().await.pending.push_back(Pending::Asked(fault));
            to.write_all(&bytes).await?;
        }
        let wait = async {
            while !self.state.lock().await.pending.is_empty() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        let _ = tokio::time::timeout(LAST_ANSWERS, wait).await;
        Ok(End::Close)
    }

    async fn down(&self, mut from: BufReader<ReadHalf<'_>>) -> io::Result<End> {
        while let Some(answer) = Resp::read(&mut from).await? {
            if answer.is_push() {
                self.state.lock().await.to_client.write_all(&answer.bytes()).await?;
                continue;
            }
            // It stays the first of what is waited for until it is given: what is made here meanwhile comes after it.
            let fault = match self.state.lock().await.pending.front() {
                Some(Pending::Asked(fault)) => fault.clone(),
                _ => return Err(io::Error::other("an answer that nobody asked for")),
            };
            let (bytes, ends) = match fault {
                Some(Fault::DropAfter) => return Ok(End::Close),
                Some(Fault::ResetAfter) => return Ok(End::Reset),
                Some(Fault::DelayAfter(time)) => {
                    sleep(time).await;
                    (answer.bytes(), false)
                }
                Some(Fault::Garble(damage)) => forge_resp::of_resp(&answer, damage),
                Some(fault) => (error(&fault).map_or(answer, Resp::error).bytes(), false),
                None => (answer.bytes(), false),
            };
            let mut state = self.state.lock().await;
            state.to_client.write_all(&bytes).await?;
            if ends {
                return Ok(End::Close);
            }
            state.pending.pop_front();
            state.give_made().await?;
        }
        Ok(End::Close)
    }

    fn note(&self, command: &[&[u8]], raw: &[u8]) -> Option<Fault> {
        let operation = self.scripts.name(command);
        if HOUSEKEEPING.contains(&operation.split(' ').next().unwrap_or_default()) {
            return self.core.note_quietly(&operation, raw);
        }
        let words = command.iter().map(|word| Value::from(String::from_utf8_lossy(word)));
        self.core.note(Request { operation, body: words.collect() }, raw, Fault::fits_redis)
    }
}

/// The error that a fault is, in the server's words.
fn error(fault: &Fault) -> Option<&'static str> {
    Some(match fault {
        Fault::ServerError => "LOADING Redis is loading the dataset in memory",
        // The server says nothing of the kind, whose codes are in capitals: a proxy before it does.
        Fault::ServerErrorAfter => "upstream failure",
        Fault::Throttled => "OOM command not allowed when used memory > 'maxmemory'.",
        Fault::Conflict => "TRYAGAIN Multiple keys request during rehashing of slot",
        Fault::Refused(text) => text,
        _ => return None,
    })
}
