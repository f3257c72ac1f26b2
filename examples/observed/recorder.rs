//! A recorder that keeps the metrics, and prints them as a table. A service has an exporter in its place.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, NoopRecorder, Recorder, SharedString,
    Unit,
};
use reposit::layer::Metrics;

/// A metric: its name, and its labels.
type Name = (String, String);

/// What was recorded of a metric.
#[derive(Debug, Clone, Default)]
struct Series {
    count: u64,
    /// How many values are at most each of the convention's bounds.
    buckets: Option<[u64; Metrics::BUCKETS.len()]>,
}

/// Where metrics go beside the table.
pub(crate) type Next = Box<dyn Recorder + Send + Sync>;

/// The metrics of this program.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table(Arc<Mutex<BTreeMap<Name, Series>>>);

/// What fills a table, and hands on what is recorded.
struct Filled(Table, Next);

/// One metric of the table, and the same beside it.
struct One<T>(Table, Name, T);

impl Table {
    /// Makes a table, and the recorder of the program of it.
    pub(crate) fn install(next: Option<Next>) -> Result<Self, String> {
        let table = Self::default();
        let filled = Filled(table.clone(), next.unwrap_or_else(|| Box::new(NoopRecorder)));
        metrics::set_global_recorder(filled).map_err(|error| error.to_string())?;
        Ok(table)
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<Name, Series>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn one<T>(&self, key: &Key, next: T) -> Arc<One<T>> {
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        Arc::new(One(self.clone(), (key.name().to_owned(), labels.join(" ")), next))
    }
}

impl CounterFn for One<Counter> {
    fn increment(&self, value: u64) {
        self.2.increment(value);
        self.0.rows().entry(self.1.clone()).or_default().count += value;
    }

    fn absolute(&self, value: u64) {
        self.2.absolute(value);
        self.0.rows().entry(self.1.clone()).or_default().count = value;
    }
}

impl HistogramFn for One<Histogram> {
    fn record(&self, value: f64) {
        self.2.record(value);
        let mut rows = self.0.rows();
        let series = rows.entry(self.1.clone()).or_default();
        series.count += 1;
        let buckets = series.buckets.get_or_insert_default();
        for (bucket, bound) in buckets.iter_mut().zip(Metrics::BUCKETS) {
            *bucket += u64::from(value <= bound);
        }
    }
}

impl Recorder for Filled {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.0.one(key, self.1.register_counter(key, metadata)))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.0.one(key, self.1.register_histogram(key, metadata)))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((name, labels), Series { count, buckets }) in &*self.rows() {
            write!(f, "{name} {labels}: {count}")?;
            if let Some(buckets) = buckets {
                write!(f, ", within")?;
                for (bound, count) in Metrics::BUCKETS.iter().zip(buckets) {
                    write!(f, " {bound} s: {count}")?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
