//! The proxy that a server needs, by the protocol that it speaks.

use std::collections::BTreeMap;

use super::core::{Fired, Request};
use super::dynamo::Dynamo;
use super::mongo::Mongo;
use super::postgres::Postgres;
use super::redis::Redis;
use super::rule::Rule;
use crate::servers::{Protocol, Server, Target};

/// A proxy of any kind.
pub enum Proxy {
    /// One for DynamoDB's HTTP.
    Dynamo(Dynamo),
    /// One for MongoDB's wire protocol.
    Mongo(Mongo),
    /// One for Redis's protocol.
    Redis(Redis),
    /// One for PostgreSQL's wire protocol.
    Postgres(Postgres),
}

impl Proxy {
    /// A proxy before a database of a server; and the URL of the database behind it.
    pub async fn before(target: Target, server: &Server, database: &str) -> (Self, String) {
        let upstream = server.address(database);
        let proxy = match target.protocol() {
            Some(Protocol::Mongodb) => Self::Mongo(Mongo::start(&upstream).await),
            Some(Protocol::Dynamodb) => Self::Dynamo(Dynamo::start(&upstream).await),
            Some(Protocol::Redis) => Self::Redis(Redis::start(&upstream).await),
            Some(Protocol::Postgres) => Self::Postgres(Postgres::start(&upstream).await),
            None => panic!("{target:?} has no server"),
        };
        let url = server.url_via(database, proxy.address());
        (proxy, url)
    }

    fn address(&self) -> &str {
        match self {
            Self::Dynamo(proxy) => proxy.address(),
            Self::Mongo(proxy) => proxy.address(),
            Self::Redis(proxy) => proxy.address(),
            Self::Postgres(proxy) => proxy.address(),
        }
    }

    /// From now on a rule holds; the answer counts how often it does something.
    pub fn fault(&self, rule: Rule) -> Fired {
        match self {
            Self::Dynamo(proxy) => proxy.fault(rule),
            Self::Mongo(proxy) => proxy.fault(rule),
            Self::Redis(proxy) => proxy.fault(rule),
            Self::Postgres(proxy) => proxy.fault(rule),
        }
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        match self {
            Self::Dynamo(proxy) => proxy.clear_faults(),
            Self::Mongo(proxy) => proxy.clear_faults(),
            Self::Redis(proxy) => proxy.clear_faults(),
            Self::Postgres(proxy) => proxy.clear_faults(),
        }
    }

    /// What has gone through since it started.
    pub fn requests(&self) -> Vec<Request> {
        match self {
            Self::Dynamo(proxy) => proxy.requests(),
            Self::Mongo(proxy) => proxy.requests(),
            Self::Redis(proxy) => proxy.requests(),
            Self::Postgres(proxy) => proxy.requests(),
        }
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        match self {
            Self::Dynamo(proxy) => proxy.connections(),
            Self::Mongo(proxy) => proxy.connections(),
            Self::Redis(proxy) => proxy.connections(),
            Self::Postgres(proxy) => proxy.connections(),
        }
    }

    /// The requests since this was last called, by name.
    pub fn take_counts(&self) -> BTreeMap<String, usize> {
        match self {
            Self::Dynamo(proxy) => {
                let counts = proxy.counts();
                proxy.reset_counts();
                counts
            }
            Self::Mongo(proxy) => {
                let counts = proxy.counts();
                proxy.reset_counts();
                counts
            }
            Self::Redis(proxy) => {
                let counts = proxy.counts();
                proxy.reset_counts();
                counts
            }
            Self::Postgres(proxy) => {
                let counts = proxy.counts();
                proxy.reset_counts();
                counts
            }
        }
    }
}
