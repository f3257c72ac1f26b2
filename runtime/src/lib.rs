//! A derive ORM for document stores.

pub mod backend;
mod change;
pub mod clock;
mod codec;
mod condition;
pub mod config;
mod cursor;
mod database;
pub mod definition;
mod error;
pub mod field;
mod limits;
pub mod operation;
mod projection;
mod repository;
mod request;
mod value;

pub use condition::{Condition, Expr, Op, Size};
pub use config::Config;
pub use cursor::Cursor;
pub use database::{Database, Planned};
pub use definition::Definition;
pub use error::{Error, ErrorKind, Failure, Result};
pub use field::{Embedded, Field, FieldType, Key};
pub use operation::Page;
pub use projection::Projection;
pub use repository::{IntoKey, KeyArg, Repository};
pub use reposit_macros::{Embedded, FieldType, Key, Projection, Repository};
pub use value::{Record, Value};

#[doc(hidden)]
pub mod __private;
