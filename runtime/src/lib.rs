//! A derive ORM for document stores: a struct is annotated once, and the same program runs on an embedded
//! store, in memory or in a file, on MongoDB, DynamoDB, PostgreSQL and Redis, with the same results, the same errors and the same order.
//!
//! ```
//! use reposit::{Database, Repository};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize, Repository)]
//! struct User {
//!     #[hash_key]
//!     id: String,
//!     #[index(unique)]
//!     email: String,
//!     age: u32,
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> reposit::Result<()> {
//!     let db = Database::open("memory:").await?;
//!     db.define::<User>().await?;
//!     User::create(&User { id: "u1".into(), email: "ada@example.com".into(), age: 36 }).exec(&db).await?;
//!     let ada = User::update("u1").add(User::AGE, 1).exec(&db).await?;
//!     let found = User::find_by_email("ada@example.com").exec(&db).await?;
//!     assert_eq!(found.map(|user| user.age), Some(ada.age));
//!     Ok(())
//! }
//! ```
//!
//! Where to begin: the derive [`macro@Repository`] and its attributes, the [`Database`], the
//! [operations](operation), the [`Error`]. The [guide] has a page on each subject, with what every
//! backend does and costs.
//!
//! # Features
//!
//! | feature | gives |
//! |---|---|
//! | `memory` (default) | the embedded backend in memory |
//! | `sqlite` | the embedded backend in an SQLite file, with SQLite itself |
//! | `keyspace` | backends over ordered [stores of bytes](keyspace) of others; part of `memory`, `sqlite` and `redis` |
//! | `config-file` (default) | configurations in JSON and TOML files |
//! | `cursor-key` (default) | cursors that cannot be forged, by a key of the database's own |
//! | `microkubes` (default) | the configuration files and definition maps of the Microkubes services |
//! | `dynamodb` | DynamoDB; needs a tokio runtime |
//! | `aws-login` | AWS credentials of `aws sso login` and of a `credential_process`; with `dynamodb` |
//! | `mongodb` | MongoDB; needs a tokio runtime |
//! | `postgres` | PostgreSQL; needs a tokio runtime |
//! | `mongodb-srv` | `mongodb+srv://` addresses, looked up in DNS |
//! | `redis` | Redis and Valkey; needs a tokio runtime |
//! | `cache` | the layer [`Cache`](layer::Cache): records that were read are given again |
//! | `metrics` | the layer [`Metrics`](layer::Metrics): durations and counts with the facade `metrics` |
//! | `trace` | the layer [`Trace`](layer::Trace): spans and events of `tracing`, with OpenTelemetry's names |
//! | `chrono`, `time`, `jiff` | their instants and dates as field and key types |
//! | `uuid` | `Uuid` as a field and key type |
//! | `rust_decimal` | `Decimal` as a field type, stored as text |
//! | `serde_json` | its `Value` as a field type |

pub mod backend;
mod binding;
mod calendar;
mod change;
mod checksum;
pub mod clock;
mod coalesce;
mod codec;
mod condition;
pub mod config;
mod cursor;
mod database;
pub mod definition;
mod error;
pub mod field;
#[cfg(test)]
mod fuzz;
#[cfg(any(doc, doctest))]
pub mod guide;
pub mod layer;
mod limits;
pub mod lock;
mod model;
mod open;
pub mod operation;
mod path;
mod progress;
mod projection;
mod removal;
mod repository;
mod repository_set;
mod request;
mod stale;
#[cfg(all(test, feature = "memory"))]
mod threads;
mod ulid;
mod upkeep;
pub mod value;

/// The SDK that the DynamoDB backend uses, in the version that is compiled in: what [`Database::raw`]
/// returns is of its types.
#[cfg(feature = "dynamodb")]
#[doc(no_inline)]
pub use aws_sdk_dynamodb;
#[cfg(feature = "keyspace")]
#[doc(inline)]
pub use backend::keyspace;
/// The pool of connections that the PostgreSQL backend uses, in the version that is compiled in: what
/// [`Database::raw`] returns is of its types.
#[cfg(feature = "postgres")]
#[doc(no_inline)]
pub use deadpool_postgres;
/// The driver that the MongoDB backend uses, in the version that is compiled in: what
/// [`Database::raw`] returns is of its types.
#[cfg(feature = "mongodb")]
#[doc(no_inline)]
pub use mongodb;
/// The driver that the Redis backend uses, in the version that is compiled in: what
/// [`Database::raw`] returns is of its types.
#[cfg(feature = "redis")]
#[doc(no_inline)]
pub use redis;
/// The binding of SQLite that the SQLite backend uses, in the version that is compiled in.
#[cfg(feature = "sqlite")]
#[doc(no_inline)]
pub use rusqlite;

pub use condition::{Condition, Expr, Op, Size};
pub use config::Config;
pub use cursor::Cursor;
pub use database::Database;
pub use definition::Definition;
pub use error::{Error, ErrorKind, Failure, Result};
pub use field::{Embedded, Field, FieldType, Key};
pub use model::{EncodedKey, IntoKey, Model, Unversioned, Versioned};
pub use open::Builder;
pub use operation::{Operation, Page, SnapshotRead};
pub use progress::Progress;
pub use projection::Projection;
pub use removal::DropForGood;
pub use reposit_macros::{Embedded, FieldType, Key, Projection, Repository};
pub use repository::Repository;
pub use repository_set::RepositorySet;
pub use request::StaleReads;
pub use stale::StaleDatabase;
pub use ulid::ulid;
pub use value::{Record, Value};

#[doc(hidden)]
pub mod __private;
