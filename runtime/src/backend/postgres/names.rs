//! Names and texts within a statement: quoted, and short enough.

/// The bytes of an identifier that PostgreSQL keeps; it cuts off the rest.
const LONGEST: usize = 63;

/// An identifier in quotes.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as a literal, whatever is set for backslashes.
pub(super) fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    match quoted.contains('\\') {
        true => format!("E'{}'", quoted.replace('\\', "\\\\")),
        false => format!("'{quoted}'"),
    }
}

/// The name as it is if it is short enough, else its beginning and a hash of all of it.
pub(super) fn shortened(name: &str) -> String {
    const HASH: usize = 16;
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let beginning = name.get(..name.floor_char_boundary(LONGEST - HASH - 1)).unwrap_or_default();
    format!("{beginning}~{:016x}", fnv1a(name.as_bytes()))
}

/// FNV-1a: the same in every process and every release.
pub(super) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The name of an index of a table. No table or index of a model has a colon in its name.
pub(super) fn index_name(table: &str, index: &str) -> String {
    shortened(&format!("{table}:{index}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\'b"), "E'a\\\\''b'");
    }

    #[test]
    fn a_long_name_keeps_its_beginning_and_is_told_from_others() {
        let (one, other) = (format!("{}a", "x".repeat(63)), format!("{}b", "x".repeat(63)));
        assert_eq!(shortened(&one).len(), 63);
        assert_ne!(shortened(&one), shortened(&other));
        assert_eq!(shortened("users:by_email"), "users:by_email");
    }
}
