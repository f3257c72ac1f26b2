//! The settings of Redis, from a URL or a file.

use crate::backend::settings::address::{self, Address, url_error};
use crate::backend::settings::{Parsed, Properties, Secret};
use crate::error::Result;
use crate::limits::Limits;

/// The port if none is given.
const PORT: u16 = 6379;

/// The settings of Redis.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RedisSettings {
    /// The servers: one, or several of a cluster.
    pub hosts: Vec<(String, u16)>,
    /// The number of the database.
    pub database: u32,
    /// The user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// Whether the servers are a cluster.
    pub cluster: bool,
    /// What stands before each key.
    pub prefix: String,
    /// How many replicas must have a write before it is acknowledged.
    pub wait: u64,
    /// The sizes that it takes. The default is DynamoDB's, as in memory.
    pub limits: Limits,
}

/// What a script of the server can be asked to hold without keeping all others waiting for long.
const LARGEST: Limits =
    Limits::NONE.keys(64 * 1024, 64 * 1024).record(64 * 1024 * 1024).transaction(1000, 256 * 1024 * 1024);

impl Default for RedisSettings {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            database: 0,
            user: None,
            password: None,
            tls: false,
            cluster: false,
            prefix: String::new(),
            wait: 0,
            limits: Limits::DYNAMODB,
        }
    }
}

impl RedisSettings {
    /// The servers as messages may show them.
    pub(super) fn places(&self) -> String {
        self.hosts.iter().map(|(host, port)| format!("{host}:{port}")).collect::<Vec<_>>().join(", ")
    }
}

/// `redis://[user][:password@]host[:port][/database][?options]`, and the same with `rediss`
pub(crate) fn from_url(scheme: &'static str, rest: &str) -> Result<Parsed> {
    let (password, rest) = split_password(rest)?;
    let address = Address::parse(&rest)?;
    let (user, own) = address.user.unzip();
    let mut settings = RedisSettings {
        hosts: parse_hosts(address.host).ok_or_else(|| url_error(format!("the host {HOST}")))?,
        user,
        password: password.or(own.flatten()).map(Into::into),
        tls: scheme == "rediss",
        ..RedisSettings::default()
    };
    if !address.path.is_empty() {
        let number = address.path.parse().ok();
        settings.database =
            number.ok_or_else(|| url_error("what stands after the host is not the number of a database"))?;
    }
    take_shared(settings, address::read_options(address.query)?)
}

/// A password without a user, as in `redis://:password@host`, and the address without it.
fn split_password(rest: &str) -> Result<(Option<String>, String)> {
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, after) = rest.split_at(end);
    match authority.strip_prefix(':').and_then(|rest| rest.rsplit_once('@')) {
        Some((password, host)) if !password.contains([':', '@']) => {
            Ok((Some(address::percent_decode(password)?), format!("{host}{after}")))
        }
        _ => Ok((None, rest.to_owned())),
    }
}

const HOST: &str = "is not of the form host:port";

/// A file's properties.
#[cfg(feature = "config-file")]
pub(crate) fn from_file(mut properties: Properties) -> Result<Parsed> {
    let host = properties.require_text("host")?;
    let hosts = parse_hosts(&host).ok_or_else(|| properties.error(format!("host {HOST}")))?;
    let mut settings = RedisSettings { hosts, ..RedisSettings::default() };
    if let Some(number) = properties.take_integer("database")? {
        settings.database = u32::try_from(number).map_err(|_| properties.error("database is too large a number"))?;
    }
    (settings.user, settings.password) = (properties.take_text("user")?, properties.take_secret("password")?);
    settings.tls = properties.take_flag("tls")?.unwrap_or(false);
    take_shared(settings, properties)
}

/// Takes what a URL and a file have in common.
fn take_shared(mut settings: RedisSettings, mut properties: Properties) -> Result<Parsed> {
    if settings.user.is_some() && settings.password.is_none() {
        return Err(properties.error("there is a user, but no password"));
    }
    if let Some(prefix) = properties.take_text("prefix")? {
        // What stands between braces decides where the server of a cluster keeps a key.
        if prefix.contains(['{', '}']) || prefix.chars().any(char::is_control) {
            return Err(properties.error("prefix has braces or control characters in it"));
        }
        settings.prefix = prefix;
    }
    settings.wait = properties.take_integer("wait")?.unwrap_or(0);
    settings.cluster = properties.take_flag("cluster")?.unwrap_or(false);
    match properties.take_text("limits")?.as_deref() {
        None | Some("dynamodb") => {}
        Some("none") => settings.limits = LARGEST,
        Some(_) => return Err(properties.error("limits is neither `dynamodb` nor `none`")),
    }
    if settings.hosts.len() > 1 && !settings.cluster {
        return Err(properties.error("there are several hosts, which only a cluster has: cluster is not true"));
    }
    if settings.cluster && settings.database != 0 {
        return Err(properties.error("a cluster has no database but 0"));
    }
    Ok(Parsed::new(settings, properties))
}

/// Hosts with commas between them, each with a port or without.
pub(crate) fn parse_hosts(text: &str) -> Option<Vec<(String, u16)>> {
    text.split(',').map(|host| parse_host(host.trim())).collect()
}

fn parse_host(text: &str) -> Option<(String, u16)> {
    let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0 && !text.starts_with('+'));
    if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        address.parse::<std::net::Ipv6Addr>().ok()?;
        let port = if rest.is_empty() { PORT } else { port(rest.strip_prefix(':')?)? };
        return Some((address.to_owned(), port));
    }
    let (name, port) = match text.rsplit_once(':') {
        Some((name, number)) => (name, port(number)?),
        None => (text, PORT),
    };
    let odd = |c: char| "/?#@[]:\\%".contains(c) || c.is_whitespace();
    (!name.is_empty() && !name.contains(odd)).then(|| (name.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_ports_or_not() {
        let one = |text: &str| parse_hosts(text).and_then(|hosts| hosts.into_iter().next());
        assert_eq!(one("redis"), Some(("redis".to_owned(), 6379)));
        assert_eq!(one("redis:1"), Some(("redis".to_owned(), 1)));
        assert_eq!(one("[::1]:7000"), Some(("::1".to_owned(), 7000)));
        assert_eq!(parse_hosts("a:1,b").map(|hosts| hosts.len()), Some(2));
        for odd in ["", "a:0", "a:b", "a b", "[x]:1", "a,,b", "a@b"] {
            assert_eq!(parse_hosts(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_password_may_stand_without_a_user() {
        let (password, rest) = split_password(":s%40same@h:1/2?wait=1").unwrap();
        assert_eq!((password.as_deref(), rest.as_str()), (Some("s@same"), "h:1/2?wait=1"));
        let (password, rest) = split_password("ada:sesame@h").unwrap();
        assert_eq!((password, rest.as_str()), (None, "ada:sesame@h"));
    }
}
