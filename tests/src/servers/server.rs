//! A running server and the reposit URLs that lead to it.

use super::dynoxide::Stores;
use super::private::Private;
use super::process::Lease;
use super::support::{MONGODB_VARIABLE, Result, fresh_name};
use std::sync::Arc;

/// A running server. Clones are the same server; it runs at least as long as this process uses it.
#[derive(Clone)]
pub struct Server {
    inner: Arc<Inner>,
}

struct Inner {
    name: &'static str,
    version: String,
    place: Place,
    _held: Option<Held>,
}

/// What is held for as long as the server is needed, and never read.
pub(super) enum Held {
    /// A lease on a server that others use too: the watchdog ends it when the last one is gone.
    Lease { _lease: Lease },
    /// A server of this process alone, which ends with it.
    Private { _private: Private },
}

/// How a database of a name is reached on this server.
pub(super) enum Place {
    /// A MongoDB address: what stands before and after the database in its URL.
    Mongodb { user: Option<(String, String)>, hosts: String, options: String },
    /// A PostgreSQL address: the user, with the password if there is one, and what stands before and after the schema in its URL.
    Postgres { user: String, hosts: String, database: String, options: String },
    /// A Redis address: what stands before and after the prefix in its URL.
    Redis { user: Option<String>, hosts: String, database: String, options: String },
    /// One DynamoDB endpoint that keeps a database for each access key.
    AccessKeys { endpoint: String },
    /// dynoxide has no databases of a name: each gets a listener of its own.
    Stores(Stores),
}

impl Server {
    pub(super) fn new(name: &'static str, version: String, place: Place, lease: Option<Lease>) -> Self {
        let held = lease.map(|_lease| Held::Lease { _lease });
        Self { inner: Arc::new(Inner { name, version, place, _held: held }) }
    }

    /// A server of this process alone.
    pub(super) fn private(name: &'static str, version: String, place: Place, _private: Private) -> Self {
        let held = Some(Held::Private { _private });
        Self { inner: Arc::new(Inner { name, version, place, _held: held }) }
    }

    /// `mongodb`, `dynamodb-local`, `postgres` and so on.
    pub fn name(&self) -> &'static str {
        self.inner.name
    }

    /// The version, as the server tells it where it does.
    pub fn version(&self) -> &str {
        &self.inner.version
    }

    /// Name and version, as the report counts them.
    pub fn label(&self) -> String {
        format!("{} {}", self.inner.name, self.inner.version)
    }

    /// The reposit URL of a database: letters and digits, at most 60. The same name is the same database.
    pub fn url(&self, database: &str) -> String {
        self.url_at(database, None)
    }

    /// The reposit URL of an empty database that nobody else has.
    pub fn fresh_url(&self) -> String {
        self.url(&fresh_name())
    }

    /// [`Server::url`] through a proxy: `address` is its `host:port`.
    pub fn url_via(&self, database: &str, address: &str) -> String {
        self.url_at(database, Some(address))
    }

    /// The `host:port` where this server keeps the database: what a proxy puts itself in front of.
    pub fn address(&self, database: &str) -> String {
        match &self.inner.place {
            Place::Mongodb { hosts, .. } | Place::Postgres { hosts, .. } | Place::Redis { hosts, .. } => hosts.clone(),
            Place::AccessKeys { endpoint } => without_scheme(endpoint).to_owned(),
            Place::Stores(stores) => without_scheme(&stores.endpoint(database)).to_owned(),
        }
    }

    fn url_at(&self, database: &str, address: Option<&str>) -> String {
        assert!(
            (1..=60).contains(&database.len()) && database.bytes().all(|b| b.is_ascii_alphanumeric()),
            "{database:?} is not a database name of 1 to 60 letters and digits"
        );
        match &self.inner.place {
            Place::Mongodb { user, hosts, options } => {
                let user = user.as_ref().map(|(user, pass)| format!("{user}:{pass}@")).unwrap_or_default();
                let hosts = address.unwrap_or(hosts);
                format!("mongodb://{user}{hosts}/{database}{options}")
            }
            Place::Postgres { user, hosts, database: within, options } => {
                postgres_url(user, address.unwrap_or(hosts), within, options, database)
            }
            Place::Redis { user, hosts, database: number, options } => {
                redis_url(user.as_deref(), address.unwrap_or(hosts), number, options, database)
            }
            Place::AccessKeys { endpoint } => dynamodb_url(database, endpoint, address),
            Place::Stores(stores) => dynamodb_url(database, &stores.endpoint(database), address),
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("label", &self.label()).finish_non_exhaustive()
    }
}

/// The reposit URL of a database, which is a schema. Names are lower-case, as SQL has them without quotes.
pub(super) fn postgres_url(user: &str, hosts: &str, within: &str, options: &str, database: &str) -> String {
    format!("postgres://{user}@{hosts}/{within}?schema={database}{options}")
}

/// The reposit URL of a database, which is the prefix of its keys. The colon keeps one name from being the start of another.
pub(super) fn redis_url(user: Option<&str>, hosts: &str, number: &str, options: &str, database: &str) -> String {
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    format!("redis://{user}{hosts}/{number}?prefix={database}:{options}")
}

fn dynamodb_url(database: &str, endpoint: &str, address: Option<&str>) -> String {
    let endpoint = address.map_or_else(|| endpoint.to_owned(), |address| format!("http://{address}"));
    format!("dynamodb://{database}:secret@us-east-1?endpoint={endpoint}")
}

fn without_scheme(endpoint: &str) -> &str {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    rest.trim_end_matches('/')
}

/// A MongoDB address from the environment, taken apart so that a database can be put in.
pub(super) fn mongodb_place(url: &str) -> Result<Place> {
    let rest = url
        .strip_prefix("mongodb://")
        .ok_or_else(|| format!("{} must look like mongodb://host:port/?options", MONGODB_VARIABLE))?;
    let (rest, options) = match rest.split_once('?') {
        Some((rest, options)) => (rest, format!("?{options}")),
        None => (rest, String::new()),
    };
    let authority = rest.split('/').next().unwrap_or(rest);
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (Some(user.split_once(':').unwrap_or((user, ""))), hosts),
        None => (None, authority),
    };
    Ok(Place::Mongodb {
        user: user.map(|(user, pass)| (user.to_owned(), pass.to_owned())),
        hosts: hosts.to_owned(),
        options,
    })
}
