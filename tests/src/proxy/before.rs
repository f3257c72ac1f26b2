//! The proxy that a server needs, by the protocol that it speaks.

use std::ops::Deref;

use super::core::Tap;
use super::dynamo::Dynamo;
use super::mongo::Mongo;
use super::postgres::Postgres;
use super::redis::Redis;
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
}

impl Deref for Proxy {
    type Target = Tap;

    fn deref(&self) -> &Tap {
        match self {
            Self::Dynamo(proxy) => proxy,
            Self::Mongo(proxy) => proxy,
            Self::Redis(proxy) => proxy,
            Self::Postgres(proxy) => proxy,
        }
    }
}
