//! The embedded store in memory.

/// x
#[derive(Debug)]
pub struct Memory;
