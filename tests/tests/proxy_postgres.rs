//! The proxy in front of PostgreSQL: each fault is seen by the driver, and does to the server what it says.

use reposit_tests::proxy::{Damage, Fault, Postgres, Rule};
use reposit_tests::servers::{self, fresh_name};
use std::time::{Duration, Instant};
use tokio_postgres::{Client, Error, NoTls};

/// A proxy with a table behind it.
struct Bench {
    proxy: Postgres,
    table: String,
    direct: Client,
}

async fn connect(address: &str) -> Client {
    let url = format!("postgres://reposit@{address}/postgres");
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.expect("the server answers");
    tokio::spawn(connection);
    client
}

impl Bench {
    async fn new() -> Self {
        let upstream = servers::postgres().await.address("any");
        let (proxy, direct, table) = (Postgres::start(&upstream).await, connect(&upstream).await, fresh_name());
        direct.batch_execute(&format!("CREATE TABLE {table} (id text PRIMARY KEY)")).await.expect("a table");
        Self { proxy, table, direct }
    }

    async fn client(&self) -> Client {
        connect(self.proxy.address()).await
    }

    async fn insert(&self, client: &Client, id: &str) -> Result<u64, Error> {
        client.execute(&format!("INSERT INTO {} VALUES ($1)", self.table), &[&id]).await
    }

    async fn has(&self, id: &str) -> bool {
        let sql = format!("SELECT 1 FROM {} WHERE id = $1", self.table);
        self.direct.query_opt(&sql, &[&id]).await.expect("an answer").is_some()
    }

    fn counts(&self) -> Vec<(String, usize)> {
        self.proxy.counts().into_iter().collect()
    }
}

#[tokio::test]
async fn statements_pass_and_are_counted_without_what_sets_sessions_up() {
    let bench = Bench::new().await;
    let client = bench.client().await;
    client.batch_execute("SET application_name = 'test'").await.expect("a setting");
    assert_eq!(bench.insert(&client, "a").await.expect("an insert"), 1);
    let row = client.query_one(&format!("SELECT count(*) FROM {}", bench.table), &[]).await.expect("a count");
    assert_eq!(row.get::<_, i64>(0), 1);
    assert_eq!(bench.counts(), [("INSERT".to_owned(), 1), ("SELECT".to_owned(), 1)]);
    let sql = &bench.proxy.requests()[0].body["sql"];
    assert_eq!(sql.as_str(), Some(format!("INSERT INTO {} VALUES ($1)", bench.table).as_str()));
    bench.proxy.reset_counts();
    assert!(bench.counts().is_empty());
}

#[tokio::test]
async fn each_fault_is_seen_and_does_what_it_says() {
    let bench = Bench::new().await;
    let faults = [
        (Fault::DropBefore, false, None),
        (Fault::DropAfter, true, None),
        (Fault::ResetBefore, false, None),
        (Fault::ResetAfter, true, None),
        (Fault::ServerError, false, Some("57P01")),
        (Fault::ServerErrorAfter, true, Some("57P01")),
        (Fault::Throttled, false, Some("53300")),
        (Fault::Conflict, false, Some("40001")),
        (Fault::Garble(Damage::Cut), true, None),
        (Fault::Garble(Damage::Changed), true, None),
        (Fault::Garble(Damage::Empty), true, None),
        (Fault::Garble(Damage::WrongLength), true, None),
        (Fault::Garble(Damage::Noise(1)), true, None),
    ];
    for (fault, applied, code) in faults {
        let (id, client) = (format!("{fault:?}"), bench.client().await);
        let fired = bench.proxy.fault(Rule::on("INSERT", fault.clone()).containing(&id));
        let error = bench.insert(&client, &id).await.expect_err("no answer");
        assert_eq!(error.code().map(|code| code.code()), code, "{fault:?}: {error:?}");
        assert_eq!(fired.count(), 1);
        assert_eq!(bench.has(&id).await, applied, "{fault:?}");
    }
}

#[tokio::test]
async fn a_late_answer_and_a_late_request_come() {
    let bench = Bench::new().await;
    let client = bench.client().await;
    for fault in [Fault::DelayAfter(Duration::from_millis(300)), Fault::DelayBefore(Duration::from_millis(300))] {
        let (id, began) = (format!("{fault:?}"), Instant::now());
        bench.proxy.fault(Rule::on("INSERT", fault));
        bench.insert(&client, &id).await.expect("an insert");
        assert!(began.elapsed() >= Duration::from_millis(300));
        assert!(bench.has(&id).await);
    }
    // A request that is on its way arrives, though nobody waits for it.
    bench.proxy.fault(Rule::on("INSERT", Fault::DelayBefore(Duration::from_millis(500))));
    tokio::time::timeout(Duration::from_millis(100), bench.insert(&client, "late")).await.expect_err("it is late");
    drop(client);
    let began = Instant::now();
    while !bench.has("late").await {
        assert!(began.elapsed() < Duration::from_secs(10), "it never came");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn an_error_fails_the_transaction_that_it_is_in() {
    let bench = Bench::new().await;
    for (at, statement) in ["INSERT", "COMMIT"].into_iter().enumerate() {
        let (client, id) = (bench.client().await, statement);
        client.batch_execute("BEGIN").await.expect("a transaction");
        bench.insert(&client, "before").await.expect("an insert");
        let fired = bench.proxy.fault(Rule::on(statement, Fault::Conflict));
        if at == 0 {
            bench.insert(&client, id).await.expect_err("a conflict");
            client.batch_execute("COMMIT").await.expect("a transaction that failed is taken back");
        } else {
            let error = client.batch_execute("COMMIT").await.expect_err("a conflict");
            assert_eq!(error.code().map(|code| code.code()), Some("40001"));
        }
        assert_eq!(fired.count(), 1);
        assert!(!bench.has("before").await);
        // Nothing of it is left: the session begins anew.
        bench.insert(&client, id).await.expect("an insert");
        assert!(bench.has(id).await);
    }
}

#[tokio::test]
async fn a_statement_can_be_ended_through_it() {
    let bench = Bench::new().await;
    let client = bench.client().await;
    let token = client.cancel_token();
    let sleeping = client.batch_execute("SELECT pg_sleep(30)");
    let ending = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        token.cancel_query(NoTls).await
    };
    let (slept, ended) = futures_util::future::join(sleeping, ending).await;
    ended.expect("it is told to end");
    assert_eq!(slept.expect_err("it was ended").code().map(|code| code.code()), Some("57014"));
}
