//! Connections that are encrypted: whether they are, and whom they trust.

use std::process::Command;
use std::time::Duration;

use reposit::{Config, Database, ErrorKind};
use reposit_tests::models::{Note, note};
use reposit_tests::proxy::Tls;
use reposit_tests::report;
use reposit_tests::servers::{self, fresh_name};
use tokio::time::timeout;

use crate::hasty;

async fn works(db: &Database) {
    db.define::<Note>().await.expect("an empty database");
    Note::put(&note("n")).exec(db).await.expect("a put");
    assert_eq!(Note::get("n").exec(db).await.expect("a get"), Some(note("n")));
}

#[tokio::test]
async fn a_connection_is_encrypted_as_the_mode_says() {
    let server = servers::postgres().await;
    let proxy = Tls::before_postgres(&server.address("x")).await;
    let file = proxy.certificate();
    for (mode, is_encrypted) in [("disable", false), ("prefer", true), ("require", true), ("verify-full", true)] {
        let url = server.url_via(&fresh_name(), &proxy.address());
        let (connections, encrypted) = (proxy.connections(), proxy.encrypted());
        let db = hasty(&format!("{url}&sslmode={mode}&sslrootcert={file}")).open().await.expect(mode);
        works(&db).await;
        let (connections, encrypted) = (proxy.connections() - connections, proxy.encrypted() - encrypted);
        assert!(connections > 0, "{mode}: it was not gone around");
        assert_eq!(encrypted, if is_encrypted { connections } else { 0 }, "{mode}");
    }
    report::ran("postgres::a_connection_is_encrypted", &server.label());
}

#[tokio::test]
async fn a_server_that_is_not_trusted_is_not_used() {
    let server = servers::postgres().await;
    let proxy = Tls::before_postgres(&server.address("x")).await;
    let (file, own, other) = (proxy.certificate(), proxy.address(), proxy.address_by_number().to_owned());
    // Also where it need not be encrypted: to go on without would be what an attacker wants.
    for mode in ["prefer", "require", "verify-full"] {
        for (address, root, why) in
            [(&own, String::new(), "UnknownIssuer"), (&other, format!("&sslrootcert={file}"), "not valid for name")]
        {
            let url = server.url_via(&fresh_name(), address);
            let error = hasty(&format!("{url}&sslmode={mode}{root}")).open().await.expect_err("it is not trusted");
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{mode}: {error}");
            assert!(error.message().contains("certificate") && error.message().contains(why), "{mode}: {error}");
        }
    }
    assert_eq!(proxy.encrypted(), 0);
    report::ran("postgres::a_server_that_is_not_trusted", &server.label());
}

#[tokio::test]
async fn a_server_without_tls_is_used_only_if_it_may_be() {
    let server = servers::postgres().await;
    works(&hasty(&format!("{}&sslmode=prefer", server.fresh_url())).open().await.expect("it need not be")).await;
    let error = hasty(&format!("{}&sslmode=require", server.fresh_url())).open().await.expect_err("it has to be");
    assert!(error.message().contains("TLS"), "{error}");
    for root in ["/nowhere/root.pem", "/dev/null"] {
        let error = hasty(&format!("{}&sslrootcert={root}", server.fresh_url())).open().await.expect_err("no roots");
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        assert!(error.message().contains("sslrootcert") && error.message().contains(root), "{error}");
    }
    report::ran("postgres::a_server_without_tls", &server.label());
}

#[tokio::test]
async fn a_call_that_is_dropped_is_cancelled_over_tls() {
    let server = servers::postgres().await;
    let proxy = Tls::before_postgres(&server.address("x")).await;
    let url = server.url_via(&fresh_name(), &proxy.address());
    let url = format!("{url}&sslmode=require&sslrootcert={}", proxy.certificate());
    let db = Config::from_url(&url).expect("a URL").open().await.expect("it answers");
    works(&db).await;
    let mut holder = crate::client(&Database::open(&server.fresh_url()).await.expect("it answers")).await;
    let schema = url.split_once("schema=").expect("a schema").1.split('&').next().expect("its name");
    let held = holder.transaction().await.expect("a transaction");
    held.batch_execute(&format!("SELECT * FROM {schema}.note FOR UPDATE")).await.expect("the row is locked");
    let waits = Note::update("n").add(Note::COUNT, 1).exec(&db);
    timeout(Duration::from_millis(300), waits).await.expect_err("the row is locked");
    let waiting =
        format!("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%{schema}%'");
    for _ in 0..100 {
        if held.query_one(&waiting, &[]).await.expect("a count").get::<_, i64>(0) == 0 {
            report::ran("postgres::a_call_that_is_dropped_is_cancelled", &server.label());
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the statement still waits");
}

/// Where the child finds the server.
const PLACE: &str = "REPOSIT_TEST_REDISS";

/// The system's authorities are found once in a process, so this is one of its own.
#[tokio::test]
async fn a_redis_over_tls_is_trusted_by_the_systems_authorities() {
    if let Ok(url) = std::env::var(PLACE) {
        works(&hasty(&url).open().await.expect("the certificate is trusted here")).await;
        return;
    }
    let server = servers::redis().await;
    let proxy = Tls::before(&server.address("x")).await;
    let url = |address: &str| server.url_via(&fresh_name(), address).replacen("redis://", "rediss://", 1);
    let error = hasty(&url(&proxy.address())).open().await.expect_err("it is not trusted");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(proxy.encrypted(), 0);
    let own = std::env::current_exe().expect("the program of the tests");
    let run = |address: &str| {
        let mut command = Command::new(&own);
        let name = "tls::a_redis_over_tls_is_trusted_by_the_systems_authorities";
        command.args(["--exact", name]).env(PLACE, url(address)).env("SSL_CERT_FILE", proxy.certificate());
        tokio::task::spawn_blocking(move || command.output().expect("it runs"))
    };
    let done = run(&proxy.address()).await.expect("it ends");
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && text.contains("1 passed"), "{text}");
    let encrypted = proxy.encrypted();
    assert!(encrypted > 0, "it was not gone around");
    let refused = run(proxy.address_by_number()).await.expect("it ends");
    assert!(!refused.status.success(), "the certificate is for another name");
    assert_eq!(proxy.encrypted(), encrypted);
    report::ran("redis::a_server_over_tls", &server.label());
}
