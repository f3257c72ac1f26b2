use std::fmt::Write as _;

use crate::request::{Action, Query, Source, Span, Write};

/// What is read for a page, in words.
pub(crate) fn explain_query(query: &Query) -> String {
    let name = query.definition.name();
    let mut text = match &query.source {
        Source::Primary { hash } => format!("read {name} by primary key: {} = {hash:?}", query.definition.hash_name()),
        Source::Index { index, hash } => {
            let field = query.definition.part_name(index.hash);
            format!("read {name} by index {}: {field} = {hash:?}", index.name)
        }
        Source::Scan { segment: None } => format!("read all of {name}"),
        Source::Scan { segment: Some((segment, total)) } => format!("read part {segment} of {total} of {name}"),
    };
    if query.span != Span::All {
        let _ = write!(text, "\n  range {}: {}", query.range_names().first().unwrap_or(&""), span(&query.span));
    }
    if let Some(after) = &query.after {
        let _ = write!(text, "\n  after {:?} {:?}", after.ranges, after.key);
    }
    if let Some(filter) = &query.filter {
        let _ = write!(text, "\n  filter {filter}");
    }
    let order = if query.descending { "descending" } else { "ascending" };
    let _ = write!(text, "\n  {order}, at most {} records", query.limit);
    if let Some(fields) = query.projection {
        let _ = write!(text, "\n  fields {}", fields.join(", "));
    }
    text
}

fn span(span: &Span) -> String {
    match span {
        Span::All => "all".to_owned(),
        Span::Prefix(prefix) => format!("begins with {prefix:?}"),
        Span::Between(low, high) => format!("from {low:?} to {high:?}"),
    }
}

/// What a write does, in words.
pub(crate) fn explain_write(write: &Write) -> String {
    let name = write.definition.name();
    let (word, rest) = match &write.action {
        Action::Create(record) => ("create", format!("\n  record {record:?}")),
        Action::Put(record) => ("put", format!("\n  record {record:?}")),
        Action::Replace(record) => ("replace", format!("\n  record {record:?}")),
        Action::Update(changes) => ("update", format!("\n  changes {changes:?}")),
        Action::Upsert { changes, insert } => ("upsert", format!("\n  changes {changes:?}\n  or record {insert:?}")),
        Action::Delete => ("delete", String::new()),
        Action::Check => ("check", String::new()),
    };
    let range = write.key.range.as_ref().map_or_else(String::new, |range| format!(", {range:?}"));
    let mut text = format!("{word} in {name}: {:?}{range}", write.key.hash);
    if let Some(requirement) = write.requirement() {
        let _ = write!(text, "\n  only if {requirement}");
    }
    for index in write.definition.unique_indexes().filter(|index| write.touches(index)) {
        let _ = write!(text, "\n  unique {}", index.name);
    }
    text + &rest
}
