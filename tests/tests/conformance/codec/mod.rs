//! What is stored of a value, and what is read of it.

mod floats;
mod nulls_and_defaults;
mod random_values;
mod serde_shapes;
mod stored_forms;
mod strict_reading;
