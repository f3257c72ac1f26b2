//! The settings of PostgreSQL, from a URL or a file.

use crate::backend::settings::address::{self, Address, url_error};
use crate::backend::settings::{Parsed, Properties, Secret};
use crate::error::Result;

/// How many connections a database has at most.
const POOL: usize = 16;
/// The port that PostgreSQL has by default.
const PORT: u16 = 5432;

/// The settings of PostgreSQL.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PostgresSettings {
    /// The hosts with their ports. With several, the first that takes writes is connected to.
    pub hosts: Vec<(String, u16)>,
    /// The database.
    pub database: String,
    /// The user; without one, the name of the user that the process runs as.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// The schema that tables are in. The default is `public`.
    pub schema: String,
    /// How many connections there are at most. The default is 16.
    pub pool: usize,
    /// Whether statements are prepared under names, which a pooler between may not let pass. The default is true.
    pub prepare: bool,
    /// Whether the connection is encrypted.
    pub tls: TlsMode,
    /// A file of certificates in PEM to trust in place of the system's.
    pub root_certificates: Option<String>,
}

/// Whether a connection is encrypted. If it is, the server's certificate and its name are verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TlsMode {
    /// It is not: `sslmode=disable`.
    Disable,
    /// It is if the server offers it: `sslmode=prefer`, the default.
    #[default]
    Prefer,
    /// It is: `sslmode=require` or `verify-full`.
    Require,
}

impl Default for PostgresSettings {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            database: String::new(),
            user: None,
            password: None,
            schema: "public".to_owned(),
            pool: POOL,
            prepare: true,
            tls: TlsMode::default(),
            root_certificates: None,
        }
    }
}

/// `postgres://[user:password@]host[:port][,host…]/database[?options]`
pub(crate) fn from_url(scheme: &'static str, rest: &str) -> Result<Parsed> {
    let address = Address::parse(rest)?;
    if address.path.is_empty() {
        return Err(url_error(format!("it names no database; write {scheme}://host/database")));
    }
    let (user, password) = address.user.unzip();
    let mut options = address::read_options(address.query)?;
    let settings = PostgresSettings {
        hosts: parse_hosts(address.host).map_err(|why| url_error(format!("the host {why}")))?,
        database: address::percent_decode(address.path)?,
        user,
        password: password.flatten().map(Into::into),
        ..take_options(&mut options)?
    };
    Ok(Parsed::new(settings, options))
}

/// A file's properties.
#[cfg(feature = "config-file")]
pub(crate) fn from_file(mut properties: Properties) -> Result<Parsed> {
    let hosts = properties.require_text("host")?;
    let hosts = parse_hosts(&hosts).map_err(|why| properties.error(format!("host {why}")))?;
    let database = properties.require_text("database")?;
    let user = properties.take_text("user")?;
    let password = properties.take_secret("password")?;
    if user.is_none() && password.is_some() {
        return Err(properties.error("password is there, but user is missing"));
    }
    let settings = PostgresSettings { hosts, database, user, password, ..take_options(&mut properties)? };
    Ok(Parsed::new(settings, properties))
}

fn take_options(properties: &mut Properties) -> Result<PostgresSettings> {
    let mut settings = PostgresSettings::default();
    if let Some(schema) = properties.take_text("schema")? {
        if schema.len() > 63 || schema.contains('\0') || schema.starts_with("pg_") {
            return Err(
                properties.error("schema is no name that PostgreSQL takes: up to 63 bytes, not beginning with pg_")
            );
        }
        settings.schema = schema;
    }
    if let Some(pool) = properties.take_integer("pool")? {
        let pool = usize::try_from(pool).ok().filter(|pool| *pool > 0);
        settings.pool = pool.ok_or_else(|| properties.error("pool has to be at least 1"))?;
    }
    settings.prepare = properties.take_flag("prepare")?.unwrap_or(true);
    settings.tls = match properties.take_text("sslmode")?.as_deref() {
        None => TlsMode::default(),
        Some("disable") => TlsMode::Disable,
        Some("prefer") => TlsMode::Prefer,
        Some("require" | "verify-full") => TlsMode::Require,
        Some(_) => return Err(properties.error("sslmode is none of disable, prefer, require and verify-full")),
    };
    settings.root_certificates = properties.take_text("sslrootcert")?;
    match properties.take_text("target_session_attrs")?.as_deref() {
        None | Some("read-write" | "primary") => {}
        Some(_) => {
            return Err(properties.error("target_session_attrs has to be read-write: other servers take no writes"));
        }
    }
    Ok(settings)
}

/// Hosts with commas between, each with a port or without.
pub(crate) fn parse_hosts(text: &str) -> Result<Vec<(String, u16)>, &'static str> {
    text.split(',').map(|host| parse_host(host.trim())).collect::<Option<_>>().ok_or(
        "is not of the form host:port, or several with commas between; in a user name or password before it, \
         : / ? # [ ] @ % have to be percent-encoded",
    )
}

fn parse_host(text: &str) -> Option<(String, u16)> {
    let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0 && !text.starts_with('+'));
    if let Some(rest) = text.strip_prefix('[') {
        let (inner, after) = rest.split_once(']')?;
        inner.parse::<std::net::Ipv6Addr>().ok()?;
        return match after.strip_prefix(':') {
            Some(digits) => Some((inner.to_owned(), port(digits)?)),
            None => after.is_empty().then(|| (inner.to_owned(), PORT)),
        };
    }
    let (name, number) = match text.rsplit_once(':') {
        Some((name, digits)) => (name, port(digits)?),
        None => (text, PORT),
    };
    // The path of a socket is percent-encoded, and nothing else is.
    let is_socket = name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%2f"));
    let odd = |c: char| "/?#@[]:\\".contains(c) || c.is_whitespace() || (c == '%' && !is_socket);
    if name.is_empty() || name.contains(odd) {
        return None;
    }
    Some((if is_socket { address::percent_decode(name).ok()? } else { name.to_owned() }, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_a_port_or_the_usual_one() {
        let hosts = |text| parse_hosts(text).ok();
        let host = |name: &str, port| (name.to_owned(), port);
        assert_eq!(hosts("a,b:7"), Some(vec![host("a", 5432), host("b", 7)]));
        assert_eq!(hosts("[::1]:7"), Some(vec![host("::1", 7)]));
        assert_eq!(hosts("%2Frun%2Fpostgresql"), Some(vec![host("/run/postgresql", 5432)]));
        for wrong in ["", "a,", "a:", "a:0", "a:b", "a%20b", "[a]", "a b"] {
            assert_eq!(hosts(wrong), None, "{wrong}");
        }
    }
}
