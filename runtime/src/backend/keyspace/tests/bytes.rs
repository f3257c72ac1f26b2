//! A store of bytes: what is in it outlives the keyspace, and two keyspaces over it do not disagree.

use proptest::prelude::*;

use super::shelf::Shelf;
use super::{INDEXES, PLAIN, THINGS, at, check, thing};
use crate::ErrorKind;
use crate::backend::{Action, Backend, FindUnique, Get, Limits, Write};
use crate::definition::{Definition, FieldDef, KeyDef, KeyKind, Spec};
use crate::keyspace::{Entry, Keyspace};
use crate::request::RecordKey;
use crate::value::{Map, Record, Value};

static OTHERS: Definition =
    Spec::new("Other", "others", &[FieldDef::new("o", "o")], KeyDef::new(0, KeyKind::Bytes)).build();

/// `things` with another kind of hash key.
static CHANGED: Definition =
    Spec::new("Thing", "things", &[FieldDef::new("h", "h"), FieldDef::new("r", "r")], KeyDef::new(0, KeyKind::Bytes))
        .range(KeyDef::new(1, KeyKind::Integer))
        .build();

fn open(shelf: &Shelf) -> Keyspace<Shelf> {
    Keyspace::new(shelf.clone(), Limits::NONE).named("shelf")
}

fn create(definition: &'static Definition, hash: &str, name: &str) -> Write {
    let (key, record) = thing(hash, name, 99);
    Write::new(definition, key, Action::Create(record))
}

fn by_name(name: &str) -> FindUnique {
    FindUnique::new(&THINGS, &INDEXES[1], vec![name.into()], false)
}

#[test]
fn what_is_stored_outlives_the_keyspace() {
    let shelf = Shelf::default();
    let first = open(&shelf);
    first.define_repository(&at(0), &OTHERS).unwrap();
    first.define_repository(&at(0), &THINGS).unwrap();
    first.write_record(&at(0), create(&THINGS, "a", "ada")).unwrap();
    drop(first);

    // No definition is made again: the catalogue is the store's.
    let again = open(&shelf);
    let (key, record) = thing("a", "ada", 99);
    assert_eq!(again.get_record(&at(0), &Get::new(&THINGS, key, false)).unwrap(), Some(record.clone()));
    assert_eq!(again.find_record(&at(0), &by_name("ada")).unwrap(), Some(record));
    let error = again.write_record(&at(0), create(&THINGS, "b", "ada")).unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("by_name")));
    check(&again, 0).unwrap();
    // Its own keys are those of no other repository, though it was defined first.
    let key = RecordKey::new(Value::Bytes(b"a".to_vec()));
    assert_eq!(again.get_record(&at(0), &Get::new(&OTHERS, key, false)).unwrap(), None);
    assert!(again.plan_definition(&at(0), &THINGS).unwrap().is_empty());
}

#[test]
fn a_later_definition_is_compared_with_what_is_stored() {
    let shelf = Shelf::default();
    open(&shelf).define_repository(&at(0), &PLAIN).unwrap();
    let again = open(&shelf);
    for refused in
        [again.define_repository(&at(0), &CHANGED), again.write_record(&at(0), create(&CHANGED, "a", "ada")).map(drop)]
    {
        let error = refused.unwrap_err();
        assert_eq!((error.kind(), error.repository()), (ErrorKind::SchemaMismatch, Some("things")));
        assert!(error.message().contains("the hash key is h (string), not h (bytes)"), "{error}");
    }
    again.write_record(&at(0), create(&PLAIN, "a", "ada")).unwrap();
    again.define_repository(&at(0), &THINGS).unwrap();
    check(&open(&shelf), 0).unwrap();
    assert!(open(&shelf).find_record(&at(0), &by_name("ada")).unwrap().is_some());
}

#[test]
fn two_keyspaces_over_one_store_do_not_disagree() {
    let shelf = Shelf::default();
    let (one, other) = (open(&shelf), open(&shelf));
    one.define_repository(&at(0), &PLAIN).unwrap();
    other.write_record(&at(0), create(&PLAIN, "a", "ada")).unwrap();
    other.define_repository(&at(0), &THINGS).unwrap();
    // The first knows the index at once: it keeps it up, and holds it unique.
    one.write_record(&at(0), create(&PLAIN, "b", "bob")).unwrap();
    let error = one.write_record(&at(0), create(&PLAIN, "c", "ada")).unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("by_name")));
    assert!(other.find_record(&at(0), &by_name("bob")).unwrap().is_some());
    check(&other, 0).unwrap();
    // Repositories that both define get numbers of their own.
    one.define_repository(&at(0), &OTHERS).unwrap();
    other.define_repository(&at(0), &OTHERS).unwrap();
    let key = RecordKey::new(Value::Bytes(b"a".to_vec()));
    let record = Record::from_iter([("o".to_owned(), Value::Bytes(b"a".to_vec()))]);
    one.write_record(&at(0), Write::new(&OTHERS, key.clone(), Action::Put(record.clone()))).unwrap();
    assert_eq!(other.get_record(&at(0), &Get::new(&OTHERS, key, false)).unwrap(), Some(record));
    check(&one, 0).unwrap();
}

#[test]
fn a_definition_that_changes_nothing_writes_nothing() {
    let shelf = Shelf::default();
    open(&shelf).define_repository(&at(0), &THINGS).unwrap();
    let before = shelf.contents();
    open(&shelf).define_repository(&at(0), &THINGS).unwrap();
    assert_eq!(shelf.contents(), before);
}

/// The first 2 keys are the catalogue's: its head, and the schema.
#[test]
fn a_refused_definition_leaves_the_catalogue_as_it_is() {
    let shelf = Shelf::default();
    let store = open(&shelf);
    store.define_repository(&at(0), &PLAIN).unwrap();
    for hash in ["a", "b"] {
        store.write_record(&at(0), create(&PLAIN, hash, "ada")).unwrap();
    }
    let before = shelf.contents();
    assert_eq!(store.define_repository(&at(0), &THINGS).unwrap_err().kind(), ErrorKind::SchemaMismatch);
    assert_eq!(shelf.contents(), before);
    assert_eq!(before.keys().take(2).map(|key| &key[..2]).collect::<Vec<_>>(), [&[0, 0], &[0, 1]]);
}

fn head(entries: &[(&str, i64)]) -> Vec<u8> {
    let record = entries.iter().map(|(name, n)| ((*name).to_owned(), Value::from(*n))).collect();
    Entry::of_record(record).to_bytes()
}

#[tokio::test]
async fn a_store_of_a_newer_format_is_refused_when_it_is_opened() {
    let shelf = Shelf::default();
    open(&shelf).define_repository(&at(0), &THINGS).unwrap();
    shelf.put(&[0, 0], &head(&[("format", 2), ("generation", 9), ("more", 1)]));
    let error = open(&shelf).ping(at(0)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    assert!(error.message().contains("format 2") && error.message().contains("format 1"), "{error}");
    assert_eq!(open(&shelf).define_repository(&at(0), &THINGS).unwrap_err().kind(), ErrorKind::SchemaMismatch);
}

#[test]
fn a_broken_catalogue_is_refused() {
    let whole = Shelf::default();
    open(&whole).define_repository(&at(0), &THINGS).unwrap();
    let schema: Vec<u8> = [&[0, 1][..], b"things"].concat();
    let mark = Entry::MARK.to_bytes();
    for (key, bytes) in [
        (&[0, 0][..], &head(&[("format", 1)])[..]),
        (&[0, 0], &head(&[("generation", 1)])),
        (&[0, 0], &mark),
        (&[0, 0], b"?"),
        (&schema, &mark),
        (&schema, &head(&[("id", 0)])),
        (&[0, 1, 0xFF], &whole.contents()[&schema]),
    ] {
        let shelf = Shelf::default();
        whole.contents().iter().for_each(|(key, bytes)| shelf.put(key, bytes));
        shelf.put(key, bytes);
        let error = open(&shelf).find_record(&at(0), &by_name("ada")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Codec, "{key:?} {error}");
    }
}

/// What is stored has to be found by later releases.
#[test]
fn an_entry_stays_what_it_is() {
    let (_, record) = thing("a", "ada", 99);
    let bytes = Entry::of_record(record.clone()).to_bytes();
    let name = |name: &[u8]| [&[name.len() as u8], name].concat();
    let expected = [
        vec![4, b'r'],
        name(b"h"),
        vec![0x0a, 1, b'a'],
        name(b"r"),
        vec![0x03, 0],
        name(b"name"),
        vec![0x0a, 3, b'a', b'd', b'a'],
        name(b"_reposit_expires"),
        vec![0x03, 99],
    ];
    assert_eq!(bytes, expected.concat());
    let newer = Entry::from_bytes(&[5, b'r', 1, 2, 3]).unwrap_err();
    assert!(newer.message().contains("form 5"), "{newer}");
}

/// The second form had records of version 1, in which there are no sets, the third of version 2, without ObjectIds.
#[test]
fn an_entry_of_the_second_or_third_form_is_read() {
    let (_, record) = thing("a", "ada", 99);
    for form in [2, 3] {
        let earlier = [&[form, b'r'], record.as_bytes()].concat();
        assert_eq!(Entry::from_bytes(&earlier).unwrap().into_record().unwrap(), record);
        assert!(Entry::from_bytes(&[form, b'm']).unwrap().record().is_none());
    }
}

/// The first form had each name and value as a part with four bytes of length.
#[test]
fn an_entry_of_the_first_form_is_read() {
    let (_, record) = thing("a", "ada", 99);
    let part = |kind: u8, content: &[u8]| [&[kind, 0, 0, 0, content.len() as u8][..], content].concat();
    let first = [
        vec![1, b'r'],
        part(b's', b"_reposit_expires"),
        part(b'i', &99i128.to_be_bytes()),
        part(b's', b"h"),
        part(b's', b"a"),
        part(b's', b"name"),
        part(b's', b"ada"),
        part(b's', b"r"),
        part(b'i', &0i128.to_be_bytes()),
    ];
    let read = Entry::from_bytes(&first.concat()).unwrap().into_record().unwrap();
    assert_eq!(read, record);
    assert!(Entry::from_bytes(&[1, b'm']).unwrap().record().is_none());
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (i128::from(i64::MIN)..=i128::from(u64::MAX)).prop_map(Value::Int),
        any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(Value::Float),
        any::<i64>().prop_map(Value::Instant),
        any::<[u8; 12]>().prop_map(Value::ObjectId),
        any::<String>().prop_map(Value::String),
        any::<Vec<u8>>().prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            proptest::collection::vec(any::<String>(), 0..4)
                .prop_map(|texts| Value::set(texts.into_iter().map(Value::from))),
            proptest::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|pairs| Value::Map(pairs.into_iter().collect::<Map>())),
        ]
    })
}

proptest! {
    #[test]
    fn an_entry_comes_back_as_it_was(pairs in proptest::collection::vec((any::<String>(), value()), 0..6)) {
        let record: Record = pairs.into_iter().collect();
        let bytes = Entry::of_record(record.clone()).to_bytes();
        let read = Entry::from_bytes(&bytes).unwrap().into_record().unwrap();
        prop_assert_eq!(format!("{read:?}"), format!("{record:?}"));
    }

    #[test]
    fn any_bytes_are_an_entry_or_a_codec_error(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..80),
        pairs in proptest::collection::vec((any::<String>(), value()), 0..4),
        change in any::<(proptest::sample::Index, u8)>(),
    ) {
        let record: Record = pairs.into_iter().collect();
        let mut changed = Entry::of_record(record).to_bytes();
        *change.0.get_mut(&mut changed) = change.1;
        let cut = changed[..change.0.index(changed.len())].to_vec();
        let begun = |form: u8| [&[form, b'r'], &bytes[..]].concat();
        let (first, second, third, fourth) = (begun(1), begun(2), begun(3), begun(4));
        bytes.truncate(40);
        for bytes in [bytes, first, second, third, fourth, changed, cut] {
            match Entry::from_bytes(&bytes) {
                Ok(entry) if bytes[0] == 4 => prop_assert_eq!(entry.to_bytes(), bytes),
                Ok(entry) => {
                    let again = Entry::from_bytes(&entry.to_bytes()).unwrap();
                    prop_assert_eq!(again.record().map(|record| format!("{record:?}")), entry.record().map(|record| format!("{record:?}")));
                }
                Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Codec),
            }
        }
    }
}
