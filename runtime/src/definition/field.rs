//! A stored field, and how its stored form differs from what serde writes of it, as data.

use super::time_form::TimeForm;
use crate::error::Result;
use crate::value::{Value, ValueRef, Writer, is_same};

/// A stored field.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FieldDef {
    /// The name it is stored under, as serde writes it.
    pub name: &'static str,
    /// The name of the struct's field.
    pub rust_name: &'static str,
    stored: Stored,
    default: Option<WrittenDefault>,
    aliases: &'static [&'static str],
}

/// What serde reads a missing field as, as it would be written.
pub(crate) type WrittenDefault = fn() -> Result<Value>;

impl FieldDef {
    #[doc(hidden)]
    pub const fn new(name: &'static str, rust_name: &'static str) -> Self {
        Self { name, rust_name, stored: Stored::new(None, Form::Unknown), default: None, aliases: &[] }
    }

    /// The same field, of a type whose stored form is not what serde writes.
    #[doc(hidden)]
    pub const fn lowered(self, lowering: Option<&'static Lowering>) -> Self {
        self.of(Stored::new(lowering, Form::Unknown))
    }

    /// The same field, of a type that says this of its stored form.
    #[doc(hidden)]
    pub const fn of(mut self, stored: Stored) -> Self {
        self.stored = stored;
        self
    }

    /// The same field, which serde has a default for.
    #[doc(hidden)]
    pub const fn defaulted(mut self, default: fn() -> Result<Value>) -> Self {
        self.default = Some(default);
        self
    }

    /// The same field, which may be stored under other names: those it had before.
    #[doc(hidden)]
    pub const fn aliased(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// How its stored form differs from what serde writes; none if it does not.
    pub(crate) const fn lowering(&self) -> Option<&'static Lowering> {
        self.stored.lowering
    }

    /// Which values it holds.
    pub(crate) const fn form(&self) -> Form {
        self.stored.form
    }

    /// What serde reads the field as if it is missing; none if that is its type's own nothing.
    pub(crate) const fn default(&self) -> Option<WrittenDefault> {
        self.default
    }

    /// The other names under which it may be stored, in the order in which they are looked for.
    pub(crate) const fn aliases(&self) -> &'static [&'static str] {
        self.aliases
    }

    /// Whether nothing in this field is stored as a null, since a missing field would be read as
    /// something else.
    pub(crate) fn keeps_null(&self) -> Result<bool> {
        let Some(default) = self.default else { return Ok(false) };
        Ok(match (default()?, self.lowering()) {
            (Value::Null, _) => false,
            // A set without members is nothing, and the default of most sets.
            (Value::List(items), Some(Lowering::Set(_))) => !items.is_empty(),
            _ => true,
        })
    }
}

/// The field of a name, and its position. Names mostly come in the order of the fields: `next` is where the one
/// after the last was found.
#[inline]
pub(crate) fn find_next(fields: &'static [FieldDef], name: &[u8], next: &mut usize) -> Option<&'static FieldDef> {
    let is = |field: &&FieldDef| is_same(field.name.as_bytes(), name);
    if let Some(field) = fields.get(*next).filter(is) {
        *next += 1;
        return Some(field);
    }
    let (at, field) = fields.iter().enumerate().find(|(_, field)| is(field))?;
    *next = at + 1;
    Some(field)
}

/// How the stored form of a type differs from what serde writes of it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Lowering {
    /// Bytes, which are read from bytes alone: no filter finds a list of numbers by the bytes that it would be
    /// read as.
    Bytes,
    /// A list, even if serde writes what looks like bytes, so that its items can be found and added to; with
    /// the lowering of its items, if they have one.
    List(Option<&'static Lowering>),
    /// A set of key values, with the lowering of its members, if they have one. A list of them is read as well: that is
    /// how MongoDB and older releases keep it.
    Set(Option<&'static Lowering>),
    /// The items of a list, or the values of a map.
    Each(&'static Lowering),
    /// A struct of fields, which are stored without those that are nothing.
    Fields(&'static [FieldDef]),
    /// An instant.
    Instant(InstantForm),
    /// An instant, in another form than the backend's own.
    InstantAs(InstantForm, TimeForm),
    /// MongoDB's ObjectId.
    ObjectId,
    /// Text, in the place of what serde writes.
    Text(TextForm),
    /// What serde writes, and read from nothing else.
    Strict(StrictForm),
}

/// How text is made of what serde writes, and back.
#[derive(Debug, Clone, Copy)]
pub struct TextForm {
    /// What the values are, with an article.
    pub(crate) noun: &'static str,
    /// The text of what serde wrote.
    pub(crate) lower: fn(ValueRef<'_>) -> Result<String>,
    /// What serde reads.
    pub(crate) raise: fn(&str, &mut Writer) -> Result<()>,
}

/// Values that a type writes in one form and would read in others too, in which no filter would find them.
#[derive(Debug, Clone, Copy)]
pub struct StrictForm {
    /// Whether a value is as it is stored.
    pub(crate) is_stored: fn(ValueRef<'_>) -> bool,
    /// What is wrong with a value that is written otherwise; nothing if none is.
    pub(crate) unwritable: Option<&'static str>,
    /// What is wrong with a value that was stored otherwise.
    pub(crate) unreadable: &'static str,
}

/// How an instant is made of what serde writes, and back.
#[derive(Debug, Clone, Copy)]
pub struct InstantForm {
    /// The milliseconds of what serde wrote.
    pub(crate) lower: fn(ValueRef<'_>) -> Result<i64>,
    /// What serde reads.
    pub(crate) raise: fn(i64, &mut Writer) -> Result<()>,
}

impl Lowering {
    /// The lowering of an item of a list.
    pub(crate) fn of_item(self) -> Option<&'static Self> {
        match self {
            Self::List(item) | Self::Set(item) => item,
            Self::Each(item) => Some(item),
            _ => None,
        }
    }

    /// The lowering of the value under a name of a map.
    pub(crate) fn of_name(self, name: &str) -> Option<&'static Self> {
        match self {
            Self::Each(value) => Some(value),
            Self::Fields(fields) => fields.iter().find(|field| field.name == name)?.lowering(),
            _ => None,
        }
    }

    /// Whether there is an instant in it, or anything else that serde does not read as it is stored.
    pub(crate) const fn has_instant(&self) -> bool {
        match self {
            Self::Bytes | Self::List(None) | Self::Set(None) | Self::Strict(_) => false,
            Self::List(Some(inner)) | Self::Set(Some(inner)) | Self::Each(inner) => inner.has_instant(),
            Self::Fields(fields) => {
                let mut at = 0;
                while at < fields.len() {
                    if has_instant(fields[at].lowering()) {
                        return true;
                    }
                    at += 1;
                }
                false
            }
            Self::Instant(_) | Self::InstantAs(..) | Self::ObjectId | Self::Text(_) => true,
        }
    }
}

impl Lowering {
    /// Whether there is an instant, an ObjectId or a set in it, which DynamoDB's numbers, texts and sets and those of JSON
    /// are read as there alone.
    #[cfg(any(feature = "dynamodb", feature = "postgres"))]
    pub(crate) fn is_read_by_type(&self) -> bool {
        match self {
            Self::Bytes | Self::List(None) | Self::InstantAs(..) | Self::Text(_) | Self::Strict(_) => false,
            Self::Instant(_) | Self::ObjectId | Self::Set(_) => true,
            Self::List(Some(inner)) | Self::Each(inner) => inner.is_read_by_type(),
            Self::Fields(fields) => fields.iter().any(|field| field.lowering().is_some_and(Self::is_read_by_type)),
        }
    }
}

/// Whether a type's values hold instants, or anything else that has to be lowered wherever it is.
pub const fn has_instant(lowering: Option<&'static Lowering>) -> bool {
    match lowering {
        Some(lowering) => lowering.has_instant(),
        None => false,
    }
}

/// The least and the greatest number that are read as the same one as a number.
pub(super) type SameNumbers = fn(&Value) -> Option<(Value, Value)>;

/// The values that a field's type holds.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Form {
    /// Not known: those of a type of one's own, or what `serde(with)` writes.
    Unknown,
    /// Text.
    String,
    /// One of several names: text without an order.
    Name,
    /// Text in one spelling for each value.
    Spelled(&'static Spelling),
    /// An integer.
    Integer,
    /// A number; with what is read as the same one, if that is several.
    Float(Option<SameNumbers>),
    /// True or false.
    Bool,
    /// Bytes.
    Bytes,
    /// A point in time, and how it is made of what serde writes.
    Instant(&'static Lowering),
    /// The same, stored in another form than the backend's own.
    InstantAs(&'static Lowering),
    /// MongoDB's ObjectId.
    ObjectId,
    /// A list of values.
    List(&'static Form),
    /// A set of values.
    Set(&'static Form),
    /// A map from text to values.
    Map(&'static Form),
    /// A struct of fields.
    Fields(&'static [FieldDef]),
}

impl Form {
    /// The values in words.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::Unknown => "a type of its own",
            Self::String => "text",
            Self::Name => "one of several names",
            Self::Spelled(spelling) => spelling.noun,
            Self::Integer => "an integer",
            Self::Float(_) => "a number",
            Self::Bool => "a bool",
            Self::Bytes => "bytes",
            Self::Instant(_) | Self::InstantAs(_) => "an instant",
            Self::ObjectId => "an ObjectId",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Fields(_) => "a struct",
        }
    }

    /// Whether one value can be less than another, and not only another one.
    pub(crate) const fn is_ordered(self) -> bool {
        match self {
            Self::String | Self::Integer | Self::Float(_) | Self::Instant(_) | Self::InstantAs(_) | Self::ObjectId => {
                true
            }
            Self::Spelled(spelling) => spelling.is_ordered,
            _ => false,
        }
    }
}

/// How the values of a type are spelled that is stored as text.
#[derive(Debug, Clone, Copy)]
pub struct Spelling {
    /// What they are, with an article.
    pub(crate) noun: &'static str,
    /// One as it is stored.
    pub(crate) example: &'static str,
    /// Whether the texts sort as the values do.
    pub(crate) is_ordered: bool,
    /// What is stored of the value that a text is; nothing if it is none.
    pub(crate) respell: fn(&str) -> Option<Value>,
}

/// What a field's type says of its stored form.
#[derive(Debug, Clone, Copy)]
pub struct Stored {
    lowering: Option<&'static Lowering>,
    form: Form,
}

impl Stored {
    #[doc(hidden)]
    pub const fn new(lowering: Option<&'static Lowering>, form: Form) -> Self {
        Self { lowering, form }
    }

    pub(crate) const fn lowering(self) -> Option<&'static Lowering> {
        self.lowering
    }
}

/// Whether there are sets among a type's values.
pub(crate) const fn has_set(lowering: Option<&'static Lowering>) -> bool {
    match lowering {
        Some(Lowering::Set(_)) => true,
        Some(Lowering::List(inner)) => has_set(*inner),
        Some(Lowering::Each(inner)) => has_set(Some(*inner)),
        Some(Lowering::Fields(fields)) => {
            let mut at = 0;
            while at < fields.len() {
                if has_set(fields[at].lowering()) {
                    return true;
                }
                at += 1;
            }
            false
        }
        _ => false,
    }
}
