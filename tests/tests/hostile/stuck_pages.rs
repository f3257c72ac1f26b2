//! Pages that do not move on: reads of many records come to an end all the same, and at once.

use std::future::Future;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use reposit::{Error, ErrorKind};
use reposit_tests::proxy::{Fault, Rule};
use reposit_tests::report;
use reposit_tests::servers::Target;

use reposit_tests::workload::fixture::Fixture;
use reposit_tests::workload::models::{Line, Person, person};

/// What a call has; the error comes long before.
const DEADLINE: Duration = Duration::from_secs(60);

async fn stands_still<T: std::fmt::Debug>(what: &str, call: impl Future<Output = Result<T, Error>>) {
    let began = Instant::now();
    let error = call.await.expect_err(what);
    assert_eq!(error.kind(), ErrorKind::Backend, "{what}: {error}");
    assert!(error.message().contains("do not move on"), "{what}: {error}");
    assert!(error.repository().is_some() && error.operation().is_some(), "{what}: {error:?}");
    assert!(began.elapsed() < DEADLINE / 4, "{what} took {:?}", began.elapsed());
}

async fn pages_that_stand_still_are_told(target: Target) {
    let fixture = Fixture::on(target).await;
    let (proxy, db) = fixture.behind(DEADLINE).await;
    let lines: Vec<_> = (0..20).map(|n| Line { id: "a".into(), n }).collect();
    Line::put_many(&lines).exec(&fixture.direct).await.expect("a put");
    for n in 0..5 {
        Person::create(&person(&n.to_string(), &format!("{n}@e"))).exec(&fixture.direct).await.expect("a create");
    }
    let fired = proxy.fault(Rule::any(Fault::StuckPage).always());
    stands_still("all", Line::query("a").all(&db)).await;
    stands_still("a page", Line::query("a").limit(10).exec(&db)).await;
    stands_still("none", Line::query("a").filter(Line::N.gt(100_u64)).all(&db)).await;
    stands_still("count", Line::query("a").count(&db)).await;
    stands_still("stream", Line::query("a").stream(&db).try_collect::<Vec<_>>()).await;
    stands_still("scan", Line::scan().all(&db)).await;
    stands_still("scan by pages", Line::scan().limit(10).exec(&db)).await;
    stands_still("scan, counted", Line::scan().count(&db)).await;
    stands_still("scan, stream", Line::scan().stream(&db).try_collect::<Vec<_>>()).await;
    stands_still("check", db.verify::<Person>()).await;
    assert!(fired.count() >= 20, "two pages of each at least");
    // One that is enough by itself is given.
    assert_eq!(Line::query("a").first(&db).await.expect("a record"), Some(Line { id: "a".into(), n: 0 }));
    report::ran("hostile::pages_that_stand_still_are_told", &fixture.server.label());
}

reposit_tests::on_backends!(
    dynamodb #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    pages_that_stand_still: super::pages_that_stand_still_are_told,
);
