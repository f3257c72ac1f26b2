//! Rows with another JSON in them than the server sent.

use super::forge_json;
use fastrand::Rng;

/// Where the columns of a row begin: behind its type, its length and their number.
const COLUMNS: usize = 7;
/// The version that a `jsonb` begins with.
const VERSION: u8 = 1;

/// The row with JSON in it that nests so deep; any other message as it is.
pub(super) fn deep(message: &[u8], levels: usize) -> Vec<u8> {
    with_json(message, |json| forge_json::deep(json, levels))
}

/// The row with something else in its JSON; any other message as it is.
pub(super) fn forged(message: &[u8], rng: &mut Rng) -> Vec<u8> {
    with_json(message, |json| forge_json::forged(json, rng))
}

fn with_json(message: &[u8], change: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    match json_of(message) {
        Some((start, end)) => {
            let json = change(&message[start..end]);
            let length = u32::try_from(json.len() + 1).unwrap_or(u32::MAX).to_be_bytes();
            let mut changed = [&message[..start - 5], &length, &[VERSION], &json, &message[end..]].concat();
            let whole = u32::try_from(changed.len() - 1).unwrap_or(u32::MAX).to_be_bytes();
            changed[1..5].copy_from_slice(&whole);
            changed
        }
        None => message.to_vec(),
    }
}

/// Where the first object in a row lies.
fn json_of(message: &[u8]) -> Option<(usize, usize)> {
    let mut at = COLUMNS;
    while message.first() == Some(&b'D') {
        let length = i32::from_be_bytes(message.get(at..at + 4)?.try_into().ok()?);
        let (start, length) = (at + 4, usize::try_from(length).unwrap_or_default());
        let value = message.get(start..start + length)?;
        if value.starts_with(&[VERSION, b'{']) {
            return Some((start + 1, start + length));
        }
        at = start + length;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_of_a_row_is_changed_and_its_lengths_with_it() {
        let body = [&[0, 2][..], &(-1_i32).to_be_bytes(), &3_u32.to_be_bytes(), b"\x01{}"].concat();
        let row = [&[b'D'][..], &u32::try_from(body.len() + 4).unwrap().to_be_bytes(), &body].concat();
        let changed = deep(&row, 2);
        assert!(changed.ends_with(b"\x01{\"Deep\":{\"a\":[1]}}"), "{changed:?}");
        assert_eq!(changed[1..5], u32::try_from(changed.len() - 1).unwrap().to_be_bytes());
        assert_eq!(deep(b"C\0\0\0\x04", 2), b"C\0\0\0\x04");
    }
}
