//! What operations cost, as a meter counts it.

use std::collections::BTreeMap;

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

/// A cost as it is told beforehand.
fn told(cost: &Cost, size: usize) -> String {
    let requests = if cost.requests == 1 { "request" } else { "requests" };
    let mut text = format!("costs, for records of {size} bytes: {} {requests}", cost.requests);
    for kind in ["read", "write"] {
        let units = |cost: &Cost| if kind == "read" { cost.read_units } else { cost.write_units };
        let of_indexes: BTreeMap<_, _> = cost
            .parts()
            .filter_map(|part| Some((part.index.clone()?, units(&part.cost))))
            .filter(|(_, units)| *units > 0.0)
            .collect();
        let of_indexes: Vec<_> = of_indexes.iter().map(|(index, units)| format!("{index} {units}")).collect();
        let units = units(cost);
        if units > 0.0 {
            text += &format!(", {units} {kind} unit{}", if units == 1.0 { "" } else { "s" });
            text += &if of_indexes.is_empty() { String::new() } else { format!(" ({})", of_indexes.join(", ")) };
        }
    }
    text
}

const SIZE: usize = 3_000;

/// What an operation is told to cost is what it costs.
macro_rules! costs_as_told {
    ($meter:ident, $db:ident, $operation:expr) => {
        let explained = $operation.explain(&$db).unwrap();
        let (result, cost) = $meter.scope($operation.exec(&$db)).await;
        result.unwrap();
        let told = told(&cost, SIZE);
        assert!(explained.ends_with(&told), "{explained}\n{told}");
    };
}

pub(crate) async fn costs_are_told_beforehand(target: Target) {
    let (test, label) = Test::on(target).await;
    let meter = Meter::new().record_size(SIZE);
    let db = test.db.layer(meter.clone());
    db.define::<(Note, User, Event)>().await.unwrap();
    if target.protocol().is_some() && !target.is_dynamodb() {
        assert_eq!(Note::get("n").explain(&db).unwrap(), Note::get("n").explain(&test.db).unwrap());
        return report::ran("layers::costs_are_told_beforehand", &label);
    }
    let long = |id: &str| Note { title: "x".repeat(SIZE - 100), ..note(id) };
    let person = |n: i64| User { nickname: Some("x".repeat(SIZE - 200)), ..user(&format!("u{n}"), "core", n) };
    costs_as_told!(meter, db, Note::create(&long("n")));
    costs_as_told!(meter, db, Note::put(&long("n")));
    costs_as_told!(meter, db, Note::get("n"));
    costs_as_told!(meter, db, Note::get("n").consistent());
    costs_as_told!(meter, db, Note::update("n").add(Note::COUNT, 1));
    Note::put_many(&[long("m"), long("o")]).exec(&db).await.unwrap();
    costs_as_told!(meter, db, Note::get_many(["n", "m"]));
    costs_as_told!(meter, db, Note::scan().limit(2));
    costs_as_told!(meter, db, Note::delete("n"));
    let event = |seq| Event { text: "x".repeat(SIZE - 100), ..event("s", seq, 1) };
    Event::put_many(&[event(1), event(2), event(3)]).exec(&db).await.unwrap();
    costs_as_told!(meter, db, Event::query("s").limit(2).consistent());
    costs_as_told!(meter, db, Event::find_by_severity("s").limit(2));
    for n in 1..=3 {
        User::create(&person(n)).exec(&db).await.unwrap();
    }
    costs_as_told!(meter, db, User::find_by_email("u1@example.com"));
    costs_as_told!(meter, db, User::find_by_team("core").limit(2));
    costs_as_told!(meter, db, User::update("u1").set(User::AGE, 7));
    // DynamoDB Local does not report each item of a transaction.
    if target == Target::Memory {
        costs_as_told!(meter, db, User::create(&person(4)));
        costs_as_told!(meter, db, User::update("u1").set(User::EMAIL, "new@example.com"));
        costs_as_told!(meter, db, User::delete("u1"));
    }
    report::ran("layers::costs_are_told_beforehand", &label);
}
