//! dynoxide, an independent DynamoDB server, inside this process: it cannot outlive the tests, and starts in milliseconds.
//!
//! It keeps one set of tables however the requests are signed, so every database gets an instance with a port of its own.

use super::support::Result;
use std::collections::HashMap;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, PoisonError};

/// The version of the crate.
pub(super) const VERSION: &str = "3.2.0";

/// The instances of this process, by the name of their database.
#[derive(Default)]
pub(super) struct Stores {
    endpoints: Mutex<HashMap<String, String>>,
}

impl Stores {
    /// The endpoint of a database, started at the first call.
    pub(super) fn endpoint(&self, database: &str) -> String {
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(endpoint) = endpoints.get(database) {
            return endpoint.clone();
        }
        let endpoint = serve().unwrap_or_else(|error| panic!("dynoxide does not start: {error}"));
        endpoints.insert(database.to_owned(), endpoint.clone());
        endpoint
    }
}

fn serve() -> Result<String> {
    let store = dynoxide::Database::memory().map_err(|error| error.to_string())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    listener.set_nonblocking(true).map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let runtime = crate::background::handle();
    let _entered = runtime.enter();
    let listener = tokio::net::TcpListener::from_std(listener).map_err(|error| error.to_string())?;
    runtime.spawn(dynoxide::server::serve_on(listener, store));
    Ok(format!("http://{address}"))
}
