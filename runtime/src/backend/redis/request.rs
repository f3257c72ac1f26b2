//! The request of writes, as the script reads it.

use std::borrow::Cow;
use std::sync::Arc;

use super::decide::{Change, Decided, tells_before};
use super::layout::Layout;
use super::script::{Invocation, WRITE};
use crate::backend::support::write_id::WriteId;
use crate::definition::Definition;
use crate::request::{Call, Write};

/// Where the last moment at which it may happen stands among the arguments, and whether it was sent before.
const LAST: usize = 2;
const AGAIN: usize = 3;

/// A write with what the script is to do for it.
pub(super) struct Part<'a> {
    pub(super) write: &'a Write,
    pub(super) layout: Arc<Layout>,
    pub(super) primary: Vec<u8>,
    pub(super) decided: Decided<'a>,
}

/// The request of writes.
pub(super) struct WriteRequest<'a>(Invocation<'a>);

impl<'a> WriteRequest<'a> {
    pub(super) fn new(
        id: WriteId,
        call: &Call,
        whole: bool,
        verdicts: &'a [(Vec<u8>, bool)],
        parts: &'a [Part<'a>],
    ) -> Self {
        let groups = Groups::of(parts);
        let keys = groups.0.iter().map(|(_, layout)| layout.schema_key()).collect();
        let mut invocation = Invocation::new(&WRITE, keys).arg(id.bytes().to_vec());
        invocation.push_number(call.now_seconds());
        invocation.push_number(0);
        invocation.push_flag(false);
        invocation.push_flag(whole);
        for (definition, layout) in &groups.0 {
            invocation.push(layout.generation.clone().into_bytes());
            invocation.push_flag(definition.ttl().is_some());
        }
        invocation.push_number(verdicts.len());
        for (about, is_live) in verdicts {
            invocation.push(about.as_slice());
            invocation.push_flag(*is_live);
        }
        invocation.push_number(parts.len());
        for part in parts {
            invocation.push_number(groups.position(part) + 1);
            push_part(&mut invocation, part);
        }
        Self(invocation)
    }

    /// The invocation that may happen until then, by the server's clock in milliseconds.
    pub(super) fn until(&mut self, last: i64, again: bool) -> &Invocation<'a> {
        let values = [(LAST, last.to_string()), (AGAIN, u8::from(again).to_string())];
        for (at, value) in values {
            if let Some(arg) = self.0.args.get_mut(at) {
                *arg = Cow::Owned(value.into_bytes());
            }
        }
        &self.0
    }
}

/// The repositories written to, each as a definition sees it.
struct Groups<'a>(Vec<(&'static Definition, &'a Layout)>);

impl<'a> Groups<'a> {
    fn of(parts: &'a [Part<'a>]) -> Self {
        let mut groups: Vec<(&'static Definition, &Layout)> = Vec::new();
        for part in parts {
            if !groups.iter().any(|(known, _)| std::ptr::eq(*known, part.write.definition)) {
                groups.push((part.write.definition, &part.layout));
            }
        }
        Self(groups)
    }

    fn position(&self, part: &Part<'_>) -> usize {
        self.0.iter().position(|(known, _)| std::ptr::eq(*known, part.write.definition)).unwrap_or_default()
    }
}

fn push_part<'a>(invocation: &mut Invocation<'a>, part: &'a Part<'a>) {
    invocation.push(part.primary.as_slice());
    invocation.push(part.decided.expected.to_bytes());
    invocation.push_flag(tells_before(part.write));
    match &part.decided.change {
        Change::Refuse => invocation.push(&b"refuse"[..]),
        Change::Keep => invocation.push(&b"keep"[..]),
        Change::Delete => invocation.push(&b"del"[..]),
        Change::Set { record, expiry, entries } => {
            invocation.push(&b"set"[..]);
            invocation.push(record.as_bytes());
            match expiry {
                Some(at) => invocation.push_number(at),
                None => invocation.push(&b""[..]),
            }
            invocation.push_number(entries.len());
            for (field, values) in entries {
                invocation.push(field.as_bytes());
                invocation.push(values.as_slice());
            }
        }
    }
}
