//! What an update does to a record, as data.

mod apply;
mod check;
mod size;

pub use apply::apply;
pub(crate) use apply::impossible_change;
pub(crate) use check::check_changes;

use std::sync::LazyLock;

use crate::condition::{Expr, Op};
use crate::path::{Path, Step};
use crate::value::{EXPIRES, Record, Value};

/// One change of an update. Every change sees the record as it was before the update.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// Stores a value.
    Set(Path, Value),
    /// Stores a value if there is none.
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
    /// Adds items before the first of a list, in their order; a missing one counts as empty.
    Prepend(Path, Vec<Value>),
    /// Puts members into a set; a missing one counts as empty.
    Insert(Path, Vec<Value>),
    /// Takes members out of a set. Nothing is stored of one that has none left.
    Discard(Path, Vec<Value>),
    /// Takes the item at a position out of its list, so that those after it move up. Positions are those of the list
    /// before the update.
    RemoveItem(Path),
    /// Lets the expiry follow its field, which the update changes too.
    Expire {
        /// The field that says when the record expires.
        field: Path,
        /// What the expiry comes to.
        expiry: Expiry,
    },
}

/// What an expiry comes to if its field changes, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expiry {
    /// So much after the number that is in the field before the update, which must be there.
    After(i64),
    /// At this time since the epoch if there is nothing in the field, else as it was.
    IfMissing(i64),
}

/// Where a record's expiry is.
static EXPIRES_PATH: LazyLock<Path> = LazyLock::new(|| Path::field(EXPIRES));

impl Change {
    /// Where the change is.
    pub fn path(&self) -> &Path {
        match self {
            Self::Set(path, _) | Self::SetIfMissing(path, _) | Self::Remove(path) | Self::RemoveItem(path) => path,
            Self::Append(path, _) | Self::Prepend(path, _) | Self::Insert(path, _) | Self::Discard(path, _) => path,
            Self::Add { path, .. } => path,
            Self::Expire { .. } => &EXPIRES_PATH,
        }
    }

    /// What must be true of the stored record for the change to be possible: what holds a nested field
    /// exists, and a sum stays within what the field can hold. If it is false, the update is
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput).
    pub fn precondition(&self) -> Option<Expr> {
        Expr::both(self.parent_exists(), self.sum_in_range())
    }

    /// The same, each condition by itself.
    pub(crate) fn preconditions(&self) -> impl Iterator<Item = Expr> {
        self.parent_exists().into_iter().chain(self.sum_in_range())
    }

    fn parent_exists(&self) -> Option<Expr> {
        match self {
            // If there is nothing in the field, there is nothing to count from.
            Self::Expire { field, expiry: Expiry::After(_) } => Some(Expr::Exists(field.clone())),
            // Nothing has to be removed from a parent that is missing.
            Self::Remove(_) => None,
            change => change.parent(),
        }
    }

    /// Whether a record has the map or list that the change is made in.
    pub(crate) fn has_parent_in(&self, record: &Record) -> bool {
        self.parent().is_none_or(|parent| record.satisfies(&parent))
    }

    /// That the map or list that the change is made in exists; nothing for a field of the record itself.
    pub(crate) fn parent(&self) -> Option<Expr> {
        let steps = self.path().steps();
        let (last, parent) = steps.split_last()?;
        let needed = match last {
            // An item is set only if the list has one at this position.
            Step::Position(_) => steps,
            Step::Name(_) => parent,
        };
        (!needed.is_empty()).then(|| Expr::Exists(Path::new(needed.to_vec())))
    }

    fn sum_in_range(&self) -> Option<Expr> {
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
}

/// The changes in an order in which one can be made after the other: items are taken out last, and of one list the last
/// item first, so that every position is still that of the list before the update.
pub(crate) fn in_order(changes: &[Change]) -> impl Iterator<Item = &Change> {
    let is_removal = |change: &&Change| matches!(change, Change::RemoveItem(_));
    let mut removals: Vec<_> = changes.iter().filter(is_removal).collect();
    removals.sort_by(|a, b| b.path().steps().cmp(a.path().steps()));
    changes.iter().filter(move |change| !is_removal(change)).chain(removals)
}

/// The same changes on a record that does not exist yet: its version begins at nothing.
pub(crate) fn for_new_record(changes: &[Change]) -> Vec<Change> {
    // There is no list to take an item out of.
    let is_made = |change: &&Change| !matches!(change, Change::RemoveItem(_));
    let mut changes: Vec<_> = changes.iter().filter(is_made).cloned().collect();
    for change in &mut changes {
        if let Change::Add { start, .. } = change {
            *start = 0;
        }
    }
    changes
}
