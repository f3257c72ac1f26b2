//! What DynamoDB says of data or of a request that it does not take, in the library's words and with the
//! kinds that the other backends give. Its own text speaks of expressions and operands that no caller wrote;
//! it stays in the error's source.

use crate::error::{Error, ErrorKind};

/// Parts of DynamoDB's texts, and what they come to. The first that fits counts.
const MEANINGS: [(&[&str], ErrorKind, &str); 8] = [
    (
        &["Expression size"],
        ErrorKind::InvalidInput,
        "the condition or the changes are longer than DynamoDB takes (4 KB of expression)",
    ),
    (
        &["size of hashkey", "size of rangekey", "range keys has exceeded"],
        ErrorKind::InvalidInput,
        "a key is longer than DynamoDB takes (2,048 bytes of a hash key, 1,024 of a range key)",
    ),
    (
        &["maximum allowed size", "exceeded the maximum size limit"],
        ErrorKind::InvalidInput,
        "the record would have more than the 400 KB that DynamoDB takes",
    ),
    (
        &["document path provided"],
        ErrorKind::InvalidInput,
        "the way to a changed field is missing in the stored record",
    ),
    (
        &["Nesting Levels", "nesting levels"],
        ErrorKind::InvalidInput,
        "the record would be nested deeper than the 32 levels that DynamoDB takes",
    ),
    (
        &["Number overflow", "Number underflow", "38 significant digits", "up to 38 digits", "supported range"],
        ErrorKind::InvalidInput,
        "a sum is outside the numbers that DynamoDB keeps (38 digits, 1e-130 to 1e126)",
    ),
    (
        &["incorrect data type", "Incorrect operand type"],
        ErrorKind::Codec,
        "a field is stored as another type than its change needs",
    ),
    (
        &[
            "does not match the schema",
            "Type mismatch for key",
            "One of the required keys was not given a value",
            "The number of conditions on the keys is invalid",
            "Type mismatch for Index Key",
            "Missing the key",
            "missed key schema element",
            "does not have the specified index",
        ],
        ErrorKind::SchemaMismatch,
        "the table has another shape than the model; define says how it differs",
    ),
];

/// What DynamoDB's text means.
pub(super) fn to_error(text: &str) -> Error {
    let fits = |(parts, ..): &&(&[&str], ErrorKind, &str)| parts.iter().any(|part| text.contains(part));
    match MEANINGS.iter().find(fits) {
        Some((_, kind, message)) => Error::new(*kind, *message),
        None => Error::new(ErrorKind::Backend, "DynamoDB takes the request for invalid; its own words are the source"),
    }
}

/// Whether the stored record is the reason. Read, it shows more, and may allow the write after all.
pub(super) fn is_about_record(text: &str) -> bool {
    const PARTS: [&str; 8] = [
        "document path provided",
        "Number overflow",
        "Number underflow",
        "38 significant digits",
        "up to 38 digits",
        "supported range",
        "incorrect data type",
        "Incorrect operand type",
    ];
    PARTS.iter().any(|part| text.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_servers_text_is_told() {
        for (text, kind) in [
            ("Item size to update has exceeded the maximum allowed size", ErrorKind::InvalidInput),
            ("An operand in the update expression has an incorrect data type", ErrorKind::Codec),
            ("The provided key element does not match the schema", ErrorKind::SchemaMismatch),
            ("Number overflow. Attempting to store a number with magnitude larger than", ErrorKind::InvalidInput),
            ("Two document paths overlap with each other", ErrorKind::Backend),
        ] {
            let error = to_error(text);
            assert_eq!(error.kind(), kind, "{text}");
            assert!(!error.message().contains(&text[..16]), "{error}");
        }
    }
}
