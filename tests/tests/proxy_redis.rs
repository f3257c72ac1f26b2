//! The proxy in front of Redis: each fault is seen by a client, and does to the server what it says.

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError, RedisResult, Script, cmd};
use reposit_tests::proxy::{Damage, Fault, Redis, Rule};
use reposit_tests::servers::{self, fresh_name};
use std::time::{Duration, Instant};

/// A proxy with a connection through it and one past it, and what stands before all keys.
struct Bench {
    proxy: Redis,
    direct: MultiplexedConnection,
    prefix: String,
}

async fn connect(address: &str) -> MultiplexedConnection {
    let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    let client = Client::open(format!("redis://{address}/0")).expect("an address");
    client.get_multiplexed_async_connection_with_config(&config).await.expect("a connection")
}

impl Bench {
    async fn new() -> Self {
        let server = servers::redis().await;
        let prefix = fresh_name();
        let address = server.address(&prefix);
        Self { proxy: Redis::start(&address).await, direct: connect(&address).await, prefix }
    }

    async fn connection(&self) -> MultiplexedConnection {
        connect(self.proxy.address()).await
    }

    fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.prefix)
    }

    async fn has(&self, name: &str) -> bool {
        let there = cmd("EXISTS").arg(self.key(name)).query_async(&mut self.direct.clone()).await;
        there.expect("an answer")
    }

    /// Stores something over a connection of its own.
    async fn set(&self, name: &str) -> RedisResult<()> {
        cmd("SET").arg(self.key(name)).arg("x").query_async(&mut self.connection().await).await
    }
}

#[tokio::test]
async fn commands_pass_and_are_counted_without_what_makes_a_connection() {
    let bench = Bench::new().await;
    let mut connection = bench.connection().await;
    let script = Script::new("return redis.call('SET', KEYS[1], ARGV[1])");
    let mut invocation = script.key(bench.key("a"));
    let stored: String = invocation.arg("b\r\n").invoke_async(&mut connection).await.expect("a script");
    assert_eq!(stored, "OK");
    let found: String = cmd("get").arg(bench.key("a")).query_async(&mut connection).await.expect("a value");
    assert_eq!(found, "b\r\n");
    cmd("PING").query_async::<String>(&mut connection).await.expect("a pong");
    let both: (i64, i64) = redis::pipe()
        .atomic()
        .incr(bench.key("n"), 1)
        .incr(bench.key("n"), 1)
        .query_async(&mut connection)
        .await
        .expect("a transaction");
    assert_eq!(both, (1, 2));
    cmd("WAIT").arg(0).arg(10).query_async::<i64>(&mut connection).await.expect("no replicas are as many as wanted");
    let counts: Vec<(String, usize)> = bench.proxy.counts().into_iter().collect();
    let mut expected = [("EVALSHA", 1), ("EXEC", 1), ("GET", 1), ("INCRBY", 2), ("MULTI", 1), ("WAIT", 1)]
        .map(|(name, count)| (name.to_owned(), count))
        .to_vec();
    if bench.proxy.counts().contains_key("SCRIPT LOAD") {
        expected = [expected, vec![("SCRIPT LOAD".to_owned(), 1)]].concat();
        expected[0].1 = 2;
        expected.sort();
    }
    assert_eq!(counts, expected);
    let get = &bench.proxy.requests().into_iter().find(|request| request.operation == "GET").expect("it was counted");
    assert_eq!(get.body[1], bench.key("a"));
    assert_eq!(bench.proxy.connections(), 1);
    bench.proxy.reset_counts();
    assert!(bench.proxy.counts().is_empty());
}

#[tokio::test]
async fn the_scripts_of_the_backend_have_names() {
    let bench = Bench::new().await;
    let mut connection = bench.connection().await;
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../runtime/src/backend/redis/scripts/write.lua");
    let source = std::fs::read_to_string(source).expect("the script that writes");
    let hash = Script::new(&source).get_hash().to_owned();
    cmd("SCRIPT").arg("LOAD").arg(&source).query_async::<String>(&mut connection).await.expect("a script");
    let fired = bench.proxy.fault(Rule::on("EVALSHA write", Fault::Refused("BUSY Redis is busy running a script")));
    let error = cmd("EVALSHA").arg(&hash).arg(0).query_async::<()>(&mut connection).await.expect_err("the fault");
    assert_eq!((error.code(), fired.count()), (Some("BUSY"), 1));
    let names: Vec<_> = bench.proxy.counts().into_keys().collect();
    assert_eq!(names, ["EVALSHA write", "SCRIPT LOAD write"]);
}

#[tokio::test]
async fn a_lost_answer_is_seen_by_the_client() {
    let bench = Bench::new().await;
    let faults = [
        (Fault::DropBefore, false),
        (Fault::DropAfter, true),
        (Fault::ResetBefore, false),
        (Fault::ResetAfter, true),
        (Fault::ServerError, false),
        (Fault::ServerErrorAfter, true),
        (Fault::Throttled, false),
        (Fault::Conflict, false),
        (Fault::Garble(Damage::Cut), true),
        (Fault::Garble(Damage::Changed), true),
        (Fault::Garble(Damage::Empty), true),
        (Fault::Garble(Damage::WrongLength), true),
        (Fault::Garble(Damage::Deep(5000)), true),
    ];
    for (fault, applied) in faults {
        let name = format!("{fault:?}");
        let fired = bench.proxy.fault(Rule::on("SET", fault.clone()).containing(&name));
        let error: RedisError = bench.set(&name).await.expect_err("no answer");
        assert_eq!(fired.count(), 1, "{error}");
        assert_eq!(bench.has(&name).await, applied, "{fault:?}: {error}");
    }
    for seed in 0..40 {
        let name = format!("noise {seed}");
        bench.proxy.fault(Rule::on("SET", Fault::Garble(Damage::Noise(seed))));
        bench.set(&name).await.expect_err("no answer");
        assert!(bench.has(&name).await, "{seed}");
    }
}

#[tokio::test]
async fn errors_are_answered_in_the_servers_place() {
    let bench = Bench::new().await;
    let errors = [
        "OOM command not allowed when used memory > 'maxmemory'.",
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
        "LOADING Redis is loading the dataset in memory",
        "READONLY You can't write against a read only replica.",
        "NOSCRIPT No matching script. Please use EVAL.",
        "MOVED 3999 127.0.0.1:1",
        "ERR max number of clients reached",
        "CLUSTERDOWN Hash slot not served",
        "TRYAGAIN Multiple keys request during rehashing of slot",
    ];
    let mut connection = bench.connection().await;
    for text in errors {
        bench.proxy.fault(Rule::on("SET", Fault::Refused(text)));
        let set = cmd("SET").arg(bench.key("e")).arg("x").query_async::<()>(&mut connection).await;
        let error = set.expect_err("the error");
        assert!(text.starts_with(error.code().expect("an error of the server")), "{error}");
        assert!(!bench.has("e").await, "{text}");
    }
    assert_eq!(bench.proxy.connections(), 1, "an error of the server ends no connection");
}

#[tokio::test]
async fn an_answer_made_here_waits_for_those_before_it() {
    let bench = Bench::new().await;
    let connection = bench.connection().await;
    bench.proxy.fault(Rule::on("INCR", Fault::DelayAfter(Duration::from_millis(500))));
    bench.proxy.fault(Rule::on("DECR", Fault::Throttled));
    let send = |command: &'static str, key: &str| {
        let (mut connection, key) = (connection.clone(), bench.key(key));
        async move { cmd(command).arg(key).query_async::<i64>(&mut connection).await }
    };
    let began = Instant::now();
    let (first, second, third) = tokio::join!(send("INCR", "n"), send("DECR", "n"), send("INCR", "n"));
    assert_eq!(first.expect("the first answer"), 1);
    assert_eq!(second.expect_err("the second").code(), Some("OOM"));
    assert_eq!(third.expect("the third"), 2);
    assert!(began.elapsed() >= Duration::from_millis(500));
}

#[tokio::test]
async fn a_late_command_arrives_although_its_client_has_gone() {
    let bench = Bench::new().await;
    bench.proxy.fault(Rule::on("SET", Fault::DelayBefore(Duration::from_millis(1500))));
    assert!(tokio::time::timeout(Duration::from_millis(500), bench.set("late")).await.is_err());
    assert!(!bench.has("late").await);
    eventually(async || bench.has("late").await).await;
}

#[tokio::test]
async fn a_late_answer_is_of_a_command_that_is_done() {
    let bench = Bench::new().await;
    bench.proxy.fault(Rule::on("SET", Fault::DelayAfter(Duration::from_secs(60))));
    assert!(tokio::time::timeout(Duration::from_millis(500), bench.set("done")).await.is_err());
    eventually(async || bench.has("done").await).await;
}

/// Waits until it is so, for much longer than it should take.
async fn eventually(holds: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
