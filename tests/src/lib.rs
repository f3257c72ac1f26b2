//! What the test suite of reposit stands on: real servers, a proxy that breaks things on purpose, and a count of what ran where.

mod background;
pub mod linear;
mod passing;
pub mod proxy;
pub mod report;
pub mod servers;
