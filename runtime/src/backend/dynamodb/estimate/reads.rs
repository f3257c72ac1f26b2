//! Reads by keys and by unique values.

use super::held::Held;
use super::sent::Sent;
use super::sizes::{TRANSACTIONAL, entry_size, guard_size, item_size, read_units};
use crate::backend::dynamodb::guard;
use crate::backend::support::dedup::{Distinct, ident};
use crate::definition::{Definition, Projection};
use crate::limits::requests::MOST_KEYS;
use crate::request::{Capacity, FindMany, FindUnique, Get, GetMany, RecordKey};
use crate::value::{Record, Value};

pub(super) fn get(held: Held<'_>, get: &Get) -> Vec<Sent> {
    let record = held.record(get.definition, &get.key);
    vec![get_item(get.definition, record.as_ref(), get.consistent)]
}

/// The read of one record, or of its place.
pub(super) fn get_item(definition: &'static Definition, record: Option<&Record>, consistent: bool) -> Sent {
    let units = read_units(record.map_or(0, |record| item_size(definition, record)), consistent);
    Sent::read("GetItem", usize::from(record.is_some()), vec![Capacity::read(definition.name(), None, units)])
}

pub(super) fn get_many(held: Held<'_>, get: &GetMany) -> Vec<Sent> {
    let wanted: Vec<_> = get.keys.iter().map(|key| (get.definition, key)).collect();
    by_keys(held, &wanted, get.consistent)
}

/// The reads of these records: one request for one, batches for more.
pub(super) fn by_keys(held: Held<'_>, wanted: &[(&'static Definition, &RecordKey)], consistent: bool) -> Vec<Sent> {
    if let [(definition, key)] = wanted {
        return vec![get_item(definition, held.record(definition, key).as_ref(), consistent)];
    }
    let distinct = Distinct::new(wanted.iter().enumerate(), |(definition, key)| ident(definition, key));
    let batch = |chunk: &[&(&'static Definition, &RecordKey)]| {
        let found: Vec<_> = chunk.iter().filter_map(|(of, key)| Some((*of, held.record(of, key)?))).collect();
        // What is not there costs a batch nothing.
        let units = |of: &Definition, record: &Record| read_units(item_size(of, record), consistent);
        let consumed = found.iter().map(|(of, record)| Capacity::read(of.name(), None, units(of, record))).collect();
        Sent::read("BatchGetItem", found.len(), consumed)
    };
    distinct.items().chunks(MOST_KEYS).map(batch).collect()
}

pub(super) fn find_unique(held: Held<'_>, find: &FindUnique) -> Vec<Sent> {
    let definition = find.definition;
    let found = held.holder(find.clone());
    let record = found.as_ref();
    if !find.consistent {
        let size = record.and_then(|record| entry_size(definition, find.index, record));
        // An empty page costs nothing.
        let units = size.map(|size| read_units(size, false));
        let consumed = units.map(|units| Capacity::read(definition.name(), Some(find.index.name), units));
        let mut sent = vec![Sent::read("Query", usize::from(record.is_some()), consumed.into_iter().collect())];
        if record.is_some() && find.index.projection != Projection::All {
            sent.push(get_item(definition, record, true));
        }
        return sent;
    }
    let size = record.map_or(0, |record| size_of_guard(find, record));
    let consumed = vec![Capacity::read(guard::table(definition), None, read_units(size, true))];
    let mut sent = vec![Sent::read("GetItem", usize::from(record.is_some()), consumed)];
    sent.extend(record.map(|record| get_item(definition, Some(record), true)));
    sent
}

fn size_of_guard(find: &FindUnique, record: &Record) -> usize {
    let key = guard::key_of_values(find.definition, find.index, &find.values);
    let owner = RecordKey::from_record(find.definition, record);
    owner.map_or(0, |owner| guard_size(find.definition, find.index, &key, &owner, record.expires()))
}

pub(super) fn find_many(held: Held<'_>, find: &FindMany) -> Vec<Sent> {
    let definition = find.definition;
    let key = |values: &&Vec<Value>| guard::key_of_values(definition, find.index, values);
    let distinct = Distinct::new(find.values.iter().enumerate(), key);
    let (mut sent, mut owners) = (Vec::new(), Vec::new());
    for chunk in distinct.items().chunks(MOST_KEYS) {
        let (mut found, mut consumed) = (0, Vec::new());
        for values in chunk {
            let single = FindUnique::new(definition, find.index, (*values).clone(), true);
            let record = held.holder(single.clone());
            let Some(record) = record else { continue };
            let units = read_units(size_of_guard(&single, &record), find.consistent);
            consumed.push(Capacity::read(guard::table(definition), None, units));
            found += 1;
            owners.extend(RecordKey::from_record(definition, &record));
        }
        sent.push(Sent::read("BatchGetItem", found, consumed));
    }
    let wanted: Vec<_> = owners.iter().map(|key| (definition, key)).collect();
    if !wanted.is_empty() {
        sent.extend(by_keys(held, &wanted, find.consistent));
    }
    sent
}

pub(super) fn snapshot(held: Held<'_>, gets: &[Get]) -> Vec<Sent> {
    let distinct = Distinct::new(gets.iter().enumerate(), |get| ident(get.definition, &get.key));
    let each = distinct.items().iter().map(|get| (get.definition, held.record(get.definition, &get.key)));
    let each: Vec<_> = each.collect();
    if each.is_empty() { Vec::new() } else { vec![transact_get(&each)] }
}

fn transact_get(each: &[(&'static Definition, Option<Record>)]) -> Sent {
    let size = |of: &Definition, record: &Option<Record>| record.as_ref().map_or(0, |record| item_size(of, record));
    let units = |of: &Definition, record: &Option<Record>| TRANSACTIONAL * read_units(size(of, record), true);
    let consumed = each.iter().map(|(of, record)| Capacity::read(of.name(), None, units(of, record))).collect();
    Sent::read("TransactGetItems", each.iter().filter(|(_, record)| record.is_some()).count(), consumed)
}

/// The read of a guard that is in the way, and of the record that it names.
pub(super) fn holder(definition: &'static Definition, guard_size: usize, record: &Record) -> Sent {
    let units = |size| TRANSACTIONAL * read_units(size, true);
    let guard = Capacity::read(guard::table(definition), None, units(guard_size));
    let record = Capacity::read(definition.name(), None, units(item_size(definition, record)));
    Sent::read("TransactGetItems", 2, vec![guard, record])
}
