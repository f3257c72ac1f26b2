//! What an update does to a record, as data, and done here.

use std::sync::LazyLock;

use crate::condition::{Expr, Op};
use crate::error::{Error, Result};
use crate::limits;
use crate::path::{Path, Step};
use crate::value::{EXPIRES, NO_FLOAT, Record, Value, is_float, whole};

/// One change of an update. Every change sees the record as it was before the update.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// Stores a value.
    Set(Path, Value),
    /// Stores a value where there is none.
    SetIfMissing(Path, Value),
    /// Adds a number.
    Add {
        /// Where.
        path: Path,
        /// What a missing number counts as: zero, but for a version one.
        start: u8,
        /// How much, possibly negative.
        delta: Value,
        /// What an integer field can hold; nothing for a float field.
        bounds: Option<(i128, i128)>,
    },
    /// Takes a value away.
    Remove(Path),
    /// Adds items to the end of a list; a missing one counts as empty.
    Append(Path, Vec<Value>),
    /// Lets the expiry follow its field, which the update changes too.
    Expire {
        /// The field that says when the record expires.
        field: Path,
        /// What the expiry comes to.
        expiry: Expiry,
    },
}

/// What an expiry comes to where its field changes, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expiry {
    /// So much after the number that is in the field before the update, which must be there.
    After(i64),
    /// At this time since the epoch where there is nothing in the field, else as it was.
    IfMissing(i64),
}

/// Where a record's expiry is.
static EXPIRES_PATH: LazyLock<Path> = LazyLock::new(|| Path::field(EXPIRES));

impl Change {
    /// Where the change is.
    pub fn path(&self) -> &Path {
        match self {
            Self::Set(path, _) | Self::SetIfMissing(path, _) | Self::Remove(path) | Self::Append(path, _) => path,
            Self::Add { path, .. } => path,
            Self::Expire { .. } => &EXPIRES_PATH,
        }
    }

    /// What must be true of the stored record for the change to be possible: the way to a nested
    /// field exists, and a sum stays within what the field can hold. False is
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput).
    pub fn requires(&self) -> Option<Expr> {
        Expr::both(self.way_exists(), self.sum_fits())
    }

    /// The same, each thing by itself.
    pub(crate) fn needs(&self) -> impl Iterator<Item = Expr> {
        self.way_exists().into_iter().chain(self.sum_fits())
    }

    fn way_exists(&self) -> Option<Expr> {
        match self {
            // Where there is nothing in the field, there is nothing to count from.
            Self::Expire { field, expiry: Expiry::After(_) } => Some(Expr::Exists(field.clone())),
            // Below what is not there nothing has to be taken away.
            Self::Remove(_) => None,
            change => change.way(),
        }
    }

    /// Whether a record has what the change is made in.
    pub(crate) fn finds_way(&self, record: &Record) -> bool {
        self.way().is_none_or(|way| record.satisfies(&way))
    }

    /// That what the change is made in is there; nothing for a field of the record itself.
    pub(crate) fn way(&self) -> Option<Expr> {
        let steps = self.path().steps();
        let (last, way) = steps.split_last()?;
        let way = match last {
            Step::Position(_) => steps,
            Step::Name(_) => way,
        };
        (!way.is_empty()).then(|| Expr::Exists(Path::new(way.to_vec())))
    }

    fn sum_fits(&self) -> Option<Expr> {
        if let Self::Expire { field, expiry: Expiry::After(seconds) } = self {
            let (op, limit) = match *seconds {
                after @ 0.. => (Op::Le, i64::MAX - after),
                before => (Op::Ge, i64::MIN - before),
            };
            return Some(Expr::Compare { path: field.clone(), op, value: Value::from(limit) });
        }
        let Self::Add { path, start, delta, bounds: Some((low, high)) } = self else { return None };
        let delta = delta.as_int()?;
        let first = i128::from(*start).checked_add(delta)?;
        let (op, limit, first_fits) = match delta {
            0 => return None,
            d if d > 0 => (Op::Le, high.checked_sub(d)?, first <= *high),
            d => (Op::Ge, low.checked_sub(d)?, first >= *low),
        };
        let fits = Expr::Compare { path: path.clone(), op, value: Value::Int(limit) };
        Some(if first_fits { Expr::Or(vec![Expr::Missing(path.clone()), fits]) } else { fits })
    }

    fn apply(&self, record: &mut Record) -> Result<()> {
        let path = self.path();
        let old = record.at(path).cloned();
        let new = match self {
            Self::Set(_, value) => Some(value.clone()),
            Self::SetIfMissing(_, value) => {
                Some(old.filter(|old| !matches!(old, Value::Null)).unwrap_or_else(|| value.clone()))
            }
            Self::Remove(_) if !self.finds_way(record) => return Ok(()),
            Self::Remove(_) => None,
            Self::Append(_, items) => Some(append(path, old, items)?),
            Self::Add { start, delta, bounds, .. } => Some(add(path, old, *start, delta, *bounds)?),
            Self::Expire { .. } => return Ok(()),
        };
        place(record, path, new)
    }

    /// The expiry after a change of it, from the record as it was before the update.
    fn expire(&self, before: &Record, record: &mut Record) {
        let Self::Expire { field, expiry } = self else { return };
        let old = before.at(field).filter(|old| !matches!(old, Value::Null));
        match (*expiry, old) {
            (Expiry::After(seconds), Some(old)) => {
                let at = old.as_int().map_or(Value::Null, |n| Value::Int(n.saturating_add(seconds.into())));
                record.set(EXPIRES, at);
            }
            (Expiry::IfMissing(at), None) => record.set(EXPIRES, Value::from(at)),
            _ => {}
        }
    }
}

/// The same changes on a record that is not there: its version begins at nothing.
pub(crate) fn on_nothing(changes: &[Change]) -> Vec<Change> {
    let mut changes = changes.to_vec();
    for change in &mut changes {
        if let Change::Add { start, .. } = change {
            *start = 0;
        }
    }
    changes
}

/// How many bytes of text a change is on DynamoDB, at most.
fn text(change: &Change) -> usize {
    let path = change.path().text();
    match change {
        Change::Set(..) | Change::Remove(_) => path + " = :v999, ".len(),
        Change::SetIfMissing(..) | Change::Add { .. } => 2 * path + " = if_not_exists(, :v999) + :v999, ".len(),
        Change::Append(..) => 2 * path + " = list_append(if_not_exists(, :v999), :v999), ".len(),
        Change::Expire { field, .. } => path + field.text() + " = + :v999, ".len(),
    }
}

/// Refuses more changes than DynamoDB takes at once, and those that overlap: which of two would win
/// differs from server to server.
pub(crate) fn check(changes: &[Change]) -> Result<()> {
    const TEXT: usize = 4000;
    let text: usize = changes.iter().map(text).sum();
    if text > TEXT {
        return Err(Error::invalid(format!(
            "changes of {text} bytes as DynamoDB is given them; {TEXT} at most, since it takes 4096 in a request"
        )));
    }
    for (i, change) in changes.iter().enumerate() {
        if let Some(other) = changes[..i].iter().find(|other| other.path().overlaps(change.path())) {
            return Err(Error::invalid(format!(
                "the update changes {} and {}, which overlap",
                other.path(),
                change.path()
            )));
        }
    }
    Ok(())
}

/// The record after the changes.
pub fn apply(record: &Record, changes: &[Change]) -> Result<Record> {
    let mut new = record.clone();
    for change in changes {
        if change.requires().is_some_and(|needed| !record.satisfies(&needed)) {
            return Err(impossible(change, record));
        }
        change.apply(&mut new)?;
        change.expire(record, &mut new);
    }
    Ok(new)
}

/// Why a change cannot be made to the record as it is stored.
pub(crate) fn impossible(change: &Change, record: &Record) -> Error {
    if let Change::Add { path, .. } = change
        && path.root() != EXPIRES
        && let Some(other) = record.at(path).filter(|old| !is_addend(old))
    {
        let error = misfit(path, other, "a number");
        // What is foreign, or a date, is another program's; of what a program of ours stored, the addition is wrong.
        let theirs = matches!(other, Value::Foreign(_) | Value::Instant(_));
        return if theirs { error } else { Error::invalid(error.message()) };
    }
    match change {
        Change::Expire { .. } => {
            Error::invalid("the field that says when the record expires has no value to add to, or is out of range")
        }
        Change::Add { path, bounds: Some((low, high)), .. }
            if change.way_exists().is_none_or(|way| record.satisfies(&way)) =>
        {
            Error::invalid(format!("{path}: the sum is outside what the field can hold ({low} to {high})"))
        }
        change => Error::invalid(format!("{}: the way to this field is missing in the stored record", change.path())),
    }
}

/// Whether something can be added to what is stored.
fn is_addend(stored: &Value) -> bool {
    matches!(stored, Value::Null | Value::Int(_) | Value::Float(_))
}

/// What is stored is not of the kind that a change needs.
fn misfit(path: &Path, stored: &Value, needed: &str) -> Error {
    Error::codec(format!("{path} is stored as {}, not as {needed}", stored.noun()))
}

fn append(path: &Path, old: Option<Value>, items: &[Value]) -> Result<Value> {
    match old {
        None | Some(Value::Null) => Ok(Value::List(items.to_vec())),
        Some(Value::List(mut list)) => {
            list.extend_from_slice(items);
            Ok(Value::List(list))
        }
        Some(other) => Err(misfit(path, &other, "a list")),
    }
}

fn add(path: &Path, old: Option<Value>, start: u8, delta: &Value, bounds: Option<(i128, i128)>) -> Result<Value> {
    let old = match old {
        None | Some(Value::Null) => Value::Int(start.into()),
        Some(Value::Float(x)) if bounds.is_some() && whole(x).is_none() => {
            return Err(Error::codec(format!("{path} is stored as a number that is no integer of i64 or u64")));
        }
        Some(Value::Int(n)) if bounds.is_none() && !is_float(n) => {
            return Err(Error::codec(format!("{path} is {NO_FLOAT}")));
        }
        Some(number @ (Value::Int(_) | Value::Float(_))) => number,
        Some(other) => return Err(misfit(path, &other, "a number")),
    };
    let named = |message: String| Error::invalid(format!("{path}: {message}"));
    match (old.as_int(), delta.as_int(), bounds) {
        (Some(a), Some(b), Some(_)) => limits::integer(a.saturating_add(b)).map(Value::Int).map_err(named),
        _ => limits::float(old.as_float().unwrap_or(0.0) + delta.as_float().unwrap_or(0.0)).map_err(named),
    }
}

/// Puts a value at a path whose way exists; nothing takes away what is there.
fn place(record: &mut Record, path: &Path, value: Option<Value>) -> Result<()> {
    let missing = || Error::invalid(format!("{path}: the way to this field is missing in the stored record"));
    let (last, way) = path.steps().split_last().ok_or_else(missing)?;
    let Some((first, middle)) = way.split_first() else {
        let Step::Name(name) = last else { return Err(missing()) };
        match value {
            Some(value) => record.insert(name.to_string(), value),
            None => drop(record.remove(name)),
        }
        return Ok(());
    };
    let Step::Name(root) = first else { return Err(missing()) };
    let mut target = record.map_mut().get_mut(root.as_ref()).ok_or_else(missing)?;
    for step in middle {
        target = step_into(target, step).ok_or_else(missing)?;
    }
    match (target, last, value) {
        (Value::Map(map), Step::Name(name), None) => drop(map.remove(name.as_ref())),
        (Value::Map(map), Step::Name(name), Some(value)) => drop(map.insert(name.to_string(), value)),
        // Nothing at a position of a list is a null.
        (Value::List(list), Step::Position(at), value) => {
            *list.get_mut(*at).ok_or_else(missing)? = value.unwrap_or(Value::Null)
        }
        _ => return Err(missing()),
    }
    Ok(())
}

fn step_into<'a>(value: &'a mut Value, step: &Step) -> Option<&'a mut Value> {
    match (value, step) {
        (Value::Map(map), Step::Name(name)) => map.get_mut(name.as_ref()),
        (Value::List(list), Step::Position(at)) => list.get_mut(*at),
        _ => None,
    }
}
