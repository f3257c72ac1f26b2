//! What every backend that talks to a server needs, and no SDK or driver knows: attempts and pauses,
//! the errors of what was not done for certain, looking after a lost answer, keys each once.

#[cfg(any(feature = "mongodb", feature = "postgres", feature = "redis"))]
pub(crate) mod attempt;
pub(crate) mod outcome;
pub(crate) mod retry;

#[cfg(any(feature = "dynamodb", feature = "mongodb", feature = "postgres", feature = "redis"))]
pub(crate) mod applied;
#[cfg(any(feature = "mongodb", feature = "postgres"))]
pub(crate) mod by_definition;
#[cfg(any(feature = "dynamodb", feature = "mongodb", feature = "postgres", feature = "redis"))]
pub(crate) mod dedup;
#[cfg(any(feature = "dynamodb", feature = "mongodb", feature = "postgres", feature = "redis"))]
pub(crate) mod runtime;
#[cfg(any(feature = "dynamodb", feature = "mongodb", feature = "postgres", feature = "redis"))]
pub(crate) mod write_id;
