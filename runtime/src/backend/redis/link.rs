//! The connection to the server: made when it is needed, and made anew when it breaks.
//!
//! The driver sends nothing twice: what is sent again, and when, is decided by who asks.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionLike as _, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, ProtocolVersion, PushInfo, PushKind, RedisError, Value};

use super::failure::Failure;
use super::silence::Silence;

/// A server, or a cluster of them, and the connection to it.
pub(super) struct Link {
    client: Client,
    cluster: Option<ClusterClient>,
    current: Mutex<Option<Connected>>,
    /// Held by who connects, so that others wait for the connection instead of making their own.
    connecting: tokio::sync::Mutex<()>,
    made: AtomicU64,
}

/// A connection that may be used by many at once.
#[derive(Clone)]
pub(super) struct Connected {
    connection: Connection,
    /// The how manieth it is.
    number: u64,
    is_closed: Arc<AtomicBool>,
    silence: Silence,
    /// The server's clock when it was asked, in milliseconds, and when that was.
    clock: (i64, Instant),
}

#[derive(Clone)]
enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Link {
    pub(super) fn new(client: Client, cluster: Option<ClusterClient>) -> Self {
        let (current, connecting) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { client, cluster, current, connecting, made: AtomicU64::default() }
    }

    /// The driver's client.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether the servers are a cluster.
    pub(super) fn is_cluster(&self) -> bool {
        self.cluster.is_some()
    }

    /// A connection, made within this time if there is none.
    pub(super) async fn connected(&self, within: Duration) -> Result<Connected, Failure> {
        if let Some(connected) = self.current() {
            return Ok(connected);
        }
        let connecting = async {
            let _alone = self.connecting.lock().await;
            match self.current() {
                Some(connected) => Ok(connected),
                None => self.connect().await,
            }
        };
        tokio::time::timeout(within, connecting).await.unwrap_or(Err(Failure::NotConnected))
    }

    fn current(&self) -> Option<Connected> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.clone().filter(Connected::is_usable)
    }

    /// Gives a connection up, unless there is a newer one already.
    pub(super) fn give_up(&self, connected: &Connected) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|current| current.number == connected.number) {
            *current = None;
        }
    }

    async fn connect(&self) -> Result<Connected, Failure> {
        let is_closed = Arc::new(AtomicBool::new(false));
        let connection = match &self.cluster {
            Some(cluster) => cluster.get_async_connection().await.map(Connection::Cluster),
            None => self.connect_single(Arc::clone(&is_closed)).await.map(Connection::Single),
        };
        let mut connection = connection.map_err(Failure::of_connecting)?;
        let asked = Instant::now();
        let clock = match connection.send(&redis::cmd("TIME")).await {
            Ok(time) => (milliseconds(time)?, asked),
            Err(error) => return Err(Failure::of_connecting(error)),
        };
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let connected = Connected { connection, number, is_closed, silence: Silence::default(), clock };
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(connected.clone());
        Ok(connected)
    }

    /// A connection that says when it is closed, so that nothing is sent into one of which that is known.
    async fn connect_single(&self, is_closed: Arc<AtomicBool>) -> Result<MultiplexedConnection, RedisError> {
        let mut config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        if self.client.get_connection_info().redis_settings().protocol() == ProtocolVersion::RESP3 {
            config = config.set_push_sender(move |push: PushInfo| -> Result<(), ()> {
                if push.kind == PushKind::Disconnection {
                    is_closed.store(true, Ordering::Relaxed);
                }
                Ok(())
            });
        }
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }
}

impl Connection {
    async fn send(&mut self, command: &Cmd) -> Result<Value, RedisError> {
        match self {
            Self::Single(connection) => connection.req_packed_command(command).await?.extract_error(),
            Self::Cluster(connection) => connection.req_packed_command(command).await?.extract_error(),
        }
    }
}

impl Connected {
    fn is_usable(&self) -> bool {
        !self.is_closed.load(Ordering::Relaxed) && !self.silence.is_too_long()
    }

    /// Sends a command, and waits so long for its answer.
    pub(super) async fn send(&mut self, command: &Cmd, within: Duration) -> Result<Value, Failure> {
        let wait = self.silence.wait();
        match tokio::time::timeout(within, self.connection.send(command)).await {
            Ok(answer) => {
                wait.end();
                answer.map_err(Failure::of_sent)
            }
            Err(_) => Err(Failure::TimedOut),
        }
    }

    /// The time by the server's clock at this moment, in milliseconds.
    pub(super) fn server_time(&self, moment: Instant) -> i64 {
        let (then, asked) = self.clock;
        let since = moment.saturating_duration_since(asked).as_millis();
        then.saturating_add(i64::try_from(since).unwrap_or(i64::MAX))
    }
}

/// What `TIME` answers: seconds, and microseconds.
fn milliseconds(time: Value) -> Result<i64, Failure> {
    let (seconds, micros): (i64, i64) =
        redis::from_redis_value(time).map_err(|_| Failure::Unreadable("TIME was answered with something else"))?;
    Ok(seconds.saturating_mul(1000).saturating_add(micros / 1000))
}
