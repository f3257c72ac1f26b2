//! PostgreSQL under what only it has: TLS that is asked for, several hosts, ids of transactions that are given anew, sessions
//! that stay open, and a column of expiries.

mod dropped;
mod expiry;
mod given_anew;
mod hosts;
mod tls;

use std::time::Duration;

use reposit::deadpool_postgres::{Object, Pool};
use reposit::{Config, Database};

/// A connection of the database's own.
async fn client(db: &Database) -> Object {
    db.raw::<Pool>().expect("the pool").get().await.expect("a connection")
}

/// A configuration that gives up soon.
fn hasty(url: &str) -> Config {
    let soon = Duration::from_secs(2);
    Config::from_url(url).expect("a URL").connect_timeout(soon).timeout(soon)
}
