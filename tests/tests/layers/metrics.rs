//! Metrics: the convention's names, and the figures under them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use reposit::layer::Metrics;
use reposit_tests::harness::Test;
use reposit_tests::models::{Note, note};
use reposit_tests::report;
use reposit_tests::servers::{Protocol, Target};

/// Values by the metric's name and its labels.
type Values = Arc<Mutex<BTreeMap<String, Vec<f64>>>>;

/// Keeps what is recorded.
#[derive(Debug, Default)]
struct Kept {
    values: Values,
    units: Mutex<BTreeMap<String, Unit>>,
}

/// One metric of it.
struct One(Values, String);

impl One {
    fn add(&self, value: f64) {
        self.0.lock().unwrap().entry(self.1.clone()).or_default().push(value);
    }
}

impl CounterFn for One {
    fn increment(&self, value: u64) {
        self.add(value as f64);
    }

    fn absolute(&self, _: u64) {}
}

impl HistogramFn for One {
    fn record(&self, value: f64) {
        self.add(value);
    }
}

impl Kept {
    fn one(&self, key: &Key) -> Arc<One> {
        let mut labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        labels.retain(|label| !label.starts_with("server.") && !label.starts_with("db.namespace"));
        labels.sort();
        Arc::new(One(self.values.clone(), format!("{} {}", key.name(), labels.join(" "))))
    }

    /// The values of a metric with these labels, beside those of the server.
    fn values(&self, name: &str, labels: &[&str]) -> Vec<f64> {
        self.values.lock().unwrap().get(&format!("{name} {}", labels.join(" "))).cloned().unwrap_or_default()
    }
}

impl Recorder for Kept {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, _: SharedString) {
        self.units.lock().unwrap().extend(unit.map(|unit| (key.as_str().to_owned(), unit)));
    }

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, _: SharedString) {
        self.units.lock().unwrap().extend(unit.map(|unit| (key.as_str().to_owned(), unit)));
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.one(key))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.one(key))
    }
}

pub(crate) async fn metrics_have_the_conventions_names(target: Target) {
    let (test, label) = Test::on(target).await;
    test.db.define::<Note>().await.unwrap();
    let kept = Kept::default();
    let guard = metrics::set_default_local_recorder(&kept);
    let db = test.db.layer(Metrics::new());
    let n = note("n");
    Note::create(&n).exec(&db).await.unwrap();
    Note::create(&n).exec(&db).await.unwrap_err();
    Note::get("n").exec(&db).await.unwrap().unwrap();
    Note::get("n").exec(&db).await.unwrap().unwrap();
    drop(guard);
    let embedded = format!("db.system.name={}", target.name());
    let system = match target.protocol() {
        None => embedded.as_str(),
        Some(Protocol::Mongodb) => "db.system.name=mongodb",
        Some(Protocol::Dynamodb) => "db.system.name=aws.dynamodb",
        Some(Protocol::Postgres) => "db.system.name=postgresql",
        Some(Protocol::Redis) => "db.system.name=redis",
    };
    let (note, create, get) = ("db.collection.name=note", "db.operation.name=create", "db.operation.name=get");
    let durations = kept.values("db.client.operation.duration", &[note, get, system]);
    assert!(durations.len() == 2 && durations.iter().all(|took| (0.0..60.0).contains(took)), "{kept:?}");
    assert_eq!(kept.values("db.client.operation.duration", &[note, create, system]).len(), 1);
    assert_eq!(kept.units.lock().unwrap().get("db.client.operation.duration"), Some(&Unit::Seconds));
    let failed: Vec<_> = kept.values.lock().unwrap().keys().filter(|key| key.contains("error.type")).cloned().collect();
    assert!(failed.len() == 1 && failed[0].contains("error.type=already_exists"), "{failed:?}");
    assert_eq!(kept.values("reposit.items.given", &[note, get, system]), [1.0, 1.0]);
    assert!(kept.values("reposit.bytes", &[note, create, system])[0] > 50.0);
    let requests = kept.values("reposit.requests", &[note, get, system]);
    let halves = kept.values("reposit.capacity.read.halves", &[note, get, system]);
    match target.protocol() {
        None => assert_eq!((requests.len(), halves.len()), (0, 0)),
        Some(Protocol::Mongodb | Protocol::Postgres | Protocol::Redis) => {
            assert_eq!((requests, halves.len()), (vec![1.0, 1.0], 0));
        }
        Some(Protocol::Dynamodb) => assert_eq!((requests, halves), (vec![1.0, 1.0], vec![1.0, 1.0])),
    }
    report::ran("layers::metrics_have_the_conventions_names", &label);
}
