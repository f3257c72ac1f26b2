//! A server is killed in the middle of its work. Every write that was told to be done is there afterwards, none is half there.

mod direct_read;
mod load;

use std::time::Duration;

use direct_read::Keeps;
use load::Load;
use reposit::{Config, Database};
use reposit_tests::{report, servers};

/// Whole rounds of all writers together: before the kill, and after it where the set goes on.
const ROUNDS: usize = 60;

async fn open(url: &str, timeout: Duration) -> Database {
    Config::from_url(url).expect("the server's own URL").timeout(timeout).open().await.expect("the server answers")
}

/// Kills a server once under load and starts it again: it has what it answered, and the client that lived through it goes on.
async fn is_killed_once<S>(
    mut server: S,
    url: impl Fn(&S) -> String,
    kill: impl FnOnce(&mut S),
    restart: impl AsyncFnOnce(S) -> S,
    keeps: Keeps,
) {
    let db = open(&url(&server), Duration::from_secs(2)).await;
    load::define(&db).await;
    let load = Load::start(&db).await;
    load.go_on_for(ROUNDS).await;
    kill(&mut server);
    let memories = load.stop().await;
    let server = restart(server).await;
    let after = open(&url(&server), Duration::from_secs(20)).await;
    println!("{:?}", direct_read::compare(&after, memories, keeps).await);
    load::define(&db).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mongod_is_killed_and_started_again() {
    let server = servers::private_mongodb(1).await;
    let label = servers::mongodb().await.label();
    is_killed_once(
        server,
        |server| server.url("kills"),
        |server| server.kill(0),
        async |server| server.restart(0).await,
        Keeps::All,
    )
    .await;
    report::ran("kills::a_server_is_killed_and_started_again", &label);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_killed_and_started_again() {
    let server = servers::private_postgres().await;
    let label = server.label();
    is_killed_once(
        server,
        |server| server.url("kills"),
        |server| server.kill(),
        async |server| server.restart().await,
        Keeps::All,
    )
    .await;
    report::ran("kills::a_server_is_killed_and_started_again", &label);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dynamodb_local_is_killed_and_started_again() {
    let server = servers::private_dynamodb_local().await;
    let label = servers::dynamodb_local().await.label();
    is_killed_once(
        server,
        |server| server.url("kills"),
        |server| server.kill(),
        async |server| server.restart().await,
        Keeps::AllButOne,
    )
    .await;
    report::ran("kills::a_server_is_killed_and_started_again", &label);
}

/// A server that writes each command to the disk before it answers keeps all that it has answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_killed_and_started_again() {
    let server = servers::private_redis().await;
    let label = server.label();
    is_killed_once(
        server,
        |server| server.url("kills"),
        |server| server.kill(),
        async |server| server.restart().await,
        Keeps::All,
    )
    .await;
    report::ran("kills::a_server_is_killed_and_started_again", &label);
}

/// Killed and started again while the writers go on: each write that meets it is done once, or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_killed_again_and_again_under_the_writers() {
    let mut server = servers::private_redis().await;
    let db = open(&server.url("kills"), Duration::from_secs(10)).await;
    load::define(&db).await;
    let load = Load::start(&db).await;
    for _ in 0..4 {
        load.go_on_for(ROUNDS / 2).await;
        server.kill();
        server = server.restart().await;
    }
    load.go_on_for(ROUNDS / 2).await;
    let memories = load.stop().await;
    println!("{:?}", direct_read::compare(&db, memories, Keeps::All).await);
    report::ran("kills::a_server_is_killed_again_and_again", &server.label());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_primary_of_three_is_killed() {
    let mut set = servers::private_mongodb(3).await;
    let db = open(&set.url("kills"), Duration::from_secs(20)).await;
    load::define(&db).await;
    let load = Load::start(&db).await;
    load.go_on_for(ROUNDS).await;
    set.kill(set.primary().await);
    // Another member is elected, and the writers find it by themselves.
    load.go_on_for(ROUNDS).await;
    let memories = load.stop().await;
    println!("{:?}", direct_read::compare(&db, memories, Keeps::All).await);
    report::ran("kills::the_primary_of_three_is_killed", &servers::mongodb().await.label());
}
