//! Writes the bytes of a record, in one pass.

use super::ValueRef;
use super::format::{self, HEAD, LONG_NAME, Raw};
use super::set::compare_members;

/// Appends names and values to the bytes of a record.
///
/// A list or map is begun and ended; between, its content is appended. What is written in another order is no
/// record: the callers are the codecs, each of which is tested to write none.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    pub(super) bytes: Vec<u8>,
    /// A `u8` that was written last, and where.
    small: Option<(usize, u8)>,
}

/// Where a list or map began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun(pub(super) usize);

impl Writer {
    /// A writer with room for so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), small: None }
    }

    /// How many bytes there are.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there are more bytes than a record may have: lengths are of four bytes.
    pub(crate) fn is_too_long(&self) -> bool {
        u32::try_from(self.bytes.len()).is_err()
    }

    /// Takes back what was written after there were so many bytes.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.bytes.truncate(length);
    }

    /// Whether a null or an empty set was written after there were so many bytes.
    #[inline]
    pub(crate) fn is_nothing_at(&self, start: usize) -> bool {
        match self.bytes.get(start) {
            Some(&format::NULL) => true,
            Some(&format::SET) => self.raw_at(start).count == 0,
            _ => false,
        }
    }

    /// The value that was written after there were so many bytes.
    pub(crate) fn value_at(&self, start: usize) -> ValueRef<'_> {
        ValueRef::from_raw(self.raw_at(start))
    }

    /// The same value as it lies in the bytes.
    pub(crate) fn raw_at(&self, start: usize) -> Raw<'_> {
        let mut rest = self.bytes.get(start..).unwrap_or_default();
        format::take_value(&mut rest).unwrap_or(Raw::NULL)
    }

    /// A writer that goes on after these bytes.
    pub(super) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self { bytes, small: None }
    }

    /// What was written.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    #[inline]
    fn fixed<const N: usize>(&mut self, kind: u8, content: [u8; N]) {
        self.bytes.push(kind);
        self.bytes.extend_from_slice(&content);
    }

    #[inline]
    fn sized(&mut self, short: u8, long: u8, content: &[u8]) {
        match u8::try_from(content.len()) {
            Ok(length) => self.bytes.extend_from_slice(&[short, length]),
            Err(_) => self.fixed(long, as_u32(content.len()).to_le_bytes()),
        }
        self.bytes.extend_from_slice(content);
    }

    /// The name of the value that comes next.
    #[inline]
    pub(crate) fn name(&mut self, name: &str) {
        self.checked_name(name.as_bytes());
    }

    /// The same of a name that was found to be UTF-8.
    #[inline]
    pub(crate) fn checked_name(&mut self, name: &[u8]) {
        match u8::try_from(name.len()) {
            Ok(length) if length != LONG_NAME => self.bytes.push(length),
            _ => self.fixed(LONG_NAME, as_u32(name.len()).to_le_bytes()),
        }
        self.bytes.extend_from_slice(name);
    }

    pub(crate) fn null(&mut self) {
        self.bytes.push(format::NULL);
    }

    pub(crate) fn bool(&mut self, b: bool) {
        self.bytes.push(if b { format::TRUE } else { format::FALSE });
    }

    /// In as few bytes as hold it.
    pub(crate) fn int(&mut self, n: i128) {
        let Ok(n) = i64::try_from(n) else { return self.fixed(format::INT_16, n.to_le_bytes()) };
        if let Ok(n) = i8::try_from(n) {
            self.fixed(format::INT_1, n.to_le_bytes());
        } else if let Ok(n) = i16::try_from(n) {
            self.fixed(format::INT_2, n.to_le_bytes());
        } else if let Ok(n) = i32::try_from(n) {
            self.fixed(format::INT_4, n.to_le_bytes());
        } else {
            self.fixed(format::INT_8, n.to_le_bytes());
        }
    }

    pub(crate) fn float(&mut self, x: f64) {
        self.fixed(format::FLOAT, x.to_le_bytes());
    }

    pub(crate) fn instant(&mut self, millis: i64) {
        self.fixed(format::INSTANT, millis.to_le_bytes());
    }

    pub(crate) fn object_id(&mut self, id: [u8; 12]) {
        self.fixed(format::OBJECT_ID, id);
    }

    #[inline]
    pub(crate) fn text(&mut self, text: &str) {
        self.checked_text(text.as_bytes());
    }

    /// The same of a text that was found to be UTF-8.
    #[inline]
    pub(crate) fn checked_text(&mut self, text: &[u8]) {
        self.sized(format::TEXT_SHORT, format::TEXT, text);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.sized(format::BYTES_SHORT, format::BYTES, bytes);
    }

    /// What no field is read from, and what it is.
    pub(crate) fn foreign(&mut self, what: &str) {
        let what = what.get(..what.floor_char_boundary(usize::from(u8::MAX))).unwrap_or_default();
        self.bytes.extend_from_slice(&[format::FOREIGN, u8::try_from(what.len()).unwrap_or_default()]);
        self.bytes.extend_from_slice(what.as_bytes());
    }

    pub(crate) fn begin_list(&mut self) -> Begun {
        self.begin(format::LIST)
    }

    pub(crate) fn begin_set(&mut self) -> Begun {
        self.begin(format::SET)
    }

    /// Ends a set: its members are sorted, and each is kept once.
    pub(crate) fn end_set(&mut self, Begun(start): Begun) {
        let members = self.bytes.get(start + HEAD..).unwrap_or_default();
        let (mut rest, mut found) = (members, Vec::new());
        loop {
            let before = rest;
            let Some(member) = format::take_value(&mut rest) else { break };
            let bytes = before.get(..before.len() - rest.len()).unwrap_or_default();
            found.push((ValueRef::from_raw(member), bytes));
        }
        if !found.is_sorted_by(|(a, _), (b, _)| compare_members(*a, *b).is_lt()) {
            found.sort_by(|(a, _), (b, _)| compare_members(*a, *b));
            found.dedup_by(|(a, _), (b, _)| compare_members(*a, *b).is_eq());
            let sorted: Vec<u8> = found.iter().flat_map(|(_, bytes)| *bytes).copied().collect();
            let count = found.len();
            self.bytes.truncate(start + HEAD);
            self.bytes.extend_from_slice(&sorted);
            return self.end(Begun(start), count);
        }
        let count = found.len();
        self.end(Begun(start), count);
    }

    pub(crate) fn begin_map(&mut self) -> Begun {
        self.begin(format::MAP)
    }

    /// Begins a list before what was written after there were so many bytes, which becomes its first item.
    pub(crate) fn begin_list_before(&mut self, start: usize) -> Begun {
        let end = self.bytes.len();
        let start = start.min(end);
        self.bytes.extend_from_slice(&[0; HEAD]);
        self.bytes.copy_within(start..end, start + HEAD);
        if let Some(kind) = self.bytes.get_mut(start) {
            *kind = format::LIST;
        }
        Begun(start)
    }

    fn begin(&mut self, kind: u8) -> Begun {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[kind, 0, 0, 0, 0, 0, 0, 0, 0]);
        Begun(start)
    }

    /// Ends a list or map of so many items.
    pub(crate) fn end(&mut self, Begun(start): Begun, count: usize) {
        let length = as_u32(self.bytes.len().saturating_sub(start + HEAD));
        // The length is known only now; its place was kept free.
        if let Some(head) = self.bytes.get_mut(start + 1..start + HEAD) {
            let (lengths, counts) = head.split_at_mut(4);
            lengths.copy_from_slice(&length.to_le_bytes());
            counts.copy_from_slice(&as_u32(count).to_le_bytes());
        }
    }

    /// A copy of a value.
    pub(crate) fn value(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Null => self.null(),
            ValueRef::Bool(b) => self.bool(b),
            ValueRef::Int(n) => self.int(n),
            ValueRef::Float(x) => self.float(x),
            ValueRef::Instant(millis) => self.instant(millis),
            ValueRef::ObjectId(id) => self.object_id(id),
            ValueRef::String(text) => self.text(text),
            ValueRef::Bytes(bytes) => self.bytes(bytes),
            ValueRef::List(items) => {
                let list = self.begin_list();
                items.iter().for_each(|item| self.value(item));
                self.end(list, items.len());
            }
            ValueRef::Set(members) => {
                let set = self.begin_set();
                members.iter().for_each(|member| self.value(member));
                self.end(set, members.len());
            }
            ValueRef::Map(map) => {
                let begun = self.begin_map();
                for (name, value) in map.iter() {
                    self.name(name);
                    self.value(value);
                }
                self.end(begun, map.len());
            }
            ValueRef::Foreign(what) => self.foreign(what),
        }
    }

    /// What was written of a list or map since it began.
    pub(crate) fn content_of(&self, Begun(start): Begun) -> &[u8] {
        self.bytes.get(start + HEAD..).unwrap_or_default()
    }

    /// Begins bytes whose number is not known yet, to be ended with [`end_bytes`](Self::end_bytes).
    pub(crate) fn begin_bytes(&mut self) -> Begun {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[format::BYTES, 0, 0, 0, 0]);
        Begun(start)
    }

    /// One of the bytes that were begun.
    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(crate) fn end_bytes(&mut self, Begun(start): Begun) {
        const HEAD: usize = 5;
        let length = as_u32(self.bytes.len().saturating_sub(start + HEAD));
        if let Some(head) = self.bytes.get_mut(start + 1..start + HEAD) {
            head.copy_from_slice(&length.to_le_bytes());
        }
    }

    /// A `u8` as a type wrote it, which in a list of them is a byte.
    pub(crate) fn small(&mut self, byte: u8) {
        self.small = Some((self.bytes.len(), byte));
        self.int(byte.into());
    }

    /// What was written last is more than a `u8`.
    pub(crate) fn forget_small(&mut self) {
        self.small = None;
    }

    /// The `u8` that was written at a place, if that is what was written there.
    pub(crate) fn take_small(&mut self, at: usize) -> Option<u8> {
        self.small.take().filter(|(place, _)| *place == at).map(|(_, byte)| byte)
    }

    /// Takes back what was written after there were so many bytes, and returns it.
    pub(crate) fn split_off(&mut self, length: usize) -> Vec<u8> {
        self.bytes.split_off(length.min(self.bytes.len()))
    }

    /// Appends what was taken back.
    pub(crate) fn append(&mut self, written: &[u8]) {
        self.bytes.extend_from_slice(written);
    }
}

/// A length that is too large is that of a record that [`Writer::is_too_long`], and is given to nobody.
fn as_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
