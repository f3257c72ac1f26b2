//! An ordered store of bytes keeps all promises: the conformance suite runs on it, with DynamoDB's limits and with none.

use std::process::ExitCode;

use reposit_conformance::{Capability, Urls, run, trials};

fn main() -> ExitCode {
    if let Err(error) = reposit_outside::register() {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let limited = Urls::new("limited", |store| format!("outside://{store}")).without(Capability::UniqueValuesFree);
    let unlimited = Urls::new("unlimited", |store| format!("outside://{store}?limits=none"));
    run(trials(limited).into_iter().chain(trials(unlimited)).collect())
}
