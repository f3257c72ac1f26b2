//! What a request comes to, in words.

use std::fmt::Write as _;

use crate::request::{Action, FindUnique, Get, KeyRange, Query, RecordKey, Request, SourceKind, Write};

/// What a request comes to, in words.
pub(super) fn explain_request(request: Request<'_>) -> String {
    match request {
        Request::Get(one) => explain_get(one.definition.name(), &one.key),
        Request::GetMany(many) => lines(&many.keys, |key| explain_get(many.definition.name(), key)),
        Request::FindUnique(wanted) => explain_find(wanted),
        Request::FindMany(many) => lines(&many.values, |values| {
            explain_find(&FindUnique::new(many.definition, many.index, values.clone(), many.consistent))
        }),
        Request::Query(wanted) => explain_query(wanted),
        Request::Write(one) => explain_write(one),
        Request::WriteMany(many) => lines(many, explain_write),
        Request::Transact(many) => format!("all or nothing:\n{}", lines(many, explain_write)),
        Request::Snapshot(gets) => {
            format!(
                "in one state of the store:\n{}",
                lines(gets, |one: &Get| explain_get(one.definition.name(), &one.key))
            )
        }
    }
}

fn lines<T>(parts: &[T], line: impl Fn(&T) -> String) -> String {
    parts.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn explain_get(name: &str, key: &RecordKey) -> String {
    format!("get from {name}: {}", show_key(key))
}

fn show_key(key: &RecordKey) -> String {
    let range = key.range().map_or_else(String::new, |range| format!(", {range:?}"));
    format!("{:?}{range}", key.hash())
}

fn explain_find(find: &FindUnique) -> String {
    let name = |part| find.definition.part_name(part);
    let parts = find.index.parts().zip(&find.values).map(|(part, value)| format!("{} = {value:?}", name(part)));
    let parts = parts.collect::<Vec<_>>().join(", ");
    format!("read {} by unique index {}: {parts}", find.definition.name(), find.index.name)
}

/// What is read for a page.
fn explain_query(query: &Query) -> String {
    let name = query.definition.name();
    let mut text = match query.source.kind() {
        SourceKind::Primary { hash } => {
            format!("read {name} by primary key: {} = {hash:?}", query.definition.hash_name())
        }
        SourceKind::Index { index, hash } => {
            let field = |part| query.definition.part_name(part);
            let parts = index.hash_parts().zip(hash).chain(query.leading_parts());
            let parts = parts.map(|(part, value)| format!("{} = {value:?}", field(part)));
            format!("read {name} by index {}: {}", index.name, parts.collect::<Vec<_>>().join(", "))
        }
        SourceKind::Scan { segment: None } => format!("read all of {name}"),
        SourceKind::Scan { segment: Some((segment, total)) } => format!("read part {segment} of {total} of {name}"),
    };
    if query.range != KeyRange::All {
        let _ = write!(text, "\n  range {}: {}", query.range_name().unwrap_or_default(), show_range(&query.range));
    }
    if let Some(after) = &query.after {
        let _ = write!(text, "\n  after {:?} {:?}", after.ranges(), after.key());
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

fn show_range(range: &KeyRange) -> String {
    match range {
        KeyRange::All => "all".to_owned(),
        KeyRange::Prefix(prefix) => format!("begins with {prefix:?}"),
        KeyRange::Between(low, high) => format!("from {low:?} to {high:?}"),
    }
}

/// What a write does.
fn explain_write(write: &Write) -> String {
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
    let mut text = format!("{word} in {name}: {}", show_key(&write.key));
    if let Some(requirement) = write.requirement() {
        let _ = write!(text, "\n  only if {requirement}");
    }
    for index in write.definition.unique_indexes().filter(|index| write.touches(index)) {
        let _ = write!(text, "\n  unique {}", index.name);
    }
    text + &rest
}
