//! A stored record of the plain model, and what a write came to.

use crate::answers::Expected;
use crate::ops::{Op, Told};
use crate::rules::Row;

/// A record, and in which step it was last written.
#[derive(Debug, Clone)]
pub struct Stored {
    pub row: Row,
    pub written: usize,
}

/// What was there before a write and after it.
pub struct Written {
    pub before: Option<Row>,
    pub after: Option<Row>,
}

impl Written {
    /// What the write answers by itself.
    pub fn answer(self, op: &Op) -> Expected {
        match op {
            Op::Create { returning: true, .. } | Op::Save { .. } => Expected::One(self.after),
            Op::Update { told, .. } | Op::Upsert { told, .. } => match told {
                Told::After => Expected::One(self.after),
                Told::Before => Expected::One(self.before),
                Told::Nothing => Expected::Done,
            },
            Op::Delete { returning: true, .. } => Expected::One(self.before),
            Op::Delete { returning: false, .. } => Expected::Bool(self.before.is_some()),
            _ => Expected::Done,
        }
    }

    /// What it came to in a transaction.
    pub fn result(self, op: &Op) -> Expected {
        match op {
            Op::Delete { .. } => Expected::Bool(self.before.is_some()),
            Op::Check { .. } => Expected::Done,
            _ => Expected::One(self.after),
        }
    }
}
