//! Starts the servers of the tests for use by hand: `cargo run -p reposit-tests --bin servers [NAME...]`, ended by Ctrl-C.

use reposit_tests::servers::{self, Server, Target};
use std::process::ExitCode;

/// The servers that ask for a password, which no case runs on by itself.
const WITH_PASSWORD: [&str; 2] = ["mongodb-password", "postgres-password"];

#[tokio::main]
async fn main() -> ExitCode {
    let names: Vec<&str> = Target::servers().map(Target::name).chain(WITH_PASSWORD).collect();
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = asked.iter().find(|name| !names.contains(&name.as_str())) {
        eprintln!("unknown server {unknown:?}; there are: {}", names.join(", "));
        return ExitCode::FAILURE;
    }
    let mut running = Vec::new();
    for name in names {
        if asked.is_empty() || asked.iter().any(|asked| asked == name) {
            let server = start(name).await;
            println!("{:<24} {}", server.label(), server.url("reposit"));
            running.push(server);
        }
    }
    println!("Ctrl-C ends them.");
    match tokio::signal::ctrl_c().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot wait for Ctrl-C: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn start(name: &str) -> Server {
    match Target::servers().find(|target| target.name() == name) {
        Some(target) => target.server().await.expect("it is one of the servers"),
        None if name == "postgres-password" => servers::postgres_with_password().await,
        None => servers::mongodb_with_password().await,
    }
}
