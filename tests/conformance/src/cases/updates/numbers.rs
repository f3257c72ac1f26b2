//! Sums: exact, and within what their field holds.

use std::collections::BTreeMap;

use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use super::Sparse;
use crate::models::{Address, Note, note};
use crate::test::{Test, kind};

cases!(
    sums_are_exact,
    a_sum_outside_the_field_is_refused,
    floats_add_as_floats,
    a_nested_sum_outside_the_field_is_refused,
    missing_numbers_and_lists_are_nothing,
    single_floats_add_too,
);

async fn sums_are_exact(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&Note { count: i64::MAX - 1, big: i64::MAX as u64, ..note("n") }).exec(db).await.unwrap();
    let changed = Note::update("n").add(Note::COUNT, 1).add(Note::BIG, 1).exec(db).await.unwrap();
    assert_eq!((changed.count, changed.big), (i64::MAX, i64::MAX as u64 + 1));
    let changed = Note::update("n").add(Note::BIG, i64::MAX).exec(db).await.unwrap();
    assert_eq!(changed.big, u64::MAX);
    let changed = Note::update("n").add(Note::BIG, -1).exec(db).await.unwrap();
    assert_eq!(changed.big, u64::MAX - 1);
    let changed = Note::update("n").add(Note::BIG, i64::MIN + 2).exec(db).await.unwrap();
    assert_eq!(changed.big, i64::MAX as u64 + 1);
    let changed = Note::update("n").add(Note::BIG, -2).exec(db).await.unwrap();
    assert_eq!(changed.big, i64::MAX as u64 - 1);
    let found = Note::scan().filter(Note::BIG.eq(i64::MAX as u64 - 1)).count(db).await.unwrap();
    assert_eq!(found, 1);
}

async fn a_sum_outside_the_field_is_refused(t: Test) {
    let db = t.with::<Note>().await;
    let start = Note { count: i64::MAX, big: u64::MAX, small: 250, ..note("n") };
    Note::create(&start).exec(db).await.unwrap();
    assert_eq!(kind(Note::update("n").add(Note::COUNT, 1).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Note::update("n").add(Note::BIG, 1).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Note::update("n").add(Note::SMALL, 6).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Note::update("n").add(Note::SMALL, -251).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Note::update("n").add(Note::SMALL, 300).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(start));
    assert_eq!(Note::update("n").add(Note::SMALL, 5).exec(db).await.unwrap().small, 255);
}

async fn floats_add_as_floats(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&Note { ratio: 0.1, ..note("n") }).exec(db).await.unwrap();
    assert_eq!(Note::update("n").add(Note::RATIO, 0.2).exec(db).await.unwrap().ratio, 0.1 + 0.2);
    assert_eq!(Note::update("n").add(Note::RATIO, 0.7).exec(db).await.unwrap().ratio, 0.1 + 0.2 + 0.7);
    Note::update("n").set(Note::RATIO, 2.5).exec(db).await.unwrap();
    assert_eq!(Note::update("n").add(Note::RATIO, -2.5).exec(db).await.unwrap().ratio, 0.0);
    Note::update("n").set(Note::RATIO, 9e125).exec(db).await.unwrap();
    assert_eq!(kind(Note::update("n").add(Note::RATIO, 9e125).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(Note::get("n").exec(db).await.unwrap().unwrap().ratio, 9e125);
}

async fn a_nested_sum_outside_the_field_is_refused(t: Test) {
    let db = t.with::<Note>().await;
    let address = Address { city: "Graz".into(), zip: None, number: u32::MAX };
    Note::create(&Note { address: Some(address), ..note("n") }).exec(db).await.unwrap();
    let error = Note::update("n").add(Note::ADDRESS.at(Address::NUMBER), 1).exec(db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains("outside what the field can hold"), "{error}");
    let less = Note::update("n").add(Note::ADDRESS.at(Address::NUMBER), -1).exec(db).await.unwrap();
    assert_eq!(less.address.map(|address| address.number), Some(u32::MAX - 1));
    Note::update("n").remove(Note::ADDRESS).exec(db).await.unwrap();
    let error = Note::update("n").add(Note::ADDRESS.at(Address::NUMBER), 1).exec(db).await.unwrap_err();
    assert!(error.message().contains("the way to this field is missing"), "{error}");
}

async fn missing_numbers_and_lists_are_nothing(t: Test) {
    let db = t.with::<Sparse>().await;
    let empty = Sparse { id: "1".into(), byte: None, long: None, float: None, list: None, lists: BTreeMap::new() };
    Sparse::create(&empty).exec(db).await.unwrap();
    assert_eq!(kind(Sparse::update("1").add(Sparse::BYTE, 256).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Sparse::update("1").add(Sparse::BYTE, -1).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Sparse::update("1").add(Sparse::LONG, i64::MIN).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(Sparse::get("1").exec(db).await.unwrap(), Some(empty.clone()));
    let none: [&str; 0] = [];
    let changed = Sparse::update("1")
        .add(Sparse::BYTE, 255)
        .add(Sparse::LONG, 0)
        .add(Sparse::FLOAT, 0.5)
        .append(Sparse::LIST, none)
        .append(Sparse::LISTS.entry("a"), [1])
        .exec(db)
        .await
        .unwrap();
    let expected = Sparse {
        byte: Some(255),
        long: Some(0),
        float: Some(0.5),
        list: Some(vec![]),
        lists: BTreeMap::from([("a".into(), vec![1])]),
        ..empty
    };
    assert_eq!(changed, expected);
    assert_eq!(Sparse::get("1").exec(db).await.unwrap(), Some(expected));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Single {
    #[hash_key]
    id: String,
    value: f32,
}

async fn single_floats_add_too(t: Test) {
    let db = t.with::<Single>().await;
    Single::create(&Single { id: "1".into(), value: 0.5 }).exec(db).await.unwrap();
    assert_eq!(Single::update("1").add(Single::VALUE, 0.25).exec(db).await.unwrap().value, 0.75);
    assert_eq!(Single::update("1").add(Single::VALUE, -0.75).exec(db).await.unwrap().value, 0.0);
    // The sum is that of f64s, and rounded as it is read.
    Single::update("1").set(Single::VALUE, 0.1).exec(db).await.unwrap();
    assert_eq!(Single::update("1").add(Single::VALUE, 0.2).exec(db).await.unwrap().value, 0.1_f32 + 0.2_f32);
}
