//! The attributes of an object, and what is in them, as the bytes of a record.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::scan::{DEEPEST, Malformed, Scanner};
use super::shape::{Cursor, Kind, Shape};
use crate::backend::dynamodb::decimal;
use crate::definition::{FieldDef, Lowering};
use crate::error::Error;
use crate::value::{Record, Value, Writer, stored_object_id};

type Scanned<T> = std::result::Result<T, Malformed>;

/// How many bytes take no memory of their own until they are in the record.
const SHORT_BYTES: usize = 96;

const TOO_DEEP: Malformed = Malformed("it nests too deep");
const NO_BASE64: Malformed = Malformed("bytes are no base64");

/// How a field is stored, if there are instants, ObjectIds or sets in it.
pub(crate) fn lowering_by_type(field: &FieldDef) -> Option<&'static Lowering> {
    field.lowering().filter(|lowering| lowering.is_read_by_type())
}

/// What an object is, whose attributes have names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Names {
    /// An item with the fields of a model, or none if there are no instants or sets in them.
    OfItem(&'static [FieldDef]),
    /// A map in it.
    OfMap(Option<&'static Lowering>),
}

impl Names {
    /// How the value under a name is stored if there are instants or sets in it: of a field by its name or an older one.
    fn lowering_of(self, name: &str) -> Option<&'static Lowering> {
        match self {
            Self::OfItem(fields) => fields
                .iter()
                .find(|field| field.name == name || field.aliases().contains(&name))
                .and_then(lowering_by_type),
            Self::OfMap(lowering) => lowering?.of_name(name),
        }
    }
}

/// What was read of an object.
#[derive(Debug)]
pub(crate) struct Attributes {
    count: usize,
    /// Whether a name may have come twice.
    pub(crate) is_unsure: bool,
}

/// A record under way.
#[derive(Debug)]
pub(crate) struct AttributeReader {
    out: Writer,
    /// The first value that could not be read.
    fault: Option<Error>,
}

impl AttributeReader {
    /// A record that has room for so many bytes.
    pub(crate) fn with_room(bytes: usize) -> Self {
        Self { out: Writer::with_capacity(bytes), fault: None }
    }

    /// The record, and the first value that could not be read.
    pub(crate) fn finish(self) -> (Record, Option<Error>) {
        (self.out.finish(), self.fault)
    }

    /// Reads the attributes of an object whose brace was taken, and its end.
    pub(crate) fn read<'a>(
        &mut self,
        scanner: &mut Scanner<'a>,
        shape: &mut Shape<'a>,
        names: Names,
        depth: usize,
    ) -> Scanned<Attributes> {
        let (mut cursor, mut count, mut first) = (Cursor::default(), 0, true);
        while scanner.is_next(&mut first, b'}')? {
            count += 1;
            match shape.take(scanner, &mut cursor) {
                Some(known) => {
                    self.out.name(known.name);
                    if known.kind == Kind::Text && self.plain_text(scanner, depth + 1) {
                        continue;
                    }
                    let had_fault = self.fault.is_some();
                    self.content(scanner, known.kind, known.lowering, &mut known.within, depth + 1)?;
                    self.name_fault(had_fault, names, known.name);
                }
                None => {
                    let had_fault = self.fault.is_some();
                    let name = self.new_attribute(scanner, shape, names, &mut cursor, depth)?;
                    self.name_fault(had_fault, names, &name);
                }
            }
        }
        Ok(Attributes { count, is_unsure: cursor.is_unsure })
    }

    /// Adds the field to the first fault. The text is read to its end all the same: it may be none of DynamoDB's.
    #[inline]
    fn name_fault(&mut self, had_fault: bool, names: Names, name: &str) {
        if !had_fault
            && matches!(names, Names::OfItem(_))
            && let Some(why) = self.fault.take()
        {
            self.fault = Some(Error::codec(format!("{name}: {}", why.message())));
        }
    }

    /// Reads an attribute that is written otherwise than the ones before, or for the first time. Returns its name.
    fn new_attribute<'a>(
        &mut self,
        scanner: &mut Scanner<'a>,
        shape: &mut Shape<'a>,
        names: Names,
        cursor: &mut Cursor,
        depth: usize,
    ) -> Scanned<Cow<'a, str>> {
        scanner.peek();
        let start = scanner.position();
        let name = scanner.string()?;
        scanner.expect(b':')?;
        scanner.peek();
        self.out.name(&name);
        if let Some(known) = shape.find(&name, cursor) {
            self.attribute(scanner, known.lowering, &mut known.within, depth + 1)?;
            return Ok(name);
        }
        let lowering = names.lowering_of(&name);
        let added = match name {
            Cow::Borrowed(name) => shape.add(name, start, scanner, lowering, cursor),
            Cow::Owned(_) => {
                cursor.is_unsure = true;
                None
            }
        };
        match added {
            Some(new) => self.content(scanner, new.kind, lowering, &mut new.within, depth + 1)?,
            None => self.attribute(scanner, lowering, &mut Shape::default(), depth + 1)?,
        }
        Ok(name)
    }

    /// Reads a value. A set where the model has none, which only others write, is foreign: written back as a list, it
    /// would be a set no more.
    fn attribute<'a>(
        &mut self,
        scanner: &mut Scanner<'a>,
        lowering: Option<&'static Lowering>,
        within: &mut Shape<'a>,
        depth: usize,
    ) -> Scanned<()> {
        match Kind::take(scanner) {
            Some(Kind::Text) if lowering.is_none() && self.plain_text(scanner, depth) => Ok(()),
            Some(kind) => self.content(scanner, kind, lowering, within, depth),
            None => self.content(scanner, Kind::Any, lowering, within, depth),
        }
    }

    /// Reads the rest of a value that is a text, if it is written as it is, as most are; else nothing is taken.
    #[inline(always)]
    fn plain_text(&mut self, scanner: &mut Scanner<'_>, depth: usize) -> bool {
        let plain = if depth > DEEPEST { None } else { scanner.plain_last_string() };
        plain.inspect(|text| self.out.text(text)).is_some()
    }

    /// Takes the end of a value, before which there may be what says nothing.
    fn close(&mut self, scanner: &mut Scanner<'_>, lowering: Option<&'static Lowering>, depth: usize) -> Scanned<()> {
        if scanner.take(b'}') { Ok(()) } else { self.variants(scanner, lowering, true, depth) }
    }

    /// Reads the rest of a value whose type was taken.
    fn content<'a>(
        &mut self,
        scanner: &mut Scanner<'a>,
        kind: Kind,
        lowering: Option<&'static Lowering>,
        within: &mut Shape<'a>,
        depth: usize,
    ) -> Scanned<()> {
        if depth > DEEPEST {
            return Err(TOO_DEEP);
        }
        match kind {
            Kind::Text | Kind::OwnText => self.text(&scanner.opened_string()?, lowering),
            Kind::Number => self.number(&scanner.opened_string()?, lowering),
            Kind::Bytes => self.bytes(&scanner.opened_string()?)?,
            Kind::Map => self.map(scanner, lowering, within, depth + 1)?,
            Kind::List => self.list(scanner, lowering, within, depth + 1)?,
            Kind::Bool | Kind::Null if scanner.peek() == Some(b'n') => {
                return self.variants(scanner, lowering, false, depth);
            }
            Kind::Bool => self.out.bool(scanner.bool()?),
            Kind::Null => {
                scanner.bool()?;
                self.out.null();
            }
            Kind::Any => {
                scanner.expect(b'{')?;
                let mut first = true;
                let Some(kind) = scanner.next_name(&mut first)? else {
                    return Err(Malformed("an attribute has no type"));
                };
                let found = self.member(scanner, &kind, lowering, false, depth)?;
                return self.rest(scanner, lowering, found, depth);
            }
        }
        self.close(scanner, lowering, depth)
    }

    /// The members after one that is a null, or that was read.
    fn variants(
        &mut self,
        scanner: &mut Scanner<'_>,
        lowering: Option<&'static Lowering>,
        found: bool,
        depth: usize,
    ) -> Scanned<()> {
        if !found && !scanner.null()? {
            return Err(Malformed("another value is due"));
        }
        self.rest(scanner, lowering, found, depth)
    }

    fn rest(
        &mut self,
        scanner: &mut Scanner<'_>,
        lowering: Option<&'static Lowering>,
        mut found: bool,
        depth: usize,
    ) -> Scanned<()> {
        let mut first = false;
        while let Some(kind) = scanner.next_name(&mut first)? {
            found |= self.member(scanner, &kind, lowering, found, depth)?;
        }
        if found { Ok(()) } else { Err(Malformed("an attribute has no type")) }
    }

    /// A member of an attribute: the one that says its kind, or one that says nothing.
    fn member(
        &mut self,
        scanner: &mut Scanner<'_>,
        kind: &str,
        lowering: Option<&'static Lowering>,
        found: bool,
        depth: usize,
    ) -> Scanned<bool> {
        if scanner.null()? {
            return Ok(false);
        }
        if kind == "__type" {
            return scanner.skip(depth + 1).map(|()| false);
        }
        if found {
            return Err(Malformed("an attribute is of two types"));
        }
        let within = &mut Shape::default();
        match kind {
            "S" => self.text(&scanner.string()?, lowering),
            "N" => self.number(&scanner.string()?, lowering),
            "B" => self.bytes(&scanner.string()?)?,
            "BOOL" => self.out.bool(scanner.bool()?),
            "NULL" => {
                scanner.bool()?;
                self.out.null();
            }
            "L" => {
                scanner.expect(b'[')?;
                self.list(scanner, lowering, within, depth + 1)?;
            }
            "M" => {
                scanner.expect(b'{')?;
                self.map(scanner, lowering, within, depth + 1)?;
            }
            "SS" | "NS" | "BS" => match lowering {
                Some(Lowering::Set(member)) => self.set(scanner, kind, *member)?,
                _ => self.foreign_set(scanner, kind)?,
            },
            _ => {
                scanner.skip(depth + 1)?;
                self.out.foreign("an attribute of an unknown type");
            }
        }
        Ok(true)
    }

    /// An ObjectId, if that is what the model has there and this is the text of one as it is stored.
    fn text(&mut self, text: &str, lowering: Option<&'static Lowering>) {
        let of_id = lowering.filter(|lowering| matches!(lowering, Lowering::ObjectId));
        match of_id.and_then(|_| stored_object_id(text)) {
            Some(id) => self.out.object_id(id),
            None => self.out.text(text),
        }
    }

    fn number(&mut self, text: &str, lowering: Option<&'static Lowering>) {
        if let Some(n) = decimal::short_integer(text) {
            return self.integer(n.into(), lowering);
        }
        match decimal::parse_number(text) {
            Ok(Value::Int(n)) => self.integer(n, lowering),
            Ok(value) => self.out.value(value.view()),
            Err(why) => {
                self.fault.get_or_insert(why);
            }
        }
    }

    fn integer(&mut self, n: i128, lowering: Option<&'static Lowering>) {
        match (i64::try_from(n), lowering) {
            (Ok(millis), Some(Lowering::Instant(_))) => self.out.instant(millis),
            _ => self.out.int(n),
        }
    }

    /// Empty bytes of a model are an empty list, which they would not be found as.
    fn bytes(&mut self, text: &str) -> Scanned<()> {
        let mut short = [0; SHORT_BYTES];
        let long;
        let bytes = match text.len() <= SHORT_BYTES / 3 * 4 {
            true => STANDARD.decode_slice(text, &mut short).ok().and_then(|length| short.get(..length)),
            false => {
                long = STANDARD.decode(text).ok();
                long.as_deref()
            }
        };
        match bytes.ok_or(NO_BASE64)? {
            [] => self.out.foreign("empty binary data"),
            bytes => self.out.bytes(bytes),
        }
        Ok(())
    }

    /// The entries of a list whose bracket was taken.
    fn list<'a>(
        &mut self,
        scanner: &mut Scanner<'a>,
        lowering: Option<&'static Lowering>,
        within: &mut Shape<'a>,
        depth: usize,
    ) -> Scanned<()> {
        let (list, of_item) = (self.out.begin_list(), lowering.and_then(|lowering| lowering.of_item()));
        let (mut count, mut first) = (0, true);
        while scanner.next_entry(&mut first)? {
            scanner.peek();
            self.attribute(scanner, of_item, within, depth + 1)?;
            count += 1;
        }
        self.out.end(list, count);
        Ok(())
    }

    /// The entries of a map whose brace was taken.
    fn map<'a>(
        &mut self,
        scanner: &mut Scanner<'a>,
        lowering: Option<&'static Lowering>,
        within: &mut Shape<'a>,
        depth: usize,
    ) -> Scanned<()> {
        let map = self.out.begin_map();
        let read = self.read(scanner, within, Names::OfMap(lowering), depth)?;
        self.out.end(map, read.count);
        if read.is_unsure && self.out.find_twice(map).is_some() {
            return Err(Malformed("a name is there twice"));
        }
        Ok(())
    }

    fn set(&mut self, scanner: &mut Scanner<'_>, kind: &str, lowering: Option<&'static Lowering>) -> Scanned<()> {
        scanner.expect(b'[')?;
        let set = self.out.begin_set();
        let mut first = true;
        while scanner.next_entry(&mut first)? {
            let text = scanner.string()?;
            match kind {
                "SS" => self.text(&text, lowering),
                "NS" => self.number(&text, lowering),
                _ => self.bytes(&text)?,
            }
        }
        self.out.end_set(set);
        Ok(())
    }

    fn foreign_set(&mut self, scanner: &mut Scanner<'_>, kind: &str) -> Scanned<()> {
        scanner.expect(b'[')?;
        let mut first = true;
        while scanner.next_entry(&mut first)? {
            let text = scanner.string()?;
            if kind == "BS" && STANDARD.decode(&*text).is_err() {
                return Err(NO_BASE64);
            }
        }
        self.out.foreign(match kind {
            "SS" => "a set of strings",
            "NS" => "a set of numbers",
            _ => "a set of bytes",
        });
        Ok(())
    }
}
