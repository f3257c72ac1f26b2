//! A store that has each record it is asked for: what costs are worked out from beforehand.

use std::cell::Cell;

use super::held::Store;
use super::sizes::{PAGE, SMALLEST, item_size};
use crate::definition::{Definition, KeyDef, KeyKind, TimeUnit};
use crate::error::Result;
use crate::request::{Action, Call, FindUnique, Get, Query, RecordKey, RecordPage, Request, Write};
use crate::value::{Record, Value};

/// What a record holds besides its keys and index values.
const REST: &str = "rest";

/// A store of records that have all the same size.
pub(super) struct Imagined<'a> {
    bytes: usize,
    /// Those that are not there yet.
    created: Vec<&'a RecordKey>,
    /// How many a query still finds.
    left: Cell<usize>,
}

impl<'a> Imagined<'a> {
    /// What a request meets: the records that it is to create are not there, and a query finds as many as its page
    /// has, but no more than 1 MB of them.
    pub(super) fn of(request: Request<'a>, bytes: usize) -> Self {
        let writes: &[Write] = match request {
            Request::Write(write) => std::slice::from_ref(write),
            Request::WriteMany(writes) | Request::Transact(writes) => writes,
            _ => &[],
        };
        let created = writes.iter().filter(|write| matches!(write.action, Action::Create(_)));
        let wanted = match request {
            Request::Query(query) => query.limit.saturating_add(usize::from(query.wants_next)),
            _ => 0,
        };
        let left = Cell::new(wanted.min((PAGE / bytes.max(SMALLEST)).max(1)));
        Self { bytes, created: created.map(|write| &write.key).collect(), left }
    }

    fn record<'v>(
        &self,
        call: &Call,
        definition: &Definition,
        known: impl IntoIterator<Item = (KeyDef, &'v Value)>,
    ) -> Record {
        let mut record = Record::new();
        for (part, value) in known {
            record.set(definition.part_name(part), value.clone());
        }
        let parts = std::iter::once(definition.hash()).chain(definition.range());
        for part in parts.chain(definition.indexes().iter().flat_map(|index| index.parts())) {
            let name = definition.part_name(part);
            if record.get(name).is_none() {
                record.set(name, some_value(part.kind));
            }
        }
        if let (Some(ttl), Some(name)) = (definition.ttl(), definition.ttl_name()) {
            record.set(name, later(call, ttl.unit));
        }
        let missing = self.bytes.saturating_sub(item_size(definition, &record) + REST.len());
        if missing > 0 {
            record.set(REST, Value::from("x".repeat(missing)));
        }
        record
    }
}

impl Store for Imagined<'_> {
    fn get(&self, call: &Call, get: Get) -> Option<Result<Option<Record>>> {
        let definition = get.definition;
        if self.created.contains(&&get.key) {
            return Some(Ok(None));
        }
        let parts = std::iter::once(definition.hash()).chain(definition.range());
        Some(Ok(Some(self.record(call, definition, parts.zip(get.key.parts())))))
    }

    fn find_unique(&self, call: &Call, find: FindUnique) -> Option<Result<Option<Record>>> {
        let known = find.index.parts().zip(&find.values);
        Some(Ok(Some(self.record(call, find.definition, known))))
    }

    fn query(&self, call: &Call, query: Query) -> Option<Result<RecordPage>> {
        let known = query.source.hash_parts(query.definition).into_iter().chain(query.leading_parts());
        let record = self.record(call, query.definition, known);
        let found = self.left.get().min(query.limit);
        self.left.set(self.left.get() - found);
        Some(Ok(RecordPage::new(vec![record; found], None)))
    }
}

/// A value of a kind, of few bytes.
fn some_value(kind: KeyKind) -> Value {
    match kind {
        KeyKind::String => Value::from("x"),
        KeyKind::Integer => Value::Int(1),
        KeyKind::Instant => Value::Instant(1),
        KeyKind::Bytes => Value::Bytes(vec![1]),
        KeyKind::ObjectId => Value::ObjectId([1; 12]),
    }
}

/// An expiry that has not come.
fn later(call: &Call, unit: TimeUnit) -> Value {
    let millis = call.now.saturating_add(86_400_000);
    match unit {
        TimeUnit::Seconds => Value::from(millis / 1000),
        TimeUnit::Milliseconds => Value::Instant(millis),
        TimeUnit::WholeMilliseconds => Value::from(millis),
    }
}
