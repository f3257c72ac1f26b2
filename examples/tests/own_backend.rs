//! The backend of the example keeps all promises: the conformance suite runs on it.

#[path = "../own_backend.rs"]
#[allow(dead_code, reason = "the example's own program is not run here")]
mod own_backend;

use std::process::ExitCode;

use reposit_conformance::{Backends, Capability};

fn main() -> ExitCode {
    reposit_conformance::main(
        Backends::new("one_map", || async { Ok(own_backend::OneMap::default()) })
            .without(Capability::DropRepository)
            .without(Capability::Explain)
            .without(Capability::Snapshot)
            .without(Capability::Truncate),
    )
}
