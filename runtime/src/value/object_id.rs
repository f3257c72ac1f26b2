//! ObjectIds as their text of 24 hex digits, and back.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The text of an ObjectId, in lower case: it sorts as the bytes do.
pub(crate) fn object_id_text(id: [u8; 12]) -> String {
    let digit = |bits: u8| DIGITS.get(usize::from(bits)).copied().map_or('0', char::from);
    id.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The ObjectId of a text of 24 hex digits, in whatever case.
pub(crate) fn parse_object_id(text: &str) -> Option<[u8; 12]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut id = [0; 12];
    if !rest.is_empty() || pairs.len() != id.len() {
        return None;
    }
    for (byte, [high, low]) in id.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(id)
}

/// The same of a text as it is stored, which is in lower case: a filter finds no other.
#[cfg(any(feature = "dynamodb", feature = "postgres"))]
pub(crate) fn stored_object_id(text: &str) -> Option<[u8; 12]> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) { None } else { parse_object_id(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_for_one_id_and_sorts_as_it_does() {
        let ids = [[0; 12], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9], [10; 12], [0xa1; 12], [255; 12]];
        let texts = ids.map(object_id_text);
        assert!(texts.is_sorted());
        assert_eq!(texts.each_ref().map(|text| parse_object_id(text)), ids.map(Some));
        assert_eq!(parse_object_id(&"A1".repeat(12)), Some([0xa1; 12]));
        for no_id in ["", "a1", &"a1".repeat(13), &"g1".repeat(12), &"+1".repeat(12), &"é".repeat(12)] {
            assert_eq!(parse_object_id(no_id), None, "{no_id}");
        }
    }

    #[cfg(feature = "dynamodb")]
    #[test]
    fn what_is_stored_is_in_lower_case() {
        assert_eq!(stored_object_id(&"a1".repeat(12)), Some([0xa1; 12]));
        assert_eq!(stored_object_id(&"A1".repeat(12)), None);
    }
}
