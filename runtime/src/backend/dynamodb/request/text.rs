//! Requests as text.

use crate::backend::dynamodb::sender::target::Target;

/// A request as text: its name, and its body with sorted names.
pub(crate) fn to_text(target: Target, body: &[u8]) -> String {
    let name = target.name();
    match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(body) => format!("{name} {body:#}"),
        // What is written here is JSON.
        Err(_) => name.to_owned(),
    }
}
