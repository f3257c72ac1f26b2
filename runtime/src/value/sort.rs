//! Sorts the entries of a map that was written by their names.

use std::cmp::Ordering;
use std::ops::Range;

use super::format::{HEAD, take_entry, take_name};
use super::writer::{Begun, Writer};

/// A map of no more entries is sorted without an allocation.
const FEW: usize = 8;

/// An entry among those of a map: where it is, and its name's first bytes as a number of the same order.
#[derive(Clone, Copy, Default)]
struct Span {
    head: u64,
    start: u32,
    end: u32,
}

impl Span {
    fn new(name: &[u8], start: usize, end: usize) -> Self {
        let head = match name.first_chunk() {
            Some(head) => u64::from_be_bytes(*head),
            None => name.iter().zip(1..).fold(0, |head, (byte, at)| head | u64::from(*byte) << (64 - 8 * at)),
        };
        // What is longer is refused before anyone reads it.
        Self { head, start: start as u32, end: end as u32 }
    }

    fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    fn name<'a>(&self, entries: &'a [u8]) -> &'a [u8] {
        let mut rest = entries.get(self.range()).unwrap_or_default();
        take_name(&mut rest).unwrap_or_default()
    }

    fn compare(&self, other: &Self, entries: &[u8]) -> Ordering {
        self.head.cmp(&other.head).then_with(|| self.name(entries).cmp(other.name(entries)))
    }
}

/// In which order the entries of a map are.
enum Order {
    /// That of their names.
    Sorted,
    /// Another.
    Mixed,
    /// There are too many to look at here, or two have one name.
    Unknown,
}

/// The first entries of a map, in the order of their names.
#[derive(Default)]
struct Spans {
    few: [Span; FEW],
    count: usize,
}

impl Spans {
    fn as_slice(&self) -> &[Span] {
        self.few.get(..self.count).unwrap_or_default()
    }

    /// Takes all entries in.
    fn fill(&mut self, entries: &[u8]) -> Order {
        let (mut rest, mut order) = (entries, Order::Sorted);
        loop {
            let start = entries.len() - rest.len();
            let Some((name, _)) = take_entry(&mut rest) else { return order };
            let span = Span::new(name, start, entries.len() - rest.len());
            let after = self.as_slice().iter().rev().take_while(|other| other.compare(&span, entries).is_ge());
            let at = self.count - after.count();
            let next = self.as_slice().get(at);
            if self.count == FEW || next.is_some_and(|next| next.compare(&span, entries).is_eq()) {
                return Order::Unknown;
            }
            if at < self.count {
                order = Order::Mixed;
                self.few.copy_within(at..self.count, at + 1);
            }
            if let Some(place) = self.few.get_mut(at) {
                *place = span;
            }
            self.count += 1;
        }
    }
}

impl Writer {
    /// Sorts the entries of a map by their names. Returns a name that two of them have.
    pub(crate) fn sort(&mut self, begun: Begun) -> Option<String> {
        let start = begun.0 + HEAD;
        let mut spans = Spans::default();
        match spans.fill(self.content_of(begun)) {
            Order::Sorted => None,
            Order::Mixed => {
                self.put_in_order(start, spans.as_slice());
                None
            }
            Order::Unknown => self.sort_many(start),
        }
    }

    /// Puts the entries from a place on in this order: behind them, and from there to their place.
    fn put_in_order(&mut self, start: usize, order: &[Span]) {
        let end = self.bytes.len();
        for span in order {
            let Range { start: from, end: to } = span.range();
            self.bytes.extend_from_within(start + from..start + to);
        }
        self.bytes.copy_within(end.., start);
        self.bytes.truncate(end);
    }

    fn sort_many(&mut self, start: usize) -> Option<String> {
        let entries = self.bytes.get(start..).unwrap_or_default();
        let order = out_of_order(entries)?;
        let twice = find_twice(&order);
        if twice.is_none() {
            let mut sorted = Vec::with_capacity(entries.len());
            order.iter().for_each(|(_, entry)| sorted.extend_from_slice(entry));
            self.bytes.truncate(start);
            self.bytes.extend_from_slice(&sorted);
        }
        twice
    }

    /// A name that two entries of a map have.
    pub(crate) fn find_twice(&self, begun: Begun) -> Option<String> {
        find_twice(&out_of_order(self.content_of(begun))?)
    }
}

/// A name that two of the entries have, which are sorted.
fn find_twice(order: &[(&[u8], &[u8])]) -> Option<String> {
    let twice = order.iter().zip(order.iter().skip(1)).find(|((name, _), (next, _))| name == next);
    twice.map(|((name, _), _)| String::from_utf8_lossy(name).into_owned())
}

/// Names with their entries, sorted; nothing if they are already in an order in which none is twice.
fn out_of_order(entries: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let (mut rest, mut last): (_, Option<&[u8]>) = (entries, None);
    let in_order = loop {
        let Some((name, _)) = take_entry(&mut rest) else { break true };
        if last.replace(name).is_some_and(|last| last >= name) {
            break false;
        }
    };
    if in_order {
        return None;
    }
    let (mut rest, mut found) = (entries, Vec::new());
    loop {
        let before = rest;
        let Some((name, _)) = take_entry(&mut rest) else { break };
        found.push((name, before.get(..before.len() - rest.len()).unwrap_or_default()));
    }
    found.sort_by_key(|(name, _)| *name);
    Some(found)
}
