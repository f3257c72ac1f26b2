//! Bytes as text.

use ascii::AsAsciiStr;

/// The text that bytes are, if they are text. Most are ASCII, and are found to be with a few steps: the standard
/// library looks at a short text byte by byte.
#[inline]
pub(crate) fn as_text(bytes: &[u8]) -> Option<&str> {
    match bytes.as_ascii_str() {
        Ok(ascii) => Some(ascii.as_str()),
        Err(_) => std::str::from_utf8(bytes).ok(),
    }
}
