//! A server that takes requests and never answers, and one that is gone: every call comes to its end by its deadline.

use std::future::Future;
use std::time::Duration;

use futures_util::TryStreamExt;
use reposit::{Config, Database, Error, ErrorKind};
use reposit_tests::proxy::{Fault, Rule};
use reposit_tests::report;
use reposit_tests::servers::Target;
use tokio::time::timeout;

use reposit_tests::workload::fixture::Fixture;
use reposit_tests::workload::models::{Line, Person, Thing, person, thing};

/// Only a call that hangs takes so long.
const HANGS: Duration = Duration::from_secs(120);

const DEADLINE: Duration = Duration::from_millis(1500);

async fn ends<T>(what: &str, call: impl Future<Output = Result<T, Error>>) -> ErrorKind {
    let ended = timeout(HANGS, call).await.unwrap_or_else(|_| panic!("{what} does not end"));
    let error = ended.err().unwrap_or_else(|| panic!("{what} was told to be done"));
    let kind = error.kind();
    let known = matches!(kind, ErrorKind::Timeout | ErrorKind::Unavailable | ErrorKind::OutcomeUnknown);
    assert!(known, "{what}: {error:?}");
    kind
}

/// Calls that change nothing: it is never unknown what came of them.
async fn reads(db: &Database) {
    let keys: Vec<String> = (0..250).map(|n| n.to_string()).collect();
    let kinds = [
        ("ping", ends("ping", db.ping()).await),
        ("plan", ends("plan", db.plan::<Thing>()).await),
        ("get", ends("get", Thing::get("a").exec(db)).await),
        ("get_many", ends("get_many", Thing::get_many(&keys).exec(db)).await),
        ("find", ends("find", Person::find_by_email("e").consistent().exec(db)).await),
        ("query", ends("query", Line::query("a").exec(db)).await),
        ("all", ends("all", Line::query("a").all(db)).await),
        ("count", ends("count", Line::query("a").count(db)).await),
        ("stream", ends("stream", Line::query("a").stream(db).try_collect::<Vec<_>>()).await),
        ("segments", ends("segments", Thing::scan().segments(4).stream(db).try_collect::<Vec<_>>()).await),
        ("read", ends("read", db.snapshot((Thing::get("a"), Thing::get("b")))).await),
    ];
    for (what, kind) in kinds {
        assert_ne!(kind, ErrorKind::OutcomeUnknown, "{what}");
    }
}

/// Whether anything could have been sent is for each to say.
async fn writes(db: &Database) -> Vec<ErrorKind> {
    let things: Vec<_> = (0..60).map(|n| thing(&n.to_string())).collect();
    let (thing, person) = (thing("a"), person("a", "e"));
    let both = db.transaction().add(Thing::create(&thing)).add(Person::create(&person));
    let batch = |error: Error| {
        assert_eq!(error.failures().len(), 60, "each item is told of");
        error.failures()[0].error.clone()
    };
    vec![
        ends("create", Thing::create(&thing).exec(db)).await,
        ends("create, unique", Person::create(&person).exec(db)).await,
        ends("update", Thing::update("a").add(Thing::COUNT, 1).exec(db)).await,
        ends("delete", Thing::delete("a").exec(db)).await,
        ends("transaction", both.commit()).await,
        ends("put_many", async { Thing::put_many(&things).exec(db).await.map_err(batch) }).await,
        ends("lock", db.lock("a").try_acquire()).await,
    ]
}

pub(crate) async fn every_call_ends(target: Target) {
    let fixture = Fixture::on(target).await;
    let (proxy, db) = fixture.behind_with(|config: Config| config.timeout(DEADLINE).define_timeout(DEADLINE)).await;
    proxy.fault(Rule::any(Fault::DelayBefore(HANGS * 10)).always());
    // The proxy takes it for the driver's own housekeeping.
    for ping in ["ping", "PING"] {
        proxy.fault(Rule::on(ping, Fault::DelayBefore(HANGS * 10)).always());
    }
    reads(&db).await;
    writes(&db).await;
    ends("define", db.define::<Thing>()).await;

    let (proxy, db) = fixture.behind_with(|config: Config| config.timeout(DEADLINE).define_timeout(DEADLINE)).await;
    drop(proxy);
    reads(&db).await;
    // By now it is known that nobody is there, so nothing was sent.
    for kind in writes(&db).await {
        assert_eq!(kind, ErrorKind::Unavailable);
    }
    ends("define", db.define::<Thing>()).await;
    report::ran("faults::every_call_ends", &fixture.server.label());
}
