//! A value in the bytes of a record, asked for what it is: no more of it is read than is asked for.

use super::format::{self, Raw};
use super::text::as_text;
use super::whole;

impl<'a> Raw<'a> {
    pub(crate) const NULL: Self = Raw { kind: format::NULL, content: &[], count: 0 };

    /// One of the bytes of a value.
    #[inline]
    pub(crate) fn byte(byte: &'a u8) -> Self {
        Raw { kind: format::BYTE, content: std::slice::from_ref(byte), count: 0 }
    }

    /// The entries of a map, the items of a list, the text or bytes.
    #[inline]
    pub(crate) fn content(self) -> &'a [u8] {
        self.content
    }

    #[inline]
    pub(crate) fn is_null(self) -> bool {
        self.kind == format::NULL
    }

    /// Whether it is text, which is its content then.
    #[cfg(feature = "mongodb")]
    #[inline]
    pub(crate) fn is_text(self) -> bool {
        matches!(self.kind, format::TEXT_SHORT | format::TEXT)
    }

    /// The truth value, if it is one.
    #[inline]
    pub(crate) fn bool(self) -> Option<bool> {
        match self.kind {
            format::FALSE => Some(false),
            format::TRUE => Some(true),
            _ => None,
        }
    }

    /// The text, if it is text.
    #[inline]
    pub(crate) fn text(self) -> Option<&'a str> {
        match self.kind {
            format::TEXT_SHORT | format::TEXT => Some(as_text(self.content).unwrap_or_default()),
            _ => None,
        }
    }

    /// The bytes, if it is bytes.
    #[inline]
    pub(crate) fn bytes(self) -> Option<&'a [u8]> {
        match self.kind {
            format::BYTES_SHORT | format::BYTES => Some(self.content),
            _ => None,
        }
    }

    /// The items and how many they are, if it is a list or a set.
    #[inline]
    pub(crate) fn items(self) -> Option<(&'a [u8], u32)> {
        matches!(self.kind, format::LIST | format::SET).then_some((self.content, self.count))
    }

    #[inline]
    pub(crate) fn is_set(self) -> bool {
        self.kind == format::SET
    }

    #[inline]
    pub(crate) fn is_map(self) -> bool {
        self.kind == format::MAP
    }

    /// Whether it is a list, a set or bytes.
    #[inline]
    pub(crate) fn is_sequence(self) -> bool {
        matches!(self.kind, format::LIST | format::BYTES | format::BYTES_SHORT | format::SET)
    }

    /// The integer, if it is one that an `i64` holds and was written as one.
    #[inline]
    pub(crate) fn small(self) -> Option<i64> {
        match self.kind {
            format::INT_1 => Some(i8::from_le_bytes(self.fixed()).into()),
            format::INT_2 => Some(i16::from_le_bytes(self.fixed()).into()),
            format::INT_4 => Some(i32::from_le_bytes(self.fixed()).into()),
            format::INT_8 => Some(i64::from_le_bytes(self.fixed())),
            format::BYTE => Some(u8::from_le_bytes(self.fixed()).into()),
            _ => None,
        }
    }

    /// The integer of a whole number however it was written, so that every backend gives the same.
    pub(crate) fn integer(self) -> Option<i128> {
        match self.kind {
            format::INT_16 => Some(i128::from_le_bytes(self.fixed())),
            format::FLOAT => whole(f64::from_le_bytes(self.fixed())),
            _ => self.small().map(i128::from),
        }
    }

    /// The number, if it was written as a float.
    #[inline]
    pub(crate) fn float(self) -> Option<f64> {
        (self.kind == format::FLOAT).then(|| f64::from_le_bytes(self.fixed()))
    }

    /// The instant, if it is one.
    pub(super) fn instant(self) -> Option<i64> {
        (self.kind == format::INSTANT).then(|| i64::from_le_bytes(self.fixed()))
    }

    /// The ObjectId, if it is one.
    pub(super) fn object_id(self) -> Option<[u8; 12]> {
        (self.kind == format::OBJECT_ID).then(|| self.fixed())
    }

    /// The content of a kind whose content has one length.
    #[inline]
    fn fixed<const N: usize>(self) -> [u8; N] {
        self.content.first_chunk().copied().unwrap_or([0; N])
    }
}
