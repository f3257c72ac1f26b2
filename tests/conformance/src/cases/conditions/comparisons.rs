//! Comparisons of values of every type, and what is not compared: missing fields, numbers that cannot be stored.

use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use super::assert_all;
use crate::models::{Address, Note, note};
use crate::test::{Test, kind};

cases!(
    comparisons_of_every_type,
    a_missing_field_compares_with_nothing,
    is_in_takes_any_list,
    numbers_that_cannot_be_stored_are_refused,
    floats_at_their_edges,
);

async fn comparisons_of_every_type(t: Test) {
    let conditions = vec![
        (Note::COUNT.eq(-7), true),
        (Note::COUNT.ne(-7), false),
        (Note::COUNT.lt(-6), true),
        (Note::COUNT.lt(-7), false),
        (Note::COUNT.le(-7), true),
        (Note::COUNT.gt(-8), true),
        (Note::COUNT.ge(-6), false),
        (Note::COUNT.between(-7, -7), true),
        (Note::COUNT.between(5, -5), false),
        (Note::BIG.eq(u64::MAX), true),
        (Note::BIG.gt(u64::MAX - 1), true),
        (Note::BIG.lt(u64::MAX), false),
        (Note::BIG.gt(i64::MAX as u64), true),
        (Note::SMALL.gt(199), true),
        (Note::RATIO.eq(0.1), true),
        (Note::RATIO.lt(0.1), false),
        (Note::RATIO.lt(0.100_000_000_000_000_02), true),
        (Note::DONE.eq(true), true),
        (Note::DONE.ne(true), false),
        (Note::TITLE.eq("note n"), true),
        (Note::TITLE.lt("note o"), true),
        (Note::TITLE.gt("Note n"), true),
        (Note::NICKNAME.eq("Zoë"), true),
        (Note::NICKNAME.gt("Zoe"), true),
        (Note::DATA.eq(&[0, 1, 255]), true),
        (Note::DATA.ne(&[0, 1]), true),
        (Note::TAGS.eq(&["red".into(), "blue".into()]), true),
        (Note::TAGS.eq(&["blue".into(), "red".into()]), false),
    ];
    assert_all(&t, conditions).await;
}

async fn a_missing_field_compares_with_nothing(t: Test) {
    let conditions = vec![
        (Note::SCORE.exists(), false),
        (Note::SCORE.missing(), true),
        (Note::SCORE.eq(0), false),
        (Note::SCORE.ne(0), true),
        (Note::SCORE.lt(1), false),
        (Note::SCORE.ge(0), false),
        (Note::SCORE.lt(1).not(), true),
        (!Note::SCORE.eq(0), true),
        (Note::SCORE.is_in([0, 1]), false),
        (Note::NICKNAME.exists(), true),
        (Note::NICKNAME.missing(), false),
        (Note::ADDRESS.at(Address::ZIP).missing(), true),
        (Note::ADDRESS.at(Address::ZIP).begins_with("1"), false),
        (Note::ADDRESS.at(Address::ZIP).contains("1"), false),
        (Note::LABELS.entry("b").exists(), false),
        (Note::TAGS.nth(2).exists(), false),
        (Note::TAGS.nth(2).eq("x"), false),
        (Note::TAGS.nth(2).ne("x"), true),
    ];
    assert_all(&t, conditions).await;
}

async fn is_in_takes_any_list(t: Test) {
    let conditions = vec![
        (Note::COUNT.is_in([1, 2, -7]), true),
        (Note::COUNT.is_in([1]), false),
        (Note::COUNT.is_in([0; 0]), false),
        (!Note::COUNT.is_in([0; 0]), true),
        (Note::TITLE.is_in(["note n, other"]), false),
        (Note::COUNT.is_in((0..99).map(|n| n - 50)), true),
    ];
    assert_all(&t, conditions).await;
    let too_many = Note::scan().filter(Note::COUNT.is_in(0..101)).all(&t.db).await;
    assert_eq!(kind(too_many), ErrorKind::InvalidInput);
}

async fn numbers_that_cannot_be_stored_are_refused(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e126, 1e-131] {
        assert_eq!(kind(Note::put(&Note { ratio: x, ..note("n") }).exec(db).await), ErrorKind::InvalidInput);
        assert_eq!(kind(Note::update("n").set(Note::RATIO, x).exec(db).await), ErrorKind::InvalidInput);
        assert_eq!(kind(Note::scan().filter(Note::RATIO.lt(x)).all(db).await), ErrorKind::InvalidInput);
    }
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(note("n")));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Floats {
    #[hash_key]
    id: String,
    single: f32,
    double: f64,
    option: Option<f32>,
}

async fn floats_at_their_edges(t: Test) {
    let db = t.with::<Floats>().await;
    let zero = Floats { id: "zero".into(), single: -0.0, double: -0.0, option: Some(0.1) };
    Floats::create(&zero).exec(db).await.unwrap();
    for (condition, expected) in [
        (Floats::SINGLE.eq(0.0), true),
        (Floats::SINGLE.eq(-0.0), true),
        (Floats::DOUBLE.lt(0.0), false),
        (Floats::DOUBLE.ge(-0.0), true),
        (Floats::DOUBLE.is_in([-0.0]), true),
        (Floats::DOUBLE.lt(1e-130), true),
        (Floats::DOUBLE.gt(-1e125), true),
        (Floats::OPTION.eq(0.1), true),
        (Floats::OPTION.lt(0.1), false),
        (Floats::OPTION.between(0.1, 0.1), true),
        (Floats::OPTION.gt(0.099_999_99), true),
    ] {
        let found = Floats::scan().filter(condition.clone()).count(db).await.unwrap();
        assert_eq!(found == 1, expected, "{condition:?}");
    }
}
