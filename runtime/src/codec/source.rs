//! What is read from, and in which form it is stored.

use super::CodecError;
use super::missing::NullDefaults;
use super::stored::Raised;
use crate::definition::{Definition, FieldDef, Lowering, find_next};
use crate::value::{RESERVED, Raw, Record, find, take_value};

/// What a model, or some of its fields, are read from.
pub(super) struct Root<'a> {
    pub(super) record: &'a Record,
    pub(super) definition: &'static Definition,
    /// The fields that are read; nothing for all.
    pub(super) fields: Option<&'a [&'a str]>,
    pub(super) raised: &'a Raised,
}

impl Root<'_> {
    /// Whether an attribute is read: none of the library's own is.
    #[inline]
    pub(super) fn has(&self, name: &str) -> bool {
        !name.starts_with(RESERVED) && self.fields.is_none_or(|fields| fields.contains(&name))
    }

    /// Adds the sets of which nothing is stored: they are read as empty.
    pub(super) fn add_empty_sets(&self, entries: &[u8], filled: &mut Vec<&'static str>) {
        for field in self.definition.sets() {
            let is_missing = find(entries, field.name.as_bytes()).is_none_or(Raw::is_null);
            if is_missing && self.has(field.name) && !filled.contains(&field.name) {
                filled.push(field.name);
            }
        }
    }
}

/// In which form a value is stored.
#[derive(Clone, Copy)]
pub(super) enum Form<'a> {
    /// As serde writes it.
    Plain,
    /// As the type of the field says.
    Lowered(&'static Lowering),
    /// What was stored as this says, and is as serde wrote it now; but of an empty set in it there is nothing.
    Raised(&'static Lowering),
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
            Self::Raised(lowering) => lowering.of_item().map_or(Self::Plain, Self::Raised),
            _ => Self::Plain,
        }
    }

    /// Whether it is a set, of which nothing may be stored.
    #[inline]
    pub(super) fn is_set(self) -> bool {
        matches!(self, Self::Lowered(Lowering::Set(_)) | Self::Raised(Lowering::Set(_)))
    }

    /// The fields that it has by name.
    #[inline]
    pub(super) fn fields(self) -> &'static [FieldDef] {
        match self {
            Self::Root(root) => root.definition.fields(),
            Self::Lowered(Lowering::Fields(fields)) => fields,
            _ => &[],
        }
    }

    /// The form of the value under a name. `next` is where among the fields the name is looked for first.
    #[inline]
    pub(super) fn of_name(self, name: &str, next: &mut usize) -> Self {
        match self {
            Self::Lowered(lowering @ Lowering::Each(_)) => return lowering.of_name(name).into(),
            Self::Raised(lowering) => return lowering.of_name(name).map_or(Self::Plain, Self::Raised),
            _ => {}
        }
        find_next(self.fields(), name.as_bytes(), next).and_then(FieldDef::lowering).into()
    }
}

/// Reads a serde type from a value. It stays where it is, and serde is given a reference to it.
#[derive(Clone, Copy)]
pub(super) struct ValueDeserializer<'a, 'f> {
    pub(super) value: Raw<'a>,
    pub(super) form: Form<'a>,
    pub(super) nulls: &'f NullDefaults<'a>,
}

/// The items of a list, or bytes, each of which is an item.
pub(super) enum Items<'a> {
    /// In the bytes of a record, and how many are left.
    Values(&'a [u8], u32),
    Bytes(&'a [u8]),
}

impl<'a> Items<'a> {
    #[inline]
    pub(super) fn next(&mut self) -> Option<Raw<'a>> {
        match self {
            Self::Values(rest, left) => {
                *left = left.saturating_sub(1);
                take_value(rest)
            }
            Self::Bytes(bytes) => {
                let (byte, rest) = bytes.split_first()?;
                *bytes = rest;
                Some(Raw::byte(byte))
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Values(_, left) => *left as usize,
            Self::Bytes(bytes) => bytes.len(),
        }
    }

    /// What was read of them, if none is left.
    pub(super) fn finished<T>(&self, read: T) -> Result<T, CodecError> {
        match self.len() {
            0 => Ok(read),
            n => Err(CodecError::mismatch(format!("a list has {n} items too many"))),
        }
    }
}
