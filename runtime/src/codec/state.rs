//! What the serializer knows of a list or map that it is in. Nothing here depends on a type, so that it is
//! compiled once.

use super::CodecError;
use super::form::Form;
use super::names::check_names;
use crate::definition::{FieldDef, Lowering, StrictForm};
use crate::limits;
use crate::value::{Begun, Value, ValueRef, Writer, is_same, parse_object_id};

type Out = Result<(), CodecError>;

/// Writes a float as it is kept: a whole one as an integer.
pub(super) fn write_float(out: &mut Writer, x: f64) -> Out {
    match limits::float(x).map_err(CodecError::invalid)? {
        Value::Int(n) => out.int(n),
        _ => out.float(x),
    }
    Ok(())
}

/// Puts the stored form in the place of what serde wrote, or checks that this is it.
pub(super) fn settle(out: &mut Writer, start: usize, lowering: &Lowering) -> Out {
    let written = out.value_at(start);
    match lowering {
        _ if matches!(written, ValueRef::Null) => {}
        Lowering::Instant(form) => {
            let millis = (form.lower)(written).map_err(CodecError::from_error)?;
            out.truncate(start);
            out.instant(millis);
        }
        Lowering::InstantAs(of, form) => {
            let stored = (of.lower)(written).and_then(|millis| form.store(millis)).map_err(CodecError::from_error)?;
            out.truncate(start);
            out.value(stored.view());
        }
        Lowering::ObjectId => {
            let id = object_id_of(written)?;
            out.truncate(start);
            out.object_id(id);
        }
        Lowering::Text(form) => {
            let text = (form.lower)(written).map_err(CodecError::from_error)?;
            out.truncate(start);
            out.text(&text);
        }
        Lowering::Strict(StrictForm { is_stored, unwritable: Some(wrong), .. }) if !is_stored(written) => {
            return Err(CodecError::invalid(*wrong));
        }
        _ => {}
    }
    Ok(())
}

/// What serde writes of an ObjectId is a map of the name `$oid` to its text.
fn object_id_of(written: ValueRef<'_>) -> Result<[u8; 12], CodecError> {
    let text = match written {
        ValueRef::Map(map) => map.get("$oid").and_then(ValueRef::as_str),
        other => other.as_str(),
    };
    let none = || CodecError::mismatch(format!("an ObjectId was written as {}", written.noun()));
    text.and_then(parse_object_id).ok_or_else(none)
}

/// Takes a map's key back that was written as a value, as text.
pub(super) fn key_text(out: &mut Writer, start: usize) -> Result<String, CodecError> {
    let text = match out.value_at(start) {
        ValueRef::String(text) => text.to_owned(),
        ValueRef::Int(n) => n.to_string(),
        ValueRef::Bool(b) => b.to_string(),
        other => {
            return Err(CodecError::mismatch(format!(
                "a map's keys must be text, integers or bools; this one is {}",
                other.noun()
            )));
        }
    };
    out.truncate(start);
    Ok(text)
}

/// A sequence on its way: bytes for as long as every item is a `u8`, a list after that.
#[derive(Debug)]
pub(super) struct SeqState {
    form: Form,
    start: usize,
    kind: SeqKind,
}

#[derive(Debug)]
enum SeqKind {
    Empty,
    Bytes(Begun),
    List(Begun, usize),
    Set(Begun),
}

impl SeqState {
    pub(super) fn begin(out: &mut Writer, form: Form) -> Self {
        let start = out.len();
        let kind = match form {
            form if form.is_list() => SeqKind::List(out.begin_list(), 0),
            form if form.is_set() => SeqKind::Set(out.begin_set()),
            _ => SeqKind::Empty,
        };
        Self { form, start, kind }
    }

    /// Bytes that are there all at once. None are an empty list, as an empty sequence is.
    pub(super) fn whole(out: &mut Writer, form: Form, bytes: &[u8]) {
        if bytes.is_empty() || form.is_list() {
            let list = out.begin_list();
            bytes.iter().for_each(|byte| out.int((*byte).into()));
            out.end(list, bytes.len());
        } else {
            out.bytes(bytes);
        }
    }

    pub(super) fn form_of_item(&self) -> Form {
        self.form.of_item()
    }

    /// An error of the item that comes next. The type of a value says where it is wrong, and so does the form
    /// of its items.
    pub(super) fn of_item(&self, error: CodecError) -> CodecError {
        match (&self.form.of_item(), &self.kind) {
            (Form::Lowered(_), SeqKind::List(_, count)) => error.at(*count),
            (Form::Lowered(_), _) => error.at(0),
            _ => error,
        }
    }

    /// Takes in the item that was written at a place.
    pub(super) fn pushed(&mut self, out: &mut Writer, at: usize) -> Out {
        let small = out.take_small(at);
        match (&mut self.kind, small) {
            (SeqKind::List(_, count), _) => *count += 1,
            (SeqKind::Set(_), _) => return check_member(out.value_at(at)),
            (SeqKind::Empty, Some(byte)) => {
                out.truncate(at);
                self.kind = SeqKind::Bytes(out.begin_bytes());
                out.byte(byte);
            }
            (SeqKind::Bytes(_), Some(byte)) => {
                out.truncate(at);
                out.byte(byte);
            }
            (SeqKind::Empty, None) => self.kind = SeqKind::List(out.begin_list_before(at), 1),
            (SeqKind::Bytes(begun), None) => {
                let begun = *begun;
                self.become_list(out, begun, at);
            }
        }
        Ok(())
    }

    /// Makes what was bytes so far a list, with the item that was written at a place as its last.
    fn become_list(&mut self, out: &mut Writer, begun: Begun, at: usize) {
        let item = out.split_off(at);
        out.end_bytes(begun);
        let bytes = match out.value_at(self.start) {
            ValueRef::Bytes(bytes) => bytes.to_vec(),
            _ => Vec::new(),
        };
        out.truncate(self.start);
        let list = out.begin_list();
        bytes.iter().for_each(|byte| out.int((*byte).into()));
        out.append(&item);
        self.kind = SeqKind::List(list, bytes.len() + 1);
    }

    pub(super) fn end(self, out: &mut Writer) {
        match self.kind {
            SeqKind::Empty => {
                let list = out.begin_list();
                out.end(list, 0);
            }
            SeqKind::Bytes(begun) => out.end_bytes(begun),
            SeqKind::List(begun, count) => out.end(begun, count),
            SeqKind::Set(begun) => out.end_set(begun),
        }
    }
}

/// Refuses what cannot be in a set on DynamoDB.
fn check_member(member: ValueRef<'_>) -> Out {
    match member {
        ValueRef::String(_) | ValueRef::Int(_) | ValueRef::Instant(_) | ValueRef::ObjectId(_) | ValueRef::Bytes(_) => {
            Ok(())
        }
        // Bytes of which there are none are written as an empty list.
        ValueRef::List(items) if items.is_empty() => Err(CodecError::invalid("empty bytes cannot be in a set")),
        other => Err(CodecError::invalid(format!("{} cannot be in a set", other.noun()))),
    }
}

/// A map or struct on its way.
#[derive(Debug)]
pub(super) struct MapState {
    form: Form,
    begun: Begun,
    count: usize,
    /// The key of the value that comes next.
    pub(super) key: Option<String>,
    fields: &'static [FieldDef],
    /// Where among the fields the next name is looked for.
    next: usize,
    /// Whether the names came in the order of the fields so far, so that none came twice.
    in_order: bool,
    /// Where the entry that is being written began, and the place of its value.
    entry: (usize, usize),
    field: Option<&'static FieldDef>,
}

impl MapState {
    pub(super) fn begin(out: &mut Writer, form: Form) -> Self {
        let begun = out.begin_map();
        let fields = form.fields();
        Self { form, begun, count: 0, key: None, fields, next: 0, in_order: true, entry: (0, 0), field: None }
    }

    /// Writes a name, and returns the form of the value under it.
    pub(super) fn begin_entry(&mut self, out: &mut Writer, name: &str) -> Form {
        let start = out.len();
        out.name(name);
        self.entry = (start, out.len());
        // The field that comes next: mostly it is.
        if let Some(field) = self.fields.get(self.next)
            && is_same(field.name.as_bytes(), name.as_bytes())
        {
            self.next += 1;
            self.field = Some(field);
            return field.lowering().into();
        }
        if let Form::Plain = self.form {
            self.field = None;
            return Form::Plain;
        }
        self.begin_other(name)
    }

    /// The form of the value under a name that is not the next field's.
    #[inline(never)]
    fn begin_other(&mut self, name: &str) -> Form {
        let before = self.next;
        let (form, field) = self.form.of_name(name, &mut self.next);
        self.in_order &= field.is_some() && self.next > before;
        self.field = field;
        form
    }

    /// Takes in the value that was written.
    pub(super) fn end_entry(&mut self, out: &mut Writer, name: &str) -> Out {
        if self.field.is_none() || out.is_nothing_at(self.entry.1) {
            return self.end_special(out, name);
        }
        self.count += 1;
        Ok(())
    }

    /// The same of nothing or of what no field holds: nothing in a field is left out, but for those that have to be
    /// kept. Entries beside the fields belong to something flattened, and their nulls are data.
    #[inline(never)]
    fn end_special(&mut self, out: &mut Writer, name: &str) -> Out {
        match self.field {
            Some(field) => {
                if !self.form.keeps_null(field).map_err(CodecError::from_error)? {
                    out.truncate(self.entry.0);
                    return Ok(());
                }
            }
            None => limits::check_map_key(name).map_err(|e| CodecError::invalid(e.message()))?,
        }
        self.count += 1;
        Ok(())
    }

    /// Ends it. The servers compare maps within a record as they are written, so their names are sorted.
    pub(super) fn end(self, out: &mut Writer) -> Out {
        let twice = match self.form {
            Form::Model(_) if self.in_order => None,
            Form::Model(_) => out.find_twice(self.begun),
            _ => out.sort(self.begun),
        };
        out.end(self.begun, self.count);
        match twice {
            Some(name) => Err(CodecError::invalid(format!("two values are written under the name {name:?}"))),
            None => self.check_names(out, self.in_order),
        }
    }

    /// Ends the map around the content of a variant.
    pub(super) fn end_of_one(self, out: &mut Writer) -> Out {
        out.end(self.begun, 1);
        self.check_names(out, false)
    }

    /// Refuses names that a record cannot have, if this is one.
    fn check_names(&self, out: &Writer, only_fields: bool) -> Out {
        match self.form {
            Form::Model(definition) => {
                check_names(definition, out.content_of(self.begun), only_fields).map_err(CodecError::from_error)
            }
            _ => Ok(()),
        }
    }
}
