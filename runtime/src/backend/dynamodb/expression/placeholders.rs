//! Names and values of an expression, each behind a placeholder: no operand is ever part of the text.

use crate::backend::dynamodb::wire::body::Body;
use crate::backend::dynamodb::wire::write::{write_number, write_string, write_value};
use crate::error::{Error, Result};
use crate::limits::requests::{EXPRESSION_OPERATORS, EXPRESSION_TEXT};
use crate::path::{Path, Step};
use crate::value::Value;

/// The placeholders of all expressions of one request.
#[derive(Debug, Default, Clone)]
pub(crate) struct Placeholders {
    names: Vec<String>,
    /// Each as DynamoDB's JSON.
    values: Vec<Vec<u8>>,
    operators: usize,
}

impl Placeholders {
    /// The placeholder of an attribute's name.
    pub(crate) fn name(&mut self, name: &str) -> String {
        let at = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        numbered(NAME, at)
    }

    /// The placeholders of a path.
    pub(crate) fn path(&mut self, path: &Path) -> String {
        let mut text = String::new();
        for step in path.steps() {
            match step {
                Step::Name(name) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(&self.name(name));
                }
                Step::Position(at) => text.push_str(&format!("[{at}]")),
            }
        }
        text
    }

    /// The placeholder of a value.
    pub(crate) fn value(&mut self, value: &Value) -> String {
        let mut json = Vec::new();
        write_value(value.view(), &mut json);
        self.attribute(json)
    }

    /// The placeholder of a number that is text already.
    pub(crate) fn number(&mut self, text: &str) -> String {
        let mut json = Vec::new();
        write_number(text, &mut json);
        self.attribute(json)
    }

    /// The placeholder of a value in DynamoDB's own form.
    pub(crate) fn attribute(&mut self, value: Vec<u8>) -> String {
        let at = self.values.iter().position(|known| *known == value).unwrap_or_else(|| {
            self.values.push(value);
            self.values.len() - 1
        });
        numbered(VALUE, at)
    }

    /// Counts operators and functions.
    pub(crate) fn count_operators(&mut self, operators: usize) {
        self.operators += operators;
    }

    /// How many operators and functions were counted.
    #[cfg(test)]
    pub(crate) fn operators(&self) -> usize {
        self.operators
    }

    /// Refuses what DynamoDB would refuse for its length.
    pub(crate) fn check_limits(&self, expression: &str) -> Result<()> {
        if expression.len() > EXPRESSION_TEXT {
            let length = expression.len();
            return Err(Error::invalid(format!("an expression of {length} bytes; DynamoDB takes {EXPRESSION_TEXT}")));
        }
        if self.operators > EXPRESSION_OPERATORS {
            let operators = self.operators;
            return Err(Error::invalid(format!(
                "an expression of {operators} operators; DynamoDB takes {EXPRESSION_OPERATORS}"
            )));
        }
        Ok(())
    }

    /// What the placeholders in these texts stand for. DynamoDB refuses those that no text uses, which
    /// are left over if a part of a condition turned out to be always true or false.
    pub(crate) fn used<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> Used {
        let (mut names, mut values) = (vec![false; self.names.len()], vec![false; self.values.len()]);
        for text in texts {
            mark_used(text, NAME, &mut names);
            mark_used(text, VALUE, &mut values);
        }
        let names = self.names.iter().enumerate().zip(names).filter(|(_, used)| *used);
        let values = self.values.iter().enumerate().zip(values).filter(|(_, used)| *used);
        Used {
            names: object(NAME, names.map(|((at, name), _)| (at, name)), |name, json| write_string(name, json)),
            values: object(VALUE, values.map(|((at, value), _)| (at, value)), |value, json| {
                json.extend_from_slice(value)
            }),
        }
    }
}

/// What the placeholders of names and of values begin with.
const NAME: &str = "#n";
const VALUE: &str = ":v";

/// A placeholder.
fn numbered(kind: &str, at: usize) -> String {
    let mut text = String::with_capacity(8);
    text.push_str(kind);
    match u8::try_from(at) {
        Ok(digit @ ..10) => text.push(char::from(b'0' + digit)),
        _ => text.push_str(&at.to_string()),
    }
    text
}

/// Marks the placeholders of a kind that a text has.
fn mark_used(text: &str, kind: &str, used: &mut [bool]) {
    let mut rest = text.as_bytes();
    while let [_, after @ ..] = rest {
        let Some(digits) = rest.strip_prefix(kind.as_bytes()) else {
            rest = after;
            continue;
        };
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, after) = digits.split_at_checked(count).unwrap_or((digits, &[]));
        rest = after;
        let add = |number: usize, digit: &u8| number.saturating_mul(10).saturating_add(usize::from(digit - b'0'));
        if let Some(used) = used.get_mut(digits.iter().fold(0, add)) {
            *used = true;
        }
    }
}

/// An object of placeholders; nothing if there are none, since an empty one is refused.
fn object<T>(kind: &str, entries: impl Iterator<Item = (usize, T)>, write: impl Fn(T, &mut Vec<u8>)) -> Vec<u8> {
    let mut json = Vec::new();
    for (at, value) in entries {
        json.extend_from_slice(if json.is_empty() { b"{\"" } else { b",\"" });
        // What is in a placeholder is written as it is.
        json.extend_from_slice(numbered(kind, at).as_bytes());
        json.extend_from_slice(b"\":");
        write(value, &mut json);
    }
    if !json.is_empty() {
        json.push(b'}');
    }
    json
}

/// What the placeholders of a request stand for, each as a JSON object or as nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Used {
    names: Vec<u8>,
    values: Vec<u8>,
}

impl Used {
    /// How many bytes it has.
    pub(crate) fn len(&self) -> usize {
        self.names.len() + self.values.len()
    }

    /// The values.
    #[cfg(test)]
    pub(crate) fn values(&self) -> serde_json::Map<String, serde_json::Value> {
        serde_json::from_slice(&self.values).unwrap_or_default()
    }

    /// Adds them to a request.
    pub(crate) fn write(&self, body: &mut Body) {
        if !self.names.is_empty() {
            body.json("ExpressionAttributeNames", &self.names);
        }
        if !self.values.is_empty() {
            body.json("ExpressionAttributeValues", &self.values);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    fn object(json: &[u8]) -> serde_json::Map<String, Json> {
        serde_json::from_slice(json).unwrap_or_default()
    }

    #[test]
    fn hostile_names_stay_out_of_the_text() {
        let mut placeholders = Placeholders::default();
        let path = Path::new(vec![
            Step::Name("#a.b".into()),
            Step::Name(":c OR 1".into()),
            Step::Position(3),
            Step::Name("#a.b".into()),
        ]);
        assert_eq!(placeholders.path(&path), "#n0.#n1[3].#n0");
        let names = placeholders.used(["#n0.#n1[3].#n0 = :v0"]).names;
        assert_eq!(object(&names)["#n1"], ":c OR 1");
    }

    #[test]
    fn what_no_text_uses_is_left_out() {
        let mut placeholders = Placeholders::default();
        for n in 0..12 {
            placeholders.name(&n.to_string());
            placeholders.value(&Value::Int(n));
        }
        let used = placeholders.used(["#n11 IN (:v1, :v10)", "SET #n2.#n3[1] = :v1"]);
        let names: Vec<_> = object(&used.names).into_iter().collect();
        let wanted = ["11", "2", "3"].map(|name| (format!("#n{name}"), Json::from(name)));
        assert_eq!(names, wanted);
        assert_eq!(used.values().len(), 2);
        assert!(placeholders.used([""]).names.is_empty() && placeholders.used([""]).values.is_empty());
    }

    #[test]
    fn equal_values_share_a_placeholder() {
        let mut placeholders = Placeholders::default();
        assert_eq!(placeholders.value(&Value::from("x")), ":v0");
        assert_eq!(placeholders.value(&Value::from("y")), ":v1");
        assert_eq!(placeholders.value(&Value::from("x")), ":v0");
    }
}
