//! What values, conditions and changes mean, told once more and naively, over JSON. Nothing of the
//! runtime is used here: the two are to be compared.

use std::cmp::Ordering;

use serde_json::Value as Json;

use crate::ops::{Change, Cond, How, Is};
use crate::rules::{Kind, Row, Rules};

/// Numbers by value, text by its bytes, bytes (lists of numbers) by bytes.
pub fn compare(a: &Json, b: &Json) -> Option<Ordering> {
    match (a, b) {
        (Json::Number(_), Json::Number(_)) => match (integer(a), integer(b)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
        },
        (Json::String(a), Json::String(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Json::Array(a), Json::Array(b)) => {
            let different = a.iter().zip(b).find(|(a, b)| !equal(a, b));
            different.map_or(Some(a.len().cmp(&b.len())), |(a, b)| compare(a, b))
        }
        _ => None,
    }
}

pub fn integer(value: &Json) -> Option<i128> {
    value.as_i64().map(i128::from).or(value.as_u64().map(i128::from))
}

/// 2 and 2.0 are the same number.
pub fn equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(_), Json::Number(_)) => compare(a, b) == Some(Ordering::Equal),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Json::Object(a), Json::Object(b)) => same(a, b),
        _ => a == b,
    }
}

pub fn same(a: &Row, b: &Row) -> bool {
    a.len() == b.len() && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| equal(value, other)))
}

pub fn all_equal(a: &[Json], b: &[Json]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
}

/// The value at `address/city` or `tags/0`.
pub fn at<'a>(row: &'a Row, path: &str) -> Option<&'a Json> {
    let mut steps = path.split('/');
    let first = row.get(steps.next()?)?;
    steps.try_fold(first, |value, step| match value {
        Json::Object(map) => map.get(step),
        Json::Array(list) => list.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

fn at_mut<'a>(row: &'a mut Row, path: &str) -> Option<&'a mut Json> {
    let mut steps = path.split('/');
    let first = row.get_mut(steps.next()?)?;
    steps.try_fold(first, |value, step| match value {
        Json::Object(map) => map.get_mut(step),
        Json::Array(list) => list.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    })
}

pub fn holds(cond: &Cond, row: &Row) -> bool {
    match cond {
        Cond::Field(path, Is::Exists | Is::Missing) if is_set(path) => {
            at(row, path).is_some() == matches!(cond, Cond::Field(_, Is::Exists))
        }
        Cond::Field(path, is) if is_set(path) => field_is(Some(at(row, path).unwrap_or(&Json::Array(Vec::new()))), is),
        Cond::Field(path, is) => field_is(at(row, path), is),
        Cond::And(a, b) => holds(a, row) && holds(b, row),
        Cond::Or(a, b) => holds(a, row) || holds(b, row),
        Cond::Not(inner) => !holds(inner, row),
    }
}

/// The last names of the fields that are sets.
const SETS: [&str; 7] = ["roles", "off_days", "gates", "levels", "handlers", "marks", "watchers"];

/// Whether a field is a set, of which nothing is stored if it is empty.
pub fn is_set(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| SETS.contains(&name))
}

/// Values as the members of a set: in order, each once.
pub fn as_members(values: impl IntoIterator<Item = Json>) -> Vec<Json> {
    let mut members: Vec<_> = values.into_iter().collect();
    members.sort_by(|a, b| compare(a, b).unwrap_or(Ordering::Equal));
    members.dedup();
    members
}

/// A set, or nothing.
fn set_of(members: impl IntoIterator<Item = Json>) -> Option<Json> {
    let members = as_members(members);
    (!members.is_empty()).then_some(Json::Array(members))
}

fn members(stored: Option<&Json>) -> impl Iterator<Item = Json> {
    stored.and_then(Json::as_array).into_iter().flatten().cloned()
}

fn field_is(stored: Option<&Json>, is: &Is) -> bool {
    let Some(stored) = stored else {
        return matches!(is, Is::Ne(_) | Is::Missing | Is::SizeNe(_));
    };
    let ordering = |value: &Json| compare(stored, value);
    let size = || match stored {
        Json::Array(items) => items.len() as u64,
        Json::Object(entries) => entries.len() as u64,
        _ => 0,
    };
    match is {
        Is::Eq(value) => equal(stored, value),
        Is::Ne(value) => !equal(stored, value),
        Is::Lt(value) => ordering(value) == Some(Ordering::Less),
        Is::Le(value) => matches!(ordering(value), Some(Ordering::Less | Ordering::Equal)),
        Is::Gt(value) => ordering(value) == Some(Ordering::Greater),
        Is::Ge(value) => matches!(ordering(value), Some(Ordering::Greater | Ordering::Equal)),
        Is::Between(low, high) => {
            field_is(Some(stored), &Is::Ge(low.clone())) && field_is(Some(stored), &Is::Le(high.clone()))
        }
        Is::In(values) => values.iter().any(|value| equal(stored, value)),
        Is::BeginsWith(prefix) => stored.as_str().is_some_and(|text| text.starts_with(prefix)),
        Is::Contains(part) => match stored {
            Json::String(text) => text.contains(part),
            Json::Array(items) => items.iter().any(|item| item.as_str() == Some(part)),
            _ => false,
        },
        Is::Has(member) => stored.as_array().is_some_and(|members| members.iter().any(|one| equal(one, member))),
        Is::Exists => true,
        Is::Missing => false,
        Is::SizeEq(count) => size() == *count,
        Is::SizeNe(count) => size() != *count,
        Is::SizeLt(count) => size() < *count,
        Is::SizeLe(count) => size() <= *count,
        Is::SizeGt(count) => size() > *count,
        Is::SizeGe(count) => size() >= *count,
    }
}

/// Whether a change is none, whatever is stored: a default of no members.
pub fn is_nothing(change: &Change) -> bool {
    matches!(&change.how, How::Default(Json::Array(members)) if is_set(&change.path) && members.is_empty())
}

/// Whether two changes are of the same field, or one of a field and the other of a part of it.
pub fn overlap(changes: &[Change]) -> bool {
    let within = |a: &str, b: &str| a == b || b.strip_prefix(a).is_some_and(|rest| rest.starts_with('/'));
    let paths: Vec<_> = changes.iter().map(changed_path).collect();
    let clash = |a: &str, b: &str| within(a, b) || within(b, a);
    paths.iter().enumerate().any(|(n, path)| paths[..n].iter().any(|other| clash(path, other)))
}

/// Where a change is made: of an item that is taken out, at the item.
fn changed_path(change: &Change) -> String {
    match change.how {
        How::TakeOut(at) => format!("{}/{at}", change.path),
        _ => change.path.clone(),
    }
}

/// A change that the record does not allow: its way is missing, or the sum does not fit the field.
pub struct Impossible;

/// The record after changes that do not overlap.
pub fn change_all(rules: &Rules, row: &Row, changes: &[Change]) -> Result<Row, Impossible> {
    let mut new = row.clone();
    // Items are taken out last, those at the end first: the positions are those before.
    let taken = |change: &&Change| matches!(change.how, How::TakeOut(_));
    let mut last: Vec<_> = changes.iter().filter(taken).collect();
    last.sort_by_key(|change| match change.how {
        How::TakeOut(at) => std::cmp::Reverse(at),
        _ => std::cmp::Reverse(0),
    });
    let others = changes.iter().filter(|change| !taken(change) && !is_nothing(change));
    for change in others.chain(last) {
        let old = if taken(&change) { at(&new, &change.path).cloned() } else { at(row, &change.path).cloned() };
        let is_of_members = matches!(change.how, How::Insert(_) | How::Discard(_));
        if is_of_members && change.path.rsplit_once('/').is_some_and(|(way, _)| at(row, way).is_none()) {
            return Err(Impossible);
        }
        let value = changed(rules, change, old.as_ref())?;
        place(&mut new, &change.path, value)?;
    }
    Ok(new)
}

fn changed(rules: &Rules, change: &Change, old: Option<&Json>) -> Result<Option<Json>, Impossible> {
    Ok(match &change.how {
        How::Set(value) if is_set(&change.path) => set_of(members(Some(value))),
        How::Default(value) if is_set(&change.path) => set_of(members(Some(old.unwrap_or(value)))),
        How::Insert(new) => set_of(members(old).chain(new.iter().cloned())),
        How::Discard(gone) => set_of(members(old).filter(|member| !gone.contains(member))),
        How::Set(value) => Some(value.clone()),
        How::Default(value) => Some(old.unwrap_or(value).clone()),
        How::Remove => None,
        How::Append(items) => {
            let mut list = old.and_then(Json::as_array).cloned().unwrap_or_default();
            list.extend(items.iter().map(|item| Json::from(item.as_str())));
            Some(Json::Array(list))
        }
        How::Prepend(items) => {
            let mut list: Vec<_> = items.iter().map(|item| Json::from(item.as_str())).collect();
            list.extend(old.and_then(Json::as_array).cloned().unwrap_or_default());
            Some(Json::Array(list))
        }
        How::TakeOut(at) => {
            let mut list = old.and_then(Json::as_array).cloned().unwrap_or_default();
            if *at >= list.len() {
                return Err(Impossible);
            }
            list.remove(*at);
            Some(Json::Array(list))
        }
        // An expiry is counted from its field: where there is none, there is nothing to add to.
        How::Add(_) if old.is_none() && rules.ttl.is_some_and(|(field, _)| field == change.path) => {
            return Err(Impossible);
        }
        How::Add(delta) => match rules.field(&change.path).kind {
            Kind::Int(low, high) => {
                let sum = old.and_then(integer).unwrap_or(0) + integer(delta).unwrap_or(0);
                // An expiry that is added to is kept in the seconds of an i64.
                let expiry = rules.ttl.filter(|(field, _)| *field == change.path).map(|(_, seconds)| sum + seconds);
                if expiry.is_some_and(|expiry| i64::try_from(expiry).is_err()) {
                    return Err(Impossible);
                }
                Some(if (low..=high).contains(&sum) { number(sum) } else { return Err(Impossible) })
            }
            _ => {
                let sum = old.and_then(Json::as_f64).unwrap_or(0.0) + delta.as_f64().unwrap_or(0.0);
                Some(Json::from(sum))
            }
        },
    })
}

fn number(n: i128) -> Json {
    match i64::try_from(n) {
        Ok(n) => n.into(),
        Err(_) => u64::try_from(n).map_or(Json::Null, Json::from),
    }
}

fn place(row: &mut Row, path: &str, value: Option<Json>) -> Result<(), Impossible> {
    let Some((way, last)) = path.rsplit_once('/') else {
        match value {
            Some(value) => drop(row.insert(path.to_owned(), value)),
            None => drop(row.remove(path)),
        }
        return Ok(());
    };
    // Below nothing there is nothing to take away.
    let Some(parent) = at_mut(row, way) else { return if value.is_none() { Ok(()) } else { Err(Impossible) } };
    match (parent, value) {
        (Json::Object(map), Some(value)) => drop(map.insert(last.to_owned(), value)),
        (Json::Object(map), None) => drop(map.remove(last)),
        (Json::Array(list), Some(value)) => {
            let at: usize = last.parse().map_err(|_| Impossible)?;
            *list.get_mut(at).ok_or(Impossible)? = value;
        }
        _ => return Err(Impossible),
    }
    Ok(())
}
