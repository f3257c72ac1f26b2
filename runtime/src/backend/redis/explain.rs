//! Requests as the commands that the server is sent, written as `redis-cli` reads them. A script is named in place of its
//! hash.

use std::fmt::Write as _;
use std::sync::Arc;

use redis::{Arg, Cmd};

use super::decide::{decide, decide_blind, is_blind};
use super::items::Items;
use super::layout::{Layout, primary};
use super::query::{Range, first_count};
use super::read::{find_request, get_command, snapshot_request};
use super::request::{Part, WriteRequest};
use super::script::{Invocation, READ};
use crate::backend::support::write_id::WriteIds;
use crate::definition::Definition;
use crate::error::Result;
use crate::limits::Limits;
use crate::request::{Action, Call, Get, GetMany, Query, Request, SourceKind, Write};

/// The layout of a definition, as it is stored or would be.
type LayoutOf<'a> = &'a dyn Fn(&'static Definition) -> Arc<Layout>;

pub(super) fn explain(call: &Call, limits: &Limits, request: Request<'_>, layout_of: LayoutOf<'_>) -> Result<String> {
    match request {
        Request::Get(get) => Ok(show_command(&get_command(&layout_of(get.definition), &get.key)?)),
        Request::GetMany(many) => explain_get_many(many, layout_of),
        Request::FindUnique(find) => {
            let layout = layout_of(find.definition);
            Ok(show(&find_request(&layout, find.index, [&find.values])?))
        }
        Request::FindMany(find) => {
            let layout = layout_of(find.definition);
            Ok(show(&find_request(&layout, find.index, &find.values)?))
        }
        Request::Query(query) => explain_query(query, &layout_of(query.definition)),
        Request::Write(write) => explain_writes(call, limits, std::slice::from_ref(write), false, layout_of),
        Request::WriteMany(writes) => explain_writes(call, limits, writes, false, layout_of),
        Request::Transact(writes) => explain_writes(call, limits, writes, true, layout_of),
        Request::Snapshot(gets) => {
            let layouts: Vec<_> = gets.iter().map(|get| layout_of(get.definition)).collect();
            let gets: Vec<(&Get, &Layout)> = gets.iter().zip(layouts.iter().map(|layout| &**layout)).collect();
            Ok(show(&snapshot_request(&gets)?))
        }
    }
}

fn explain_get_many(many: &GetMany, layout_of: LayoutOf<'_>) -> Result<String> {
    let layout = layout_of(many.definition);
    let mut invocation = Invocation::new(&READ, vec![layout.schema_key()]);
    for key in &many.keys {
        invocation.push(&b"1"[..]);
        invocation.push(primary(key)?);
    }
    Ok(show(&invocation))
}

/// The script of writes, and before it what is read to decide them, as if nothing were there.
fn explain_writes(
    call: &Call,
    limits: &Limits,
    writes: &[Write],
    whole: bool,
    layout_of: LayoutOf<'_>,
) -> Result<String> {
    let (mut lines, mut parts) = (Vec::new(), Vec::new());
    for write in writes {
        let (layout, primary) = (layout_of(write.definition), primary(&write.key)?);
        let decided = if is_blind(write) {
            decide_blind(&layout, write)
        } else {
            let read = Invocation::new(&READ, vec![layout.schema_key()]).arg(&b"1"[..]).arg(primary.clone());
            lines.push(show(&read));
            decide(call, limits, &layout, write, &None, &mut Items::default())
        };
        match decided {
            Ok(decided) => parts.push(Part { write, layout, primary, decided }),
            Err(_) => lines.push(describe_decision(&layout, write)),
        }
    }
    if !parts.is_empty() {
        let mut request = WriteRequest::new(WriteIds::new().next(), call, whole, &[], &parts);
        lines.push(show(request.until(0, false)));
    }
    Ok(lines.join("\n"))
}

/// What is sent for a write that needs a record to be there.
fn describe_decision(layout: &Layout, write: &Write) -> String {
    let mut text = format!("EVALSHA write 1 {} with what the record that was read comes to", layout.schema_key());
    if let Some(requirement) = write.requirement() {
        let _ = write!(text, "\n  only if {requirement}");
    }
    match &write.action {
        Action::Update(changes) => drop(write!(text, "\n  changes {changes:?}")),
        Action::Replace(record) => drop(write!(text, "\n  record {record:?}")),
        _ => {}
    }
    text
}

fn explain_query(query: &Query, layout: &Layout) -> Result<String> {
    let range = Range::new(layout, query)?;
    if range.is_empty() {
        return Ok("nothing is sent: no record can be in it".to_owned());
    }
    let mut text = show(&range.request(first_count(query)));
    if let SourceKind::Scan { segment: Some((segment, total)) } = query.source.kind() {
        let _ = write!(text, "\n  part {segment} of {total} of {}", query.definition.name());
    }
    if let Some(filter) = &query.filter {
        let _ = write!(text, "\n  filter {filter}, of what was read");
    }
    Ok(text)
}

fn show(invocation: &Invocation<'_>) -> String {
    let mut text = format!("{} {} {}", invocation.request(), invocation.script.name, invocation.keys.len());
    let keys = invocation.keys.iter().map(String::as_bytes);
    keys.chain(invocation.args.iter().map(|arg| &**arg)).for_each(|arg| push_quoted(&mut text, arg));
    text
}

fn show_command(command: &Cmd) -> String {
    let mut text = String::new();
    for arg in command.args_iter() {
        match arg {
            Arg::Simple(name) if text.is_empty() => text.push_str(&String::from_utf8_lossy(name)),
            Arg::Simple(arg) => push_quoted(&mut text, arg),
            _ => {}
        }
    }
    text
}

/// An argument as `redis-cli` reads it: in quotes if it is no plain word.
fn push_quoted(text: &mut String, arg: &[u8]) {
    text.push(' ');
    if !arg.is_empty() && arg.iter().all(|byte| byte.is_ascii_graphic() && !b"\"'\\".contains(byte)) {
        text.push_str(&String::from_utf8_lossy(arg));
        return;
    }
    text.push('"');
    for &byte in arg {
        match byte {
            b'"' | b'\\' => {
                text.push('\\');
                text.push(byte.into());
            }
            b' '..=b'~' => text.push(byte.into()),
            _ => drop(write!(text, "\\x{byte:02x}")),
        }
    }
    text.push('"');
}
