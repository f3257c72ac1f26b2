//! Groups the writes of a batch that must run in order: two writes conflict if they touch the same record or
//! the same unique value. Groups run concurrently.

use std::collections::HashMap;

use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::value::Stored;
use crate::backend::support::dedup::ident;
use crate::request::{Action, Call, Write};
use crate::value::Record;

/// The positions of writes, in groups that do not conflict. What is stored is known of those that give values up.
pub(crate) fn conflict_groups(
    writes: &[Write],
    at: &[usize],
    stored: &HashMap<usize, Option<Stored>>,
    call: &Call,
) -> Vec<Vec<usize>> {
    let mut group_of: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for at in at {
        let write = &writes[*at];
        let stored = stored.get(at).and_then(Option::as_ref);
        let touched = touched_keys(write, stored.map(|stored| &stored.record), call);
        let mut met: Vec<usize> = touched.iter().filter_map(|key| group_of.get(key).copied()).collect();
        met.sort_unstable();
        met.dedup();
        // Groups that this write ties together become one.
        let mut group: Vec<usize> = met.iter().flat_map(|group| std::mem::take(&mut groups[*group])).collect();
        group.sort_unstable();
        group.push(*at);
        let own = groups.len();
        groups.push(group);
        group_of.values_mut().filter(|group| met.contains(group)).for_each(|group| *group = own);
        group_of.extend(touched.into_iter().map(|key| (key, own)));
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// The record of a write, and the unique values that it has before and after it.
fn touched_keys(write: &Write, stored: Option<&Record>, call: &Call) -> Vec<Vec<u8>> {
    let definition = write.definition;
    let before = stored.filter(|record| record.is_live(write.definition, call));
    let after = match &write.action {
        Action::Create(record) | Action::Put(record) | Action::Replace(record) => Some(record),
        _ => None,
    };
    let values = before.into_iter().chain(after).flat_map(|record| guard::guards_of(definition, record));
    // A record's ident begins with another byte than a guard's key.
    let values = values.map(|(_, key)| [&key, definition.name().as_bytes()].concat());
    std::iter::once(ident(definition, &write.key)).chain(values).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::backend::dynamodb::wire::item::Item;
    use crate::definition::{Definition, FieldDef, IndexDef, KeyDef, KeyKind, Spec};
    use crate::request::RecordKey;
    use crate::value::Value;

    const fn field(name: &'static str) -> FieldDef {
        FieldDef::new(name, name)
    }

    const FIELDS: &[FieldDef] = &[field("id"), field("name")];

    static NAMED: Definition = Spec::new("Named", "named", FIELDS, KeyDef::new(0, KeyKind::Integer))
        .indexes(&[IndexDef::new("by_name", KeyDef::new(1, KeyKind::String), &[]).unique()])
        .build();

    fn put((id, name): (i64, &str)) -> Write {
        let key = RecordKey::new(Value::Int(id.into()));
        Write::new(&NAMED, key, Action::Put(record(id, name)))
    }

    fn record(id: i64, name: &str) -> Record {
        Record::from_iter([("id".to_owned(), Value::Int(id.into())), ("name".to_owned(), Value::from(name))])
    }

    #[test]
    fn only_what_meets_waits() {
        let writes = [(1, "a"), (2, "b"), (3, "a"), (4, "d"), (2, "e"), (5, "f"), (6, "a"), (6, "e")].map(put);
        let mut stored = HashMap::from_iter((0..writes.len()).map(|at| (at, None)));
        let read = |record: Record| Stored { item: Item::of_record(&record), record };
        // The sixth takes what the fourth gives up.
        stored.insert(3, Some(read(record(4, "f"))));
        let call = Call::new("put_many", 0, Duration::from_secs(1));
        let at: Vec<_> = (0..writes.len()).collect();
        let mut groups = conflict_groups(&writes, &at, &stored, &call);
        groups.sort();
        assert_eq!(groups, [vec![0, 1, 2, 4, 6, 7], vec![3, 5]]);
    }
}
