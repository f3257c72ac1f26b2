//! Conditions made at run time, of a field's name, a comparison and a value: checked against the definition.

use super::compare;
use super::expr::{Expr, Op};
use crate::definition::{Definition, FieldDef, Form, Lowering, Spelling};
use crate::error::{Error, Result};
use crate::limits;
use crate::path::{Path, Step};
use crate::value::{Value, ValueRef, parse_object_id};

/// The condition that the field of this name, or what is in it, compares so with a value.
pub(crate) fn compare_named(definition: &'static Definition, name: &str, op: Op, value: Value) -> Result<Expr> {
    let (path, form) = resolve(definition, name)?;
    path.check_storable()?;
    let needs_order = !matches!(op, Op::Eq | Op::Ne);
    if needs_order && !form.is_ordered() {
        let (noun, op) = (form.noun(), op.as_str());
        return Err(Error::invalid(format!(
            "{name} is {noun}, which is not compared with `{op}`: only `=` and `<>` are"
        )));
    }
    let value = fit(name, form, value)?;
    let interval = match form {
        Form::Float(interval) => interval,
        _ => None,
    };
    Ok(compare::compare(interval, path, op, value))
}

/// Where a name leads: to a field, or through its parts between dots to what is in it.
fn resolve(definition: &'static Definition, name: &str) -> Result<(Path, Form)> {
    // No field's own name has a dot in it.
    let (root, mut rest) = first_part(name);
    let Some(field) = definition.field(root) else { return Err(unknown(definition.name(), root, definition.fields())) };
    let (mut steps, mut form) = (vec![Step::Name(field.name.into())], field.form());
    while let Some(left) = rest {
        (form, rest) = step(&mut steps, form, left)?;
    }
    Ok((Path::new(steps), form))
}

/// What is before the first dot, and what is after it.
fn first_part(name: &str) -> (&str, Option<&str>) {
    name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)))
}

/// Goes one step further, and returns what is there and what is left of the name.
fn step<'a>(steps: &mut Vec<Step>, form: Form, left: &'a str) -> Result<(Form, Option<&'a str>)> {
    let (first, rest) = first_part(left);
    let so_far = Path::new(steps.clone()).to_string();
    match form {
        Form::Fields(fields) => {
            let field = fields.iter().find(|field| field.name == first);
            let field = field.ok_or_else(|| unknown(&so_far, first, fields))?;
            steps.push(Step::Name(field.name.into()));
            Ok((field.form(), rest))
        }
        // Nothing is in such a value, so the dots are those of the entry's name.
        Form::Map(value) if !matches!(value, Form::Fields(_) | Form::Map(_) | Form::List(_)) => {
            steps.push(Step::Name(left.to_owned().into()));
            Ok((*value, None))
        }
        Form::Map(value) => {
            steps.push(Step::Name(first.to_owned().into()));
            Ok((*value, rest))
        }
        Form::List(item) => {
            let message = || Error::invalid(format!("{so_far} is a list, and `{first}` is no position in one"));
            steps.push(Step::Position(first.parse().map_err(|_| message())?));
            Ok((*item, rest))
        }
        other => Err(Error::invalid(format!("{so_far} is {}, in which there is no `{first}`", other.noun()))),
    }
}

fn unknown(owner: &str, name: &str, fields: &[FieldDef]) -> Error {
    let names: Vec<_> = fields.iter().map(|field| field.name).collect();
    Error::invalid(format!("{owner} has no field `{name}`; its fields are {}", names.join(", ")))
}

/// The value as a field of this form has it.
fn fit(name: &str, form: Form, value: Value) -> Result<Value> {
    let other = |value: &Value| {
        let (noun, given) = (form.noun(), value.view().noun());
        Error::invalid(format!("{name} is {noun}, and is not compared with {given}"))
    };
    let number = |message: String| Error::invalid(format!("{name}: {message}"));
    match (form, value) {
        (_, Value::Null) => Err(Error::invalid(format!("{name}: a null is not compared; use exists() or missing()"))),
        (Form::Unknown, value) => Ok(value),
        (Form::String | Form::Name, value @ Value::String(_))
        | (Form::Bool, value @ Value::Bool(_))
        | (Form::Bytes, value @ Value::Bytes(_))
        | (Form::Instant(_), value @ Value::Instant(_))
        | (Form::ObjectId, value @ Value::ObjectId(_)) => Ok(value),
        (Form::ObjectId, Value::String(text)) => parse_object_id(&text).map(Value::ObjectId).ok_or_else(|| {
            Error::invalid(format!("{name} is an ObjectId, and is not compared with other text than its 24 hex digits"))
        }),
        (Form::Spelled(spelling), Value::String(text)) => (spelling.respell)(&text).ok_or_else(|| {
            let Spelling { noun, example, .. } = spelling;
            Error::invalid(format!("{name} is {noun}, and is not compared with other text: write it as in `{example}`"))
        }),
        (Form::Integer | Form::Float(_), Value::Int(n)) => limits::integer(n).map(Value::Int).map_err(number),
        (Form::Float(_), Value::Float(x)) => limits::float(x).map_err(number),
        (Form::Instant(Lowering::Instant(of)), value @ (Value::String(_) | Value::Int(_))) => {
            (of.lower)(ValueRef::from(&value)).map(Value::Instant).map_err(|_| other(&value))
        }
        (Form::InstantAs(Lowering::InstantAs(of, form)), value) => match value {
            Value::Instant(millis) => form.store(millis),
            Value::String(_) | Value::Int(_) => {
                let millis = form.read(value.view()).map_or_else(|| (of.lower)(value.view()), Ok);
                millis.and_then(|millis| form.store(millis)).map_err(|_| other(&value))
            }
            value => Err(other(&value)),
        },
        (Form::List(item), Value::List(items)) => {
            let name = format!("an item of {name}");
            items.into_iter().map(|value| fit(&name, *item, value)).collect::<Result<_>>().map(Value::List)
        }
        (Form::Set(member), Value::Set(members) | Value::List(members)) => {
            let name = format!("an item of {name}");
            let members = members.into_iter().map(|value| fit(&name, *member, value));
            members.collect::<Result<Vec<_>>>().map(Value::set)
        }
        (Form::Map(item), Value::Map(entries)) => {
            let entry = |(key, value): (String, Value)| {
                let value = fit(&format!("{name}.{key}"), *item, value)?;
                Ok((key, value))
            };
            entries.into_iter().map(entry).collect::<Result<_>>().map(Value::Map)
        }
        (Form::Fields(fields), Value::Map(entries)) => {
            let entry = |(key, value): (String, Value)| {
                let field = fields.iter().find(|field| field.name == key);
                let field = field.ok_or_else(|| unknown(name, &key, fields))?;
                let value = fit(&format!("{name}.{key}"), field.form(), value)?;
                Ok((key, value))
            };
            entries.into_iter().map(entry).collect::<Result<_>>().map(Value::Map)
        }
        (_, value) => Err(other(&value)),
    }
}
