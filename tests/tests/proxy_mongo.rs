//! The proxy in front of MongoDB: each fault is seen by the driver, and does to the server what it says.

use mongodb::bson::{Document, doc};
use mongodb::{Client, Collection};
use reposit_tests::proxy::{Damage, Fault, Mongo, Rule};
use reposit_tests::servers::{self, fresh_name};
use std::time::{Duration, Instant};

/// A proxy with a client and a collection behind it.
struct Bench {
    proxy: Mongo,
    client: Client,
    users: Collection<Document>,
    direct: Collection<Document>,
}

impl Bench {
    async fn new(retry: bool) -> Self {
        let server = servers::mongodb().await;
        let database = fresh_name();
        let proxy = Mongo::start(&server.address(&database)).await;
        let url = format!("{}&retryWrites={retry}", server.url_via(&database, proxy.address()));
        let client = Client::with_uri_str(url).await.expect("a client");
        let direct = Client::with_uri_str(server.url(&database)).await.expect("a client");
        let direct = direct.database(&database).collection("users");
        direct.insert_one(doc! { "_id": "first" }).await.expect("an insert");
        let users = client.database(&database).collection("users");
        Self { proxy, client, users, direct }
    }

    async fn has(&self, id: &str) -> bool {
        self.direct.find_one(doc! { "_id": id }).await.expect("an answer").is_some()
    }

    fn count(&self, command: &str) -> usize {
        self.proxy.counts().get(command).copied().unwrap_or_default()
    }
}

#[tokio::test]
async fn commands_pass_and_are_counted_without_the_drivers_own() {
    let bench = Bench::new(true).await;
    bench.users.insert_many([doc! { "_id": "a" }, doc! { "_id": "b" }]).await.expect("an insert");
    assert_eq!(bench.users.count_documents(doc! {}).await.expect("a count"), 3);
    let counts: Vec<(String, usize)> = bench.proxy.counts().into_iter().collect();
    assert_eq!(counts, [("aggregate".to_owned(), 1), ("insert".to_owned(), 1)]);
    let insert = &bench.proxy.requests()[0].body;
    assert_eq!(insert["insert"], "users");
    assert_eq!(insert["documents"][1]["_id"], "b");
    bench.proxy.reset_counts();
    assert!(bench.proxy.counts().is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_seen_by_a_driver_that_does_not_retry() {
    let bench = Bench::new(false).await;
    let faults = [
        (Fault::DropBefore, false),
        (Fault::DropAfter, true),
        (Fault::ResetBefore, false),
        (Fault::ResetAfter, true),
        (Fault::ServerError, false),
        (Fault::ServerErrorAfter, true),
        (Fault::Throttled, false),
        (Fault::Garble(Damage::Cut), true),
        (Fault::Garble(Damage::Changed), true),
        (Fault::Garble(Damage::Empty), true),
        (Fault::Garble(Damage::WrongLength), true),
        (Fault::Garble(Damage::Noise(1)), true),
    ];
    for (fault, applied) in faults {
        let id = format!("{fault:?}");
        let fired = bench.proxy.fault(Rule::on("insert", fault.clone()).containing(&id));
        bench.users.insert_one(doc! { "_id": &id }).await.expect_err("no answer");
        assert_eq!(fired.count(), 1);
        assert_eq!(bench.has(&id).await, applied, "{fault:?}");
    }
}

#[tokio::test]
async fn a_driver_that_retries_writes_once() {
    let bench = Bench::new(true).await;
    let faults = [
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::ServerError,
        Fault::ServerErrorAfter,
    ];
    for fault in faults {
        bench.proxy.reset_counts();
        let id = format!("{fault:?}");
        bench.proxy.fault(Rule::any(fault.clone()));
        bench.users.insert_one(doc! { "_id": &id }).await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert!(bench.has(&id).await);
        assert_eq!(bench.count("insert"), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn a_late_command_arrives_although_its_client_has_gone() {
    let bench = Bench::new(false).await;
    bench.proxy.fault(Rule::on("insert", Fault::DelayBefore(Duration::from_millis(2500))));
    let insert = bench.users.insert_one(doc! { "_id": "late" }).into_future();
    assert!(tokio::time::timeout(Duration::from_millis(500), insert).await.is_err());
    assert!(!bench.has("late").await);
    eventually(async || bench.has("late").await).await;
}

#[tokio::test]
async fn a_late_answer_is_of_a_write_that_is_done() {
    let bench = Bench::new(false).await;
    bench.proxy.fault(Rule::on("insert", Fault::DelayAfter(Duration::from_secs(60))));
    let insert = bench.users.insert_one(doc! { "_id": "done" }).into_future();
    assert!(tokio::time::timeout(Duration::from_millis(1000), insert).await.is_err());
    eventually(async || bench.has("done").await).await;
}

#[tokio::test]
async fn errors_carry_the_labels_of_their_place() {
    let bench = Bench::new(false).await;
    let mut session = bench.client.start_session().await.expect("a session");
    session.start_transaction().await.expect("a transaction");
    bench.proxy.fault(Rule::on("insert", Fault::Conflict));
    let error = bench.users.insert_one(doc! { "_id": "x" }).session(&mut session).await.expect_err("a conflict");
    assert!(error.contains_label("TransientTransactionError"), "{error:?}");
    session.abort_transaction().await.expect("an abort");
    let fired = bench.proxy.fault(Rule::on("insert", Fault::ServerError).always());
    let error = bench.users.insert_one(doc! { "_id": "x" }).await.expect_err("an error");
    assert!(error.contains_label("RetryableWriteError"), "{error:?}");
    assert_eq!(fired.count(), 1);
    bench.proxy.clear_faults();
    bench.users.insert_one(doc! { "_id": "x" }).await.expect("an insert");
}

#[tokio::test]
async fn a_server_that_fails_on_command_is_there_too() {
    let bench = Bench::new(false).await;
    let fail = doc! {
        "configureFailPoint": "failCommand", "mode": { "times": 1 },
        "data": { "failCommands": ["insert"], "errorCode": 11600, "namespace": bench.users.namespace().to_string() },
    };
    bench.client.database("admin").run_command(fail).await.expect("test commands are on");
    let error = bench.users.insert_one(doc! { "_id": "x" }).await.expect_err("the fail point");
    assert!(error.to_string().contains("11600"), "{error}");
}

/// Waits until it is so, for much longer than it should take.
async fn eventually(holds: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
