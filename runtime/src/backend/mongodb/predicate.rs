//! Conditions as aggregation expressions.
//!
//! An expression, unlike a query operator, does not look into lists by itself, takes any field
//! name ("$getField"), and keeps what is data apart from what is code ("$literal"): no operand is
//! ever read as an expression. What it compares is guarded by type, since the server orders values
//! of different types too. See "Aggregation Operators" in the MongoDB manual.

use mongodb::bson::{Bson, Document, doc};

use super::document::{range_part, sort_columns};
use super::value::{FURTHEST, hex, integer, to_bson};
use crate::condition::{Expr, Op};
use crate::definition::{Definition, KeyKind};
use crate::error::{Error, Result};
use crate::path::{Path, Step};
use crate::value::{EXPIRES, Value};

/// A filter that finds the records of which the condition is true.
pub(super) fn filter(definition: &Definition, expr: &Expr) -> Result<Document> {
    Ok(doc! { "$expr": predicate(definition, expr)? })
}

/// A condition as an expression that is true or false.
pub(super) fn predicate(definition: &Definition, expr: &Expr) -> Result<Bson> {
    Ok(match expr {
        Expr::Compare { path, op, value } => compare(definition, path, *op, value)?,
        Expr::In { path, values } if values.iter().any(is_in_any_order) => {
            let is = |value: &Value| compare(definition, path, Op::Eq, value);
            doc! { "$or": values.iter().map(is).collect::<Result<Vec<_>>>()? }.into()
        }
        Expr::In { path, values } => {
            let values = values.iter().map(|value| operand(definition, path, value)).collect::<Result<Vec<_>>>()?;
            doc! { "$in": [at(definition, path), literal(values)] }.into()
        }
        Expr::BeginsWith { path, .. } | Expr::Contains { path, .. } if is_hex(definition, path) => Bson::Boolean(false),
        Expr::BeginsWith { path, prefix } => {
            let end = Bson::Int64(i64::try_from(prefix.len()).unwrap_or(i64::MAX));
            let found = doc! { "$indexOfBytes": [at(definition, path), literal(prefix.as_str()), 0, end] };
            where_type(at(definition, path), "string", doc! { "$eq": [found, 0] })
        }
        Expr::Contains { path, value } => contains(definition, path, value)?,
        Expr::HasMember { path, .. } | Expr::SetSize { path, .. } if is_hex(definition, path) => Bson::Boolean(false),
        Expr::HasMember { path, value } => {
            let stored = at(definition, path);
            let found = doc! { "$in": [literal(to_bson(value)?), stored.clone()] };
            doc! { "$cond": [{ "$isArray": [stored] }, found, false] }.into()
        }
        Expr::Size { path, op, count } => compare_size(size(definition, path), *op, *count),
        Expr::SetSize { path, op, count } => {
            let stored = at(definition, path);
            let size = doc! { "$cond": [{ "$isArray": [stored.clone()] }, { "$size": stored }, Bson::Null] };
            compare_size(size.into(), *op, *count)
        }
        Expr::Exists(path) => doc! { "$not": [is_null(at(definition, path))] }.into(),
        Expr::Missing(path) => is_null(at(definition, path)),
        Expr::And(all) => doc! { "$and": predicates(definition, all)? }.into(),
        Expr::Or(any) => doc! { "$or": predicates(definition, any)? }.into(),
        Expr::Not(inner) => doc! { "$not": [predicate(definition, inner)?] }.into(),
    })
}

fn predicates(definition: &Definition, exprs: &[Expr]) -> Result<Vec<Bson>> {
    exprs.iter().map(|expr| predicate(definition, expr)).collect()
}

/// A value that is data, whatever it looks like.
pub(super) fn literal(value: impl Into<Bson>) -> Bson {
    doc! { "$literal": value.into() }.into()
}

fn where_type(of: Bson, name: &str, then: impl Into<Bson>) -> Bson {
    // "$cond" evaluates only the branch it takes: what follows may fail on another type.
    doc! { "$cond": [{ "$eq": [{ "$type": of }, name] }, then.into(), false] }.into()
}

pub(super) fn is_null(value: Bson) -> Bson {
    doc! { "$in": [{ "$type": value }, ["missing", "null", "undefined"]] }.into()
}

fn compare(definition: &Definition, path: &Path, op: Op, value: &Value) -> Result<Bson> {
    let operator = match op {
        Op::Eq => "$eq",
        Op::Ne => "$ne",
        Op::Lt => "$lt",
        Op::Le => "$lte",
        Op::Gt => "$gt",
        Op::Ge => "$gte",
    };
    if let (Op::Lt | Op::Le | Op::Gt | Op::Ge, Value::Bytes(bytes)) = (op, value)
        && let Some(column) = sort_column_of(definition, path)
    {
        let column = field_of("$$ROOT".into(), &column);
        return Ok(where_type(column.clone(), "string", doc! { operator: [column, hex(bytes)] }));
    }
    let stored = at(definition, path);
    if op == Op::Eq || (op == Op::Ne && is_in_any_order(value)) {
        let same = same(stored, value, operand(definition, path, value)?)?;
        return Ok(if op == Op::Eq { same } else { doc! { "$not": [same] }.into() });
    }
    let compared = doc! { operator: [stored.clone(), literal(operand(definition, path, value)?)] };
    if op == Op::Ne {
        return Ok(compared.into());
    }
    let guard = match value {
        Value::Int(_) | Value::Float(_) => doc! { "$isNumber": stored },
        Value::Instant(_) => doc! { "$eq": [{ "$type": stored }, "date"] },
        Value::ObjectId(_) => doc! { "$eq": [{ "$type": stored }, "objectId"] },
        Value::String(_) => doc! { "$eq": [{ "$type": stored }, "string"] },
        Value::Bytes(_) if is_hex(definition, path) => doc! { "$eq": [{ "$type": stored }, "string"] },
        Value::Bytes(_) => {
            return Err(Error::unsupported(format!("{path}: MongoDB does not order binary data by its bytes")));
        }
        // These have no order.
        _ => return Ok(Bson::Boolean(false)),
    };
    Ok(doc! { "$and": [guard, compared] }.into())
}

/// Whether the server's own comparison would depend on the order of a map's names or of a set's members. They are equal in
/// whatever order they were written, but the server compares them one by one.
fn is_in_any_order(value: &Value) -> bool {
    match value {
        Value::Set(_) => true,
        Value::Map(map) => map.len() > 1 || map.values().any(is_in_any_order),
        Value::List(items) => items.iter().any(is_in_any_order),
        _ => false,
    }
}

/// Whether what is stored is a value, `operand` as it is stored. Maps are compared name by name.
fn same(stored: Bson, value: &Value, operand: Bson) -> Result<Bson> {
    let own = || Bson::from("$$own");
    let (is_one, size, parts): (Document, Document, Vec<Bson>) = match value {
        value if !is_in_any_order(value) => return Ok(doc! { "$eq": [stored, literal(operand)] }.into()),
        Value::Set(_) => {
            let same =
                doc! { "$cond": [{ "$isArray": ["$$own"] }, { "$setEquals": ["$$own", literal(operand)] }, false] };
            return Ok(doc! { "$let": { "vars": { "own": stored }, "in": same } }.into());
        }
        Value::Map(map) => {
            let part = |(name, value): (&str, &Value)| same(field_of(own(), name), value, to_bson(value)?);
            let size = doc! { "$size": { "$objectToArray": own() } };
            (doc! { "$eq": [{ "$type": own() }, "object"] }, size, map.iter().map(part).collect::<Result<_>>()?)
        }
        Value::List(items) => {
            let item =
                |(at, value): (i32, &Value)| same(doc! { "$arrayElemAt": [own(), at] }.into(), value, to_bson(value)?);
            let items = (0..).zip(items).map(item).collect::<Result<_>>()?;
            (doc! { "$isArray": [own()] }, doc! { "$size": own() }, items)
        }
        _ => return Ok(Bson::Boolean(false)),
    };
    let count = i64::try_from(parts.len()).unwrap_or(i64::MAX);
    let all = [doc! { "$eq": [size, count] }.into()].into_iter().chain(parts).collect::<Vec<Bson>>();
    let inside = doc! { "$cond": [is_one, { "$and": all }, false] };
    Ok(doc! { "$let": { "vars": { "own": stored }, "in": inside } }.into())
}

/// An operand as it would be stored at the path.
fn operand(definition: &Definition, path: &Path, value: &Value) -> Result<Bson> {
    match value {
        Value::Bytes(_) if is_hex(definition, path) => range_part(definition, value),
        // Text is never equal to bytes, which are text only as they are stored.
        Value::String(_) if is_hex(definition, path) => Ok(Bson::Null),
        value => to_bson(value),
    }
}

/// The column by whose text the server orders bytes, if the field has one. MongoDB orders binary data by its length first.
fn sort_column_of(definition: &Definition, path: &Path) -> Option<String> {
    let columns = sort_columns(definition).into_iter();
    columns.filter(|_| path.is_field()).find_map(|(name, column)| (name == path.root()).then_some(column))
}

fn is_hex(definition: &Definition, path: &Path) -> bool {
    definition.range().is_some_and(|range| range.kind == KeyKind::Bytes)
        && path.is_field()
        && Some(path.root()) == definition.range_name()
}

fn contains(definition: &Definition, path: &Path, value: &Value) -> Result<Bson> {
    let stored = at(definition, path);
    let in_list = if is_in_any_order(value) {
        let is_item = same("$$item".into(), value, to_bson(value)?)?;
        doc! { "$anyElementTrue": [{ "$map": { "input": stored.clone(), "as": "item", "in": is_item } }] }
    } else {
        doc! { "$in": [literal(to_bson(value)?), stored.clone()] }
    };
    let in_list = doc! { "$cond": [{ "$isArray": [stored.clone()] }, in_list, false] };
    let Value::String(part) = value else { return Ok(in_list.into()) };
    let found = doc! { "$indexOfBytes": [stored.clone(), literal(part.as_str())] };
    let in_text = where_type(stored, "string", doc! { "$gte": [found, 0] });
    Ok(doc! { "$or": [in_text, in_list] }.into())
}

/// The size of what has one, else null.
fn size(definition: &Definition, path: &Path) -> Bson {
    let stored = at(definition, path);
    let is = |name: &str| doc! { "$eq": [{ "$type": stored.clone() }, name] };
    if is_hex(definition, path) {
        doc! { "$cond": [is("string"), { "$divide": [{ "$strLenBytes": stored.clone() }, 2] }, null] }.into()
    } else {
        let branches = vec![
            doc! { "case": is("array"), "then": { "$size": stored.clone() } },
            doc! { "case": is("object"), "then": { "$size": { "$objectToArray": stored.clone() } } },
            doc! { "case": is("binData"), "then": { "$binarySize": stored.clone() } },
        ];
        doc! { "$switch": { "branches": branches, "default": null } }.into()
    }
}

fn compare_size(size: Bson, op: Op, count: u64) -> Bson {
    let count = integer(count.into());
    // The size of a value that has none is null, which the server orders below every number.
    let known = doc! { "$gte": [size.clone(), 0] };
    match op {
        Op::Eq => doc! { "$eq": [size, count] },
        Op::Ne => doc! { "$ne": [size, count] },
        Op::Gt => doc! { "$gt": [size, count] },
        Op::Ge => doc! { "$and": [known, { "$gte": [size, count] }] },
        Op::Lt => doc! { "$and": [known, { "$lt": [size, count] }] },
        Op::Le => doc! { "$and": [known, { "$lte": [size, count] }] },
    }
    .into()
}

/// The value at a path, or nothing.
pub(super) fn at(definition: &Definition, path: &Path) -> Bson {
    let Some((first, rest)) = path.steps().split_first() else { return Bson::Null };
    let Step::Name(name) = first else { return Bson::Null };
    rest.iter().fold(root(definition, name), step_into)
}

fn root(definition: &Definition, name: &str) -> Bson {
    if name == EXPIRES {
        return expiry_seconds();
    }
    if name == definition.hash_name() {
        return if definition.range().is_some() { "$_id.h".into() } else { "$_id".into() };
    }
    if Some(name) == definition.range_name() {
        return "$_id.r".into();
    }
    let mut names: Vec<_> = std::iter::once(own(name)).chain(definition.aliases_of(name).map(own)).collect();
    match names.len() {
        1 => names.remove(0),
        // A field that was renamed has the first of its names under which something is stored.
        _ => doc! { "$ifNull": names.into_iter().chain([Bson::Null]).collect::<Vec<_>>() }.into(),
    }
}

/// What is stored under a name.
fn own(name: &str) -> Bson {
    if is_plain(name) { format!("${name}").into() } else { field_of("$$ROOT".into(), name) }
}

/// A name that reads as itself after a "$".
fn is_plain(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A field of a document under any name; nothing if the input is not a document.
pub(super) fn field_of(input: Bson, name: &str) -> Bson {
    doc! { "$getField": { "field": literal(name), "input": input } }.into()
}

fn step_into(value: Bson, step: &Step) -> Bson {
    match step {
        Step::Name(name) => field_of(value, name),
        Step::Position(at) => match i32::try_from(*at) {
            Ok(at) => doc! { "$cond": [{ "$isArray": [value.clone()] }, { "$arrayElemAt": [value, at] }, null] }.into(),
            // No list is that long.
            Err(_) => Bson::Null,
        },
    }
}

/// The expiry, which is stored as a date, in seconds.
fn expiry_seconds() -> Bson {
    let field = format!("${EXPIRES}");
    let seconds = doc! { "$toLong": { "$floor": { "$divide": [{ "$toLong": field.as_str() }, 1000] } } };
    doc! { "$cond": [{ "$eq": [{ "$type": field.as_str() }, "date"] }, seconds, null] }.into()
}

/// Seconds as a date; what is beyond a date is the furthest.
pub(super) fn to_date(seconds: Bson) -> Bson {
    let within = doc! { "$min": [FURTHEST, { "$max": [-FURTHEST, seconds] }] };
    doc! { "$toDate": { "$multiply": [{ "$toLong": within }, 1000_i64] } }.into()
}

#[cfg(test)]
mod tests {
    use super::super::test_definition::test_definition;
    use super::*;

    #[test]
    fn an_operand_is_never_read_as_code() {
        let expr = Expr::Compare { path: Path::field("team"), op: Op::Lt, value: Value::from("$$ROOT") };
        let expected = doc! { "$and": [
            { "$eq": [{ "$type": "$team" }, "string"] },
            { "$lt": ["$team", { "$literal": "$$ROOT" }] },
        ] };
        assert_eq!(predicate(test_definition(), &expr).unwrap(), expected.into());
    }

    #[test]
    fn a_name_is_never_read_as_a_path() {
        let path = Path::new(vec![Step::Name("a b".into()), Step::Name("$c.d".into())]);
        let first = doc! { "$getField": { "field": { "$literal": "a b" }, "input": "$$ROOT" } };
        assert_eq!(
            at(test_definition(), &path),
            doc! { "$getField": { "field": { "$literal": "$c.d" }, "input": first } }.into()
        );
    }

    #[test]
    fn keys_are_where_they_are_stored() {
        assert_eq!(at(test_definition(), &Path::field("id")), "$_id.h".into());
        let expr = Expr::Compare { path: Path::field("part"), op: Op::Eq, value: Value::Bytes(vec![255]) };
        assert_eq!(
            predicate(test_definition(), &expr).unwrap(),
            doc! { "$eq": ["$_id.r", { "$literal": "ff" }] }.into()
        );
    }

    #[test]
    fn bytes_have_an_order_where_their_hex_text_is_stored() {
        let less = |name| Expr::Compare { path: Path::field(name), op: Op::Lt, value: Value::Bytes(vec![1]) };
        let column: Bson =
            doc! { "$getField": { "field": { "$literal": "_reposit_hex_badge" }, "input": "$$ROOT" } }.into();
        assert_eq!(
            predicate(test_definition(), &less("badge")).unwrap(),
            where_type(column.clone(), "string", doc! { "$lt": [column, "01"] })
        );
        assert_eq!(predicate(test_definition(), &less("team")).unwrap_err().kind(), crate::ErrorKind::Unsupported);
    }
}
