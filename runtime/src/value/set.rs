//! Sets: the order that their members are kept in, and when two are equal.

use std::cmp::Ordering;

use super::{ListRef, Value, ValueRef};

/// The order in which the members of a set are kept, so that equal sets are kept alike: numbers and instants by value,
/// text by its bytes, bytes by their number and then by themselves, as MongoDB sorts them.
pub(crate) fn compare_members(a: ValueRef<'_>, b: ValueRef<'_>) -> Ordering {
    if let (ValueRef::Bytes(a), ValueRef::Bytes(b)) = (a, b) {
        return a.len().cmp(&b.len()).then_with(|| a.cmp(b));
    }
    a.compare(b).unwrap_or_else(|| rank(a).cmp(&rank(b)))
}

/// Whether two values can be in one set: DynamoDB has none of several kinds.
pub(crate) fn are_of_one_kind(a: ValueRef<'_>, b: ValueRef<'_>) -> bool {
    rank(a) == rank(b)
}

/// Where values of different types stand; only another program mixes them.
fn rank(member: ValueRef<'_>) -> u8 {
    match member {
        ValueRef::Int(_) | ValueRef::Float(_) => 0,
        ValueRef::String(_) => 1,
        ValueRef::Bytes(_) => 2,
        ValueRef::Instant(_) => 3,
        ValueRef::ObjectId(_) => 4,
        _ => 5,
    }
}

/// Whether two lists have the same members, in whatever order and however often.
pub(super) fn have_same_members(a: ListRef<'_>, b: ListRef<'_>) -> bool {
    if a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a == b) {
        return true;
    }
    let (mut a, mut b): (Vec<_>, Vec<_>) = (a.iter().collect(), b.iter().collect());
    for list in [&mut a, &mut b] {
        list.sort_by(|a, b| compare_members(*a, *b));
        list.dedup_by(|a, b| a == b);
    }
    a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a == b)
}

impl Value {
    /// The set of these members: sorted, and each once.
    ///
    /// ```
    /// use reposit::Value;
    ///
    /// let set = Value::set(["b", "a", "b"].map(Value::from));
    /// assert_eq!(set, Value::set(["a", "b"].map(Value::from)));
    /// ```
    pub fn set(members: impl IntoIterator<Item = Self>) -> Self {
        let mut members: Vec<_> = members.into_iter().collect();
        members.sort_by(|a, b| compare_members(a.view(), b.view()));
        members.dedup_by(|a, b| a == b);
        Self::Set(members)
    }

    /// Whether it is stored as nothing at all: a null, or a set without members.
    pub(crate) fn is_nothing(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Set(members) => members.is_empty(),
            _ => false,
        }
    }
}
