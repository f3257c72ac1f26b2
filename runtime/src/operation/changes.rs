//! An update or upsert as it is gathered. Without the model, so that it is compiled once.

use super::prepare::write::WriteParts;
use crate::change::Change;
use crate::condition::Composed;
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::field::{FieldOf, FieldType, List, Many, Numeric, Place, Set};
use crate::model::EncodedKey;
use crate::path::Path;
use crate::value::Value;

/// What is changed of which record, and on which condition.
#[derive(Debug, Clone)]
pub(super) struct Changes {
    pub(super) definition: &'static Definition,
    pub(super) key: EncodedKey,
    /// The changes so far, or why one cannot be made: the operation fails for the first when it is executed.
    pub(super) changes: Result<Vec<Change>>,
    pub(super) condition: Option<Composed>,
    /// The version that the stored record must have.
    pub(super) version: Option<u64>,
}

impl Changes {
    pub(super) fn none(definition: &'static Definition, key: EncodedKey) -> Self {
        Self { definition, key, changes: Ok(Vec::new()), condition: None, version: None }
    }

    pub(super) fn set<T: FieldType>(self, field: FieldOf<T>, value: T::Arg<'_>) -> Self {
        let value = field.encode(value);
        self.set_encoded(field.place, value)
    }

    fn set_encoded(mut self, place: Place, value: Result<Value>) -> Self {
        self.push(place, |definition, place, path| match value? {
            // A unit and its like, and a set without members: stored as in a whole record.
            nothing if nothing.is_nothing() && !place.keeps_null(definition)? => Ok(Change::Remove(path)),
            value => Ok(Change::Set(path, value)),
        });
        self
    }

    pub(super) fn set_if_missing<T: FieldType>(self, field: FieldOf<T>, value: T::Arg<'_>) -> Self {
        let value = field.encode(value);
        self.set_encoded_if_missing(field.place, value)
    }

    fn set_encoded_if_missing(mut self, place: Place, value: Result<Value>) -> Self {
        let is_nothing = value.as_ref().is_ok_and(Value::is_nothing);
        if !(is_nothing && matches!(place.keeps_null(self.definition), Ok(false))) {
            self.push(place, |_, _, path| Ok(Change::SetIfMissing(path, value?)));
        }
        self
    }

    pub(super) fn add<T: Numeric>(self, field: FieldOf<T>, delta: T::Delta) -> Self {
        self.add_encoded(field.place, T::delta(delta), T::BOUNDS)
    }

    fn add_encoded(mut self, place: Place, delta: Result<Value>, bounds: Option<(i128, i128)>) -> Self {
        self.push(place, |_, _, path| Ok(Change::Add { path, start: 0, delta: delta?, bounds }));
        self
    }

    pub(super) fn remove(mut self, place: Place) -> Self {
        self.push(place, |definition, place, path| match place.reads_otherwise(definition)? {
            true => Ok(Change::Set(path, Value::Null)),
            false => Ok(Change::Remove(path)),
        });
        self
    }

    pub(super) fn set_if_some<T: FieldType>(self, field: FieldOf<T>, value: Option<T::Arg<'_>>) -> Self {
        match value {
            Some(value) => self.set(field, value),
            None => self,
        }
    }

    pub(super) fn set_option<T: FieldType>(self, field: FieldOf<T>, value: Option<T::Arg<'_>>) -> Self {
        match value {
            Some(value) => self.set(field, value),
            None => self.remove(field.place),
        }
    }

    pub(super) fn append<T: List>(self, field: FieldOf<T>, items: impl Many<T::Item>) -> Self {
        self.with_items(field.place, Change::Append, items.encode_each(None))
    }

    pub(super) fn prepend<T: List>(self, field: FieldOf<T>, items: impl Many<T::Item>) -> Self {
        self.with_items(field.place, Change::Prepend, items.encode_each(None))
    }

    fn with_items(mut self, place: Place, change: fn(Path, Vec<Value>) -> Change, items: Result<Vec<Value>>) -> Self {
        self.push(place, |_, _, path| Ok(change(path, items?)));
        self
    }

    pub(super) fn insert<T: Set>(self, field: FieldOf<T>, members: impl Many<T::Member>) -> Self {
        self.with_members(field.place, Change::Insert, members.encode_each(None))
    }

    pub(super) fn discard<T: Set>(self, field: FieldOf<T>, members: impl Many<T::Member>) -> Self {
        self.with_members(field.place, Change::Discard, members.encode_each(None))
    }

    /// A change by members, each once. No members change nothing: DynamoDB has no set of none.
    fn with_members(self, place: Place, change: fn(Path, Vec<Value>) -> Change, members: Result<Vec<Value>>) -> Self {
        match members {
            Ok(members) if members.is_empty() => self,
            members => {
                let members = members.and_then(|members| as_members(&place, members));
                self.with_items(place, change, members)
            }
        }
    }

    pub(super) fn remove_at(mut self, place: Place, position: usize) -> Self {
        self.push(place.nth(position), |_, _, path| Ok(Change::RemoveItem(path)));
        self
    }

    pub(super) fn into_update(self) -> WriteParts {
        let condition = self.condition.map(Composed::into_expr);
        WriteParts::Update { key: self.key, changes: self.changes, condition, version: self.version }
    }

    fn push(&mut self, place: Place, make: impl FnOnce(&Definition, &Place, Path) -> Result<Change>) {
        let definition = self.definition;
        if let Ok(changes) = &mut self.changes {
            match place.changed(definition).and_then(|path| make(definition, &place, path)) {
                Ok(change) => changes.push(change),
                Err(error) => self.changes = Err(error),
            }
        }
    }
}

/// Values as the members of a set: sorted, each once.
fn as_members(place: &Place, values: Vec<Value>) -> Result<Vec<Value>> {
    // Bytes of which there are none are written as an empty list.
    let has_empty = values.iter().any(|value| matches!(value, Value::List(_)));
    match Value::set(values) {
        Value::Set(members) if !has_empty => Ok(members),
        _ => Err(Error::invalid(format!("{}: empty bytes cannot be in a set", place.path()))),
    }
}
