//! Opening: the driver's client, and what the server must be.

use std::time::Duration;

use redis::cluster::ClusterClient;
use redis::{Client, ConnectionAddr, IntoConnectionInfo as _, ProtocolVersion, RedisConnectionInfo, Value};

use super::failure::Failure;
use super::link::Link;
use super::settings::RedisSettings;
use crate::error::{Error, ErrorKind, Result};

/// The first release that has all the commands that are used.
const OLDEST: u64 = 7;

/// Makes the connection, and waits until the server has said what it is.
pub(super) async fn connect(settings: &RedisSettings, within: Duration) -> Result<Link> {
    let link = Link::new(client(settings)?, cluster(settings)?);
    let opened = tokio::time::timeout(within, check_server(&link, settings, within)).await;
    match opened {
        Ok(Ok(())) => Ok(link),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(unreachable(settings, "nothing answered in time")),
    }
}

fn infos(settings: &RedisSettings) -> Result<Vec<redis::ConnectionInfo>> {
    let mut handshake = RedisConnectionInfo::default()
        .set_db(settings.database.into())
        .set_protocol(ProtocolVersion::RESP3)
        .set_lib_name("reposit", env!("CARGO_PKG_VERSION"));
    if let Some(user) = &settings.user {
        handshake = handshake.set_username(user);
    }
    if let Some(password) = &settings.password {
        handshake = handshake.set_password(password.expose());
    }
    let info = |(host, port): &(String, u16)| {
        let address = match settings.tls {
            true => ConnectionAddr::TcpTls { host: host.clone(), port: *port, insecure: false, tls_params: None },
            false => ConnectionAddr::Tcp(host.clone(), *port),
        };
        let info = address.into_connection_info().map_err(refused_settings)?;
        let tcp = redis::io::tcp::TcpSettings::default().set_nodelay(true);
        Ok(info.set_redis_settings(handshake.clone()).set_tcp_settings(tcp))
    };
    settings.hosts.iter().map(info).collect()
}

fn client(settings: &RedisSettings) -> Result<Client> {
    let first = infos(settings)?.into_iter().next().ok_or_else(|| Error::config("the Redis server is not named"))?;
    Client::open(first).map_err(refused_settings)
}

/// The client of a cluster. What it sends again is answered once: a write has its id.
fn cluster(settings: &RedisSettings) -> Result<Option<ClusterClient>> {
    if !settings.cluster {
        return Ok(None);
    }
    let client = ClusterClient::builder(infos(settings)?).use_protocol(ProtocolVersion::RESP3).build();
    client.map(Some).map_err(refused_settings)
}

fn refused_settings(error: redis::RedisError) -> Error {
    Error::config("the driver does not take the settings of Redis").with_source(error)
}

/// Refuses a server that is too old, evicts what was stored, or is one of a cluster that was not said to be one.
async fn check_server(link: &Link, settings: &RedisSettings, within: Duration) -> Result<()> {
    let mut connected = link.connected(within).await.map_err(|failure| unopened(settings, failure))?;
    if link.is_cluster() {
        // Each of its servers would have to be asked.
        return Ok(());
    }
    let answer = connected.send(&redis::cmd("INFO"), within).await.map_err(|failure| unopened(settings, failure))?;
    let text = info_text(answer);
    let field = |name: &str| {
        let lines = text.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(found, _)| *found == name).map(|(_, value)| value.trim()).next()
    };
    let version = field("valkey_version").or_else(|| field("redis_version"));
    let major = version.and_then(|version| version.split('.').next()).and_then(|major| major.parse::<u64>().ok());
    if major.is_some_and(|major| major < OLDEST) {
        return Err(Error::unsupported("Redis 7 or newer is needed, or Valkey"));
    }
    if field("cluster_enabled") == Some("1") {
        return Err(Error::config(
            "the Redis server is one of a cluster, and the configuration does not say so: cluster=true",
        ));
    }
    let limited = field("maxmemory").is_some_and(|bytes| bytes != "0");
    match field("maxmemory_policy") {
        Some(policy) if limited && policy != "noeviction" => Err(Error::config(format!(
            "the Redis server evicts keys when its memory is full (maxmemory-policy {policy}), and would lose what was \
             stored: set it to noeviction"
        ))),
        _ => Ok(()),
    }
}

fn info_text(answer: Value) -> String {
    match answer {
        Value::VerbatimString { text, .. } => text,
        Value::SimpleString(text) => text,
        Value::BulkString(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        _ => String::new(),
    }
}

/// Why the server was not opened.
fn unopened(settings: &RedisSettings, failure: Failure) -> Error {
    if failure.is_not_allowed() {
        let message = format!("Redis at {} refuses the user or the password", settings.places());
        return Error::config(message).with_source(failure.into_error("open"));
    }
    let refused = matches!(failure, Failure::Refused(_));
    let is_silent = matches!(failure, Failure::NotConnected);
    let error = failure.into_error("open");
    if is_silent && settings.tls {
        let why = "no answer came in time; does the server speak TLS at this port?";
        return unreachable(settings, why).with_source(error);
    }
    if refused && error.kind() == ErrorKind::Backend {
        let message = format!("Redis at {} does not take the connection as it is configured", settings.places());
        return Error::config(message).with_source(error);
    }
    unreachable(settings, error.message()).with_source(error)
}

fn unreachable(settings: &RedisSettings, why: &str) -> Error {
    Error::new(ErrorKind::Unavailable, format!("Redis at {} was not reached: {why}", settings.places()))
}
