//! Proxies between reposit and a server: they count what is sent, and break it on purpose.
//!
//! One for DynamoDB's HTTP, one for MongoDB's wire protocol, one for PostgreSQL's. A fault is given by a [`Rule`]: which operation, which time, what
//! happens. The proxy ends with its handle.

mod answers;
mod before;
mod clock;
mod core;
mod damage;
mod dynamo;
mod forge_bson;
mod forge_json;
mod forge_rows;
mod http;
mod mongo;
mod pages;
mod pg_wire;
mod postgres;
mod rule;
mod wire;

pub use self::core::{Fired, Request};
pub use before::Proxy;
pub use damage::Damage;
pub use dynamo::Dynamo;
pub use mongo::Mongo;
pub use postgres::Postgres;
pub use rule::{Fault, Rule};
