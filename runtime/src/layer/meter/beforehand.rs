//! What an operation will cost, in words.

use super::cost::Cost;
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
    let mut cost = Cost::default();
    for capacity in &tallied.consumed {
        cost.add(String::new(), capacity.index.clone(), call.operation, &Cost::of_capacity(capacity));
    }
    let requests = counted(tallied.requests as f64, "request");
    let (read, write) = (units(&cost, "read", |cost| cost.read_units), units(&cost, "write", |cost| cost.write_units));
    format!("costs, for records of {size} bytes: {requests}{read}{write}")
}

/// The units of a kind, and those of each index among them; nothing if there are none.
fn units(cost: &Cost, kind: &str, of: impl Fn(&Cost) -> f64) -> String {
    if of(cost) == 0.0 {
        return String::new();
    }
    let of_index = |(name, units): (&str, f64)| (units > 0.0).then(|| format!("{name} {units}"));
    let named = cost.parts().filter_map(|part| of_index((part.index.as_deref()?, of(&part.cost))));
    let mut named: Vec<_> = named.collect();
    named.sort();
    let within = if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) };
    format!(", {}{within}", counted(of(cost), &format!("{kind} unit")))
}

fn counted(count: f64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1.0 { "" } else { "s" })
}
