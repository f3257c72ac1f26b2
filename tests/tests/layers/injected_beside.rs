//! Faults under and over the other layers.

use std::time::Duration;

use reposit::layer::{Cache, Fault, Faults, Meter, Trace};
use reposit::{Database, ErrorKind};
use reposit_tests::models::{Note, note};
use reposit_tests::report;
use reposit_tests::servers::Target;

use crate::behind_proxy;
use crate::collector::Collector;

async fn memory() -> Database {
    let db = Database::open("memory:?table_prefix=staging-").await.unwrap();
    db.define::<Note>().await.unwrap();
    db
}

/// A write of which nothing is known takes what is kept of its record away, and nothing is kept of it for a while.
#[tokio::test]
async fn a_cache_forgets_what_may_have_been_written() {
    for fault in [Fault::LostAnswer, Fault::DroppedRequest] {
        let (bare, faults) = (memory().await, Faults::seeded(1));
        Note::put(&note("n")).exec(&bare).await.unwrap();
        for db in [bare.layer(faults.clone()).layer(Cache::new()), bare.layer(Cache::new()).layer(faults.clone())] {
            assert_eq!(
                Note::get("n").exec(&db).await.unwrap().unwrap(),
                Note::get("n").exec(&bare).await.unwrap().unwrap()
            );
            faults.next(fault);
            let update = Note::update("n").add(Note::COUNT, 1).exec(&db).await;
            assert_eq!(update.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
            for _ in 0..3 {
                let stored = Note::get("n").consistent().exec(&bare).await.unwrap();
                assert_eq!(Note::get("n").exec(&db).await.unwrap(), stored);
            }
        }
    }
}

/// A trace over the faults has each attempt that failed, and what came of it.
#[tokio::test]
async fn a_trace_has_what_was_injected() {
    let collector = Collector::new();
    let faults = Faults::seeded(1);
    let db = memory().await.layer(faults.clone()).layer(Trace::new());
    faults.next(Fault::LostAnswer);
    Note::put(&note("n")).exec(&db).await.unwrap_err();
    let put = collector.one();
    let [attempt] = *put.events("attempt") else { panic!("{put:?}") };
    assert_eq!(
        (&*attempt["db.operation.name"], &*attempt["lost"], &*attempt["error.type"]),
        ("put", "true", "unavailable")
    );
    assert_eq!(put.events("outcome unknown").len(), 1);

    // By a seed: one whose answer was lost and whose stamp was found.
    let faults = Faults::seeded(1).lose_answers(1.0);
    let db = memory().await.layer(faults.clone()).layer(Trace::new());
    let mut resolved = 0;
    for n in 0..10 {
        let is_done = Note::put(&note(&n.to_string())).exec(&db).await.is_ok();
        let put = collector.one();
        assert_eq!(put.events("lost answer resolved").len(), usize::from(is_done), "{put:?}");
        resolved += usize::from(is_done);
    }
    assert!((1..10).contains(&resolved), "{resolved}");
}

/// What is counted under the faults is what came to the backend, and over them what was asked for.
#[tokio::test]
async fn a_meter_counts_what_comes_to_it() {
    let (below, above, faults) = (Meter::new(), Meter::new(), Faults::seeded(1));
    let db = memory().await.layer(below.clone()).layer(faults.clone()).layer(above.clone());
    faults.next(Fault::DroppedRequest);
    Note::put(&note("n")).exec(&db).await.unwrap_err();
    faults.next(Fault::LostAnswer);
    Note::put(&note("n")).exec(&db).await.unwrap_err();
    assert_eq!((below.total().operations, above.total().operations), (1, 2));
}

/// What is dropped is not sent, and what is lost is sent as it always is.
pub(crate) async fn what_is_injected_sends_no_more(target: Target) {
    let (bare, proxy, label) = behind_proxy(target).await;
    bare.define::<Note>().await.unwrap();
    let faults = Faults::seeded(1);
    let db = bare.layer(faults.clone());
    let sent = || proxy.requests().len();
    let before = sent();
    Note::put(&note("n")).exec(&db).await.unwrap();
    let usual = sent() - before;
    for (fault, wanted) in
        [(Fault::DroppedRequest, 0), (Fault::Throttled, 0), (Fault::Conflict, 0), (Fault::LostAnswer, usual)]
    {
        let before = sent();
        faults.next(fault);
        Note::put(&note("n")).exec(&db).await.unwrap_err();
        assert_eq!(sent() - before, wanted, "{fault:?}");
    }
    report::ran("layers::what_is_injected_sends_no_more", &label);
}

/// Of gets that are gathered, each has the error of the request that they were.
#[tokio::test]
async fn gathered_gets_meet_it_together() {
    let faults = Faults::seeded(1);
    let db = memory().await.layer(faults.clone()).coalesced(Duration::from_millis(2));
    Note::put_many(&[note("a"), note("b")]).exec(&db).await.unwrap();
    faults.next_of("get", Fault::Throttled);
    let (a, b) = tokio::join!(Note::get("a").exec(&db), Note::get("b").exec(&db));
    assert_eq!([a.unwrap_err().kind(), b.unwrap_err().kind()], [ErrorKind::Throttled; 2]);
    let (a, b) = tokio::join!(Note::get("a").exec(&db), Note::get("b").exec(&db));
    assert!(a.unwrap().is_some() && b.unwrap().is_some());
}
