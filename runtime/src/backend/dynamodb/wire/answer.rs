//! The members of an answer of status 200, and the records in it.

use std::borrow::Cow;

use bytes::Bytes;

use super::item::Item;
use super::read::ItemReader;
use super::scan::{Malformed, Scanner};
use crate::definition::FieldDef;
use crate::error::Result;
use crate::value::Record;

/// The most members that an answer may have: DynamoDB's have six at most.
const MOST_MEMBERS: usize = 64;

type Scanned<T> = std::result::Result<T, Malformed>;

/// An item of an answer: the record, and the JSON that it was read from.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) record: Result<Record>,
    pub(crate) item: Item,
}

/// Reads an answer of a success, member by member. `read` reads the ones that it knows and returns false for
/// others.
pub(crate) fn read_answer<'a>(
    body: &'a Bytes,
    mut read: impl FnMut(&str, &mut Answer<'a>) -> Scanned<bool>,
) -> Scanned<()> {
    if body.is_empty() {
        return Err(Malformed("it is empty"));
    }
    read_members(body, |name, answer| match name {
        "__type" => Err(Malformed("it is an error with the status of a success")),
        name => read(name, answer),
    })
}

/// Reads any answer, member by member; each name is there once.
pub(crate) fn read_members<'a>(
    body: &'a Bytes,
    mut read: impl FnMut(&str, &mut Answer<'a>) -> Scanned<bool>,
) -> Scanned<()> {
    let mut answer = Answer { body, scanner: Scanner::new(body)?, items: ItemReader::new(&[]) };
    answer.scanner.expect(b'{').map_err(|_| Malformed("it is no object"))?;
    let (mut names, mut first): (Vec<Cow<'a, str>>, _) = (Vec::new(), true);
    while let Some(name) = answer.scanner.next_name(&mut first)? {
        if names.contains(&name) || names.len() == MOST_MEMBERS {
            return Err(Malformed("it has a name twice, or too many"));
        }
        if !read(&name, &mut answer)? {
            answer.scanner.skip(2)?;
        }
        names.push(name);
    }
    answer.scanner.end()
}

/// The part of an answer that is not read yet.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    body: &'a Bytes,
    scanner: Scanner<'a>,
    items: ItemReader<'a>,
}

impl<'a> Answer<'a> {
    /// What `read` reads; none if there is a null.
    pub(crate) fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> Scanned<T>) -> Scanned<Option<T>> {
        if self.scanner.null()? { Ok(None) } else { read(self).map(Some) }
    }

    /// An item, with its record.
    pub(crate) fn found(&mut self, fields: &'static [FieldDef], depth: usize) -> Scanned<Found> {
        self.scanner.peek();
        let start = self.scanner.position();
        if !self.items.is_of(fields) {
            self.items = ItemReader::new(fields);
        }
        let record = self.items.read(&mut self.scanner, depth)?;
        Ok(Found { record, item: self.since(start) })
    }

    /// An item that is not looked into.
    pub(crate) fn item(&mut self, depth: usize) -> Scanned<Item> {
        self.scanner.peek();
        let start = self.scanner.position();
        self.scanner.skip(depth)?;
        Ok(self.since(start))
    }

    fn since(&self, start: usize) -> Item {
        Item::of_json(self.body.slice(start..self.scanner.position()))
    }

    /// A number of things.
    pub(crate) fn count(&mut self) -> Scanned<u64> {
        self.scanner.count()
    }

    /// The entries of a list.
    pub(crate) fn list<T>(&mut self, mut entry: impl FnMut(&mut Self) -> Scanned<T>) -> Scanned<Vec<T>> {
        self.scanner.expect(b'[')?;
        let (mut entries, mut first) = (Vec::new(), true);
        while self.scanner.next_entry(&mut first)? {
            entries.push(entry(self)?);
        }
        Ok(entries)
    }

    /// The members of an object, each as `member` reads it.
    pub(crate) fn object<T>(
        &mut self,
        mut member: impl FnMut(Cow<'a, str>, &mut Self) -> Scanned<T>,
    ) -> Scanned<Vec<T>> {
        self.scanner.expect(b'{')?;
        let (mut members, mut first) = (Vec::new(), true);
        while let Some(name) = self.scanner.next_name(&mut first)? {
            members.push(member(name, self)?);
        }
        Ok(members)
    }

    /// Text.
    pub(crate) fn text(&mut self) -> Scanned<Cow<'a, str>> {
        self.scanner.string()
    }

    /// Passes over a value.
    pub(crate) fn skip(&mut self, depth: usize) -> Scanned<()> {
        self.scanner.skip(depth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(body: &'static [u8]) -> bool {
        read_answer(&Bytes::from_static(body), |_, _| Ok(false)).is_ok()
    }

    #[test]
    fn what_dynamodb_sends_passes() {
        assert!(passes(b"{}") && passes(br#"{"Item":{"id":{"S":"a"}}}"#) && passes(b" { \"Count\" : 1 } "));
    }

    #[test]
    fn what_it_does_not_send_is_refused() {
        let bodies: [&[u8]; 8] = [
            b"",
            b"null",
            b"[]",
            b"{",
            b"{}{}",
            b"{\"a\":1,\"a\":2}",
            br#"{"__type":"x#Throttling"}"#,
            b"{\"a\":\x80}",
        ];
        for body in bodies {
            assert!(!passes(body), "{:?}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_record_comes_with_its_item() {
        let body = Bytes::from_static(br#"{"Item": {"id":{"S":"a"}} ,"Count":2,"None":null}"#);
        let (mut found, mut count) = (None, 0);
        let read = read_answer(&body, |name, answer| {
            match name {
                "Item" => found = Some(answer.found(&[], 2)?),
                "Count" => count = answer.count()?,
                _ => return Ok(false),
            }
            Ok(true)
        });
        assert_eq!((read, count), (Ok(()), 2));
        let found = found.unwrap();
        assert_eq!(found.item.json(), br#"{"id":{"S":"a"}}"#);
        assert!(found.record.is_ok_and(|record| record.len() == 1));
    }
}
