//! What requests are called on the wire of each server.

use crate::servers::{Protocol, Target};

/// The least that operations send to a server, by the names that its proxy gives: where they send several requests, the one
/// that writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    /// A create of a record without unique values.
    pub create: &'static str,
    /// A put of one.
    pub put: &'static str,
    /// An update.
    pub update: &'static str,
    /// A delete.
    pub delete: &'static str,
    /// A put of many.
    pub put_many: &'static str,
    /// A get.
    pub get: &'static str,
    /// A get of many.
    pub get_many: &'static str,
    /// A find by a unique value.
    pub find: &'static str,
    /// A page of a query.
    pub query: &'static str,
    /// A page of a scan.
    pub scan: &'static str,
    /// A count of what a query finds.
    pub count: &'static str,
    /// What an attempt that is throttled is answered, as it is reported.
    pub throttled: &'static str,
}

impl Names {
    /// The names on the wire of a target's server.
    pub fn of(target: Target) -> Self {
        match target.protocol() {
            Some(Protocol::Dynamodb) => DYNAMODB,
            Some(Protocol::Mongodb) => MONGODB,
            Some(Protocol::Redis) => REDIS,
            Some(Protocol::Postgres) => POSTGRES,
            None => panic!("there is no proxy for {target:?}"),
        }
    }

    /// A name as an attempt is reported under it: Redis's scripts have none there.
    pub fn reported(name: &str) -> &str {
        name.split(' ').next().unwrap_or(name)
    }
}

const DYNAMODB: Names = Names {
    create: "PutItem",
    put: "PutItem",
    update: "UpdateItem",
    delete: "DeleteItem",
    put_many: "BatchWriteItem",
    get: "GetItem",
    get_many: "BatchGetItem",
    find: "Query",
    query: "Query",
    scan: "Scan",
    count: "Query",
    throttled: "ProvisionedThroughputExceededException",
};

const MONGODB: Names = Names {
    create: "insert",
    put: "update",
    update: "findAndModify",
    delete: "delete",
    put_many: "update",
    get: "find",
    get_many: "find",
    find: "find",
    query: "find",
    scan: "find",
    count: "aggregate",
    throttled: "462",
};

const REDIS: Names = Names {
    create: "EVALSHA write",
    put: "EVALSHA write",
    update: "EVALSHA write",
    delete: "EVALSHA write",
    put_many: "EVALSHA write",
    get: "HGET",
    get_many: "EVALSHA_RO read",
    find: "EVALSHA_RO find",
    query: "EVALSHA page",
    scan: "EVALSHA page",
    count: "ZLEXCOUNT",
    throttled: "OOM",
};

const POSTGRES: Names = Names {
    create: "INSERT",
    put: "INSERT",
    update: "UPDATE",
    delete: "DELETE",
    put_many: "INSERT",
    get: "SELECT",
    get_many: "SELECT",
    find: "SELECT",
    query: "SELECT",
    scan: "SELECT",
    count: "SELECT",
    throttled: "53300",
};
