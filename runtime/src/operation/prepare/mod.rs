//! From the parts of an operation to a checked request. Nothing here is generic over the model, so that it is
//! compiled once.

pub(super) mod found;
mod keep;
pub(super) mod read;
pub(super) mod write;
