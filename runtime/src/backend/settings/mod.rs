//! What the settings of every backend are read from and made of, before any backend is known.

pub(crate) mod address;
pub(crate) mod common;
pub(crate) mod properties;
mod property;
mod secret;
mod source;
pub(crate) mod suggest;
mod target;

pub(crate) use properties::Properties;
#[cfg(feature = "config-file")]
pub(crate) use property::Property;
pub use secret::Secret;
pub(crate) use source::Parsed;
pub use source::Settings;
pub use target::{OpenOptions, Target};
