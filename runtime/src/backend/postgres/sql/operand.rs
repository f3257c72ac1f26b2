//! What is bound to a statement.

/// A value that is bound to a statement, in the type that the text gives it.
#[derive(Clone, PartialEq, Eq)]
pub enum Operand {
    /// `text`.
    Text(String),
    /// `jsonb`, as the text of it.
    Json(String),
    /// `numeric` without a fraction.
    Integer(i128),
    /// `text[]`.
    Texts(Vec<String>),
}

/// The values of one statement, each once.
pub struct Operands {
    /// How many parameters of others come before.
    before: usize,
    values: Vec<Operand>,
}

impl Operands {
    /// The operands of a statement that has so many other parameters, which come first.
    pub fn after(before: usize) -> Self {
        Self { before, values: Vec::new() }
    }

    /// The values in the order of their numbers.
    pub fn into_values(self) -> Vec<Operand> {
        self.values
    }

    /// The place of a value in the text.
    fn number(&mut self, operand: Operand) -> usize {
        let found = self.values.iter().position(|value| *value == operand);
        let at = found.unwrap_or_else(|| {
            self.values.push(operand);
            self.values.len() - 1
        });
        self.before + at + 1
    }

    pub(super) fn text(&mut self, text: impl Into<String>) -> String {
        format!("${}::text", self.number(Operand::Text(text.into())))
    }

    pub(super) fn json(&mut self, json: String) -> String {
        format!("${}::jsonb", self.number(Operand::Json(json)))
    }

    pub(super) fn integer(&mut self, n: i128) -> String {
        format!("${}::numeric", self.number(Operand::Integer(n)))
    }

    /// A number in decimal digits that is no integer, or too long for one.
    pub(super) fn decimal(&mut self, digits: String) -> String {
        format!("${}::text::numeric", self.number(Operand::Text(digits)))
    }

    pub(super) fn texts(&mut self, texts: Vec<String>) -> String {
        format!("${}::text[]", self.number(Operand::Texts(texts)))
    }
}
