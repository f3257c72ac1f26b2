//! The servers that the suite runs against: found, fetched, started, shared and stopped here.
//!
//! Each server is looked for in this order: an address in the environment ([`MONGODB_VARIABLE`] and its like), a server
//! that another process of this run has started, else one that is fetched (once, by hash), started, and ended when nobody uses it.

mod cache;
mod dynamodb_local;
mod dynoxide;
mod fetch;
mod files;
mod lock;
mod mongod;
mod postgres;
mod postgres_user;
mod private;
mod process;
mod redis;
mod server;
mod socket;
mod support;
mod system;
mod target;
mod wheel;

pub use dynamodb_local::PrivateDynamo;
pub use files::{fresh_file, fresh_sqlite};
pub use mongod::PrivateMongo;
pub use postgres::PrivatePostgres;
pub use redis::PrivateRedis;
pub use server::Server;
pub use support::{
    CACHE_VARIABLE, DYNAMODB_VARIABLE, MONGODB_VARIABLE, POSTGRES_VARIABLE, REDIS_VARIABLE, Result, fresh_name,
};
pub use target::{Protocol, Target};

use std::sync::OnceLock;

use server::Place;
use support::blocking;

/// MongoDB: one member of a replica set, shared by the processes of a run.
pub async fn mongodb() -> Server {
    static SHARED: OnceLock<Result<Server>> = OnceLock::new();
    shared(&SHARED, mongod::shared).await
}

/// MongoDB that asks for a user and a password; its URLs carry them.
pub async fn mongodb_with_password() -> Server {
    static SHARED: OnceLock<Result<Server>> = OnceLock::new();
    shared(&SHARED, mongod::shared_with_password).await
}

/// Amazon's DynamoDB Local in memory, one for each process.
pub async fn dynamodb_local() -> Server {
    static SHARED: OnceLock<Result<Server>> = OnceLock::new();
    shared(&SHARED, dynamodb_local::of_process).await
}

/// dynoxide, inside this process.
pub async fn dynoxide() -> Server {
    static SHARED: OnceLock<Result<Server>> = OnceLock::new();
    let in_process = || {
        let place = Place::Stores(dynoxide::Stores::default());
        Ok(Server::new("dynoxide", dynoxide::VERSION.to_owned(), place, None))
    };
    shared(&SHARED, in_process).await
}

/// PostgreSQL, shared by the processes of a run; a database is a schema of it.
pub async fn postgres() -> Server {
    static SHARED: OnceLock<Result<Server>> = OnceLock::new();
    shared(&SHARED, postgres::shared).await
}

/// PostgreSQL that asks for a user and a password; its URLs carry them.
pub async fn postgres_with_password() -> Server {
    static SHARED: OnceLock<Result<Server>> = OnceLock::new();
    shared(&SHARED, postgres::shared_with_password).await
}

/// Redis, shared by the processes of a run; a database is a prefix of its keys.
pub async fn redis() -> Server {
    static SHARED: OnceLock<Result<Server>> = OnceLock::new();
    shared(&SHARED, redis::shared).await
}

/// A MongoDB of the caller's own, to be killed and started again on the same data. `members` is 1 or 3.
pub async fn private_mongodb(members: usize) -> PrivateMongo {
    blocking(move || PrivateMongo::start(members)).await.unwrap_or_else(|missing| panic!("{missing}"))
}

/// A DynamoDB Local of the caller's own, on disk, to be killed and started again on the same data.
pub async fn private_dynamodb_local() -> PrivateDynamo {
    blocking(PrivateDynamo::start).await.unwrap_or_else(|missing| panic!("{missing}"))
}

/// The same, where tables and indexes take their time to be made and changed, as DynamoDB's do.
pub async fn private_slow_dynamodb_local() -> PrivateDynamo {
    blocking(PrivateDynamo::start_slow).await.unwrap_or_else(|missing| panic!("{missing}"))
}

/// A PostgreSQL of the caller's own, on disk, to be killed and started again on the same data.
pub async fn private_postgres() -> PrivatePostgres {
    blocking(PrivatePostgres::start).await.unwrap_or_else(|missing| panic!("{missing}"))
}

/// A Redis of the caller's own, on disk, to be killed and started again on the same data.
pub async fn private_redis() -> PrivateRedis {
    blocking(PrivateRedis::start).await.unwrap_or_else(|missing| panic!("{missing}"))
}

/// A Redis of the caller's own that is a cluster by itself.
pub async fn private_redis_cluster() -> PrivateRedis {
    blocking(PrivateRedis::start_cluster).await.unwrap_or_else(|missing| panic!("{missing}"))
}

/// A test whose server cannot be had must fail: a skipped test would look like one that passed.
async fn shared(cell: &'static OnceLock<Result<Server>>, find: fn() -> Result<Server>) -> Server {
    let found = blocking(move || cell.get_or_init(find).clone()).await;
    found.unwrap_or_else(|missing| panic!("{missing}"))
}

/// The folder of everything that the suite keeps between runs; git ignores it.
pub fn cache_folder() -> std::path::PathBuf {
    cache::root()
}
