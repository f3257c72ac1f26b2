//! Sends spans and metrics by OTLP to the collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names.

use std::env;
use std::error::Error;
use std::sync::Arc;

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{self as otel, Meter, MeterProvider};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{MetricExporter, Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use reposit::layer::Metrics;

const SERVICE: &str = "observed";

/// The way to a collector.
#[derive(Debug)]
pub(crate) struct Export {
    traces: SdkTracerProvider,
    metrics: SdkMeterProvider,
}

impl Export {
    /// The way to the collector that the environment names, if it names one.
    pub(crate) fn from_env() -> Result<Option<Self>, Box<dyn Error>> {
        if env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_none() {
            return Ok(None);
        }
        let resource = Resource::builder().with_service_name(SERVICE).build();
        let spans = SpanExporter::builder().with_http().with_protocol(Protocol::HttpJson).build()?;
        let traces = SdkTracerProvider::builder().with_batch_exporter(spans).with_resource(resource.clone()).build();
        let points = MetricExporter::builder().with_http().with_protocol(Protocol::HttpJson).build()?;
        let metrics = SdkMeterProvider::builder().with_periodic_exporter(points).with_resource(resource).build();
        Ok(Some(Self { traces, metrics }))
    }

    /// What makes spans of OpenTelemetry.
    pub(crate) fn tracer(&self) -> SdkTracer {
        self.traces.tracer(SERVICE)
    }

    /// What records its metrics.
    pub(crate) fn recorder(&self) -> Exported {
        Exported(self.metrics.meter(SERVICE))
    }

    /// Sends what is left.
    pub(crate) fn finish(self) -> Result<(), Box<dyn Error>> {
        self.traces.shutdown()?;
        self.metrics.shutdown()?;
        Ok(())
    }
}

/// A recorder whose metrics are OpenTelemetry's.
#[derive(Debug)]
pub(crate) struct Exported(Meter);

struct OfCounter(otel::Counter<u64>, Vec<KeyValue>);

struct OfHistogram(otel::Histogram<f64>, Vec<KeyValue>);

fn attributes(key: &Key) -> Vec<KeyValue> {
    key.labels().map(|label| KeyValue::new(label.key().to_owned(), label.value().to_owned())).collect()
}

impl CounterFn for OfCounter {
    fn increment(&self, value: u64) {
        self.0.add(value, &self.1);
    }

    // Those of `layer::Metrics` only grow.
    fn absolute(&self, _: u64) {}
}

impl HistogramFn for OfHistogram {
    fn record(&self, value: f64) {
        self.0.record(value, &self.1);
    }
}

impl Recorder for Exported {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let counter = self.0.u64_counter(key.name().to_owned()).build();
        Counter::from_arc(Arc::new(OfCounter(counter, attributes(key))))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let histogram = self.0.f64_histogram(key.name().to_owned()).with_unit("s");
        let histogram = histogram.with_boundaries(Metrics::BUCKETS.to_vec()).build();
        Histogram::from_arc(Arc::new(OfHistogram(histogram, attributes(key))))
    }
}
