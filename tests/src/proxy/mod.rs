//! Proxies between reposit and a server: they count what is sent, and break it on purpose.
//!
//! One for DynamoDB's HTTP, and one each for the protocols of MongoDB, PostgreSQL and Redis. A fault is given by a [`Rule`]:
//! which operation, which time, what happens. The proxy ends with its handle.

mod answers;
mod before;
mod clock;
mod core;
mod damage;
mod dynamo;
mod forge_bson;
mod forge_json;
mod forge_resp;
mod forge_rows;
mod http;
mod mongo;
mod names;
mod pages;
mod pg_wire;
mod postgres;
mod redis;
mod resp;
mod rule;
mod tls;
mod wire;

pub use self::core::{Fired, Request, Tap};
pub use before::Proxy;
pub use damage::Damage;
pub use dynamo::Dynamo;
pub use mongo::Mongo;
pub use names::Names;
pub use postgres::Postgres;
pub use redis::Redis;
pub use rule::{Fault, Rule};
pub use tls::Tls;
