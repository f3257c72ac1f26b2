//! The changes of an update or upsert as they are gathered. Without the model, so that it is compiled once.

use crate::change::Change;
use crate::definition::Definition;
use crate::error::Result;
use crate::field::Place;
use crate::path::Path;
use crate::value::Value;

/// The changes so far, or why one cannot be made: the operation fails for the first when it is executed.
#[derive(Debug, Clone)]
pub(super) struct Changes(pub(super) Result<Vec<Change>>);

impl Changes {
    pub(super) fn none() -> Self {
        Self(Ok(Vec::new()))
    }

    pub(super) fn set(&mut self, definition: &Definition, place: &Place, value: Result<Value>) {
        self.push(definition, place, |path| match value? {
            // A unit and its like: stored as in a whole record.
            Value::Null if !place.keeps_null(definition)? => Ok(Change::Remove(path)),
            value => Ok(Change::Set(path, value)),
        });
    }

    pub(super) fn set_if_missing(&mut self, definition: &Definition, place: &Place, value: Result<Value>) {
        if !matches!((&value, place.keeps_null(definition)), (Ok(Value::Null), Ok(false))) {
            self.push(definition, place, |path| Ok(Change::SetIfMissing(path, value?)));
        }
    }

    pub(super) fn add(
        &mut self,
        definition: &Definition,
        place: &Place,
        delta: Result<Value>,
        bounds: Option<(i128, i128)>,
    ) {
        self.push(definition, place, |path| Ok(Change::Add { path, start: 0, delta: delta?, bounds }));
    }

    pub(super) fn remove(&mut self, definition: &Definition, place: &Place) {
        self.push(definition, place, |path| match place.reads_otherwise(definition)? {
            true => Ok(Change::Set(path, Value::Null)),
            false => Ok(Change::Remove(path)),
        });
    }

    pub(super) fn append(&mut self, definition: &Definition, place: &Place, items: Result<Vec<Value>>) {
        self.push(definition, place, |path| Ok(Change::Append(path, items?)));
    }

    fn push(&mut self, definition: &Definition, place: &Place, make: impl FnOnce(Path) -> Result<Change>) {
        if let Ok(changes) = &mut self.0 {
            match place.changed(definition).and_then(make) {
                Ok(change) => changes.push(change),
                Err(error) => self.0 = Err(error),
            }
        }
    }
}
