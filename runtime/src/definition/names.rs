//! Names that a model gives as constants, checked while it is compiled. Those that are written out the derive checks
//! itself.

use super::parts::IndexDef;

/// A table's name.
#[doc(hidden)]
pub const fn table_name(name: &'static str, unique: bool) -> &'static str {
    if unique && name.len() > 255 - ".unique".len() {
        panic!(
            "the table's name is too long: DynamoDB keeps the unique values in a table `<name>.unique`, whose name takes at most 255 characters as well"
        );
    }
    if ends_with(name, ".unique") || starts_with(name, "_reposit") {
        panic!("not a table's name: `<name>.unique` and `_reposit...` are kept for what reposit stores itself");
    }
    if starts_with(name, "system.") {
        panic!("not a table's name: MongoDB keeps names that start with `system.` for itself");
    }
    if !is_name(name) {
        panic!("not a table's name: it takes 3 to 255 characters out of a-z, A-Z, 0-9, `_`, `-` and `.`");
    }
    name
}

/// An index's name.
#[doc(hidden)]
pub const fn index_name(name: &'static str) -> &'static str {
    if starts_with(name, "_reposit") || same(name.as_bytes(), b"_id_") || !is_name(name) {
        panic!("not an index's name: it takes 3 to 255 letters, digits, `_`, `-` and `.`");
    }
    name
}

/// Refuses two indexes of one name.
pub(super) const fn check_distinct(indexes: &[IndexDef]) {
    let mut at = 0;
    while at < indexes.len() {
        let mut before = 0;
        while before < at {
            if same(indexes[before].name.as_bytes(), indexes[at].name.as_bytes()) {
                panic!("two indexes of the model have the same name");
            }
            before += 1;
        }
        at += 1;
    }
}

/// What DynamoDB takes as the name of a table or an index.
const fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() && !matches!(bytes[at], b'_' | b'.' | b'-') {
            return false;
        }
        at += 1;
    }
    3 <= bytes.len() && bytes.len() <= 255
}

const fn starts_with(text: &str, start: &str) -> bool {
    match text.as_bytes().split_at_checked(start.len()) {
        Some((first, _)) => same(first, start.as_bytes()),
        None => false,
    }
}

const fn ends_with(text: &str, end: &str) -> bool {
    match text.len().checked_sub(end.len()) {
        Some(at) => same(text.as_bytes().split_at(at).1, end.as_bytes()),
        None => false,
    }
}

const fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_right() {
        assert!(starts_with("_reposit_x", "_reposit") && !starts_with("_rep", "_reposit"));
        assert!(ends_with("users.unique", ".unique") && !ends_with("unique", ".unique"));
        assert!(is_name("a-b") && !is_name("ab") && !is_name("a b") && !is_name("größe"));
    }

    #[test]
    #[should_panic(expected = "kept for what reposit stores")]
    fn a_name_of_the_librarys_own_is_refused() {
        table_name("users.unique", false);
    }
}
