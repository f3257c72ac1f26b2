//! Reads a value again with nulls put in or left out, if a type fails on a missing field or on a null.
//!
//! A model's `None` is not stored, and serde's derive takes a missing field for a default or a `None` if it
//! can. Some types cannot (a unit, a newtype over an `Option`, a field that a function of the user's reads):
//! they report the field as missing, and the value is then read again with a null there.
//!
//! The other way round, a stored null means a missing field to a type that takes no null and may have a
//! default: the value is then read again without it.

use std::cell::{Cell, RefCell};
use std::ptr;

use super::CodecError;

/// What a missing field belongs to: every struct of one type, or one map, known by its address.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scope {
    Struct(&'static str, &'static [&'static str]),
    Map(*const u8),
}

impl Scope {
    /// The map of these entries, which no other map has at the same time.
    pub(super) fn map(entries: &[u8]) -> Self {
        Self::Map(entries.as_ptr())
    }
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Struct(name, fields), Self::Struct(other, others)) => name == other && ptr::eq(*fields, *others),
            (Self::Map(map), Self::Map(other)) => ptr::eq(*map, *other),
            _ => false,
        }
    }
}

/// The nulls that a value is read with and without.
#[derive(Debug, Default)]
pub(super) struct NullDefaults<'a> {
    nulls: Vec<(Scope, &'static str)>,
    skipped: Vec<(Scope, &'a str)>,
    refused: RefCell<Vec<(Scope, &'a str)>>,
    last: Cell<Option<Scope>>,
    /// That a field is missing, which is the better report if a null does not do either.
    missed: Option<CodecError>,
}

impl<'a> NullDefaults<'a> {
    /// Whether nothing was missed or refused yet.
    pub(super) fn is_first(&self) -> bool {
        self.nulls.is_empty() && self.skipped.is_empty()
    }

    /// The fields of a scope that are read as null though nothing is stored.
    pub(super) fn nulls_in(&self, scope: Scope) -> impl Iterator<Item = &'static str> {
        self.nulls.iter().filter(move |(at, _)| *at == scope).map(|(_, name)| *name)
    }

    /// Every entry of a scope was read: a field that is reported missing next is missing there.
    pub(super) fn finish_scope(&self, scope: Scope) {
        self.last.set(Some(scope));
    }

    /// Whether a stored null is left out.
    pub(super) fn skips(&self, scope: Scope, name: &str) -> bool {
        self.skipped.contains(&(scope, name))
    }

    /// Notes that the type of a field takes no null, and that one is stored there.
    pub(super) fn record_refused(&self, scope: Scope, name: &'a str) {
        self.refused.borrow_mut().push((scope, name));
    }

    /// Takes in what an attempt missed or refused, and fails if another attempt would fail in the same way.
    pub(super) fn record_failure(&mut self, error: CodecError) -> Result<(), CodecError> {
        if !self.is_progress(&error) {
            return Err(self.missed.take().unwrap_or(error));
        }
        if error.missing().is_some() {
            self.missed = Some(error);
        }
        Ok(())
    }

    fn is_progress(&mut self, error: &CodecError) -> bool {
        let refused = self.refused.take();
        let known = self.skipped.len();
        for null in refused {
            if !self.skipped.contains(&null) {
                self.skipped.push(null);
            }
        }
        self.skipped.len() > known || self.record_missing(error)
    }

    fn record_missing(&mut self, error: &CodecError) -> bool {
        let Some(null) = self.last.take().zip(error.missing()) else { return false };
        let is_new = !self.nulls.contains(&null) && !self.skips(null.0, null.1);
        if is_new {
            self.nulls.push(null);
        }
        is_new
    }
}
