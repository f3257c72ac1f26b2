//! Starts the servers of the tests for use by hand: `cargo run -p reposit-tests --bin servers [NAME...]`, ended by Ctrl-C.

use reposit_tests::servers::{self, Server};
use std::process::ExitCode;

const NAMES: [&str; 4] = ["mongodb", "mongodb-password", "dynamodb-local", "dynoxide"];

#[tokio::main]
async fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = asked.iter().find(|name| !NAMES.contains(&name.as_str())) {
        eprintln!("unknown server {unknown:?}; there are: {}", NAMES.join(", "));
        return ExitCode::FAILURE;
    }
    let mut running = Vec::new();
    for name in NAMES {
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
    match name {
        "mongodb" => servers::mongodb().await,
        "mongodb-password" => servers::mongodb_with_password().await,
        "dynamodb-local" => servers::dynamodb_local().await,
        _ => servers::dynoxide().await,
    }
}
