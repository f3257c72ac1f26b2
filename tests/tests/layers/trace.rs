//! The spans of operations: OpenTelemetry's names, and what stands under them.

use std::time::Duration;

use reposit::layer::Trace;
use reposit_tests::harness::Test;
use reposit_tests::models::{Event, Note, User, event, note, user};
use reposit_tests::report;
use reposit_tests::servers::{Protocol, Target};

use crate::collector::{Collector, Seen};

/// The fields that every span has, on this target.
#[track_caller]
fn has(seen: &Seen, target: Target, fields: &[(&str, &str)]) {
    let system = match target.protocol() {
        None => target.name(),
        Some(Protocol::Mongodb) => "mongodb",
        Some(Protocol::Dynamodb) => "aws.dynamodb",
        Some(Protocol::Postgres) => "postgresql",
        Some(Protocol::Redis) => "redis",
    };
    assert_eq!(seen.get("db.system.name"), Some(system));
    assert_eq!(seen.get("otel.kind"), Some("client"));
    assert_eq!(seen.get("otel.name"), seen.get("db.query.summary"));
    assert_eq!(seen.get("db.namespace").is_some(), target.is_mongodb(), "{seen:?}");
    assert_eq!(seen.get("server.address").is_some(), target.protocol().is_some(), "{seen:?}");
    if target.protocol().is_some() {
        assert!(seen.get("server.port").unwrap().parse::<u16>().is_ok());
    }
    for (name, value) in fields {
        assert_eq!(seen.get(name), Some(*value), "{name} of {seen:?}");
    }
}

pub(crate) async fn operations_have_spans(target: Target) {
    let (test, label) = Test::on(target).await;
    let collector = Collector::new();
    let db = test.db.layer(Trace::new());
    db.define::<Note>().await.unwrap();
    let defined = collector.one();
    assert_eq!(defined.get("db.query.summary"), Some("define note"));
    db.define::<User>().await.unwrap();
    db.define::<Event>().await.unwrap();
    collector.taken();
    db.repositories().await.unwrap();
    assert_eq!(collector.one().get("db.query.summary"), Some("repositories"));

    let n = note("n");
    Note::create(&n).exec(&db).await.unwrap();
    let created = collector.one();
    let names = [("db.operation.name", "create"), ("db.collection.name", "note"), ("db.query.summary", "create note")];
    has(&created, target, &names);
    assert_eq!((created.get("error.type"), created.get("otel.status_code")), (None, None));
    assert_eq!(created.get("db.operation.batch.size"), None);
    let refused = Note::create(&n).exec(&db).await;
    assert!(refused.is_err());
    let refused = collector.one();
    has(&refused, target, &[("error.type", "already_exists"), ("otel.status_code", "ERROR")]);
    let events = refused.events("refused");
    assert_eq!((events.len(), &*events[0]["error.type"]), (1, "already_exists"));
    assert_eq!(events[0]["level"], "INFO");

    assert_eq!(Note::get("n").exec(&db).await.unwrap(), Some(n));
    has(&collector.one(), target, &[("db.operation.name", "get"), ("db.response.returned_rows", "1")]);
    assert_eq!(Note::get("none").exec(&db).await.unwrap(), None);
    has(&collector.one(), target, &[("db.response.returned_rows", "0")]);
    let ids = ["n", "m", "o"];
    Note::get_many(ids).exec(&db).await.unwrap();
    let many = collector.one();
    has(&many, target, &[("db.operation.batch.size", "3"), ("db.response.returned_rows", "1")]);

    User::create(&user("u1", "core", 1)).exec(&db).await.unwrap();
    User::create(&user("u2", "core", 2)).exec(&db).await.unwrap();
    collector.taken();
    let page = User::find_by_team("core").limit(1).descending().exec(&db).await.unwrap();
    let first = collector.one();
    has(&first, target, &[("db.query.summary", "query users by_team"), ("db.response.returned_rows", "1")]);
    if target.protocol() == Some(Protocol::Dynamodb) {
        let names = [("aws.dynamodb.index_name", "by_team"), ("aws.dynamodb.limit", "1")];
        has(&first, target, &names);
        let names = [("aws.dynamodb.scan_forward", "false"), ("aws.dynamodb.consistent_read", "false")];
        has(&first, target, &names);
        let names = [("aws.dynamodb.table_names", r#"["users"]"#), ("aws.dynamodb.count", "1")];
        has(&first, target, &names);
        assert!(first.get("aws.dynamodb.scanned_count").unwrap().parse::<u64>().unwrap() >= 1);
    } else {
        assert!(first.fields.keys().all(|name| !name.starts_with("aws.")), "{first:?}");
    }
    assert!(page.next.is_some());
    assert_eq!(User::find_by_team("core").count(&db).await.unwrap(), 2);
    has(&collector.one(), target, &[("db.query.summary", "count users by_team")]);
    User::find_by_email("u1@example.com").exec(&db).await.unwrap().unwrap();
    has(&collector.one(), target, &[("db.query.summary", "find users by_email")]);

    batches_have_spans(&db, target, &collector).await;
    report::ran("layers::operations_have_spans", &label);
}

async fn batches_have_spans(db: &reposit::Database, target: Target, collector: &Collector) {
    let events: Vec<_> = (0..3).map(|seq| event("s", seq, 0)).collect();
    Event::put_many(&events).exec(db).await.unwrap();
    has(&collector.one(), target, &[("db.collection.name", "events"), ("db.operation.batch.size", "3")]);
    let n = note("in a transaction");
    db.transaction().add(Note::put(&n)).add(Event::delete("s", 0)).commit().await.unwrap();
    let both = collector.one();
    has(&both, target, &[("db.operation.batch.size", "2"), ("db.query.summary", "transaction")]);
    assert_eq!(both.get("db.collection.name"), None, "there are two");
    let [taken, free] = [user("u3", "core", 3), user("u4", "core", 4)];
    let taken = User { email: "u1@example.com".into(), ..taken };
    User::create_many(&[taken, free]).exec(db).await.unwrap_err();
    let partly = collector.one();
    has(&partly, target, &[("error.type", "unique_violation"), ("otel.status_code", "ERROR")]);
    let refused = partly.events("refused");
    assert_eq!((refused.len(), &*refused[0]["items"], &*refused[0]["index"]), (1, "1", "by_email"));
}

pub(crate) async fn keys_are_shown_if_asked_for(target: Target) {
    let (test, label) = Test::on(target).await;
    let collector = Collector::new();
    let silent = test.db.layer(Trace::new());
    let open = test.db.layer(Trace::new().keys(true));
    test.db.define::<User>().await.unwrap();
    let ada = User { nickname: Some("countess".into()), ..user("secret-key", "core", 1) };
    User::create(&ada).exec(&silent).await.unwrap();
    User::create(&ada).exec(&silent).await.unwrap_err();
    User::get("secret-key").exec(&silent).await.unwrap();
    User::find_by_email("secret-key@example.com").exec(&silent).await.unwrap();
    User::find_by_team("core").filter(User::NICKNAME.eq("countess")).exec(&silent).await.unwrap();
    User::update("secret-key").set(User::NICKNAME, "baroness").exec(&silent).await.unwrap();
    let told = format!("{:?}", collector.taken());
    for word in ["secret-key", "core", "countess", "baroness", "example.com"] {
        assert!(!told.contains(word), "{word} in {told}");
    }
    User::get("secret-key").exec(&open).await.unwrap();
    assert_eq!(collector.one().get("db.operation.parameter.key"), Some("secret-key"));
    User::get_many(["a", "b"]).exec(&open).await.unwrap();
    assert_eq!(collector.one().get("db.operation.parameter.key"), Some("a, b"));
    User::find_by_team("core").filter(User::NICKNAME.eq("countess")).exec(&open).await.unwrap();
    let found = collector.one();
    assert_eq!(found.get("db.operation.parameter.key"), Some("core"));
    assert!(!format!("{found:?}").contains("countess"), "a filter's operand is no key");
    report::ran("layers::keys_are_shown_if_asked_for", &label);
}

pub(crate) async fn scans_and_slow_operations_are_warned_of(target: Target) {
    let (test, label) = Test::on(target).await;
    let collector = Collector::new();
    test.db.define::<Note>().await.unwrap();
    for id in ["a", "b", "c"] {
        Note::put(&note(id)).exec(&test.db).await.unwrap();
    }
    let quick = test.db.layer(Trace::new().slow(Duration::from_secs(60)));
    Note::get("a").exec(&quick).await.unwrap();
    let get = collector.one();
    assert!(get.events("slow").is_empty() && get.events("scan").is_empty());
    let page = Note::scan().limit(2).exec(&quick).await.unwrap();
    let scans = collector.one();
    assert_eq!((scans.events("scan").len(), &*scans.events("scan")[0]["level"]), (1, "WARN"));
    Note::scan().limit(2).after(page.next.unwrap()).exec(&quick).await.unwrap();
    assert!(collector.one().events("scan").is_empty(), "it was warned of on the first page");
    let slow = test.db.layer(Trace::new().slow(Duration::ZERO));
    Note::get("a").exec(&slow).await.unwrap();
    let get = collector.one();
    let warned = get.events("slow");
    assert_eq!((warned.len(), &*warned[0]["level"], &*warned[0]["db.query.summary"]), (1, "WARN", "get note"));
    assert!(warned[0]["db.client.operation.duration"].parse::<f64>().is_ok());
    report::ran("layers::scans_and_slow_operations_are_warned_of", &label);
}
