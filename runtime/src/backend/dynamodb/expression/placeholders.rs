//! Names and values of an expression, each behind a placeholder: no operand is ever part of the text.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;

use crate::backend::dynamodb::value::to_attribute;
use crate::error::{Error, Result};
use crate::limits::requests::{EXPRESSION_OPERATORS, EXPRESSION_TEXT};
use crate::path::{Path, Step};
use crate::value::Value;

/// The placeholders of all expressions of one request.
#[derive(Debug, Default, Clone)]
pub(crate) struct Placeholders {
    names: Vec<String>,
    values: Vec<AttributeValue>,
    operators: usize,
}

impl Placeholders {
    /// The placeholder of an attribute's name.
    pub(crate) fn name(&mut self, name: &str) -> String {
        let at = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        format!("#n{at}")
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
        self.attribute(to_attribute(value))
    }

    /// The placeholder of a value in DynamoDB's own form.
    pub(crate) fn attribute(&mut self, value: AttributeValue) -> String {
        let at = self.values.iter().position(|known| *known == value).unwrap_or_else(|| {
            self.values.push(value);
            self.values.len() - 1
        });
        format!(":v{at}")
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
        let word = |c: char| c.is_ascii_alphanumeric() || c == '#' || c == ':';
        let used: HashSet<&str> = texts.into_iter().flat_map(|text| text.split(move |c| !word(c))).collect();
        let name = |(at, name): (usize, &String)| {
            Some((format!("#n{at}"), name.clone())).filter(|(key, _)| used.contains(key.as_str()))
        };
        let value = |(at, value): (usize, &AttributeValue)| {
            Some((format!(":v{at}"), value.clone())).filter(|(key, _)| used.contains(key.as_str()))
        };
        let names: HashMap<_, _> = self.names.iter().enumerate().filter_map(name).collect();
        let values: HashMap<_, _> = self.values.iter().enumerate().filter_map(value).collect();
        // An empty map is refused too.
        Used { names: (!names.is_empty()).then_some(names), values: (!values.is_empty()).then_some(values) }
    }
}

/// What the placeholders of a request stand for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Used {
    pub(crate) names: Option<HashMap<String, String>>,
    pub(crate) values: Option<HashMap<String, AttributeValue>>,
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(names.map(|names| names["#n1"].clone()).as_deref(), Some(":c OR 1"));
    }

    #[test]
    fn what_no_text_uses_is_left_out() {
        let mut placeholders = Placeholders::default();
        for n in 0..12 {
            placeholders.name(&n.to_string());
            placeholders.value(&Value::Int(n));
        }
        let used = placeholders.used(["#n11 IN (:v1, :v10)", "SET #n2.#n3[1] = :v1"]);
        let mut names: Vec<_> = used.names.unwrap_or_default().into_values().collect();
        names.sort();
        assert_eq!(names, ["11", "2", "3"]);
        assert_eq!(used.values.map(|values| values.len()), Some(2));
        assert!(placeholders.used([""]).names.is_none());
    }

    #[test]
    fn equal_values_share_a_placeholder() {
        let mut placeholders = Placeholders::default();
        assert_eq!(placeholders.value(&Value::from("x")), ":v0");
        assert_eq!(placeholders.value(&Value::from("y")), ":v1");
        assert_eq!(placeholders.value(&Value::from("x")), ":v0");
    }
}
