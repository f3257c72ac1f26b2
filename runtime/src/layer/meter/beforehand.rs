//! What an operation will cost, in words.

use std::fmt::Write as _;

use crate::backend::dynamodb::estimate;
use crate::layer::tally::Tally;
use crate::request::{Call, Request, Watch as _};

/// How many bytes a record has, if nobody says.
pub(super) const RECORD_SIZE: usize = 1024;

/// What a request will cost if each record has so many bytes.
pub(super) fn cost_of(call: &Call, request: Request<'_>, size: usize) -> String {
    let tally = Tally::default();
    for sent in estimate::requests_beforehand(call, request, size) {
        tally.attempt(call, &sent.attempt());
    }
    let tallied = tally.so_far();
    let plural = if tallied.requests == 1 { "" } else { "s" };
    let mut text = format!("costs, for records of {size} bytes: {} request{plural}", tallied.requests);
    for (kind, units) in [
        ("read", tallied.consumed.iter().map(|part| (part.index.as_deref(), part.read_units())).collect::<Vec<_>>()),
        ("write", tallied.consumed.iter().map(|part| (part.index.as_deref(), part.write_units())).collect()),
    ] {
        let _ = write!(text, "{}", Units { kind, units });
    }
    text
}

/// Units of a kind, of tables and of indexes.
struct Units<'a> {
    kind: &'static str,
    units: Vec<(Option<&'a str>, f64)>,
}

impl std::fmt::Display for Units<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all: f64 = self.units.iter().map(|(_, units)| units).sum();
        if all == 0.0 {
            return Ok(());
        }
        let plural = if all == 1.0 { "" } else { "s" };
        write!(f, ", {all} {} unit{plural}", self.kind)?;
        let mut of_indexes = std::collections::BTreeMap::new();
        for (index, units) in &self.units {
            if let Some(index) = index {
                *of_indexes.entry(*index).or_insert(0.0) += units;
            }
        }
        of_indexes.retain(|_, units| *units > 0.0);
        let mut separator = " (";
        for (index, units) in &of_indexes {
            write!(f, "{separator}{index} {units}")?;
            separator = ", ";
        }
        if of_indexes.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}
