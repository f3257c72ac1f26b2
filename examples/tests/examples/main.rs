//! The examples run as a user runs them, and say the same on every backend.

#[cfg(feature = "otlp")]
mod collector;

use std::process::Command;

use reposit_tests::proxy::{Fault, Names, Proxy, Rule};
use reposit_tests::report;
use reposit_tests::servers::{Protocol, Target, fresh_name};

/// What an example prints; it must not fail, and must say nothing of an error.
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect("the example starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("it prints text")
}

#[tokio::test]
async fn airports_answers_the_same_on_every_backend() {
    let program = env!("CARGO_BIN_EXE_airports");
    let expected = run(program, &[]);
    assert!(expected.starts_with("3376 airports\n"), "{expected}");
    for target in Target::ALL {
        let (url, label) = target.fresh().await;
        assert_eq!(run(program, &["--db", &url]), expected, "{label}");
        // A second time, on what is there by now.
        if *target != Target::Memory {
            assert_eq!(run(program, &["--db", &url]), expected, "{label}, again");
        }
        report::ran("examples::airports", &label);
    }
}

#[tokio::test]
async fn quickstart_is_the_same_session_on_every_backend() {
    let program = env!("CARGO_BIN_EXE_quickstart");
    let after_first_line = |text: String| text.split_once('\n').map(|(_, rest)| rest.to_owned());
    let expected = after_first_line(run(program, &[]));
    let told = expected.as_deref().unwrap_or_default();
    for part in
        ["condition failed", "unique violation on index by_email", "version conflict", "users left: 1", "expired"]
    {
        assert!(told.contains(part), "{part} is not in:\n{told}");
    }
    for target in Target::ALL {
        let (url, label) = target.fresh().await;
        for _ in 0..2 {
            assert_eq!(after_first_line(run(program, &[&url])), expected, "{label}");
        }
        report::ran("examples::quickstart", &label);
    }
}

#[tokio::test]
async fn recipes_come_out_the_same_on_every_backend() {
    let program = env!("CARGO_BIN_EXE_recipes");
    let expected = run(program, &["all", "memory:"]);
    for part in [
        "queue:\n  taken: welcome (attempt 1)\n  for another: None\n  taken again: welcome (attempt 2)\n  \
         the first may finish it: false\n  the second may: true\n  left: 1\n  8 workers did 40 jobs, each once: true\n",
        "pop:\n  two at once: [\"ace\", \"queen\"]\n  then: Some(\"two\")\n  then: None\n",
        "rate-limit:\n  of 5 calls in a minute: 3\n  another caller: true\n  a minute later: true\n",
        "leaderboard:\n  1. grace with 90\n  2. ada with 85\n  alan is number 3\n",
        "soft-delete:\n  on the shelf: 0\n  still there: true\n  on the shelf again: 1\n",
        "money:\n  the rent: Done { left: 30 }\n  asked for again: DoneBefore\n  another: NotEnough\n  balances: [30, 70]\n",
        "invitations:\n  a second one: unique violation\n  accepted: Some(\"ada@x.org\")\n  again: None\n  the address is free: true\n",
        "audit-log:\n  [\"signed in\", \"changed the password\"]\n  [\"signed up\"], and then: None\n  another's cursor: Err(\"status 400\")\n",
        "clock:\n  a second before: true\n  on the second: false\n",
    ] {
        assert!(expected.contains(part), "{part} is not in:\n{expected}");
    }
    for target in Target::ALL {
        let (url, label) = target.fresh().await;
        for _ in 0..2 {
            assert_eq!(run(program, &["all", &url]), expected, "{label}");
        }
        report::ran("examples::recipes", &label);
    }
}

#[tokio::test]
async fn ports_come_out_the_same_on_every_backend() {
    let program = env!("CARGO_BIN_EXE_ports");
    let expected = run(program, &["all", "memory:"]);
    for part in [
        "add-user:\n  moved: ada, ada@example.org\n  the address before: None\n  the address now: Some(User { id: \"u1\", ",
        "ticket:\nversion 1\n  created again: already exists\n  of the customer: [2]\n",
        "microkubes:\n  found by a filter: true\n  by the token: None\n  of the address: [Token { token: \"t2\", ",
    ] {
        assert!(expected.contains(part), "{part} is not in:\n{expected}");
    }
    for target in Target::ALL {
        let (url, label) = target.fresh().await;
        for _ in 0..2 {
            assert_eq!(run(program, &["all", &url]), expected, "{label}");
        }
        report::ran("examples::ports", &label);
    }
}

/// The lines of a text that are not empty, without the space around them.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_guide_shows_the_ports_as_they_are() {
    let page = include_str!("../../../docs/porting.md");
    let ports = [
        include_str!("../../ports/add_user.rs"),
        include_str!("../../ports/ticket.rs"),
        include_str!("../../ports/microkubes.rs"),
    ];
    let blocks: Vec<&str> = page.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), ports.len());
    for (block, port) in blocks.into_iter().zip(ports.map(lines)) {
        // What the page hides is around what it shows.
        let shown = lines(block);
        let parts = shown.split(|line| line.starts_with("# ")).filter(|part| !part.is_empty());
        for part in parts {
            assert!(port.windows(part.len()).any(|lines| lines == part), "not in the program:\n{}", part.join("\n"));
        }
    }
}

#[test]
fn a_backend_of_ones_own_keeps_the_promises() {
    let told = run(env!("CARGO_BIN_EXE_own_backend"), &[]);
    let expected = "the first after 1966: Some(\"The Left Hand of Darkness\")\n\
                    then: [\"The Dispossessed\"]\n\
                    a title twice: unique violation\n";
    assert_eq!(told, expected);
}

#[test]
fn a_layer_counts_the_calls() {
    let told = run(env!("CARGO_BIN_EXE_counting"), &[]);
    assert_eq!(told, "home was visited 2 times\ndefine: 1\nget: 1\nupsert: 3\n");
}

/// What a put is on the wire, how often its answer is lost before it is looked for, and the system's name by the conventions.
fn put_of(target: Target) -> (&'static str, usize, &'static str) {
    let put = Names::of(target).put;
    match target.protocol() {
        // Its driver sends a write a second time by itself.
        Some(Protocol::Mongodb) => (put, 2, "mongodb"),
        Some(Protocol::Dynamodb) => (put, 1, "aws.dynamodb"),
        Some(Protocol::Postgres) => (put, 1, "postgresql"),
        Some(Protocol::Redis) => (put, 1, "redis"),
        None => panic!("{target:?} has no server"),
    }
}

/// The answer to a write is lost on the way: the trace shows how it was found out that it was done.
#[tokio::test(flavor = "multi_thread")]
async fn observed_shows_a_lost_answer_that_was_resolved() {
    let program = env!("CARGO_BIN_EXE_observed");
    for target in Target::servers() {
        let server = target.server().await.expect("a server");
        let (proxy, url) = Proxy::before(target, &server, &fresh_name()).await;
        let (request, times, system) = put_of(target);
        let fired = proxy.fault(Rule::on(request, Fault::DropAfter).times(times));
        let text = run(program, &[&url]);
        assert_eq!(fired.count(), times, "{text}");
        let resolved = text.lines().find(|line| line.contains("lost answer resolved")).expect("an event");
        for name in [
            &format!("db.system.name=\"{system}\""),
            "db.operation.name=\"put\"",
            "db.collection.name=\"orders\"",
            "db.query.summary=\"put orders\"",
            "server.address=",
            "server.port=",
        ] {
            assert!(resolved.contains(name), "{name} is not in {resolved}");
        }
        let attempt = text.lines().find(|line| line.contains("lost=true")).expect("an attempt");
        let reported = Names::reported(request);
        assert!(attempt.contains(&format!("db.operation.name=\"{reported}\"")), "{attempt}");
        for part in [
            "db.client.operation.duration db.system.name=",
            "error.type=already_exists",
            "reposit.requests db.system.name=",
            "-- 2 orders\n",
        ] {
            assert!(text.contains(part), "{part} is not in:\n{text}");
        }
        assert!(!text.contains("1999") && !text.contains("ada\""), "a value was shown:\n{text}");
        report::ran("examples::observed", &server.label());
    }
    let text = run(program, &[]);
    assert!(text.contains("0.5 read units, 2 records read, 1 given\n"), "{text}");
}

/// What the layers say reaches a collector under the names of OpenTelemetry's conventions.
#[cfg(feature = "otlp")]
#[tokio::test(flavor = "multi_thread")]
async fn observed_sends_spans_and_metrics_to_a_collector() {
    use collector::{Collector, all, attributes};
    use reposit::layer::Metrics;
    use serde_json::Value;

    for target in Target::servers() {
        let server = target.server().await.expect("a server");
        let (proxy, url) = Proxy::before(target, &server, &fresh_name()).await;
        let (request, times, system) = put_of(target);
        proxy.fault(Rule::on(request, Fault::DropAfter).times(times));
        let collector = Collector::start();
        let program = Command::new(env!("CARGO_BIN_EXE_observed"))
            .arg(&url)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint)
            .output()
            .expect("the example starts");
        assert!(program.status.success(), "{}", String::from_utf8_lossy(&program.stderr));
        let (traces, metrics) = collector.taken();

        let spans = all("spans", &traces);
        let put = spans.iter().find(|span| span["name"] == "put orders").expect("the span of the put");
        // Of a client; an answer that was lost and resolved is no error.
        assert_eq!((&put["kind"], &put["status"]["code"]), (&3.into(), &0.into()), "{put:#}");
        let named = attributes(put);
        let names: Vec<&str> = named.iter().map(|(name, _)| *name).collect();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a name twice: {names:?}");
        for (name, value) in [
            ("db.system.name", system),
            ("db.operation.name", "put"),
            ("db.collection.name", "orders"),
            ("db.query.summary", "put orders"),
            ("server.address", "127.0.0.1"),
        ] {
            assert!(named.contains(&(name, value.to_owned())), "{name} is not {value}: {named:?}");
        }
        let port = put["attributes"].as_array().and_then(|list| list.iter().find(|one| one["key"] == "server.port"));
        assert!(port.is_some_and(|port| !port["value"]["intValue"].is_null()), "{port:?}");
        let events: Vec<_> = all("events", [*put]).into_iter().map(|event| &event["name"]).collect();
        assert!(events.contains(&&"attempt".into()) && events.contains(&&"lost answer resolved".into()), "{events:?}");
        let refused = spans.iter().find(|span| span["name"] == "create orders").expect("the span of the create");
        assert_eq!(refused["status"]["code"], 2, "{refused:#}");
        assert!(attributes(refused).contains(&("error.type", "already_exists".to_owned())), "{refused:#}");
        let page = spans.iter().find(|span| span["name"] == "query orders by_customer").expect("the span of the page");
        let rows = ("db.response.returned_rows", "1".to_owned());
        assert!(attributes(page).contains(&rows), "{page:#}");

        let points = all("metrics", &metrics);
        let of = |name: &str| *points.iter().find(|point| point["name"] == name).expect(name);
        let durations = of("db.client.operation.duration");
        assert_eq!(durations["unit"], "s");
        let bounds = Metrics::BUCKETS.map(Value::from).to_vec();
        let put = ("db.operation.name", "put".to_owned());
        let timed = all("dataPoints", [durations]);
        let timed = timed.iter().find(|point| attributes(point).contains(&put)).expect("the point of the puts");
        assert_eq!((&timed["count"], &timed["explicitBounds"]), (&"2".into(), &bounds.into()), "{timed:#}");
        for name in ["reposit.requests", "reposit.items.given", "reposit.bytes"] {
            let counted = all("dataPoints", [of(name)]);
            assert!(counted.iter().all(|point| attributes(point).contains(&("db.system.name", system.to_owned()))));
            assert!(!counted.is_empty(), "{name}");
        }
        assert!(!format!("{traces:?}{metrics:?}").contains("\"ada\""), "a value was sent");
        report::ran("examples::observed_otlp", &server.label());
    }
}
