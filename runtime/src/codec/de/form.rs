//! In which form a value is read: as serde writes it, or as its field's type says.

use super::super::stored::Raised;
use crate::definition::{Definition, Lowering};
use crate::value::{RESERVED, Record};

/// What a model, or some of its fields, are read from.
pub(in super::super) struct Root<'a> {
    pub(in super::super) record: &'a Record,
    pub(in super::super) definition: &'static Definition,
    /// The fields that are read; nothing for all.
    pub(in super::super) fields: Option<&'a [&'a str]>,
    pub(in super::super) raised: &'a Raised,
}

impl Root<'_> {
    /// Whether an attribute is read: none of the library's own is.
    pub(super) fn has(&self, name: &str) -> bool {
        !name.starts_with(RESERVED) && self.fields.is_none_or(|fields| fields.contains(&name))
    }
}

/// In which form a value is stored.
#[derive(Clone, Copy)]
pub(super) enum Form<'a> {
    /// As serde writes it.
    Plain,
    /// As the type of the field says.
    Lowered(&'static Lowering),
    /// A whole record of a model.
    Root(&'a Root<'a>),
    /// An item of bytes: a `u8`, and no other number, as a filter on a list of those would find no bytes.
    Byte,
}

impl From<Option<&'static Lowering>> for Form<'_> {
    fn from(lowering: Option<&'static Lowering>) -> Self {
        lowering.map_or(Self::Plain, Self::Lowered)
    }
}

impl<'a> Form<'a> {
    pub(super) fn of_item(self) -> Self {
        match self {
            Self::Lowered(lowering) => lowering.of_item().into(),
            _ => Self::Plain,
        }
    }

    /// The form of the value under a name. `next` is where among the fields the name is looked for first.
    pub(super) fn of_name(self, name: &str, next: &mut usize) -> Self {
        let fields = match self {
            Self::Root(root) => root.definition.fields(),
            Self::Lowered(Lowering::Fields(fields)) => fields,
            Self::Lowered(lowering) => return lowering.of_name(name).into(),
            _ => return Self::Plain,
        };
        let found = match fields.get(*next) {
            Some(field) if field.name == name => Some(*next),
            _ => fields.iter().position(|field| field.name == name),
        };
        let Some(field) = found.and_then(|at| fields.get(at)) else { return Self::Plain };
        *next = found.map_or(0, |at| at + 1);
        field.lowering().into()
    }
}
