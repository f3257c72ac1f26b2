//! Nothing, where a type wants to be told of it, and where it does not.
//!
//! A model's `None` is not stored, and serde's derive takes a missing field for a default or a `None`
//! where it can. Where it cannot (a unit, a newtype over an `Option`, a field that is read by a function
//! of the user's), it says that the field is missing; the value is then read again with a null there.
//!
//! The other way round, a null that is stored means a missing field to a type that takes no null, and
//! that may have a default: the value is then read again without it.

use std::cell::{Cell, RefCell};
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

/// The nulls that a value is read with and without.
#[derive(Debug, Default)]
pub(super) struct Fills<'a> {
    nulls: Vec<(Place<'a>, &'static str)>,
    skipped: Vec<(Place<'a>, &'a str)>,
    refused: RefCell<Vec<(Place<'a>, &'a str)>>,
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

    /// Whether a stored null is left out.
    pub(super) fn skips(&self, place: Place<'a>, name: &str) -> bool {
        self.skipped.contains(&(place, name))
    }

    /// The type of a field takes no null, and one is stored there.
    pub(super) fn refuse(&self, place: Place<'a>, name: &'a str) {
        self.refused.borrow_mut().push((place, name));
    }

    /// Takes in what an attempt missed or refused; false where nothing can be done about it.
    pub(super) fn learn(&mut self, error: &CodecError) -> bool {
        let refused = self.refused.take();
        let known = self.skipped.len();
        for null in refused {
            if !self.skipped.contains(&null) {
                self.skipped.push(null);
            }
        }
        self.skipped.len() > known || self.learn_missing(error)
    }

    fn learn_missing(&mut self, error: &CodecError) -> bool {
        let Some(null) = self.last.take().zip(error.missing()) else { return false };
        let is_new = !self.nulls.contains(&null) && !self.skips(null.0, null.1);
        if is_new {
            self.nulls.push(null);
        }
        is_new
    }
}
