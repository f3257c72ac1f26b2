//! Each key once: what a request asks for more than once is sent once, and its answer given to each
//! position that asked.

use std::collections::HashMap;

use crate::definition::Definition;
use crate::request::RecordKey;
pub(crate) use crate::request::canonical::append_part;
use crate::value::Value;

/// Items without those that are the same as an earlier one, and the positions of each.
#[derive(Debug)]
pub(crate) struct Distinct<T> {
    items: Vec<T>,
    positions: Vec<Vec<usize>>,
    by_ident: HashMap<Vec<u8>, usize>,
}

impl<T> Distinct<T> {
    /// The items at their positions; those of one ident are the same.
    pub(crate) fn new(items: impl IntoIterator<Item = (usize, T)>, ident: impl Fn(&T) -> Vec<u8>) -> Self {
        let mut distinct = Self { items: Vec::new(), positions: Vec::new(), by_ident: HashMap::new() };
        for (position, item) in items {
            let next = distinct.items.len();
            let at = *distinct.by_ident.entry(ident(&item)).or_insert(next);
            match distinct.positions.get_mut(at) {
                Some(positions) => positions.push(position),
                None => {
                    distinct.items.push(item);
                    distinct.positions.push(vec![position]);
                }
            }
        }
        distinct
    }

    /// The first of each, in the order given.
    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }

    /// The positions that asked for what has this ident, in ascending order; none if nobody did.
    pub(crate) fn positions_of(&self, ident: &[u8]) -> &[usize] {
        self.by_ident.get(ident).map_or(&[], |at| self.positions_at(*at))
    }

    /// The place in [`items`](Self::items) of what has this ident.
    #[cfg(feature = "dynamodb")]
    pub(crate) fn place_of(&self, ident: &[u8]) -> Option<usize> {
        self.by_ident.get(ident).copied()
    }

    /// The positions that asked for the item at `at` in [`items`](Self::items).
    pub(crate) fn positions_at(&self, at: usize) -> &[usize] {
        self.positions.get(at).map_or(&[], Vec::as_slice)
    }
}

/// A record of a repository as bytes: the same for the same key only.
pub(crate) fn ident(definition: &Definition, key: &RecordKey) -> Vec<u8> {
    let mut ident = Vec::new();
    append_part(&mut ident, b't', definition.name().as_bytes());
    key.parts().for_each(|value| append_value(&mut ident, value));
    ident
}

/// Values of an index as bytes: the same for the same values only.
#[cfg(any(feature = "mongodb", feature = "postgres"))]
pub(crate) fn values_ident(values: &[Value]) -> Vec<u8> {
    let mut ident = Vec::new();
    values.iter().for_each(|value| append_value(&mut ident, value));
    ident
}

fn append_value(ident: &mut Vec<u8>, value: &Value) {
    match value {
        Value::String(text) => append_part(ident, b's', text.as_bytes()),
        Value::Bytes(bytes) => append_part(ident, b'b', bytes),
        Value::Instant(millis) => append_part(ident, b't', &millis.to_be_bytes()),
        Value::ObjectId(id) => append_part(ident, b'h', id),
        // Keys are of no other kind than these.
        other => append_part(ident, b'n', &other.as_int().unwrap_or_default().to_be_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_once_with_all_its_positions() {
        let distinct = Distinct::new(["b", "a", "b"].into_iter().enumerate(), |text| text.as_bytes().to_vec());
        assert_eq!(distinct.items(), ["b", "a"]);
        assert_eq!(distinct.positions_of(b"b"), [0, 2]);
        assert_eq!(distinct.positions_at(1), [1]);
        assert!(distinct.positions_of(b"c").is_empty());
    }

    #[test]
    fn parts_do_not_run_together() {
        let ident = |parts: [&[u8]; 2]| {
            let mut ident = Vec::new();
            parts.into_iter().for_each(|part| append_part(&mut ident, b's', part));
            ident
        };
        assert_ne!(ident([b"ab", b"c"]), ident([b"a", b"bc"]));
    }
}
