//! Changes of an update as one expression, which gives the changed `jsonb`.

use super::condition::condition;
use super::json::{json, json_list};
use super::operand::Operands;
use super::place::{exists, is_map, is_missing, path_of, steps_from, value_at};
use super::set_change::{discard, insert, is_set_of};
use crate::change::{Change, in_order};
use crate::path::{Path, Step};
use crate::value::{EXPIRES, Value};

/// What an update comes to.
pub struct Changed {
    /// The changed `jsonb`. It may fail where the changes are not possible.
    pub value: String,
    /// That the changes are possible, true or false. Where they are not, the stored record tells why.
    pub possible: String,
}

/// The record in a column after changes; nothing if SQL cannot make them the same way.
pub fn change(changes: &[Change], column: &str, operands: &mut Operands) -> Option<Changed> {
    let mut work = Work { column, value: column.to_owned(), needs: Vec::new(), operands };
    for change in in_order(changes) {
        work.add(change)?;
    }
    let needs = work.needs;
    let possible = if needs.is_empty() { "TRUE".to_owned() } else { format!("({})", needs.join(" AND ")) };
    Some(Changed { value: work.value, possible })
}

/// An expression under way. Changes of one update do not overlap, so each reads what it needs from the column, which is as
/// it was before all of them.
struct Work<'a> {
    column: &'a str,
    value: String,
    needs: Vec<String>,
    operands: &'a mut Operands,
}

impl Work<'_> {
    fn add(&mut self, change: &Change) -> Option<()> {
        let path = change.path();
        if path.root() == EXPIRES || !matches!(path.steps().first(), Some(Step::Name(_))) {
            return None;
        }
        if let Some(needed) = change.precondition() {
            let needed = condition(&needed, self.column, self.operands)?;
            self.needs.push(needed);
        }
        let old = value_at(self.column, path, self.operands);
        match change {
            Change::Set(_, value) => {
                let new = self.given(value)?;
                self.store(path, &new)
            }
            Change::SetIfMissing(_, value) => {
                let new = self.given(value)?;
                self.store(path, &format!("CASE WHEN {} THEN {old} ELSE {new} END", exists(&old)))
            }
            Change::Add { start, delta: Value::Int(delta), bounds: Some(_), .. } => {
                let sum = self.sum(&old, *start, *delta);
                self.store(path, &sum)
            }
            Change::Append(_, items) => {
                let (list, new) = (self.list(&old), self.operands.json(json_list(items)?));
                self.store(path, &format!("{list} || {new}"))
            }
            Change::Prepend(_, items) => {
                let (list, new) = (self.list(&old), self.operands.json(json_list(items)?));
                self.store(path, &format!("{new} || {list}"))
            }
            Change::Insert(_, members) => {
                self.needs.push(is_set_of(&old, members)?);
                let new = insert(&old, members, self.operands)?;
                self.store(path, &new)
            }
            Change::Discard(_, members) => {
                self.needs.push(is_set_of(&old, members)?);
                let new = discard(&old, members, self.operands)?;
                self.keep(path, &new)
            }
            Change::Remove(_) => self.remove(path, &old),
            Change::RemoveItem(_) => self.remove_item(path),
            // A float is added to as machines do it, not as decimals.
            Change::Add { .. } | Change::Expire { .. } => None,
        }
    }

    fn given(&mut self, value: &Value) -> Option<String> {
        Some(self.operands.json(json(value)?))
    }

    /// Stores a value that is not null at a path whose parent exists.
    fn store(&mut self, path: &Path, new: &str) -> Option<()> {
        self.need_parent(path);
        self.value = format!("jsonb_set({}, {}, {new}, TRUE)", self.value, path_of(path, self.operands)?);
        Some(())
    }

    /// Stores a value, or takes away what is there if it is null. The places of a list stay filled.
    fn keep(&mut self, path: &Path, new: &str) -> Option<()> {
        if matches!(path.steps().last(), Some(Step::Position(_))) {
            return self.store(path, &format!("COALESCE({new}, '{{\"$set\": []}}')"));
        }
        self.need_parent(path);
        let at = path_of(path, self.operands)?;
        let value = &self.value;
        self.value = format!("COALESCE(jsonb_set({value}, {at}, {new}, TRUE), {value} #- {at})");
        Some(())
    }

    /// A name is set in maps only. Where there has to be an item, there is a list.
    fn need_parent(&mut self, path: &Path) {
        if let Some((Step::Name(_), parent)) = path.steps().split_last()
            && !parent.is_empty()
        {
            let parent = steps_from(self.column, parent, self.operands);
            self.needs.push(is_map(&parent));
        }
    }

    fn remove(&mut self, path: &Path, old: &str) -> Option<()> {
        let at = path_of(path, self.operands)?;
        let value = &self.value;
        self.value = match path.steps().split_last()? {
            (Step::Name(_), []) => format!("({value} #- {at})"),
            (Step::Name(_), parent) => {
                let parent = steps_from(self.column, parent, self.operands);
                self.needs.push(format!("({} OR {})", is_missing(&parent), is_map(&parent)));
                format!("CASE WHEN {} THEN {value} #- {at} ELSE {value} END", is_map(&parent))
            }
            // An item is not taken out: a null takes its place.
            (Step::Position(_), _) => {
                format!("CASE WHEN {} THEN jsonb_set({value}, {at}, 'null', FALSE) ELSE {value} END", exists(old))
            }
        };
        Some(())
    }

    fn remove_item(&mut self, path: &Path) -> Option<()> {
        let Some(Step::Position(_)) = path.steps().last() else { return None };
        self.value = format!("({} #- {})", self.value, path_of(path, self.operands)?);
        Some(())
    }

    /// The list that is added to: of a missing one, an empty one.
    fn list(&mut self, old: &str) -> String {
        self.needs.push(format!("({} OR jsonb_typeof({old}) = 'array')", is_missing(old)));
        format!("(CASE WHEN jsonb_typeof({old}) = 'array' THEN {old} ELSE '[]' END)")
    }

    /// The sum with an integer, which no fraction may be left of: it would be read as a float.
    fn sum(&mut self, old: &str, start: u8, delta: i128) -> String {
        let integers = format!("BETWEEN {} AND {}", i64::MIN, u64::MAX);
        let (start, delta) = (self.operands.integer(start.into()), self.operands.integer(delta));
        let number = format!("({old})::numeric");
        self.needs.push(format!(
            "(CASE WHEN jsonb_typeof({old}) = 'number' THEN trunc({number}) = {number} AND {number} {integers} \
             AND {number} + {delta} {integers} ELSE {} END)",
            is_missing(old)
        ));
        format!("to_jsonb(CASE WHEN jsonb_typeof({old}) = 'number' THEN trunc({number}) ELSE {start} END + {delta})")
    }
}
