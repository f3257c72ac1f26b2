//! What the driver's monitors last heard of each server. If no server is reached, the error names a cause for
//! each, in place of the driver's own description of the deployment.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mongodb::bson::Document;
use mongodb::error::{Error as DriverError, ErrorKind as Driver};
use mongodb::event::EventHandler;
use mongodb::event::sdam::SdamEvent;
use mongodb::options::{ClientOptions, Tls};

use crate::error::Error;

/// How many servers a message names; a set has three to seven.
const MOST_NAMED: usize = 7;

/// The servers of one client.
#[derive(Debug, Clone, Default)]
pub(super) struct Topology {
    set: Option<String>,
    tls: bool,
    servers: Arc<Mutex<BTreeMap<String, Heard>>>,
    /// How the last search for a server ended, while the database was being opened.
    search: Arc<Mutex<Option<DriverError>>>,
}

/// What was last heard of a server.
#[derive(Debug, Clone)]
enum Heard {
    Nothing,
    Answer(Document),
    Failure(DriverError),
}

impl Topology {
    /// Listens to the monitors of a client with these options.
    pub(super) fn watch(options: &mut ClientOptions) -> Self {
        let tls = matches!(options.tls, Some(Tls::Enabled(_)));
        let topology = Self { set: options.repl_set_name.clone(), tls, ..Self::default() };
        for host in &options.hosts {
            topology.servers().insert(host.to_string(), Heard::Nothing);
        }
        let servers = topology.servers.clone();
        options.sdam_event_handler = Some(EventHandler::callback(move |event| {
            let (address, heard) = match event {
                SdamEvent::ServerHeartbeatSucceeded(event) => (event.server_address, Heard::Answer(event.reply)),
                SdamEvent::ServerHeartbeatFailed(event) => (event.server_address, Heard::Failure(event.failure)),
                _ => return,
            };
            servers.lock().unwrap_or_else(PoisonError::into_inner).insert(address.to_string(), heard);
        }));
        topology
    }

    fn servers(&self) -> MutexGuard<'_, BTreeMap<String, Heard>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The host and the port of the server that takes writes, if it was heard of.
    pub(super) fn primary(&self) -> Option<(String, u16)> {
        let servers = self.servers();
        let is_primary = |heard: &Heard| matches!(heard, Heard::Answer(hello) if is_primary(hello));
        let (address, _) = servers.iter().find(|(_, heard)| is_primary(heard))?;
        let (host, port) = address.rsplit_once(':')?;
        Some((host.to_owned(), port.parse().ok()?))
    }

    /// Why no server is found: a cause for each that is known.
    pub(super) fn causes(&self) -> String {
        let servers = self.servers();
        let named = servers.iter().take(MOST_NAMED).map(|(address, heard)| format!("{address}: {}", self.cause(heard)));
        let more = servers.len().checked_sub(MOST_NAMED).filter(|more| *more > 0);
        named.chain(more.map(|more| format!("and {more} more"))).collect::<Vec<_>>().join("; ")
    }

    /// A search for a server was in vain.
    pub(super) fn not_found(&self, error: DriverError) {
        *self.search.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    /// An error with what the driver says as its source: of a server that failed, else of the search.
    pub(super) fn with_failure(&self, error: Error) -> Error {
        let failure = self.servers().values().find_map(|heard| match heard {
            Heard::Failure(error) => Some(error.clone()),
            _ => None,
        });
        let search = || self.search.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match failure.or_else(search) {
            Some(failure) => error.with_source(failure),
            None => error.with_source(io::Error::from(io::ErrorKind::TimedOut)),
        }
    }

    /// An error of a server that was not found, with the causes in it.
    pub(super) fn explain(&self, error: Error) -> Error {
        let driver = error.source().and_then(|source| source.downcast_ref::<DriverError>());
        match driver.map(|driver| &*driver.kind) {
            // Of a client that was brought nothing was heard.
            Some(Driver::ServerSelection { .. }) if !self.servers().is_empty() => {
                let message = format!("{} ({})", error.message(), self.causes());
                error.with_message(message)
            }
            _ => error,
        }
    }

    fn cause(&self, heard: &Heard) -> String {
        match heard {
            Heard::Nothing => "no answer yet".to_owned(),
            Heard::Answer(hello) => self.unfit(hello),
            Heard::Failure(error) => self.failed(error),
        }
    }

    /// Why a server that answers is not the one that is looked for.
    fn unfit(&self, hello: &Document) -> String {
        let wanted = self.set.as_deref().unwrap_or_default();
        match hello.get_str("setName") {
            Ok(set) if !wanted.is_empty() && set != wanted => {
                format!("it is a member of the replica set {set:?}, and replicaSet asks for {wanted:?}")
            }
            Err(_) if !wanted.is_empty() => {
                format!("it is no member of a replica set, and replicaSet asks for {wanted:?}")
            }
            _ if is_primary(hello) => "it answers".to_owned(),
            _ => "it answers, and is not the primary".to_owned(),
        }
    }

    fn failed(&self, error: &DriverError) -> String {
        match &*error.kind {
            Driver::Io(error) => self.io(error),
            Driver::DnsResolve { .. } => "no such host".to_owned(),
            Driver::Authentication { .. } => "authentication failed for the configured user".to_owned(),
            Driver::InvalidResponse { .. } | Driver::Bson(_) => {
                "what answers there does not speak as MongoDB does; is the port right?".to_owned()
            }
            kind => kind.to_string(),
        }
    }

    fn io(&self, error: &io::Error) -> String {
        let text = error.to_string();
        match error.kind() {
            io::ErrorKind::ConnectionRefused => "the connection was refused: nothing listens there".to_owned(),
            io::ErrorKind::TimedOut => "no answer came in time".to_owned(),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "there is no way to it".to_owned(),
            _ if text.contains("lookup address") => "no such host".to_owned(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe if self.tls => {
                "it ended the connection at the TLS handshake; does it take TLS?".to_owned()
            }
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                "it ended the connection without an answer; is it MongoDB, and does it ask for TLS (tls=true)?"
                    .to_owned()
            }
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput if self.tls => {
                format!("the TLS handshake failed: {text}")
            }
            _ => text,
        }
    }
}

/// Whether a server says that it takes writes: a primary, a router, or one that is alone.
pub(super) fn is_primary(hello: &Document) -> bool {
    let says = |name: &str| hello.get_bool(name).unwrap_or(false);
    says("isWritablePrimary") || says("ismaster")
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    #[test]
    fn each_cause_has_its_words() {
        let topology = Topology { set: Some("rs1".to_owned()), ..Topology::default() };
        let heard = [
            ("a", Heard::Answer(doc! { "setName": "rs0", "isWritablePrimary": true }), "\"rs0\""),
            ("b", Heard::Answer(doc! { "isWritablePrimary": true }), "no member"),
            ("c", Heard::Answer(doc! { "setName": "rs1", "secondary": true }), "not the primary"),
            ("d", Heard::Failure(io::Error::from(io::ErrorKind::ConnectionRefused).into()), "refused"),
            ("e", Heard::Failure(io::Error::from(io::ErrorKind::UnexpectedEof).into()), "tls=true"),
            ("f", Heard::Nothing, "no answer yet"),
        ];
        for (address, heard, words) in heard {
            assert!(topology.cause(&heard).contains(words), "{}", topology.cause(&heard));
            topology.servers().insert(address.to_owned(), heard);
        }
        assert!(topology.with_failure(Error::config("")).source().is_some());
        assert!(topology.causes().starts_with("a: it is a member of"), "{}", topology.causes());
        for more in 0..10 {
            topology.servers().insert(format!("g{more}"), Heard::Nothing);
        }
        assert!(topology.causes().ends_with("; and 9 more"), "{}", topology.causes());
    }
}
