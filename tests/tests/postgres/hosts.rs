//! Several hosts: one that is down, or takes no writes, is not used.

use reposit::ErrorKind;
use reposit_tests::models::{Note, note};
use reposit_tests::report;
use reposit_tests::servers::{PrivatePostgres, fresh_name, private_postgres};

use crate::hasty;

/// The URL of a database that is on several hosts, the first one first.
fn url(hosts: &[&str], schema: &str) -> String {
    format!("postgres://reposit@{}/postgres?schema={schema}", hosts.join(","))
}

/// From now on, a server takes writes or takes none.
async fn set_read_only(server: &PrivatePostgres, is_read_only: bool) {
    let (client, connection) = tokio_postgres::Config::new()
        .host("127.0.0.1")
        .port(server.address().rsplit_once(':').expect("a port").1.parse().expect("a number"))
        .user("reposit")
        .dbname("postgres")
        .connect(tokio_postgres::NoTls)
        .await
        .expect("it answers");
    tokio::spawn(connection);
    let state = if is_read_only { "on" } else { "off" };
    client
        .batch_execute(&format!("ALTER SYSTEM SET default_transaction_read_only = {state}"))
        .await
        .expect("it is set");
    client.batch_execute("SELECT pg_reload_conf()").await.expect("it is read");
    for _ in 0..200 {
        let row = client.query_one("SHOW default_transaction_read_only", &[]).await.expect("an answer");
        if row.get::<_, &str>(0) == state {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the server does not take it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_that_takes_writes_is_used() {
    let (first, second) = (private_postgres().await, private_postgres().await);
    let (one, two) = (first.address(), second.address());
    let gone = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    let schema = fresh_name();
    let both = hasty(&url(&[&one, &two], &schema)).open().await.expect("both answer");
    both.define::<Note>().await.expect("an empty database");
    Note::create(&note("n")).exec(&both).await.expect("a create");
    let alone = hasty(&url(&[&two], &schema)).open().await.expect("the second answers");
    assert_eq!(Note::get("n").exec(&alone).await.expect_err("it went to the first").kind(), ErrorKind::SchemaMismatch);
    alone.define::<Note>().await.expect("an empty database");

    // The one that is down is gone by.
    let past = hasty(&url(&[&gone.to_string(), &two], &schema)).open().await.expect("the second answers");
    Note::create(&note("a")).exec(&past).await.expect("a create");

    // The first turns into one that takes no writes, with connections open to it.
    set_read_only(&first, true).await;
    Note::create(&note("b")).exec(&both).await.expect("the second takes it");
    both.transaction().add(Note::create(&note("c"))).add(Note::delete("a")).commit().await.expect("and a transaction");
    let later = hasty(&url(&[&one, &two], &schema)).open().await.expect("the second takes writes");
    let mut ids: Vec<_> = Note::scan().all(&later).await.expect("a scan").into_iter().map(|note| note.id).collect();
    ids.sort();
    assert_eq!(ids, ["b", "c"]);

    let error = hasty(&url(&[&one], &schema)).open().await.expect_err("it takes no writes");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.message().contains("takes no writes"), "{error}");
    set_read_only(&first, false).await;
    let again = hasty(&url(&[&one, &two], &schema)).open().await.expect("the first takes writes again");
    assert_eq!(Note::scan().count(&again).await.expect("a count"), 1);
    assert_eq!(Note::get("n").exec(&again).await.expect("a get"), Some(note("n")));
    report::ran("postgres::the_first_that_takes_writes_is_used", &first.label());
}
