//! The events within spans, under faults that a proxy makes.

use reposit::ErrorKind;
use reposit::layer::Trace;
use reposit_tests::harness::kind;
use reposit_tests::models::{Event, Note, event, note};
use reposit_tests::proxy::{Fault, Names, Rule};
use reposit_tests::report;
use reposit_tests::servers::{Protocol, Target};

use crate::collector::Collector;
use crate::{behind_proxy, behind_proxy_with};

/// How often a request has to be lost to be lost: MongoDB's driver sends it once more by itself.
fn lost_for_good(target: Target) -> usize {
    if target.is_mongodb() { 2 } else { 1 }
}

/// The same for a delete, of which Redis keeps what came of it: only if no answer comes at all is nothing known.
fn unknown_for_good(target: Target) -> usize {
    if target.protocol() == Some(Protocol::Redis) { usize::MAX } else { lost_for_good(target) }
}

pub(crate) async fn attempts_and_retries_are_told(target: Target) {
    let (db, proxy, label) = behind_proxy(target).await;
    let collector = Collector::new();
    db.define::<Note>().await.unwrap();
    let db = db.layer(Trace::new());
    Note::put(&note("n")).exec(&db).await.unwrap();
    let put = collector.one();
    let [attempt] = *put.events("attempt") else { panic!("{put:?}") };
    let names = Names::of(target);
    let (request, read) = (Names::reported(names.put), names.get);
    assert_eq!((&*attempt["db.operation.name"], &*attempt["number"], &*attempt["level"]), (request, "1", "DEBUG"));
    assert_eq!(attempt.get("server.address").map(String::as_str), put.get("server.address"));
    assert!(attempt["server.port"].parse::<u16>().is_ok() && !attempt.contains_key("error.type"));
    assert!(put.events("retry").is_empty());

    proxy.fault(Rule::on(read, Fault::Throttled).times(lost_for_good(target)));
    Note::get("n").exec(&db).await.unwrap().unwrap();
    let get = collector.one();
    let attempts = get.events("attempt");
    let (first, last) = (attempts[0], attempts[attempts.len() - 1]);
    assert_eq!((&*first["error.type"], &*last["db.operation.name"]), ("throttled", read), "{get:?}");
    let code = names.throttled;
    assert_eq!((&*first["db.response.status_code"], get.get("db.response.status_code")), (code, Some(code)));
    assert!(!last.contains_key("error.type"));
    let retries = get.events("retry");
    assert_eq!((retries.len(), &*retries[0]["number"]), (attempts.len() - 1, "2"));
    assert_eq!((get.get("error.type"), get.get("db.response.returned_rows")), (None, Some("1")));
    report::ran("layers::attempts_and_retries_are_told", &label);
}

pub(crate) async fn a_resolved_lost_answer_is_told(target: Target) {
    let (db, proxy, label) = behind_proxy(target).await;
    let collector = Collector::new();
    db.define::<Note>().await.unwrap();
    let db = db.layer(Trace::new());
    let request = Names::of(target).put;
    let fired = proxy.fault(Rule::on(request, Fault::DropAfter).times(lost_for_good(target)));
    Note::put(&note("n")).exec(&db).await.unwrap();
    assert_eq!(fired.count(), lost_for_good(target));
    let put = collector.one();
    let resolved = put.events("lost answer resolved");
    assert_eq!((resolved.len(), &*resolved[0]["lost"], &*resolved[0]["level"]), (1, "1", "INFO"), "{put:?}");
    assert_eq!(put.events("attempt")[0]["lost"], "true");
    assert_eq!((put.get("error.type"), put.get("otel.status_code")), (None, None));
    assert!(put.events("outcome unknown").is_empty() && put.events("failed").is_empty());

    Note::put(&note("m")).exec(&db).await.unwrap();
    assert!(collector.one().events("lost answer resolved").is_empty());
    report::ran("layers::a_resolved_lost_answer_is_told", &label);
}

pub(crate) async fn an_unknown_outcome_is_told(target: Target) {
    let (db, proxy, label) = behind_proxy_with(target, "&timeout=3s").await;
    let collector = Collector::new();
    db.define::<Note>().await.unwrap();
    let db = db.layer(Trace::new());
    Note::put(&note("n")).exec(&db).await.unwrap();
    collector.taken();
    proxy.fault(Rule::on(Names::of(target).delete, Fault::DropAfter).times(unknown_for_good(target)));
    assert_eq!(kind(Note::delete("n").exec(&db).await), ErrorKind::OutcomeUnknown);
    let delete = collector.one();
    let unknown = delete.events("outcome unknown");
    assert_eq!((unknown.len(), &*unknown[0]["level"], &*unknown[0]["items"]), (1, "WARN", "1"), "{delete:?}");
    let of_span = (delete.get("error.type"), delete.get("otel.status_code"));
    assert_eq!(of_span, (Some("outcome_unknown"), Some("ERROR")));
    assert!(delete.events("lost answer resolved").is_empty());
    report::ran("layers::an_unknown_outcome_is_told", &label);
}

pub(crate) async fn the_residue_of_a_batch_is_told(target: Target) {
    let (db, proxy, label) = behind_proxy(target).await;
    let collector = Collector::new();
    db.define::<Event>().await.unwrap();
    let db = db.layer(Trace::new());
    let events: Vec<_> = (0..10).map(|seq| event("s", seq, 0)).collect();
    proxy.fault(Rule::on("BatchWriteItem", Fault::Unprocessed(4)));
    Event::put_many(&events).exec(&db).await.unwrap();
    let put = collector.one();
    assert_eq!(put.events("residue").len(), 1, "{put:?}");
    assert_eq!(put.events("residue")[0]["undone"], "4");
    assert_eq!((put.events("retry").len(), put.get("error.type")), (1, None));
    proxy.fault(Rule::on("BatchGetItem", Fault::Unprocessed(3)));
    Event::get_many((0..10).map(|seq| ("s", seq))).exec(&db).await.unwrap();
    let get = collector.one();
    assert_eq!((get.events("residue").len(), get.get("db.response.returned_rows")), (1, Some("10")));
    assert_eq!(get.events("residue")[0]["undone"], "3");
    report::ran("layers::the_residue_of_a_batch_is_told", &label);
}
