use std::collections::BTreeMap;

use reposit::{Condition, ErrorKind};

use crate::harness::{Test, kind};
use crate::models::{Address, Note, note};

const MODULE: &str = module_path!();

cases!(
    comparisons_of_every_type,
    a_missing_field_compares_with_nothing,
    text_begins_and_contains,
    lists_contain,
    sizes,
    precedence,
    nested_fields,
    map_entries_with_hostile_names,
    hostile_values_are_only_values,
    a_condition_on_the_key,
    is_in_takes_any_list,
    numbers_that_cannot_be_stored_are_refused,
);

fn sample() -> Note {
    Note {
        count: -7,
        big: u64::MAX,
        small: 200,
        ratio: 0.1,
        done: true,
        tags: vec!["red".into(), "blue".into()],
        data: vec![0, 1, 255],
        nickname: Some("Zoë".into()),
        address: Some(Address { city: "Graz".into(), zip: None, number: 12 }),
        labels: BTreeMap::from([("a".into(), "1".into())]),
        ..note("n")
    }
}

/// Says of each condition whether it is true of the sample: through a filter, and through a write.
async fn assert_all(t: &Test, conditions: Vec<(Condition<Note>, bool)>) {
    let db = t.with::<Note>().await;
    Note::put(&sample()).exec(db).await.unwrap();
    for (condition, expected) in conditions {
        let found = Note::scan().filter(condition.clone()).all(db).await;
        let found = found.unwrap_or_else(|e| panic!("{condition:?}: {e:?}"));
        assert_eq!(!found.is_empty(), expected, "as a filter: {condition:?}");
        let written = Note::update("n").set(Note::TITLE, "note n").only_if(condition.clone()).exec(db).await;
        match written {
            Ok(_) => assert!(expected, "as a condition: {condition:?}"),
            Err(e) if e.kind() == ErrorKind::ConditionFailed => assert!(!expected, "as a condition: {condition:?}"),
            Err(e) => panic!("{condition:?}: {e:?}"),
        }
    }
}

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

async fn text_begins_and_contains(t: Test) {
    let conditions = vec![
        (Note::TITLE.begins_with("note"), true),
        (Note::TITLE.begins_with("Note"), false),
        (Note::TITLE.begins_with(""), true),
        (Note::TITLE.contains("te n"), true),
        (Note::TITLE.contains("."), false),
        (Note::TITLE.contains(".*"), false),
        (Note::NICKNAME.contains("ë"), true),
        (Note::NICKNAME.begins_with("Zo"), true),
    ];
    assert_all(&t, conditions).await;
}

async fn lists_contain(t: Test) {
    let conditions = vec![
        (Note::TAGS.contains("red"), true),
        (Note::TAGS.contains("re"), false),
        (Note::TAGS.contains("green"), false),
        (Note::TAGS.nth(1).eq("blue"), true),
        (Note::TAGS.nth(0).begins_with("re"), true),
    ];
    assert_all(&t, conditions).await;
}

async fn sizes(t: Test) {
    let conditions = vec![
        (Note::TAGS.size().eq(2), true),
        (Note::TAGS.size().gt(2), false),
        (Note::TAGS.size().le(2), true),
        (Note::DATA.size().eq(3), true),
        (Note::LABELS.size().lt(2), true),
        (Note::LABELS.size().ne(1), false),
    ];
    assert_all(&t, conditions).await;
}

async fn precedence(t: Test) {
    let yes = || Note::DONE.eq(true);
    let no = || Note::DONE.eq(false);
    let conditions = vec![
        (yes() | no() & no(), true),
        ((yes() | no()) & no(), false),
        (yes().or(no()).and(no()), false),
        (no().and(no()).or(yes()), true),
        (!no() & yes(), true),
        (!(no() | yes()), false),
        (yes().and(yes()).and(no()).not(), true),
    ];
    assert_all(&t, conditions).await;
}

async fn nested_fields(t: Test) {
    let conditions = vec![
        (Note::ADDRESS.at(Address::CITY).eq("Graz"), true),
        (Note::ADDRESS.at(Address::CITY).begins_with("Gr"), true),
        (Note::ADDRESS.at(Address::NUMBER).between(12, 13), true),
        (Note::ADDRESS.at(Address::NUMBER).gt(12), false),
        (Note::ADDRESS.eq(&Address { city: "Graz".into(), zip: None, number: 12 }), true),
        (Note::ADDRESS.eq(&Address { city: "Graz".into(), zip: None, number: 13 }), false),
        (Note::LABELS.entry("a").eq("1"), true),
        (Note::LABELS.entry("a").eq("2"), false),
    ];
    assert_all(&t, conditions).await;
}

async fn map_entries_with_hostile_names(t: Test) {
    let db = t.with::<Note>().await;
    for name in ["size", "#a", ":v", "$set", "a.b", "with space", "quo\"te", "3", "sel'ect", "é"] {
        let labels = BTreeMap::from([(name.to_owned(), "here".to_owned())]);
        Note::put(&Note { labels: labels.clone(), ..note("n") }).exec(db).await.unwrap();
        let got = Note::get("n").exec(db).await.unwrap().unwrap();
        assert_eq!(got.labels, labels);
        let found = Note::scan().filter(Note::LABELS.entry(name).eq("here")).all(db).await.unwrap();
        assert_eq!(found.len(), 1, "{name}");
        let found = Note::scan().filter(Note::LABELS.entry(name).missing()).all(db).await.unwrap();
        assert_eq!(found.len(), 0, "{name}");
    }
}

async fn hostile_values_are_only_values(t: Test) {
    let db = t.with::<Note>().await;
    for (n, value) in [
        "Smith, John",
        "' OR 1=1",
        "{\"$ne\": 1}",
        "$title",
        "#n0",
        ":v0",
        "\0",
        "a\0b",
        "\\",
        "^.*$",
        "%",
        "\u{10ffff}",
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("h{n}");
        Note::create(&Note { title: value.into(), nickname: Some(value.into()), ..note(&id) }).exec(db).await.unwrap();
        for condition in [
            Note::TITLE.eq(value),
            Note::TITLE.begins_with(value),
            Note::TITLE.contains(value),
            Note::TITLE.is_in([value]),
            Note::NICKNAME.between(value, value),
        ] {
            let found = Note::scan().filter(condition.clone() & Note::ID.eq(&id)).all(db).await.unwrap();
            assert_eq!(found.len(), 1, "{condition:?}");
        }
        let changed = Note::update(&id).set(Note::NICKNAME, value).append(Note::TAGS, [value]).exec(db).await.unwrap();
        assert_eq!(changed.nickname.as_deref(), Some(value));
        assert_eq!(changed.tags, [value]);
    }
    assert_eq!(Note::scan().filter(Note::TITLE.eq("Smith")).count(db).await.unwrap(), 0);
}

async fn a_condition_on_the_key(t: Test) {
    assert_all(
        &t,
        vec![
            (Note::ID.eq("n"), true),
            (Note::ID.ne("n"), false),
            (Note::ID.begins_with("n"), true),
            (Note::ID.exists(), true),
        ],
    )
    .await;
}

async fn is_in_takes_any_list(t: Test) {
    let conditions = vec![
        (Note::COUNT.is_in([1, 2, -7]), true),
        (Note::COUNT.is_in([1]), false),
        (Note::COUNT.is_in([]), false),
        (!Note::COUNT.is_in([]), true),
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
