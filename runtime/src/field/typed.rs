//! A field without its model: where it is stored, and how a value of its type is written there.

use super::interval::Interval;
use super::place::Place;
use super::traits::FieldType;
use crate::error::Result;
use crate::value::Value;

/// What of a field does not depend on its model. What is made of it is compiled once for a type, and not once for
/// each model that has a field of the type.
pub(crate) struct FieldOf<T> {
    pub(crate) place: Place,
    /// How `serde(with)` writes it.
    pub(crate) encode: Option<fn(&T) -> Result<Value>>,
}

impl<T: FieldType> FieldOf<T> {
    /// Which stored numbers are read as a value of this field, if there are several. `serde(with)` reads them
    /// its own way.
    pub(crate) fn interval(&self) -> Option<Interval> {
        T::INTERVAL.filter(|_| self.encode.is_none())
    }

    /// The stored form of a value of this field.
    pub(crate) fn encode(&self, value: T::Arg<'_>) -> Result<Value> {
        self.place.located(match self.encode {
            Some(encode) => T::with_value(value, encode),
            None => T::encode(value),
        })
    }
}

impl<T> Clone for FieldOf<T> {
    fn clone(&self) -> Self {
        Self { place: self.place.clone(), encode: self.encode }
    }
}
