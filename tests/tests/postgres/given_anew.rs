//! Ids of transactions that a server gives anew after a crash: what it then says of one is about another's transaction.

use std::time::Duration;

use reposit::{Config, Database, ErrorKind, Result};
use reposit_tests::proxy::{Fault, Postgres, Rule};
use reposit_tests::report;
use reposit_tests::servers::{PrivatePostgres, private_postgres};
use reposit_tests::workload::fixture::define;
use reposit_tests::workload::models::{Person, Thing, person, thing};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_postgres::{Client, NoTls};

/// Longer than a server takes to be killed and started again.
const LATER: Duration = Duration::from_secs(5);

async fn connect(server: &PrivatePostgres) -> Client {
    let url = server.url("x");
    let (address, _) = url.split_once('?').expect("a schema");
    let (client, connection) = tokio_postgres::connect(address, NoTls).await.expect("it answers");
    tokio::spawn(connection);
    client
}

struct Stage {
    server: PrivatePostgres,
    proxy: Postgres,
    db: Database,
}

impl Stage {
    async fn new() -> Self {
        let server = private_postgres().await;
        // What a transaction writes is on the disk when it commits, and not before.
        let late = "ALTER SYSTEM SET wal_writer_delay = '10s'";
        connect(&server).await.batch_execute(late).await.expect("it is set");
        let server = server.restart().await;
        let proxy = Postgres::start(&server.address()).await;
        let url = server.url("anew").replace(&server.address(), proxy.address());
        let config = Config::from_url(&url).expect("a URL").timeout(Duration::from_secs(30));
        let db = config.open().await.expect("it answers");
        define(&db).await;
        Thing::create(&thing("old")).exec(&db).await.expect("a create");
        Self { server, proxy, db }
    }

    /// Begins a transaction to whose commit a fault happens.
    async fn commit_under(&self, fault: Fault, deletes: bool) -> JoinHandle<Result<()>> {
        // It asks what became of it when the test is ready.
        self.proxy.fault(Rule::on("SELECT", Fault::DelayBefore(LATER)).containing("pg_xact_status"));
        let struck = self.proxy.fault(Rule::on("COMMIT", fault));
        let db = self.db.clone();
        let commit = tokio::spawn(async move {
            let (new, p) = (thing("new"), person("p", "p"));
            let both = db.transaction();
            let both = match deletes {
                true => both.add(Thing::delete("old")),
                false => both.add(Thing::create(&new)).add(Person::create(&p)),
            };
            both.commit().await.map(drop)
        });
        while struck.count() == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        commit
    }

    async fn ids(&self) -> Vec<String> {
        let things = Thing::scan().all(&self.db).await.expect("a scan").into_iter().map(|thing| thing.id);
        let persons = Person::scan().all(&self.db).await.expect("a scan").into_iter().map(|person| person.id);
        let mut ids: Vec<_> = things.chain(persons).collect();
        ids.sort();
        ids
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_is_not_taken_for_anothers() {
    let mut stage = Stage::new().await;
    let watch = connect(&stage.server).await;
    let commit = stage.commit_under(Fault::DelayBefore(LATER), false).await;
    let open = "SELECT backend_xid::text::int8 FROM pg_stat_activity WHERE backend_xid IS NOT NULL";
    let id: i64 = watch.query_one(open, &[]).await.expect("a transaction is open").get(0);
    stage.server = stage.server.restart().await;
    let other = connect(&stage.server).await;
    // Others commit under its id.
    let own = "SELECT pg_current_xact_id()::text::int8";
    let first: i64 = other.query_one(own, &[]).await.expect("an id").get(0);
    assert!(first <= id, "{id} is not given anew: the next one is {first}");
    for _ in first..=id {
        other.query_one(own, &[]).await.expect("an id");
    }
    let status = other.query_one(&format!("SELECT pg_xact_status('{id}'::xid8)"), &[]).await.expect("a status");
    assert_eq!(status.get::<_, &str>(0), "committed", "by another");
    let error = commit.await.expect("it ends").expect_err("nobody can know");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert_eq!(stage.ids().await, ["old"]);
    report::ran("postgres::a_commit_is_not_taken_for_anothers", &stage.server.label());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_before_a_crash_is_known_by_its_stamps() {
    let mut stage = Stage::new().await;
    let commit = stage.commit_under(Fault::DropAfter, false).await;
    stage.server = stage.server.restart().await;
    commit.await.expect("it ends").expect("it was committed");
    assert_eq!(stage.ids().await, ["new", "old", "p"]);
    // Of what was deleted there is no stamp.
    let commit = stage.commit_under(Fault::DropAfter, true).await;
    stage.server = stage.server.restart().await;
    let error = commit.await.expect("it ends").expect_err("nobody can know");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    report::ran("postgres::a_commit_before_a_crash", &stage.server.label());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_is_certain_while_the_server_runs_on() {
    let stage = Stage::new().await;
    let commit = stage.commit_under(Fault::DropAfter, true).await;
    commit.await.expect("it ends").expect("it was committed");
    assert_eq!(stage.ids().await, [""; 0]);
    report::ran("postgres::a_commit_while_the_server_runs_on", &stage.server.label());
}

/// The server that all others end with lives on, so that its start says nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_of_one_of_its_processes_is_seen() {
    let stage = Stage::new().await;
    let watch = connect(&stage.server).await;
    let commit = stage.commit_under(Fault::DropAfter, true).await;
    let writer = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'";
    let pid: i32 = watch.query_one(writer, &[]).await.expect("a process").get(0);
    let pid = rustix::process::Pid::from_raw(pid).expect("a number");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it is killed");
    let error = commit.await.expect("it ends").expect_err("nobody can know");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    report::ran("postgres::a_crash_of_one_of_its_processes", &stage.server.label());
}
