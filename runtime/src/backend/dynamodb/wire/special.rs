//! Where a text has a byte that JSON does not write as it is.

/// The place of the first quote, backslash or control character.
#[inline(always)]
pub(crate) fn find_special(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    // Eight bytes at a time: most texts have none of them.
    while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
        let special = special_bytes(u64::from_le_bytes(*chunk));
        if special != 0 {
            return Some(bytes.len() - rest.len() + special.trailing_zeros() as usize / 8);
        }
        rest = after;
    }
    let at = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20))?;
    Some(bytes.len() - rest.len() + at)
}

/// The high bit of each of eight bytes that is a quote, a backslash or a control character; the lowest one
/// that is set is right, those above it may be set by a carry.
#[inline]
fn special_bytes(chunk: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    // With this bit turned a quote is the first byte after the control characters, which stay among themselves.
    let control_or_quote = (chunk ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
    let backslash = (chunk ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    (control_or_quote | backslash) & !chunk & (ONES << 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_special(byte: &u8) -> bool {
        *byte < 0x20 || *byte == b'"' || *byte == b'\\'
    }

    #[test]
    fn each_byte_is_told_at_each_place() {
        for byte in 0..=u8::MAX {
            for place in 0..19 {
                let mut bytes = [b'a'; 19];
                bytes[place] = byte;
                assert_eq!(find_special(&bytes), is_special(&byte).then_some(place), "{byte} at {place}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn the_first_is_found(bytes: Vec<u8>) {
            proptest::prop_assert_eq!(find_special(&bytes), bytes.iter().position(is_special));
        }
    }
}
