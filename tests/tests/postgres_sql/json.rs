//! Records in the form in which they are stored, written once more: plainly, through a tree.

use reposit::{Record, Value};
use serde_json::{Map, Number, json};

pub(crate) fn as_json(record: &Record) -> String {
    let entries = record.iter().map(|(name, value)| (name.to_owned(), tree(&value.to_value())));
    serde_json::Value::Object(entries.collect()).to_string()
}

fn tree(value: &Value) -> serde_json::Value {
    let list = |items: &[Value]| serde_json::Value::Array(items.iter().map(tree).collect());
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(is) => json!(is),
        Value::Int(n) => match i64::try_from(*n) {
            Ok(n) => json!(n),
            Err(_) => json!(u64::try_from(*n).expect("an integer that is kept")),
        },
        Value::Float(x) => serde_json::Value::Number(Number::from_f64(*x).expect("a finite number")),
        Value::String(text) => json!(text.replace('\u{1}', "\u{1}\u{3}").replace('\0', "\u{1}\u{2}")),
        Value::Bytes(bytes) => {
            json!({ "$bytes": bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() })
        }
        Value::List(items) => list(items),
        Value::Set(members) => json!({ "$set": list(members) }),
        Value::Map(map) => {
            let stored = |name: &str| if name.starts_with('$') { format!("${name}") } else { name.to_owned() };
            let entries = map.iter().map(|(name, value)| (stored(name), tree(value)));
            serde_json::Value::Object(entries.collect::<Map<_, _>>())
        }
        other => panic!("{other:?} is not stored as itself"),
    }
}
