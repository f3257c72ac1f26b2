//! What has to be true of the key space whatever was written: every record has exactly its entries,
//! no two live records share a unique value, and queries give what a look at all records gives.

mod bytes;
mod fuzz;
mod shelf;

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::time::Duration;

use proptest::prelude::*;

use self::shelf::Shelf;
use super::{Bounds, Entry, Keyspace, Space};
use crate::ErrorKind;
use crate::backend::memory::Tree;
use crate::backend::{Action, Call, Change, FindUnique, Get, KeyRange, Limits, Query, RecordKey, Source, Write};
use crate::definition::{Definition, FieldDef, IndexDef, KeyDef, KeyKind, Spec, TimeUnit, TtlDef};
use crate::path::Path;
use crate::value::{EXPIRES, Record, Value};

const fn field(name: &'static str) -> FieldDef {
    FieldDef::new(name, name)
}

const fn part(field: usize, kind: KeyKind) -> KeyDef {
    KeyDef::new(field, kind)
}

const FIELDS: &[FieldDef] =
    &[field("h"), field("r"), field("group"), field("rank"), field("data"), field("name"), field("until")];

const INDEXES: &[IndexDef] = &[
    IndexDef::new("by_group", part(2, KeyKind::String), &[part(3, KeyKind::Integer), part(4, KeyKind::Bytes)])
        .sparse(true),
    IndexDef::new("by_name", part(5, KeyKind::String), &[]).unique().sparse(true),
];

const fn spec(indexes: &'static [IndexDef]) -> Spec {
    Spec::new("Thing", "things", FIELDS, part(0, KeyKind::String))
        .range(part(1, KeyKind::Integer))
        .indexes(indexes)
        .ttl(TtlDef::new(6, 0, TimeUnit::Seconds))
}

static THINGS: Definition = spec(INDEXES).build();
static PLAIN: Definition = spec(&[]).build();

fn store<S: Space + Default>(definition: &'static Definition) -> Keyspace<S> {
    let store = Keyspace::new(S::default(), Limits::NONE);
    store.define_repository(&at(0), definition).unwrap();
    store
}

fn at(seconds: i64) -> Call {
    Call::new("test", seconds * 1000, Duration::from_secs(1))
}

#[derive(Debug, Clone)]
enum Step {
    Put(Record),
    Create(Record),
    Delete(RecordKey),
    Update(RecordKey, Vec<Change>),
    Both(Box<Step>, Box<Step>),
    Pass(i64),
}

fn key() -> impl Strategy<Value = RecordKey> {
    (0..3u8, -2i64..3).prop_map(|(hash, range)| {
        // One hash value is the beginning of another, with the bytes of the encoding itself after it.
        let hash = Value::from(["a", "a\0", "a\u{1}b"][usize::from(hash)]);
        RecordKey::new(hash).with_range(Value::from(range))
    })
}

fn fields() -> impl Strategy<Value = Vec<(String, Value)>> {
    let text = |words: &'static [&'static str]| proptest::sample::select(words).prop_map(Value::from);
    let group = proptest::option::of(text(&["g", "g\0", "gg"]));
    let rank = proptest::option::of((-2i64..3).prop_map(Value::from));
    let data = proptest::collection::vec(0u8..2, 1..3).prop_map(Value::Bytes);
    let name = proptest::option::of(text(&["ada", "bob", "eve"]));
    let expires = proptest::option::of((0i64..40).prop_map(Value::from));
    (group, rank, data, name, expires).prop_map(|(group, rank, data, name, expires)| {
        let named = [("group", group), ("rank", rank), ("data", Some(data)), ("name", name), (EXPIRES, expires)];
        named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    })
}

fn record() -> impl Strategy<Value = Record> {
    (key(), fields()).prop_map(|(key, fields)| {
        let parts = [("h".to_owned(), key.hash().clone()), ("r".to_owned(), key.range().cloned().unwrap())];
        parts.into_iter().chain(fields).collect()
    })
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let path = |name| Path::field(name);
    fields().prop_map(move |fields| {
        let names = ["group", "rank", "name"];
        let set = fields.iter().filter_map(|(name, value)| {
            let name = names.into_iter().find(|known| known == name)?;
            Some(Change::Set(path(name), value.clone()))
        });
        let gone = names.into_iter().filter(|name| fields.iter().all(|(there, _)| there != name));
        set.chain(gone.map(|name| Change::Remove(path(name)))).collect()
    })
}

fn step() -> impl Strategy<Value = Step> {
    let write = prop_oneof![
        3 => record().prop_map(Step::Put),
        3 => record().prop_map(Step::Create),
        2 => key().prop_map(Step::Delete),
        3 => (key(), changes()).prop_map(|(key, changes)| Step::Update(key, changes)),
    ];
    prop_oneof![
        6 => write.clone(),
        2 => (write.clone(), write).prop_map(|(a, b)| Step::Both(Box::new(a), Box::new(b))),
        1 => (1i64..10).prop_map(Step::Pass),
    ]
}

fn writes(step: &Step) -> Vec<Write> {
    let stored = |record: &Record, action: fn(Record) -> Action| {
        vec![Write::new(&THINGS, RecordKey::from_record(&THINGS, record).unwrap(), action(record.clone()))]
    };
    match step {
        Step::Put(record) => stored(record, Action::Put),
        Step::Create(record) => stored(record, Action::Create),
        Step::Delete(key) => vec![Write::new(&THINGS, key.clone(), Action::Delete)],
        Step::Update(key, changes) => vec![Write::new(&THINGS, key.clone(), Action::Update(changes.clone()))],
        Step::Both(a, b) => [writes(a), writes(b)].concat(),
        Step::Pass(_) => Vec::new(),
    }
}

/// Everything that is stored of repositories; the catalogue stands apart.
fn contents<S: Space>(store: &Keyspace<S>) -> BTreeMap<Vec<u8>, Entry> {
    let mut all = BTreeMap::new();
    let everything = Bounds::new(Bound::Included(vec![1]), Bound::Unbounded);
    let collect = |view: &dyn super::View| {
        view.scan(&everything, false, &mut |key, entry| {
            all.insert(key.to_vec(), entry.clone());
            Ok(ControlFlow::Continue(()))
        })
    };
    store.space.read(collect).unwrap();
    all
}

fn records<S: Space>(store: &Keyspace<S>) -> Vec<Record> {
    contents(store).into_values().filter_map(Entry::into_record).collect()
}

fn check<S: Space>(store: &Keyspace<S>, now: i64) -> Result<(), TestCaseError> {
    let (mut expected, mut found) = (Vec::new(), Vec::new());
    let keys = |key: &[u8], record: &Record| {
        store.read_with(|_, catalog| catalog.layout_of(&THINGS)?.entry_keys(key, record)).unwrap()
    };
    for (key, entry) in contents(store) {
        match entry.record() {
            Some(record) => expected.extend(keys(&key, record)),
            None => found.push(key),
        }
    }
    expected.sort();
    prop_assert_eq!(found, expected, "each record has its entries, and there are no others");

    let call = at(now);
    let live = live(store, &call);
    for name in ["ada", "bob", "eve"] {
        let holders: Vec<_> =
            live.iter().filter(|record| record.get("name").is_some_and(|value| value == Value::from(name))).collect();
        prop_assert!(holders.len() <= 1, "{} is held by {:?}", name, holders);
        let find = FindUnique::new(&THINGS, &INDEXES[1], vec![Value::from(name)], false);
        let found_by_name = store.find_record(&call, &find).unwrap();
        prop_assert_eq!(found_by_name.as_ref(), holders.first().copied());
    }
    Ok(())
}

/// Reads a query page by page, and compares it with a look at all records.
fn check_query<S: Space>(
    store: &Keyspace<S>,
    now: i64,
    query: &Query,
    wanted: impl Fn(&Record) -> bool,
) -> Result<(), TestCaseError> {
    let call = at(now);
    let mut expected = live(store, &call);
    expected.retain(wanted);
    let place = |record: &Record| query.position_of(record).unwrap();
    expected.sort_by(|a, b| {
        let (a, b) = (place(a), place(b));
        let parts = |position: &crate::backend::Position| {
            let key = position.key().parts().cloned();
            position.ranges().iter().cloned().chain(key).collect::<Vec<_>>()
        };
        let pairs: Vec<_> = parts(&a).into_iter().zip(parts(&b)).collect();
        pairs.iter().fold(std::cmp::Ordering::Equal, |order, (a, b)| order.then(a.compare(b).unwrap()))
    });
    if query.descending {
        expected.reverse();
    }
    let all = Query { limit: usize::MAX, ..query.clone() };
    prop_assert_eq!(store.count_records(&call, &all).unwrap(), expected.len() as u64);
    prop_assert_eq!(store.count_records(&call, query).unwrap(), expected.len().min(query.limit) as u64);
    let (mut query, mut found) = (query.clone(), Vec::new());
    loop {
        let page = store.query_page(&call, &query).unwrap();
        prop_assert!(page.next.is_none() || page.records.len() == query.limit, "only the last page is short");
        found.extend(page.records);
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    prop_assert_eq!(found, expected);
    Ok(())
}

/// What the writes make of live records, by the plain meaning of the words; or the refusal's kind.
fn expected(live: &[Record], writes: &[Write], call: &Call) -> Result<Vec<Record>, ErrorKind> {
    let mut all = live.to_vec();
    for write in writes {
        let at = all.iter().position(|record| RecordKey::from_record(&THINGS, record).unwrap() == write.key);
        let old = at.map(|at| all.remove(at));
        write.judge(old.as_ref(), call).map_err(|e| e.kind())?;
        let Some(new) = write.outcome(old.as_ref()).map_err(|e| e.kind())? else { continue };
        if new.get("name").is_some() && all.iter().any(|other| other.get("name") == new.get("name")) {
            return Err(ErrorKind::UniqueViolation);
        }
        all.extend(Some(new).filter(|new| new.is_live(write.definition, call)));
    }
    Ok(all)
}

fn live<S: Space>(store: &Keyspace<S>, call: &Call) -> Vec<Record> {
    records(store).into_iter().filter(|record| record.is_live(&THINGS, call)).collect()
}

fn entries_and_uniqueness_hold<S: Space + Default>(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let store = store::<S>(&THINGS);
    let mut now = 0;
    for step in steps {
        if let Step::Pass(seconds) = step {
            now += seconds;
        }
        let (call, writes) = (at(now), writes(&step));
        let before = live(&store, &call);
        let expected = expected(&before, &writes, &call);
        let result = store.write_together(&call, writes).map_err(|e| e.kind());
        prop_assert_eq!(result.err(), expected.as_ref().err().copied());
        let (mut expected, mut found) = (expected.unwrap_or(before), live(&store, &call));
        expected.sort_by_key(|record| format!("{record:?}"));
        found.sort_by_key(|record| format!("{record:?}"));
        prop_assert_eq!(found, expected);
        check(&store, now)?;
    }
    let mut by_group = Query::new(&THINGS, Source::index(&INDEXES[0], ["g".into()]), 2);
    let in_group = |record: &Record| {
        record.get("group").is_some_and(|value| value == Value::from("g")) && record.get("rank").is_some()
    };
    check_query(&store, now, &by_group, in_group)?;
    by_group.descending = true;
    by_group.range = KeyRange::Between(Bound::Excluded(Value::Int(-2)), Bound::Included(Value::Int(1)));
    let rank = |record: &Record| record.get("rank").and_then(|rank| rank.as_int()).unwrap_or(-9);
    check_query(&store, now, &by_group, |record| in_group(record) && (-1..=1).contains(&rank(record)))?;
    let primary = Query::new(&THINGS, Source::primary("a".into()), 3);
    check_query(&store, now, &primary, |record| record.get("h").is_some_and(|value| value == Value::from("a")))?;
    check_query(&store, now, &Query::new(&THINGS, Source::scan(None), 4), |_| true)?;
    Ok(())
}

fn an_index_takes_in_what_is_there<S: Space + Default>(all: Vec<Record>) -> Result<(), TestCaseError> {
    let store = store::<S>(&PLAIN);
    for record in all {
        let key = RecordKey::from_record(&PLAIN, &record).unwrap();
        store.write_record(&at(0), Write::new(&PLAIN, key, Action::Put(record))).unwrap();
    }
    let before = contents(&store).len();
    match store.define_repository(&at(0), &THINGS) {
        Ok(()) => check(&store, 0)?,
        Err(error) => {
            prop_assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
            prop_assert!(error.message().contains("by_name"), "{}", error);
            prop_assert_eq!(contents(&store).len(), before);
            prop_assert_eq!(
                store.plan_definition(&at(0), &THINGS).unwrap().refusal().unwrap().kind(),
                ErrorKind::SchemaMismatch
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn entries_and_uniqueness_hold_in_memory(steps in proptest::collection::vec(step(), 1..40)) {
        entries_and_uniqueness_hold::<Tree>(steps)?;
    }

    #[test]
    fn entries_and_uniqueness_hold_in_bytes(steps in proptest::collection::vec(step(), 1..40)) {
        entries_and_uniqueness_hold::<Shelf>(steps)?;
    }

    #[test]
    fn an_index_takes_in_what_is_there_in_memory(all in proptest::collection::vec(record(), 0..12)) {
        an_index_takes_in_what_is_there::<Tree>(all)?;
    }

    #[test]
    fn an_index_takes_in_what_is_there_in_bytes(all in proptest::collection::vec(record(), 0..12)) {
        an_index_takes_in_what_is_there::<Shelf>(all)?;
    }
}

fn thing(hash: &str, name: &str, expires: i64) -> (RecordKey, Record) {
    let key = RecordKey::new(hash.into()).with_range(0i64.into());
    let mut record = Record::new();
    for (name, value) in [("h", hash.into()), ("r", Value::Int(0)), ("name", name.into()), (EXPIRES, expires.into())] {
        record.set(name, value);
    }
    (key, record)
}

#[test]
fn expired_records_are_cleared_away_by_later_writes() {
    let store = store::<Tree>(&THINGS);
    for n in 0..10 {
        let (key, record) = thing(&format!("old{n}"), &format!("name{n}"), 10);
        store.write_record(&at(0), Write::new(&THINGS, key, Action::Create(record))).unwrap();
    }
    for n in 0..5 {
        let (key, record) = thing(&format!("new{n}"), &format!("name{n}"), 99);
        store.write_record(&at(10), Write::new(&THINGS, key, Action::Create(record))).unwrap();
    }
    assert_eq!(records(&store).len(), 5);
    assert_eq!(contents(&store).len(), 15, "a record, its name and its expiry");
}

#[test]
fn a_model_that_lacks_an_index_keeps_it_up_to_date() {
    let store = store::<Tree>(&PLAIN);
    store.define_repository(&at(0), &THINGS).unwrap();
    let unknown = store.define_repository(&at(0), &PLAIN).unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::SchemaMismatch);
    assert!(unknown.message().contains("by_name"), "{unknown}");
    let (key, record) = thing("a", "ada", 99);
    store.write_record(&at(0), Write::new(&PLAIN, key, Action::Create(record.clone()))).unwrap();
    let find = FindUnique::new(&THINGS, &INDEXES[1], vec!["ada".into()], false);
    assert_eq!(store.find_record(&at(0), &find).unwrap(), Some(record));
    let (key, clash) = thing("b", "ada", 99);
    let error = store.write_record(&at(0), Write::new(&PLAIN, key, Action::Create(clash))).unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("by_name")));
}

#[test]
fn nothing_is_done_to_what_is_not_defined() {
    let store = Keyspace::new(Tree::default(), Limits::NONE);
    let (key, record) = thing("a", "ada", 99);
    let write = Write::new(&THINGS, key.clone(), Action::Put(record));
    let refused = |error: crate::Error, word: &str| {
        assert_eq!((error.kind(), error.repository()), (ErrorKind::SchemaMismatch, Some("things")));
        assert!(error.message().contains(word) && error.message().contains("call define first"), "{error}");
    };
    refused(store.write_record(&at(0), write.clone()).unwrap_err(), "the repository is not defined");
    store.define_repository(&at(0), &PLAIN).unwrap();
    refused(store.write_record(&at(0), write).unwrap_err(), "by_name");
    refused(store.get_record(&at(0), &Get::new(&THINGS, key, false)).unwrap_err(), "by_group");
}

#[test]
fn a_transaction_is_refused_where_the_first_refusal_is() {
    let store = store::<Tree>(&THINGS);
    let create = |hash, name| {
        let (key, record) = thing(hash, name, 99);
        Write::new(&THINGS, key, Action::Create(record))
    };
    let error = store.write_together(&at(0), vec![create("a", "ada"), create("b", "ada")]).unwrap_err();
    assert_eq!((error.kind(), error.position(), error.index()), (ErrorKind::UniqueViolation, Some(1), Some("by_name")));
    assert!(contents(&store).is_empty());
    // What is given up before is free after.
    store.write_record(&at(0), create("a", "ada")).unwrap();
    let (key, _) = thing("a", "ada", 99);
    store.write_together(&at(0), vec![Write::new(&THINGS, key, Action::Delete), create("b", "ada")]).unwrap();
}
