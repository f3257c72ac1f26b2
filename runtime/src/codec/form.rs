//! In which form a value is stored: as serde writes it, or as its field's type says.

use crate::definition::{Definition, FieldDef, Lowering, find_next};
use crate::error::Result;

/// The form of a value that is written or read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// As serde writes it.
    Plain,
    /// As the type of the field says.
    Lowered(&'static Lowering),
    /// A whole record of a model.
    Model(&'static Definition),
}

impl From<Option<&'static Lowering>> for Form {
    fn from(lowering: Option<&'static Lowering>) -> Self {
        lowering.map_or(Self::Plain, Self::Lowered)
    }
}

impl Form {
    /// The form of an item of a list.
    pub(super) fn of_item(self) -> Self {
        match self {
            Self::Lowered(lowering) => lowering.of_item().into(),
            _ => Self::Plain,
        }
    }

    /// Whether a list of `u8` is a list all the same.
    pub(super) fn is_list(self) -> bool {
        matches!(self, Self::Lowered(Lowering::List(_)))
    }

    pub(super) fn is_set(self) -> bool {
        matches!(self, Self::Lowered(Lowering::Set(_)))
    }

    /// How what serde wrote is changed or checked when it is there.
    pub(super) fn settled(self) -> Option<&'static Lowering> {
        match self {
            Self::Lowered(
                lowering @ (Lowering::Instant(_)
                | Lowering::InstantAs(..)
                | Lowering::ObjectId
                | Lowering::Text(_)
                | Lowering::Strict(_)),
            ) => Some(lowering),
            _ => None,
        }
    }

    /// The fields that it has by name.
    pub(super) fn fields(self) -> &'static [FieldDef] {
        match self {
            Self::Model(definition) => definition.fields(),
            Self::Lowered(Lowering::Fields(fields)) => fields,
            _ => &[],
        }
    }

    /// The form of the value under a name, and its field if it has one. Names mostly come in the order of the
    /// fields: `next` is where the one after the last was found.
    pub(super) fn of_name(self, name: &str, next: &mut usize) -> (Self, Option<&'static FieldDef>) {
        let fields = match self {
            Self::Lowered(Lowering::Each(value)) => return (Self::Lowered(value), None),
            form => form.fields(),
        };
        let field = find_next(fields, name.as_bytes(), next);
        (field.and_then(FieldDef::lowering).into(), field)
    }

    /// Whether nothing in a field of it is stored as a null.
    pub(super) fn keeps_null(self, field: &FieldDef) -> Result<bool> {
        match self {
            Self::Model(definition) => definition.keeps_null(field),
            _ => field.keeps_null(),
        }
    }
}
