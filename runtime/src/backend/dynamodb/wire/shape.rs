//! How the attributes of an item are written. The items of one answer mostly have the same attributes in the same
//! order, so that what is known of one is looked for in the next.

use super::scan::{Malformed, Scanner};
use crate::definition::Lowering;

/// How many attributes of an object are kept in mind.
const MOST: usize = 64;
/// For how many there is room at first.
const USUAL: usize = 12;
/// How many attributes that an object does not have are passed over for the next that it has.
const AHEAD: usize = 4;

/// The attributes of an object that was read before, each once.
#[derive(Debug, Default)]
pub(crate) struct Shape<'a> {
    attributes: Vec<Attribute<'a>>,
}

/// An attribute as it was written.
#[derive(Debug)]
pub(crate) struct Attribute<'a> {
    pub(crate) name: &'a str,
    /// Its name and its type, up to where its content begins.
    head: &'a [u8],
    pub(crate) kind: Kind,
    pub(crate) lowering: Option<&'static Lowering>,
    /// The attributes in its map, or in the maps of its list.
    pub(crate) within: Shape<'a>,
}

impl Attribute<'_> {
    #[inline]
    fn is_at(&self, rest: &[u8]) -> bool {
        rest.starts_with(self.head)
    }
}

/// What comes after a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text, the digits of a number, or bytes, up to a quote.
    Text,
    /// Text of a field that may be kept as something else.
    OwnText,
    Number,
    Bytes,
    /// A truth value, which may be that of a null.
    Bool,
    Null,
    /// Attributes up to a brace.
    Map,
    /// Entries up to a bracket.
    List,
    /// A whole value.
    Any,
}

impl Kind {
    /// Takes the type of a value, if it is written as DynamoDB itself writes it: without blanks, and alone.
    #[inline]
    pub(crate) fn take(scanner: &mut Scanner<'_>) -> Option<Self> {
        let [b'{', b'"', kind, b'"', b':', open] = scanner.ahead()? else { return Self::take_word(scanner) };
        let kind = match (kind, open) {
            (b'S', b'"') => Self::Text,
            (b'N', b'"') => Self::Number,
            (b'B', b'"') => Self::Bytes,
            (b'M', b'{') => Self::Map,
            (b'L', b'[') => Self::List,
            _ => return None,
        };
        scanner.pass(6);
        Some(kind)
    }

    #[inline(never)]
    fn take_word(scanner: &mut Scanner<'_>) -> Option<Self> {
        let kind = match scanner.ahead()? {
            br#"{"BOOL":"# => Self::Bool,
            br#"{"NULL":"# => Self::Null,
            _ => return None,
        };
        scanner.pass(8);
        Some(kind)
    }
}

/// The attributes of one object under way, in the order of a shape.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    /// Where the next attribute is expected.
    at: usize,
    /// Whether a name may have come twice.
    pub(crate) is_unsure: bool,
}

impl<'a> Shape<'a> {
    /// Takes the head of the next attribute, if it is one that is expected from here on.
    #[inline]
    pub(crate) fn take(&mut self, scanner: &mut Scanner<'a>, cursor: &mut Cursor) -> Option<&mut Attribute<'a>> {
        let rest = scanner.rest();
        if !self.attributes.get(cursor.at)?.is_at(rest) {
            self.skip_missing(rest, cursor)?;
        }
        let found = self.attributes.get_mut(cursor.at)?;
        cursor.at += 1;
        scanner.pass(found.head.len());
        Some(found)
    }

    /// Goes past attributes that the object does not have.
    #[inline(never)]
    fn skip_missing(&self, rest: &[u8], cursor: &mut Cursor) -> Option<()> {
        let ahead = self.attributes.get(cursor.at + 1..)?.iter().take(AHEAD);
        cursor.at += 1 + ahead.map(|attribute| attribute.is_at(rest)).position(|is_there| is_there)?;
        Some(())
    }

    /// The attribute of a name, wherever it is.
    pub(crate) fn find(&mut self, name: &str, cursor: &mut Cursor) -> Option<&mut Attribute<'a>> {
        let at = self.attributes.iter().position(|attribute| attribute.name == name)?;
        // Behind the cursor it may be one that this object has had.
        cursor.is_unsure |= at < cursor.at;
        cursor.at = at + 1;
        self.attributes.get_mut(at)
    }

    /// Adds an attribute that is not there yet, whose value is next; `start` is where it began.
    pub(crate) fn add(
        &mut self,
        name: &'a str,
        start: usize,
        scanner: &mut Scanner<'a>,
        lowering: Option<&'static Lowering>,
        cursor: &mut Cursor,
    ) -> Option<&mut Attribute<'a>> {
        if self.attributes.len() == MOST {
            cursor.is_unsure = true;
            return None;
        }
        if self.attributes.is_empty() {
            self.attributes.reserve(USUAL);
        }
        let kind = match Kind::take(scanner) {
            Some(Kind::Text) if lowering.is_some() => Kind::OwnText,
            kind => kind.unwrap_or(Kind::Any),
        };
        let attribute = Attribute { name, head: scanner.since(start), kind, lowering, within: Shape::default() };
        let at = cursor.at.min(self.attributes.len());
        self.attributes.insert(at, attribute);
        cursor.at = at + 1;
        self.attributes.get_mut(at)
    }
}

/// Refuses a name that is there twice among all of them.
pub(crate) fn check_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), Malformed> {
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    match names.iter().zip(names.iter().skip(1)).any(|(name, next)| name == next) {
        true => Err(Malformed("a name is there twice")),
        false => Ok(()),
    }
}
