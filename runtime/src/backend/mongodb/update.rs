//! Changes as one stage of an update pipeline.
//!
//! In one "$set" stage every expression sees the record as it was before. A map that gets a name
//! is sorted again, so that equal maps stay equal for the server, which compares them in order.
//! See "Updates with Aggregation Pipeline" in the MongoDB manual.

use mongodb::bson::{Bson, Document, doc, oid::ObjectId};

use super::document::sort_columns;
use super::expiry::own_date;
use super::guard::requirement;
use super::predicate::{at, field_of, is_null, literal, predicate, to_date};
use super::value::{date, decimal, hex, to_bson};
use crate::change::{Change, Expiry, in_order};
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::path::{Path, Step};
use crate::request::{Call, Write, liveness};
use crate::value::{EXPIRES, STAMP, Value};

/// What becomes of a field.
#[derive(Debug, Clone)]
enum New {
    Value(Bson),
    /// A value, or nothing if that is what the expression comes to.
    Perhaps(Bson),
    Removed,
    /// No item of the list any more, so that those after it move up.
    TakenOut,
}

impl New {
    fn in_field(self) -> Bson {
        match self {
            Self::Value(value) | Self::Perhaps(value) => value,
            Self::Removed | Self::TakenOut => "$$REMOVE".into(),
        }
    }
}

/// The stage that makes the changes, and leaves the stamp, or none if the model has none.
pub(super) fn stage(definition: &'static Definition, changes: &[Change], stamp: ObjectId) -> Result<Document> {
    let fields = fields(definition, changes, stamp)?;
    Ok(doc! { "$set": fields.into_iter().map(|(name, new)| (name, new.in_field())).collect::<Document>() })
}

/// The whole record after the changes, as an expression.
fn changed(definition: &'static Definition, changes: &[Change], stamp: ObjectId) -> Result<Bson> {
    let (mut set, mut removed) = (Document::new(), Vec::new());
    for (name, new) in fields(definition, changes, stamp)? {
        match new {
            New::Value(value) => drop(set.insert(name, value)),
            // Merging leaves a field as it was that comes to nothing.
            new => removed.push((name, new.in_field())),
        }
    }
    let merged: Bson = doc! { "$mergeObjects": ["$$ROOT", set] }.into();
    Ok(removed.into_iter().fold(merged, |record, (name, value)| {
        doc! { "$setField": { "field": literal(name), "input": record, "value": value } }.into()
    }))
}

/// The pipeline of an upsert: `insert` if there is no record or it has expired, else the changed record. If
/// the changes are not possible, the server fails.
pub(super) fn upsert(
    write: &Write,
    changes: &[Change],
    insert: Document,
    stamp: ObjectId,
    call: &Call,
) -> Result<Vec<Document>> {
    let definition = write.definition;
    let over = no_live_record(definition, call)?;
    let mut changed = changed(definition, changes, stamp)?;
    if let Some(needs) = requirement(write)?.into_iter().chain(sums_fit(definition, changes)?).reduce(both) {
        changed = doc! { "$cond": [needs, changed, refuse()] }.into();
    }
    Ok(vec![doc! { "$replaceWith": { "$cond": [{ "$or": over }, literal(insert), changed] } }])
}

/// The stage of a put with a condition: the record, if there is none or what is needed is true of it. Else the
/// server fails.
pub(super) fn put_if(write: &Write, record: Document, call: &Call) -> Result<Document> {
    let mut allowed = no_live_record(write.definition, call)?;
    allowed.extend(requirement(write)?);
    Ok(doc! { "$replaceWith": { "$cond": [{ "$or": allowed }, literal(record), refuse()] } })
}

/// What is true if an upsert found no record, or one that has expired: any of these.
fn no_live_record(definition: &'static Definition, call: &Call) -> Result<Vec<Bson>> {
    // An upsert that found nothing starts from a document of the _id alone.
    let fresh = doc! { "$eq": ["$$ROOT", { "_id": "$_id" }] };
    let expired = match own_date(definition) {
        Some(_) => liveness::expired_by_field(definition, call),
        None => liveness::expired(definition, call),
    };
    let expired = expired.map(|expired| predicate(definition, &expired)).transpose()?;
    Ok(std::iter::once(fresh.into()).chain(expired).collect())
}

/// Fails. An upsert takes no "$expr" in its filter, so the pipeline itself has to fail: "$toInt" fails for certain on
/// text that is not a number.
fn refuse() -> Document {
    doc! { "$toInt": { "$concat": ["impossible for ", { "$type": "$_id" }] } }
}

pub(super) fn both(a: Bson, b: Bson) -> Bson {
    doc! { "$and": [a, b] }.into()
}

/// Every field that changes, with what becomes of it.
fn fields(definition: &'static Definition, changes: &[Change], stamp: ObjectId) -> Result<Vec<(String, New)>> {
    let mut fields: Vec<(String, New)> = Vec::with_capacity(changes.len() + 1);
    let own_date = own_date(definition).is_some();
    for change in in_order(changes).filter(|change| !own_date || change.path().root() != EXPIRES) {
        let name = change.path().root();
        if name.is_empty() || name.starts_with('$') || name.contains(['.', '\0']) {
            return Err(Error::unsupported(format!("MongoDB cannot update a field that is called {name:?}")));
        }
        let new = match change {
            Change::Set(_, value) if name == EXPIRES => New::Value(Bson::DateTime(date(seconds(value)))),
            change => new_value(definition, change)?,
        };
        let below = change.path().steps().get(1..).unwrap_or_default();
        let same = fields.iter_mut().find(|(other, _)| other == name);
        match (below, same) {
            ([], None) => fields.push((name.to_owned(), new)),
            ([], Some((_, other))) => *other = new,
            // Another change below the same field is part of what this one starts from.
            (below, Some((_, other))) => *other = New::Value(nest(other.clone().in_field(), below, new, 0)),
            (below, None) => {
                let old = at(definition, &Path::field(name.to_owned()));
                fields.push((name.to_owned(), New::Value(nest(old, below, new, 0))));
            }
        }
    }
    let moved = changes.iter().flat_map(|change| definition.aliases_of(change.path().root()));
    for alias in moved {
        fields.push((alias.to_owned(), New::Removed));
    }
    for (name, sort_column) in sort_columns(definition) {
        fields.extend(
            changes
                .iter()
                .filter_map(|change| sort_column_of(change, name, &sort_column))
                .map(|new| (sort_column.clone(), new)),
        );
    }
    if own_date {
        // The server would delete the record by the mark of an older release, whatever the field says by now.
        fields.push((EXPIRES.to_owned(), New::Removed));
    }
    // Of a model without stamps the record shows none, not that of another model's write before.
    let stamp = if definition.stamps() { New::Value(Bson::ObjectId(stamp)) } else { New::Removed };
    fields.push((STAMP.to_owned(), stamp));
    Ok(fields)
}

fn new_value(definition: &Definition, change: &Change) -> Result<New> {
    let old = || at(definition, change.path());
    Ok(match change {
        Change::Remove(_) => New::Removed,
        Change::RemoveItem(_) => New::TakenOut,
        Change::Set(_, value) => New::Value(literal(to_bson(value)?)),
        Change::SetIfMissing(_, value) => New::Value(doc! { "$ifNull": [old(), literal(to_bson(value)?)] }.into()),
        Change::Append(_, items) => {
            let items = items.iter().map(to_bson).collect::<Result<Vec<_>>>()?;
            New::Value(doc! { "$concatArrays": [{ "$ifNull": [old(), []] }, literal(items)] }.into())
        }
        Change::Prepend(_, items) => {
            let items = items.iter().map(to_bson).collect::<Result<Vec<_>>>()?;
            New::Value(doc! { "$concatArrays": [literal(items), { "$ifNull": [old(), []] }] }.into())
        }
        Change::Insert(_, members) => New::Value(combined("$setUnion", old(), members)?),
        Change::Discard(path, members) => {
            let left = combined("$setDifference", old(), members)?;
            match path.steps().last() {
                // An item of a list stays where it is.
                Some(Step::Position(_)) => New::Value(left),
                _ => {
                    let kept = doc! { "$cond": [{ "$eq": ["$$left", []] }, "$$REMOVE", "$$left"] };
                    New::Perhaps(doc! { "$let": { "vars": { "left": left }, "in": kept } }.into())
                }
            }
        }
        Change::Add { start, delta, bounds, .. } => New::Value(sum(old(), *start, delta, *bounds)),
        Change::Expire { field, expiry } => expire(definition, field, *expiry),
    })
}

/// A sum, computed as the field's type is: whole numbers exactly, floats as IEEE doubles.
fn sum(old: Bson, start: u8, delta: &Value, bounds: Option<(i128, i128)>) -> Bson {
    // The server adds a number to a date, too. It refuses to multiply a date, so all is multiplied by one first.
    let old = doc! { "$multiply": [{ "$ifNull": [old, i64::from(start)] }, 1_i64] };
    // "$toInt" of this text fails for certain: so a stored value without a sum refuses the update.
    let refuse = doc! { "$toInt": { "$concat": ["no number of a ", { "$type": "$$old" }] } };
    match (delta.as_int(), bounds) {
        (Some(delta), Some((_, high))) => {
            let sum = match i64::try_from(delta) {
                Ok(delta) if high <= i64::MAX.into() => doc! { "$add": ["$$old", delta] },
                _ => {
                    let fits = doc! { "$cond": [{ "$lte": ["$$sum", i64::MAX] }, { "$toLong": "$$sum" }, "$$sum"] };
                    doc! { "$let": { "vars": { "sum": { "$add": ["$$old", decimal(delta)] } }, "in": fits } }
                }
            };
            // The server orders NaN below all numbers.
            let is_whole =
                doc! { "$and": [{ "$eq": ["$$old", { "$trunc": "$$old" }] }, { "$gt": ["$$old", f64::NEG_INFINITY] }] };
            let sum = doc! { "$cond": [is_whole, sum, refuse] };
            doc! { "$let": { "vars": { "old": old }, "in": sum } }.into()
        }
        _ => {
            // A decimal or a long that no double equals exactly would lose digits in a sum: it has none.
            let exact = doc! { "$eq": [{ "$toDouble": "$$old" }, "$$old"] };
            let double = doc! { "$cond": [exact, { "$toDouble": "$$old" }, refuse] };
            let double = doc! { "$cond": [{ "$in": [{ "$type": "$$old" }, ["decimal", "long"]] }, double, "$$old"] };
            doc! { "$let": { "vars": { "old": old }, "in": { "$add": [double, delta.as_float().unwrap_or(0.0)] } } }
                .into()
        }
    }
}

/// What must be true for the sums of floats to be numbers that can be stored; of integers, the
/// changes' own requirements say it.
pub(super) fn sums_fit(definition: &Definition, changes: &[Change]) -> Result<Option<Bson>> {
    let floats = changes.iter().filter_map(|change| match change {
        Change::Add { path, start, delta, bounds: None } => {
            let size = doc! { "$abs": sum(at(definition, path), *start, delta, None) };
            let storable = doc! { "$and": [{ "$gte": ["$$size", 1e-130] }, { "$lt": ["$$size", 1e126] }] };
            Some(
                doc! { "$let": { "vars": { "size": size }, "in": { "$or": [{ "$eq": ["$$size", 0] }, storable] } } }
                    .into(),
            )
        }
        _ => None,
    });
    Ok(floats.reduce(both))
}

/// The expiry when its field changes. It is stored as a date.
fn expire(definition: &Definition, field: &Path, expiry: Expiry) -> New {
    let old = at(definition, field);
    New::Value(match expiry {
        Expiry::After(seconds) => to_date(doc! { "$add": [old, seconds] }.into()),
        Expiry::IfMissing(seconds) => {
            let kept = doc! { "$ifNull": [format!("${EXPIRES}"), "$$REMOVE"] };
            doc! { "$cond": [is_null(old), date(seconds), kept] }.into()
        }
    })
}

fn seconds(value: &Value) -> i64 {
    value.as_int().and_then(|n| i64::try_from(n).ok()).unwrap_or(i64::MAX)
}

/// Bytes that an index is ordered by are stored a second time, as hex text.
fn sort_column_of(change: &Change, name: &str, sort_column: &str) -> Option<New> {
    if !change.path().is_field() || change.path().root() != name {
        return None;
    }
    match change {
        Change::Set(_, Value::Bytes(bytes)) => Some(New::Value(Bson::String(hex(bytes)))),
        Change::SetIfMissing(_, Value::Bytes(bytes)) => {
            Some(New::Value(doc! { "$ifNull": [format!("${sort_column}"), hex(bytes)] }.into()))
        }
        Change::Remove(_) | Change::Set(..) => Some(New::Removed),
        _ => None,
    }
}

/// `current` with something new further down.
fn nest(current: Bson, steps: &[Step], new: New, depth: usize) -> Bson {
    let Some((step, below)) = steps.split_first() else { return new.in_field() };
    let (name, variable) = (format!("v{depth}"), format!("$$v{depth}"));
    let removes = matches!(new, New::Removed);
    let adds = below.is_empty() && matches!(new, New::Value(_));
    let inside = match step {
        Step::Position(at) if below.is_empty() && matches!(new, New::TakenOut) => without_item(&variable, *at),
        Step::Name(key) => {
            let value = nest(field_of(variable.as_str().into(), key), below, new, depth + 1);
            let set = doc! { "$setField": { "field": literal(key.as_ref()), "input": &variable, "value": value } };
            if adds { sorted(set) } else { set }
        }
        Step::Position(at) => {
            let (item, position) = (format!("i{depth}"), format!("$$i{depth}"));
            let old = doc! { "$arrayElemAt": [variable.as_str(), position.as_str()] };
            // A list keeps its length: what is removed from a position is a null.
            let value = match (below, new) {
                ([], New::Removed | New::TakenOut) => Bson::Null,
                (below, new) => nest(old.clone().into(), below, new, depth + 1),
            };
            let each = doc! { "$cond": [{ "$eq": [position, as_number(*at)] }, value, old] };
            doc! { "$map": { "input": { "$range": [0, { "$size": &variable }] }, "as": item, "in": each } }
        }
    };
    // Nothing has to be removed below what is missing.
    let inside: Bson = match step {
        _ if !removes => inside.into(),
        Step::Name(_) => doc! { "$cond": [{ "$eq": [{ "$type": &variable }, "object"] }, inside, variable] }.into(),
        Step::Position(_) => doc! { "$cond": [{ "$isArray": [&variable] }, inside, variable] }.into(),
    };
    doc! { "$let": { "vars": { name: current }, "in": inside } }.into()
}

/// What comes of a set and members of one kind, in the order of the members. What is stored of another kind refuses the
/// update, as it does on DynamoDB.
fn combined(operator: &str, old: Bson, members: &[Value]) -> Result<Bson> {
    let kinds = match members.first() {
        Some(Value::String(_)) => vec!["string"],
        Some(Value::Bytes(_)) => vec!["binData"],
        Some(Value::Instant(_)) => vec!["date"],
        Some(Value::ObjectId(_)) => vec!["objectId"],
        _ => vec!["int", "long", "double", "decimal"],
    };
    let members = literal(members.iter().map(to_bson).collect::<Result<Vec<_>>>()?);
    let set = doc! { "$sortArray": { "input": { operator: ["$$old", members] }, "sortBy": 1 } };
    let stored = doc! { "$map": { "input": "$$old", "in": { "$type": "$$this" } } };
    let refuse = doc! { "$toInt": { "$concat": ["no set of a ", { "$type": "$$old" }] } };
    let set = doc! { "$cond": [{ "$setIsSubset": [stored, kinds] }, set, refuse.clone()] };
    let set = doc! { "$cond": [{ "$isArray": ["$$old"] }, set, refuse] };
    Ok(doc! { "$let": { "vars": { "old": { "$ifNull": [old, []] } }, "in": set } }.into())
}

/// A list without the item at a position.
fn without_item(list: &str, at: usize) -> Document {
    let positions = doc! { "$range": [0, { "$size": list }] };
    let others = doc! { "$filter": { "input": positions, "as": "at", "cond": { "$ne": ["$$at", as_number(at)] } } };
    doc! { "$map": { "input": others, "as": "at", "in": { "$arrayElemAt": [list, "$$at"] } } }
}

fn as_number(position: usize) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

/// A map in the order of its names.
fn sorted(map: Document) -> Document {
    doc! { "$arrayToObject": { "$sortArray": { "input": { "$objectToArray": map }, "sortBy": { "k": 1 } } } }
}

#[cfg(test)]
mod tests {
    use super::super::test_definition::test_definition;
    use super::*;

    fn set(changes: &[Change]) -> Document {
        let mut stage = stage(test_definition(), changes, ObjectId::new()).unwrap();
        let Some(Bson::Document(mut set)) = stage.remove("$set") else { panic!("a stage that sets") };
        assert!(set.remove(STAMP).is_some());
        set
    }

    #[test]
    fn a_value_is_data_and_its_text_follows_it() {
        let set =
            set(&[Change::Set(Path::field("badge"), Value::Bytes(vec![10])), Change::Remove(Path::field("score"))]);
        assert_eq!(set.get("_reposit_hex_badge"), Some(&Bson::from("0a")));
        assert_eq!(set.get("score"), Some(&Bson::from("$$REMOVE")));
    }

    #[test]
    fn changes_below_one_field_are_one_expression() {
        let below = |name: &str| Path::new(vec![Step::Name("team".into()), Step::Name(name.to_owned().into())]);
        let set = set(&[Change::Set(below("a"), Value::Int(1)), Change::Remove(below("b"))]);
        assert_eq!(set.len(), 1);
        let text = set.to_string();
        assert!(text.contains("\"$literal\": \"a\"") && text.contains("\"$literal\": \"b\""), "{text}");
    }

    #[test]
    fn the_expiry_is_a_date() {
        let set = set(&[Change::Set(Path::field(EXPIRES), Value::Int(i64::MAX.into()))]);
        assert_eq!(set.get(EXPIRES), Some(&Bson::DateTime(date(i64::MAX))));
    }

    #[test]
    fn a_name_that_the_server_would_read_is_refused() {
        for name in ["$a", "a.b", ""] {
            let change = Change::Set(Path::field(name), Value::Int(1));
            let error = stage(test_definition(), &[change], ObjectId::new()).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Unsupported, "{name:?}");
        }
    }
}
