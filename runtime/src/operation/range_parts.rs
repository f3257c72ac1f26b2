//! The range fields of what a query goes over, as types: which can be chosen from, and in which order.

use std::ops::Bound;

#[cfg(doc)]
use super::index_kind::Erased;
use crate::error::Result;
use crate::field::{Field, FieldType, Types};
use crate::model::Model;
use crate::value::Value;

/// The range fields that a query has left: a field's type, or [`Parts`] of several.
#[doc(hidden)]
pub trait RangeParts {
    /// The type of the first.
    type First: FieldType;
    /// The fields after it.
    type Rest;

    /// The stored form of a value of the first.
    fn encode_first(value: <Self::First as FieldType>::Arg<'_>) -> Result<Value>;
}

impl<T: FieldType> RangeParts for T {
    type First = T;
    type Rest = AllGiven;

    fn encode_first(value: T::Arg<'_>) -> Result<Value> {
        T::encode(value)
    }
}

/// The stored form of an end of a range.
pub(super) fn encode_bound<R: RangeParts>(bound: Bound<<R::First as FieldType>::Arg<'_>>) -> Result<Bound<Value>> {
    Ok(match bound {
        Bound::Included(value) => Bound::Included(R::encode_first(value)?),
        Bound::Excluded(value) => Bound::Excluded(R::encode_first(value)?),
        Bound::Unbounded => Bound::Unbounded,
    })
}

/// A range field, and those after it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Parts<A, Rest>(Types<(A, Rest)>);

impl<A: RangeParts, Rest> RangeParts for Parts<A, Rest> {
    type First = A::First;
    type Rest = Rest;

    fn encode_first(value: <A::First as FieldType>::Arg<'_>) -> Result<Value> {
        A::encode_first(value)
    }
}

/// The field at a position of a model, which `serde(with)` writes.
#[doc(hidden)]
#[derive(Debug)]
pub struct Written<M, const AT: usize>(Types<M>);

/// A model's field that `serde(with)` writes, by its position.
#[doc(hidden)]
pub trait WrittenPart<const AT: usize>: Model {
    /// Its type.
    type Type: FieldType;
    /// What may be done to it.
    type Role;
    /// The field.
    const FIELD: Field<Self, Self::Type, Self::Role>;
}

impl<M: WrittenPart<AT>, const AT: usize> RangeParts for Written<M, AT> {
    type First = M::Type;
    type Rest = AllGiven;

    fn encode_first(value: <M::Type as FieldType>::Arg<'_>) -> Result<Value> {
        M::FIELD.of.encode(value)
    }
}

/// The range of an index without a range field.
#[derive(Debug, Clone, Copy)]
pub struct NoRange;

/// The range of a query in which each range field has its value.
#[derive(Debug, Clone, Copy)]
pub struct AllGiven;

/// What [`Erased`] is not.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "an erased query does not know its range fields, so there is no range to choose",
    label = "an erased query",
    note = "choose the range first: `.range(..).erased()`"
)]
pub trait Known: sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
}

/// What [`NoRange`] is not.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this index has no range field, so there is no range to choose",
    label = "no range field",
    note = "give the index one: `#[index(range = \"field\")]`, or `range = \"field\"` in `#[repository(index(..))]`"
)]
pub trait Ranged: sealed::Sealed {}

/// What [`AllGiven`] is not.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "each range field has a value already, so there is none left to choose",
    label = "no range field left",
    note = "leave it out, or leave out the last `.then(..)`; to go by one more field, name it in the index: `range = [\"first\", \"second\"]`"
)]
pub trait Left: sealed::Sealed {}
