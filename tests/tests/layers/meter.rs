//! What operations cost, as a meter counts it.

use reposit::Database;
use reposit::layer::{Cost, Meter};
use reposit_tests::harness::Test;
use reposit_tests::models::{Event, Note, User, event, note, user};
use reposit_tests::proxy::{Fault, Rule};
use reposit_tests::report;
use reposit_tests::servers::Target;

use crate::behind_proxy;

pub(crate) async fn costs_are_counted_by_scope_and_part(target: Target) {
    let (test, label) = Test::on(target).await;
    let meter = Meter::new();
    let db = test.db.layer(meter.clone());
    db.define::<Note>().await.unwrap();
    db.define::<User>().await.unwrap();
    // The first call of a model may look at what is defined.
    Note::put(&note("first")).exec(&db).await.unwrap();
    User::create(&user("u0", "none", 0)).exec(&db).await.unwrap();
    let before = meter.total();
    assert_eq!(before.operations, 2, "definitions are not counted");

    let use_case = async {
        for n in 1..=3 {
            User::create(&user(&format!("u{n}"), "core", n)).exec(&db).await.unwrap();
        }
        let (page, inner) = meter.scope(User::find_by_team("core").limit(2).exec(&db)).await;
        assert_eq!(page.unwrap().items.len(), 2);
        Note::get("none").exec(&db).await.unwrap();
        inner
    };
    let other = Meter::new();
    let ((inner, cost), elsewhere) = other.scope(meter.scope(use_case)).await;
    assert_eq!(elsewhere, Cost::default(), "another meter's");
    assert_eq!((inner.operations, inner.records_given), (1, 2));
    assert_eq!((cost.operations, cost.records_given, cost.retries), (5, 2, 0));
    assert_eq!(cost.of_repository("users").operations, 4);
    assert_eq!(cost.of_repository("note").of_operation("get"), cost.of_operation("get"));
    assert_eq!(cost.of_operation("query"), cost.of_index("by_team").of_operation("query"));
    assert_eq!(cost.of_index("by_team").of_operation("query").records_given, inner.records_given);
    assert!(cost.bytes > 5 * 50, "three users that were stored, two that were given");
    assert_eq!(meter.total().operations, before.operations + cost.operations);
    if target.protocol().is_some() {
        assert!(cost.requests >= 5 && inner.requests == 1, "{cost:?}");
    }
    let task = {
        let db = db.clone();
        async move { tokio::spawn(async move { Note::get("first").exec(&db).await }).await.unwrap() }
    };
    let (found, cost) = meter.scope(task).await;
    assert!(found.unwrap().is_some());
    assert_eq!(cost.operations, 0, "a task has a scope of its own");
    report::ran("layers::costs_are_counted_by_scope_and_part", &label);
}

pub(crate) async fn capacity_is_as_the_server_reports_it(target: Target) {
    let (db, proxy, label) = behind_proxy(target).await;
    let meter = Meter::new();
    let db: Database = db.layer(meter.clone());
    db.define::<Event>().await.unwrap();
    let events: Vec<_> = (0..50).map(|seq| event("s", seq, 0)).collect();
    proxy.fault(Rule::on("BatchWriteItem", Fault::Unprocessed(5)));
    let (put, cost) = meter.scope(Event::put_many(&events).exec(&db)).await;
    put.unwrap();
    assert_eq!((cost.requests, cost.retries), (3, 1));
    let (got, cost) = meter.scope(Event::get("s", 1).consistent().exec(&db)).await;
    assert!(got.unwrap().is_some());
    assert_eq!((cost.read_units, cost.write_units, cost.requests, cost.records_read), (1.0, 0.0, 1, 1));
    let (got, cost) = meter.scope(Event::get("s", 99).exec(&db)).await;
    assert!(got.unwrap().is_none());
    assert_eq!((cost.read_units, cost.records_read), (0.5, 0));
    let filtered = Event::query("s").filter(Event::SEVERITY.eq(7)).limit(3);
    let (page, cost) = meter.scope(filtered.exec(&db)).await;
    assert!(page.unwrap().items.is_empty());
    assert_eq!((cost.records_read, cost.records_given), (50, 0));
    assert!(cost.read_units >= 0.5);
    let requests = proxy.requests();
    let asking = requests.iter().filter(|request| format!("{request:?}").contains("ReturnConsumedCapacity")).count();
    assert!(asking >= 5, "{asking}");
    report::ran("layers::capacity_is_as_the_server_reports_it", &label);
}
