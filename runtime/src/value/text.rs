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

/// Whether two names are the same. Most are short, and are compared without a call.
#[inline]
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    // The first bytes and the last ones overlap, so that the two of them are all.
    fn ends<const N: usize>(bytes: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
        Some((bytes.first_chunk()?, bytes.last_chunk()?))
    }
    one.len() == other.len()
        && match one.len() {
            17.. => one == other,
            8.. => ends::<8>(one) == ends::<8>(other),
            4.. => ends::<4>(one) == ends::<4>(other),
            2.. => ends::<2>(one) == ends::<2>(other),
            _ => one.first() == other.first(),
        }
}
