//! Testing with an injected clock: what expires does so when the test says, and never because the test is slow.

use std::sync::Arc;
use std::time::Duration;

use reposit::clock::ManualClock;
use reposit::{Config, DropForGood, Repository, Result};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "recipe_sessions")]
struct Session {
    #[hash_key]
    token: String,
    #[ttl(seconds = 3600)]
    started: i64,
}

pub(crate) async fn run(url: &str) -> Result<()> {
    // In the future: a server's own clock would delete what has expired by it, on DynamoDB within days, on MongoDB
    // within a minute.
    let start = 4_000_000_000;
    let clock = Arc::new(ManualClock::at_millis(start * 1000));
    let db = Config::from_url(url)?.clock(clock.clone()).open().await?;
    db.define::<Session>().await?;
    db.truncate::<Session>(DropForGood).await?;
    Session::create(&Session { token: "t".into(), started: start }).exec(&db).await?;

    clock.advance(Duration::from_secs(3599));
    println!("  a second before: {}", Session::get("t").exec(&db).await?.is_some());
    clock.advance(Duration::from_secs(1));
    println!("  on the second: {}", Session::get("t").exec(&db).await?.is_some());
    Ok(())
}
