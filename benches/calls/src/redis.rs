//! The calls against Redis, written by hand on redis-rs: a record as JSON under its key, and a set of keys for each team.

use bench_harness::user::{TEAM, id};
use bench_harness::worker::Calls;
use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;

use crate::user::{User, user};
use crate::{address, fresh_id, runtime};

/// The address of the server, without options.
fn server() -> String {
    let url = address("BENCH_REDIS");
    url.split('?').next().unwrap_or(&url).to_owned()
}

pub(crate) fn url() -> String {
    format!("{}?prefix=bench{}:", server(), std::process::id())
}

pub(crate) fn calls(row: &str) -> Option<Box<dyn Calls>> {
    let runtime = runtime();
    let connection = runtime.block_on(async {
        let client = redis::Client::open(server()).expect("an address");
        let connection = client.get_multiplexed_async_connection().await.expect("the server answers");
        for n in 0..TEAM {
            create(&connection, &user(id(n), "core")).await;
        }
        connection
    });
    match row {
        "get" => crate::calls(runtime, connection, |connection, _| async {
            let found: Vec<u8> = connection.clone().get(key(&id(0))).await.expect("a record");
            assert_eq!(read(&found).tags.len(), 4);
        }),
        "create" => crate::calls(runtime, connection, |connection, n| async move {
            create(connection, &user(fresh_id(n), "new")).await;
        }),
        "query-100" => crate::calls(runtime, connection, |connection, _| async {
            let mut connection = connection.clone();
            let keys: Vec<String> = connection.smembers(of_team("core")).await.expect("an answer");
            let found: Vec<Vec<u8>> = connection.mget(keys).await.expect("an answer");
            let users: Vec<User> = found.iter().map(|found| read(found)).collect();
            assert_eq!(users.len(), TEAM);
        }),
        _ => None,
    }
}

fn key(id: &str) -> String {
    format!("by-hand-{}:user:{id}", std::process::id())
}

fn of_team(team: &str) -> String {
    format!("by-hand-{}:team:{team}", std::process::id())
}

/// Both in one transaction and one round trip.
async fn create(connection: &MultiplexedConnection, user: &User) {
    let (key, json) = (key(&user.id), serde_json::to_vec(user).expect("it is plain"));
    let mut both = redis::pipe();
    both.atomic().set_nx(&key, json).sadd(of_team(&user.team), &key);
    let (new, _): (bool, u32) = both.query_async(&mut connection.clone()).await.expect("an answer");
    assert!(new);
}

fn read(json: &[u8]) -> User {
    serde_json::from_slice(json).expect("a user")
}
