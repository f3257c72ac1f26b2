//! The words of the JSON of records.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The only name of an object that is bytes, and of one that is a set.
pub(in super::super) const BYTES: &str = "$bytes";
pub(in super::super) const SET: &str = "$set";

/// Bytes as lower-case hex.
pub(in super::super) fn hex(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(2 * bytes.len());
    write_hex(bytes, &mut out);
    out.into_iter().map(char::from).collect()
}

pub(super) fn write_hex(bytes: &[u8], out: &mut Vec<u8>) {
    let digit = |bits: u8| DIGITS.get(usize::from(bits)).copied().unwrap_or(b'0');
    out.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
}
