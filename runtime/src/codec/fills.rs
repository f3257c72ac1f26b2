//! Nothing, where a type wants to be told of it.
//!
//! Nothing is not stored, and serde's derive takes a missing field for a default or a `None` where it
//! can. Where it cannot (a unit, a newtype over an `Option`, a field that is read by a function of
//! the user's), it says that the field is missing; the value is then read again with a null there.

use std::cell::Cell;
use std::ptr;

use super::CodecError;
use crate::value::Value;

/// What has fields: every struct of one type, or one map.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    Struct(&'static str, &'static [&'static str]),
    Map(*const (), std::marker::PhantomData<&'a Value>),
}

impl Place<'_> {
    pub(super) fn map<T>(map: &T) -> Self {
        Self::Map(ptr::from_ref(map).cast(), std::marker::PhantomData)
    }
}

impl PartialEq for Place<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Struct(name, fields), Self::Struct(other, others)) => name == other && ptr::eq(*fields, *others),
            (Self::Map(map, _), Self::Map(other, _)) => ptr::eq(*map, *other),
            _ => false,
        }
    }
}

/// The nulls that a value is read with.
#[derive(Debug, Default)]
pub(super) struct Fills<'a> {
    nulls: Vec<(Place<'a>, &'static str)>,
    last: Cell<Option<Place<'a>>>,
}

impl<'a> Fills<'a> {
    /// The fields of a place that are null.
    pub(super) fn of(&self, place: Place<'a>) -> impl Iterator<Item = &'static str> {
        self.nulls.iter().filter(move |(at, _)| *at == place).map(|(_, name)| *name)
    }

    /// All that a place has was read: what is missing now is missing there.
    pub(super) fn read_all_of(&self, place: Place<'a>) {
        self.last.set(Some(place));
    }

    /// Takes in what an attempt missed; false where nothing can be done about it.
    pub(super) fn learn(&mut self, error: &CodecError) -> bool {
        let Some(null) = self.last.take().zip(error.missing()) else { return false };
        let is_new = !self.nulls.contains(&null);
        if is_new {
            self.nulls.push(null);
        }
        is_new
    }
}
