//! The entries of a map, one by one as serde asks for them.

use std::vec;

use super::missing::Scope;
use super::order::sorted;
use super::source::{Form, ValueDeserializer};
use crate::definition::{FieldDef, find_next};
use crate::value::{Raw, as_text, find, is_same, names, take_entry};

/// A struct of no more fields is looked through for each name.
const FEW: usize = 32;

/// The entries of a map that is read, of which one is taken at a time.
pub(super) struct Entries<'a, 'f> {
    /// The entries that are left.
    rest: &'a [u8],
    /// The same by name, for a type that may see their order, if they are not kept in it.
    sorted: vec::IntoIter<(&'a [u8], Raw<'a>)>,
    /// Fields that are filled in.
    filled: Vec<&'static str>,
    pub(super) scope: Scope,
    form: Form<'a>,
    /// The fields of which nothing is left out: none if only some fields are read.
    fields: &'static [FieldDef],
    /// The names that a struct asks for, if all that is in it is read as serde wrote it.
    names: &'static [&'static str],
    /// Where among the fields the next name is looked for.
    next: usize,
    /// The entry that was taken last, and whether its value is still to be read.
    pub(super) name: &'a str,
    pub(super) value: ValueDeserializer<'a, 'f>,
    pub(super) is_due: bool,
}

impl<'a, 'f> Entries<'a, 'f> {
    /// Those of a map, as they are kept.
    pub(super) fn new(of: &ValueDeserializer<'a, 'f>, scope: Scope) -> Self {
        let entries = of.value.content();
        let is_null = |name: &&str| find(entries, name.as_bytes()).is_none_or(Raw::is_null);
        let mut filled: Vec<&'static str> = match of.nulls.is_first() {
            true => Vec::new(),
            false => of.nulls.nulls_in(scope).filter(is_null).collect(),
        };
        if let Form::Root(root) = of.form {
            root.add_empty_sets(entries, &mut filled);
        }
        Self {
            rest: entries,
            sorted: Vec::new().into_iter(),
            filled,
            scope,
            form: of.form,
            fields: match of.form {
                Form::Root(root) if root.fields.is_some() => &[],
                form => form.fields(),
            },
            names: match (of.form, scope) {
                (Form::Plain, Scope::Struct(_, names)) if names.len() <= FEW => names,
                _ => &[],
            },
            next: 0,
            name: "",
            value: ValueDeserializer { value: Raw::NULL, form: Form::Plain, nulls: of.nulls },
            is_due: false,
        }
    }

    /// Gives them by name from here on.
    pub(super) fn sort(&mut self) {
        if let Some(sorted) = sorted(self.rest) {
            self.rest = &[];
            self.sorted = sorted.into_iter();
        }
    }

    /// How many are left as they are kept.
    pub(super) fn len(&self) -> usize {
        names(self.rest).count() + self.sorted.len()
    }

    /// Takes the next entry that is read. Returns whether there is one.
    pub(super) fn advance(&mut self) -> bool {
        while let Some((name, value)) = take_entry(&mut self.rest) {
            if !value.is_null() {
                if let Some(field) = find_next(self.fields, name, &mut self.next) {
                    self.take(field.name, value, field.lowering().into());
                    return true;
                }
                if let Some(name) = self.find_name(name) {
                    self.take(name, value, Form::Plain);
                    return true;
                }
            }
            if self.take_other(name, value) {
                return true;
            }
        }
        self.advance_past_kept()
    }

    /// The name that a struct asks for: it is known to be text.
    #[inline]
    fn find_name(&self, name: &[u8]) -> Option<&'static str> {
        self.names.iter().find(|known| is_same(known.as_bytes(), name)).copied()
    }

    /// Takes what is not in the entries as they are kept.
    fn advance_past_kept(&mut self) -> bool {
        while let Some((name, value)) = self.sorted.next() {
            if self.take_other(name, value) {
                return true;
            }
        }
        match self.filled.pop() {
            Some(name) => {
                let form = self.form.of_name(name, &mut self.next);
                self.take(name, Raw::NULL, form);
                true
            }
            None => false,
        }
    }

    /// Takes any entry, if it is read.
    fn take_other(&mut self, name: &'a [u8], value: Raw<'a>) -> bool {
        let name = as_text(name).unwrap_or_default();
        let is_read = self.is_read(name, value);
        if is_read {
            let form = self.form.of_name(name, &mut self.next);
            self.take(name, value, form);
        }
        is_read
    }

    fn is_read(&self, name: &str, value: Raw<'_>) -> bool {
        if let Form::Root(root) = self.form
            && !root.has(name)
        {
            return false;
        }
        !value.is_null() || !(self.filled.contains(&name) || self.skips(name))
    }

    /// Whether a stored null is left out: not that of a set, which is an empty one.
    fn skips(&self, name: &str) -> bool {
        self.value.nulls.skips(self.scope, name) && !self.form.of_name(name, &mut 0).is_set()
    }

    #[inline]
    fn take(&mut self, name: &'a str, value: Raw<'a>, form: Form<'a>) {
        (self.name, self.is_due) = (name, true);
        (self.value.value, self.value.form) = (value, form);
        if let (Form::Lowered(lowering), Form::Root(root)) = (form, self.form)
            && let Some(raised) = root.raised.get(name)
        {
            // What is missing in it is asked for once it was missed.
            let form = if self.value.nulls.is_first() { Form::Plain } else { Form::Raised(lowering) };
            (self.value.value, self.value.form) = (raised, form);
        }
    }

    /// Takes in that a field was not read: if a null is stored there, that may be the reason.
    #[cold]
    pub(super) fn refused(&self) {
        if self.value.value.is_null() {
            self.value.nulls.record_refused(self.scope, self.name);
        }
    }
}
