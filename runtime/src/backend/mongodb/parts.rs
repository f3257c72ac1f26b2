//! A batch of writes, cut to the parts that are sent together, and which parts may be under way at once.

use std::collections::HashSet;

use crate::backend::support::dedup::ident;
use crate::request::{Action, Returning, Write};

/// How much one command carries. The server takes 100,000 writes of 48 MB together.
pub(super) const WRITES: usize = 1000;
const BYTES: usize = 16 * 1024 * 1024;

/// A part of a batch: a write that no command of many can take, or writes of one kind and one repository and of
/// different records.
pub(super) struct Part<'a> {
    pub(super) writes: &'a [Write],
    /// The records that are written; none if no command of many can take the write.
    keys: HashSet<Vec<u8>>,
}

impl<'a> Part<'a> {
    /// The parts of a batch, in order.
    pub(super) fn all(mut rest: &'a [Write]) -> Vec<Self> {
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let keys = keys_of_run(rest);
            let (writes, others) = rest.split_at_checked(keys.len().max(1)).unwrap_or((rest, &[]));
            parts.push(Self { writes, keys });
            rest = others;
        }
        parts
    }

    /// The write that no command of many can take.
    pub(super) fn single(&self) -> Option<&'a Write> {
        self.writes.first().filter(|write| self.keys.is_empty() || goes_alone(write))
    }

    /// Whether it makes no difference which other records are written before or meanwhile. With a unique index it
    /// does: a value may be given up by one record and asked for by another.
    fn is_independent(&self) -> bool {
        let is_unique = |write: &Write| write.definition.unique_indexes().next().is_some();
        !self.keys.is_empty() && !self.writes.first().is_some_and(is_unique)
    }
}

/// The parts of a batch, in order, by what may be under way at once: parts that have no record in common.
pub(super) fn stages(writes: &[Write]) -> Vec<Vec<Part<'_>>> {
    let mut stages: Vec<Vec<Part<'_>>> = Vec::new();
    for part in Part::all(writes) {
        let goes_with = |other: &Part<'_>| other.is_independent() && other.keys.is_disjoint(&part.keys);
        match stages.last_mut() {
            Some(stage) if part.is_independent() && stage.iter().all(goes_with) => stage.push(part),
            _ => stages.push(vec![part]),
        }
    }
    stages
}

/// The records of the writes from the first on that can be sent together; none if the first cannot be.
fn keys_of_run(writes: &[Write]) -> HashSet<Vec<u8>> {
    let mut keys = HashSet::new();
    let Some(first) = writes.first() else { return keys };
    let mut bytes = 0;
    let fits = |write: &&Write| {
        bytes += stored_size(write);
        let kind = Kind::of(write).is_some_and(|kind| Kind::of(first) == Some(kind));
        // Two writes of one record would lose their order if one of them had to be sent again.
        kind && write.definition.name() == first.definition.name()
            && (bytes <= BYTES || keys.is_empty())
            && keys.insert(ident(write.definition, &write.key))
    };
    let most = if goes_alone(first) { 1 } else { WRITES };
    let _ = writes.iter().take(most).take_while(fits).count();
    keys
}

/// Whether a write is sent by itself: of many, the server says how many found no record that they need, and only their
/// stamps show which.
fn goes_alone(write: &Write) -> bool {
    !write.definition.stamps() && matches!(write.action, Action::Update(_) | Action::Replace(_))
}

/// What a command of many is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Put,
    Delete,
    /// Of records that must not be there, or be there with a version.
    Save,
    /// Of records that must be there.
    Update,
}

impl Kind {
    /// None if no command of many can take the write.
    fn of(write: &Write) -> Option<Self> {
        match write.action {
            Action::Update(_) if write.told() == Returning::Nothing => Some(Self::Update),
            Action::Delete if write.told() == Returning::Nothing => Some(Self::Delete),
            _ if write.condition.is_some() => None,
            Action::Create(_) | Action::Replace(_) => Some(Self::Save),
            Action::Put(_) if write.version.is_none() => Some(Self::Put),
            _ => None,
        }
    }
}

fn stored_size(write: &Write) -> usize {
    match &write.action {
        Action::Create(record) | Action::Put(record) | Action::Replace(record) => crate::limits::record_size(record),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_definition::test_definition;
    use super::*;
    use crate::change::Change;
    use crate::condition::Expr;
    use crate::definition::{Definition, FieldDef, KeyDef, KeyKind, Spec};
    use crate::path::Path;
    use crate::request::RecordKey;
    use crate::value::{Record, Value};

    #[test]
    fn writes_that_are_alike_are_sent_together_and_in_order() {
        let write = |id: &str, action| {
            let key = RecordKey::new(Value::from(id)).with_range(Value::Bytes(vec![1]));
            Write::new(test_definition(), key, action)
        };
        let put = |id| write(id, Action::Put(Record::new()));
        let mut versioned = put("e");
        versioned.version = Some(1);
        let writes =
            [put("a"), put("b"), put("a"), write("c", Action::Delete), write("d", Action::Delete), versioned, put("f")];
        let part = |part: &Part<'_>| (part.single().is_none(), part.writes.len());
        let parts: Vec<_> = Part::all(&writes).iter().map(part).collect();
        assert_eq!(parts, [(true, 2), (true, 1), (true, 2), (false, 1), (true, 1)]);
        assert!(Part::all(&[]).is_empty());
    }

    #[test]
    fn updates_and_deletes_that_tell_nothing_are_sent_together_under_their_conditions() {
        let write = |id: u64, action| Write::new(&PLAIN, RecordKey::new(Value::from(id)), action);
        let telling = |id| write(id, Action::Update(vec![Change::Remove(Path::field("note"))]));
        let silent = |id| Write { returning: Returning::Nothing, ..telling(id) };
        let mut conditional = write(5, Action::Delete);
        conditional.condition = Some(Expr::Exists(Path::field("note")));
        let writes = [silent(1), silent(2), telling(3), write(4, Action::Delete), conditional];
        let part = |part: &Part<'_>| (part.single().is_none(), part.writes.len());
        let parts: Vec<_> = Part::all(&writes).iter().map(part).collect();
        assert_eq!(parts, [(true, 2), (false, 1), (true, 2)]);
    }

    /// A model without a unique index.
    static PLAIN: Definition =
        Spec::new("Plain", "plain", &[FieldDef::new("id", "id")], KeyDef::new(0, KeyKind::Integer)).build();

    #[test]
    fn without_stamps_what_needs_a_record_is_sent_by_itself() {
        static UNSTAMPED: Definition =
            Spec::new("U", "u", &[FieldDef::new("id", "id")], KeyDef::new(0, KeyKind::Integer)).unstamped().build();
        let write = |id: u64, action| Write {
            returning: Returning::Nothing,
            ..Write::new(&UNSTAMPED, RecordKey::new(Value::from(id)), action)
        };
        let replace = |id| write(id, Action::Replace(Record::new()));
        let writes = [write(1, Action::Delete), write(2, Action::Delete), replace(3), replace(4), replace(4)];
        let single = |part: &Part<'_>| part.single().is_some();
        assert_eq!(Part::all(&writes).iter().map(single).collect::<Vec<_>>(), [false, true, true, true]);
        assert_eq!(lengths(&writes), [vec![2, 1, 1], vec![1]], "different records at once");
    }

    fn lengths(writes: &[Write]) -> Vec<Vec<usize>> {
        stages(writes).iter().map(|stage| stage.iter().map(|part| part.writes.len()).collect()).collect()
    }

    #[test]
    fn parts_of_different_records_are_under_way_at_once() {
        let write = |id: u64, action| Write::new(&PLAIN, RecordKey::new(Value::from(id)), action);
        let put = |id| write(id, Action::Put(Record::new()));
        let puts: Vec<_> = (0..2500).map(put).collect();
        assert_eq!(lengths(&puts), [[1000, 1000, 500]]);
        // What comes to a record that is written before waits for that.
        let again: Vec<_> = puts.iter().cloned().chain([write(7, Action::Delete), put(9000)]).collect();
        assert_eq!(lengths(&again), [vec![1000, 1000, 500], vec![1, 1]]);
        let mut conditional = put(3000);
        conditional.version = Some(1);
        assert_eq!(lengths(&[put(1), conditional, put(2)]), [[1], [1], [1]]);
        assert!(stages(&[]).is_empty());
    }

    #[test]
    fn with_a_unique_index_the_order_of_the_parts_is_kept() {
        let put = |id: u64| {
            let key = RecordKey::new(Value::from(id.to_string())).with_range(Value::Bytes(vec![1]));
            Write::new(test_definition(), key, Action::Put(Record::new()))
        };
        assert_eq!(lengths(&(0..1500).map(put).collect::<Vec<_>>()), [vec![1000], vec![500]]);
    }
}
