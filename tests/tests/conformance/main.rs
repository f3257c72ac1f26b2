//! The conformance suite on every backend, and the cases that look at what is stored with a server's own client.
//!
//! A case is written once, in `tests/conformance/` or here. What ran where is counted, so that no backend skips one in silence.

mod explained;
mod field_types {
    pub(crate) mod spellings;
}
mod instants;
mod key_types;
mod mongodb_only;
mod mongodb_unstamped;
mod object_ids;
mod postgres_only;
mod prefixes;
mod reads;
mod redis_only;
mod sets {
    pub(crate) mod kept;
}
mod unique {
    pub(crate) mod expired_holder_deleted;
}
mod unstamped {
    pub(crate) mod stored;
}

use std::process::ExitCode;

use reposit_conformance::Case;
use reposit_tests::harness;

/// The cases that take a client of the server.
fn own_cases() -> Vec<Case> {
    [
        explained::CASES,
        field_types::spellings::CASES,
        instants::CASES,
        key_types::CASES,
        object_ids::CASES,
        prefixes::CASES,
        reads::CASES,
        sets::kept::CASES,
        unique::expired_holder_deleted::CASES,
        unstamped::stored::CASES,
    ]
    .concat()
}

fn main() -> ExitCode {
    let cases = reposit_conformance::cases().into_iter().chain(own_cases());
    let mut trials: Vec<_> = cases.flat_map(harness::trials).collect();
    trials.extend(mongodb_only::trials());
    trials.extend(mongodb_unstamped::trials());
    trials.extend(postgres_only::trials());
    trials.extend(redis_only::trials());
    reposit_conformance::run(trials)
}
