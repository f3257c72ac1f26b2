//! Items as records, in one pass.

use super::attributes::{AttributeReader, Names, lowering_by_type};
use super::scan::{Malformed, Scanner};
use super::shape::{Shape, check_names};
use crate::definition::FieldDef;
use crate::error::{Error, Result};
use crate::value::Record;

type Scanned<T> = std::result::Result<T, Malformed>;

/// How much room the first record is given: most take no more.
const ROOM: usize = 512;
/// How much more room the next record is given than the last one took.
const SPARE: usize = 32;

/// Reads an item, which is the whole of these bytes.
///
/// Errors: [`Codec`](crate::ErrorKind::Codec) if they are no item, or a number in it cannot be read.
pub(crate) fn read_item(json: &[u8], fields: &'static [FieldDef]) -> Result<Record> {
    let unreadable = |why: Malformed| Error::codec(format!("an item that is no JSON of DynamoDB's: {why}"));
    let mut scanner = Scanner::new(json).map_err(unreadable)?;
    let record = ItemReader::new(fields).read(&mut scanner, 1).map_err(unreadable)?;
    scanner.end().map_err(unreadable)?;
    record
}

/// Reads the items of one text, one after another.
#[derive(Debug)]
pub(crate) struct ItemReader<'a> {
    fields: &'static [FieldDef],
    /// The same, if there are instants in any of them.
    with_instants: &'static [FieldDef],
    /// The attributes of the items so far.
    shape: Shape<'a>,
    /// How much room the next record is given.
    room: usize,
}

impl<'a> ItemReader<'a> {
    /// A reader of items of a model.
    pub(crate) fn new(fields: &'static [FieldDef]) -> Self {
        let with_instants = if fields.iter().any(|field| lowering_by_type(field).is_some()) { fields } else { &[] };
        Self { fields, with_instants, shape: Shape::default(), room: ROOM }
    }

    /// Whether it reads items of this model.
    pub(crate) fn is_of(&self, fields: &'static [FieldDef]) -> bool {
        std::ptr::eq(self.fields, fields)
    }

    /// Reads an item that comes next, of which `depth` levels are open around it. Integers of fields that hold
    /// instants become such. What is no item of DynamoDB's is `Malformed`; a value in it that cannot be read is
    /// the error within.
    pub(crate) fn read(&mut self, scanner: &mut Scanner<'a>, depth: usize) -> Scanned<Result<Record>> {
        scanner.expect(b'{')?;
        let mut reader = AttributeReader::with_room(self.room);
        let read = reader.read(scanner, &mut self.shape, Names::OfItem(self.with_instants), depth)?;
        let (record, fault) = reader.finish();
        if read.is_unsure {
            check_names(record.iter().map(|(name, _)| name))?;
        }
        self.room = record.as_bytes().len() + SPARE;
        Ok(fault.map_or(Ok(record), Err))
    }
}

#[cfg(test)]
mod tests;
