//! A subscriber that keeps the spans and events of the library.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

/// Fields by their names, as text.
pub(crate) type Fields = BTreeMap<&'static str, String>;

/// A span, with the events in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) fields: Fields,
    pub(crate) events: Vec<Fields>,
    pub(crate) is_closed: bool,
}

impl Seen {
    /// The text of a field; nothing if it has no value.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// The events of this name.
    pub(crate) fn events(&self, name: &str) -> Vec<&Fields> {
        self.events.iter().filter(|event| event["message"] == name).collect()
    }
}

/// Keeps what is told on this thread, for as long as it lives.
pub(crate) struct Collector {
    spans: Arc<Mutex<Vec<(u64, Seen)>>>,
    _guard: DefaultGuard,
}

impl Collector {
    pub(crate) fn new() -> Self {
        let spans = Arc::default();
        let guard = tracing::subscriber::set_default(Registry::default().with(Keeping(Arc::clone(&spans))));
        Self { spans, _guard: guard }
    }

    /// The spans since the last look.
    pub(crate) fn taken(&self) -> Vec<Seen> {
        self.spans.lock().unwrap().drain(..).map(|(_, seen)| seen).collect()
    }

    /// The only span since the last look.
    #[track_caller]
    pub(crate) fn one(&self) -> Seen {
        let mut taken = self.taken();
        assert_eq!(taken.len(), 1, "{taken:?}");
        let one = taken.remove(0);
        assert!(one.is_closed, "{one:?}");
        one
    }
}

struct Keeping(Arc<Mutex<Vec<(u64, Seen)>>>);

impl Keeping {
    fn with(&self, id: &Id, change: impl FnOnce(&mut Seen)) {
        let mut spans = self.0.lock().unwrap();
        // Ids are used again.
        if let Some((_, seen)) = spans.iter_mut().rev().find(|(known, _)| *known == id.into_u64()) {
            change(seen);
        }
    }
}

struct Into<'a>(&'a mut Fields);

impl Visit for Into<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Keeping {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        if attributes.metadata().target() != "reposit" {
            return;
        }
        let mut seen = Seen::default();
        attributes.record(&mut Into(&mut seen.fields));
        self.0.lock().unwrap().push((id.into_u64(), seen));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        self.with(id, |seen| values.record(&mut Into(&mut seen.fields)));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() != "reposit" {
            return;
        }
        let mut fields = Fields::from([("level", event.metadata().level().to_string())]);
        event.record(&mut Into(&mut fields));
        let span = context.event_span(event).expect("each event is in a span");
        self.with(&span.id(), |seen| seen.events.push(fields));
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        self.with(&id, |seen| seen.is_closed = true);
    }
}
