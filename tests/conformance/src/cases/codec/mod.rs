//! What is stored of a value, and what is read of it.

pub(crate) mod floats;
pub(crate) mod nulls_and_defaults;
pub(crate) mod random_values;
pub(crate) mod serde_shapes;
pub(crate) mod stored_forms;
pub(crate) mod strict_reading;
