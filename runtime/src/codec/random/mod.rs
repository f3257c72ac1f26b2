//! Random types of serde's data model, written and read as serde's derive does it.

mod leaf;
#[cfg(any(feature = "dynamodb", feature = "mongodb"))]
mod model;
mod read;
mod types;
mod write;

#[cfg(any(feature = "dynamodb", feature = "mongodb"))]
pub(crate) use model::Model;
pub(crate) use read::{Codec, Read};
pub(crate) use types::{Data, Field, NAMES, Type, stored_fields};
pub(crate) use write::Typed;
