//! Texts that are no `String`, durations, IP addresses, JSON.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use reposit::Repository;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::test::Test;

use super::found;

cases!(texts_are_strings, durations_compare_equal, addresses_are_keys_without_an_order, json_comes_back_as_it_was,);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Texts {
    #[hash_key]
    id: Box<str>,
    #[index(unique)]
    name: Arc<str>,
    kind: Cow<'static, str>,
    labels: Vec<Box<str>>,
}

async fn texts_are_strings(t: Test) {
    let db = t.with::<Texts>().await;
    let texts = Texts { id: "a".into(), name: "ada".into(), kind: "user".into(), labels: vec!["x".into()] };
    Texts::create(&texts).exec(db).await.unwrap();
    assert_eq!(Texts::find_by_name("ada").exec(db).await.unwrap(), Some(texts.clone()));
    assert_eq!(Texts::get_many(["a", "b"]).exec(db).await.unwrap(), [Some(texts), None]);
    let filter = Texts::KIND.begins_with("us") & Texts::NAME.contains("d") & Texts::LABELS.contains("x");
    let filter = filter & Texts::ID.is_in(&["a".to_owned()]) & Texts::KIND.lt("v") & Texts::NAME.ne("bob");
    let changed = Texts::update("a").set(Texts::KIND, "x").append(Texts::LABELS, ["y"]).only_if(filter);
    let changed = changed.exec(db).await.unwrap();
    assert_eq!((&*changed.kind, &*changed.labels[1]), ("x", "y"));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Job {
    #[hash_key]
    id: u64,
    pause: Duration,
    limit: Option<Duration>,
    steps: Vec<Duration>,
}

async fn durations_compare_equal(t: Test) {
    let db = t.with::<Job>().await;
    let pause = Duration::new(3, 500_000_000);
    let job = |id, pause| Job { id, pause, limit: Some(Duration::MAX), steps: vec![Duration::ZERO] };
    Job::put_many(&[job(1, pause), job(2, Duration::from_secs(3))]).exec(db).await.unwrap();
    assert_eq!(found(db, Job::PAUSE.eq(Duration::from_millis(3_500))).await, [1]);
    assert_eq!(found(db, Job::LIMIT.eq(Duration::MAX) & Job::STEPS.contains(Duration::ZERO)).await, [1, 2]);
    let changed = Job::update(2).set(Job::PAUSE, pause).append(Job::STEPS, [&pause]).remove(Job::LIMIT);
    let wanted = Job { limit: None, steps: vec![Duration::ZERO, pause], ..job(2, pause) };
    assert_eq!(changed.exec(db).await.unwrap(), wanted);
    assert_eq!(Job::get(2).exec(db).await.unwrap(), Some(wanted));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Machine {
    #[hash_key]
    address: IpAddr,
    #[index(unique)]
    v4: Ipv4Addr,
    #[index(range = "number")]
    gateway: Option<Ipv6Addr>,
    number: u8,
    hops: Vec<IpAddr>,
}

async fn addresses_are_keys_without_an_order(t: Test) {
    let db = t.with::<Machine>().await;
    let v6: Ipv6Addr = "2001:db8::1".parse().unwrap();
    let machine = |address: IpAddr, number| Machine {
        address,
        v4: Ipv4Addr::new(10, 0, 0, number),
        gateway: Some(v6),
        number,
        hops: vec![address, v6.into()],
    };
    let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
    let plain: IpAddr = "10.0.0.1".parse().unwrap();
    let machines = [machine(plain, 1), machine(mapped, 2)];
    for one in &machines {
        Machine::create(one).exec(db).await.unwrap();
    }
    assert_eq!(Machine::get(mapped).exec(db).await.unwrap().as_ref(), Some(&machines[1]));
    let unique = Machine::find_by_v4(Ipv4Addr::new(10, 0, 0, 1)).exec(db).await.unwrap();
    assert_eq!(unique.as_ref(), Some(&machines[0]));
    assert_eq!(Machine::find_by_gateway(v6).descending().all(db).await.unwrap(), [1, 0].map(|at| machines[at].clone()));
    let filter = Machine::ADDRESS.eq(plain) & Machine::HOPS.contains(v6.into()) & Machine::V4.is_in([machines[0].v4]);
    assert_eq!(Machine::scan().filter(filter).all(db).await.unwrap(), machines[..1]);
    assert_eq!(Machine::get_many([mapped, plain]).exec(db).await.unwrap().iter().flatten().count(), 2);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Event {
    #[hash_key]
    id: u64,
    payload: serde_json::Value,
    more: Option<serde_json::Value>,
    items: Vec<serde_json::Value>,
}

async fn json_comes_back_as_it_was(t: Test) {
    let db = t.with::<Event>().await;
    let values = [
        json!({"a": [1, "x", null, true], "b": {"c": -1.5, "d": u64::MAX, "e": i64::MIN}, "f": {}}),
        json!([1, 2, 3]),
        json!("text"),
        json!(7),
        json!(0.1),
        json!(false),
        json!([]),
        json!(null),
    ];
    for (id, payload) in (0..).zip(&values) {
        let event = Event { id, payload: payload.clone(), more: None, items: vec![payload.clone(), json!({"n": id})] };
        Event::create(&event).exec(db).await.unwrap();
        assert_eq!(Event::get(id).exec(db).await.unwrap(), Some(event));
        if !payload.is_null() {
            assert_eq!(found(db, Event::PAYLOAD.eq(payload)).await, [id], "{payload}");
            assert_eq!(found(db, Event::ITEMS.contains(payload) & Event::ID.eq(id)).await, [id], "{payload}");
        }
    }
    assert_eq!(found(db, Event::PAYLOAD.missing()).await, [7]);
    let changed = Event::update(7).set(Event::PAYLOAD, &values[0]).set(Event::MORE, &values[1]).exec(db).await.unwrap();
    assert_eq!((&changed.payload, changed.more.as_ref()), (&values[0], Some(&values[1])));
    // A whole float and an integer are one number, as everywhere.
    let changed = Event::update(7).set(Event::PAYLOAD, &json!(2.0)).exec(db).await.unwrap();
    assert_eq!(changed.payload, json!(2));
}
