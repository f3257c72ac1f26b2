//! How values compare, the same on every backend.

use std::cmp::Ordering;
use std::fmt;

use super::number::compare_int_float;
use super::set::have_same_members;
use super::{MapRef, Value, ValueRef};

impl ValueRef<'_> {
    /// Orders two values of one type as every backend does: numbers and instants by value, text and
    /// bytes by their bytes. Values of different types, and types without an order, have none.
    pub fn compare(self, other: ValueRef<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), ValueRef::Int(b)) => Some(a.cmp(&b)),
            (Self::Float(a), ValueRef::Float(b)) => a.partial_cmp(&b),
            (Self::Int(a), ValueRef::Float(b)) => compare_int_float(a, b),
            (Self::Float(a), ValueRef::Int(b)) => compare_int_float(b, a).map(Ordering::reverse),
            (Self::Instant(a), ValueRef::Instant(b)) => Some(a.cmp(&b)),
            (Self::ObjectId(a), ValueRef::ObjectId(b)) => Some(a.cmp(&b)),
            (Self::String(a), ValueRef::String(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Self::Bytes(a), ValueRef::Bytes(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

impl<'b> PartialEq<ValueRef<'b>> for ValueRef<'_> {
    fn eq(&self, other: &ValueRef<'b>) -> bool {
        match (*self, *other) {
            (ValueRef::Null, ValueRef::Null) => true,
            (ValueRef::Bool(a), ValueRef::Bool(b)) => a == b,
            (ValueRef::List(a), ValueRef::List(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a == b),
            (ValueRef::Set(a), ValueRef::Set(b) | ValueRef::List(b)) | (ValueRef::List(a), ValueRef::Set(b)) => {
                have_same_members(a, b)
            }
            (ValueRef::Map(a), ValueRef::Map(b)) => maps_are_equal(a, b),
            (ValueRef::Foreign(_), _) | (_, ValueRef::Foreign(_)) => false,
            (a, b) => a.compare(b) == Some(Ordering::Equal),
        }
    }
}

/// In whatever order the names are.
fn maps_are_equal(a: MapRef<'_>, b: MapRef<'_>) -> bool {
    const FEW: usize = 16;
    if a.len() != b.len() {
        return false;
    }
    if a.len() <= FEW {
        return a.iter().all(|(name, value)| b.get(name).is_some_and(|other| value == other));
    }
    // Looking each name up would take the square of the time.
    let (mut a, mut b): (Vec<_>, Vec<_>) = (a.iter().collect(), b.iter().collect());
    a.sort_by_key(|(name, _)| *name);
    b.sort_by_key(|(name, _)| *name);
    a.iter().zip(&b).all(|((name, value), (other_name, other))| name == other_name && value == other)
}

impl PartialEq<Value> for ValueRef<'_> {
    fn eq(&self, other: &Value) -> bool {
        *self == other.view()
    }
}

impl PartialEq<ValueRef<'_>> for Value {
    fn eq(&self, other: &ValueRef<'_>) -> bool {
        self.view() == *other
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.view() == other.view()
    }
}

impl Value {
    /// Orders two values of one type as every backend does: numbers and instants by value, text and
    /// bytes by their bytes. Values of different types, and types without an order, have none.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        self.view().compare(other.view())
    }

    /// A word for the value's type, for messages.
    pub fn type_name(&self) -> &str {
        self.view().type_name()
    }

    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        self.view().as_str()
    }

    /// The integer, if it is one.
    pub fn as_int(&self) -> Option<i128> {
        self.view().as_int()
    }

    /// The number as the float that is nearest to it, if it is one.
    pub(crate) fn as_float(&self) -> Option<f64> {
        self.view().as_float()
    }

    /// The instant that an integer of milliseconds is; anything else as it is.
    #[cfg(feature = "dynamodb")]
    pub(crate) fn into_instant(self) -> Self {
        match self.as_int().map(i64::try_from) {
            Some(Ok(millis)) => Self::Instant(millis),
            _ => self,
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.view(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value_without_losing_digits() {
        let big = Value::Int(i128::from(u64::MAX));
        let near = Value::Int(i128::from(u64::MAX) - 1);
        assert_eq!(near.compare(&big), Some(Ordering::Less));
        assert_eq!(Value::Int(2), Value::Float(2.0));
        assert_eq!(Value::Int(2).compare(&Value::Float(2.5)), Some(Ordering::Less));
        assert_eq!(Value::Int(-2).compare(&Value::Float(-2.5)), Some(Ordering::Greater));
        assert_eq!(Value::Int(3).compare(&Value::Float(1e300)), Some(Ordering::Less));
        assert_eq!(Value::Int(1 << 53).compare(&Value::Float(9_007_199_254_740_994.0)), Some(Ordering::Less));
    }

    #[test]
    fn types_do_not_mix() {
        assert_eq!(Value::from("1").compare(&Value::Int(1)), None);
        assert_ne!(Value::Bool(true), Value::Int(1));
    }
}
