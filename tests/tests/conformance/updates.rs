use std::collections::BTreeMap;

use reposit::ErrorKind;

use crate::harness::{Test, kind};
use crate::models::{Address, Note, note};

const MODULE: &str = module_path!();

cases!(
    every_kind_of_change_at_once,
    an_update_of_a_missing_record_makes_nothing,
    a_false_condition_changes_nothing,
    sums_are_exact,
    a_sum_outside_the_field_is_refused,
    floats_add_as_floats,
    optional_fields_come_and_go,
    append_to_lists,
    nested_changes,
    a_way_that_is_missing_is_refused,
    overlapping_changes_are_refused,
    changes_see_the_record_as_it_was,
    upsert_makes_or_changes,
    an_empty_update_only_reads,
    several_conditions_are_all_needed,
);

async fn every_kind_of_change_at_once(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&Note { nickname: Some("x".into()), ..note("n") }).exec(db).await.unwrap();
    let changed = Note::update("n")
        .set(Note::TITLE, "new")
        .add(Note::COUNT, 5)
        .remove(Note::NICKNAME)
        .append(Note::TAGS, ["a", "b"])
        .only_if(Note::COUNT.lt(1))
        .exec(db)
        .await
        .unwrap();
    let expected = Note { title: "new".into(), count: 5, tags: vec!["a".into(), "b".into()], ..note("n") };
    assert_eq!(changed, expected);
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(expected));
}

async fn an_update_of_a_missing_record_makes_nothing(t: Test) {
    let db = t.with::<Note>().await;
    assert_eq!(kind(Note::update("n").add(Note::COUNT, 1).exec(db).await), ErrorKind::NotFound);
    assert_eq!(
        kind(Note::update("n").set(Note::TITLE, "x").only_if(Note::COUNT.eq(0)).exec(db).await),
        ErrorKind::NotFound
    );
    assert_eq!(
        kind(Note::update("n").set(Note::TITLE, "x").only_if(Note::COUNT.missing()).exec(db).await),
        ErrorKind::NotFound
    );
    assert_eq!(Note::scan().all(db).await.unwrap(), []);
}

async fn a_false_condition_changes_nothing(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    let refused = Note::update("n").add(Note::COUNT, 1).only_if(Note::COUNT.gt(0)).exec(db).await;
    assert_eq!(kind(refused), ErrorKind::ConditionFailed);
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(note("n")));
}

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

async fn optional_fields_come_and_go(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    assert_eq!(Note::update("n").add(Note::SCORE, 3).exec(db).await.unwrap().score, Some(3));
    assert_eq!(Note::update("n").set(Note::SCORE, -4).exec(db).await.unwrap().score, Some(-4));
    assert_eq!(Note::update("n").remove(Note::SCORE).exec(db).await.unwrap().score, None);
    assert_eq!(
        Note::update("n").remove(Note::SCORE).exec(db).await.unwrap().score,
        None,
        "removing nothing is no error"
    );
}

async fn append_to_lists(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    let none: [&str; 0] = [];
    assert_eq!(Note::update("n").append(Note::TAGS, none).exec(db).await.unwrap().tags, none);
    Note::update("n").append(Note::TAGS, ["a"]).exec(db).await.unwrap();
    let changed = Note::update("n").append(Note::TAGS, ["b", "a"]).exec(db).await.unwrap();
    assert_eq!(changed.tags, ["a", "b", "a"]);
}

async fn nested_changes(t: Test) {
    let db = t.with::<Note>().await;
    let address = Address { city: "Graz".into(), zip: Some("8010".into()), number: 1 };
    let labels = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
    Note::create(&Note { address: Some(address), labels, tags: vec!["x".into(), "y".into()], ..note("n") })
        .exec(db)
        .await
        .unwrap();
    let changed = Note::update("n")
        .set(Note::ADDRESS.at(Address::CITY), "Wien")
        .add(Note::ADDRESS.at(Address::NUMBER), 4)
        .remove(Note::ADDRESS.at(Address::ZIP))
        .set(Note::LABELS.entry("b.$c"), "2")
        .set(Note::TAGS.nth(1), "z")
        .exec(db)
        .await
        .unwrap();
    assert_eq!(changed.address, Some(Address { city: "Wien".into(), zip: None, number: 5 }));
    assert_eq!(changed.labels, BTreeMap::from([("a".into(), "1".into()), ("b.$c".into(), "2".into())]));
    assert_eq!(changed.tags, ["x", "z"]);
    let whole = Address { city: "Linz".into(), zip: None, number: 0 };
    assert_eq!(Note::update("n").set(Note::ADDRESS, &whole).exec(db).await.unwrap().address, Some(whole));
}

async fn a_way_that_is_missing_is_refused(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    assert_eq!(
        kind(Note::update("n").set(Note::ADDRESS.at(Address::CITY), "Wien").exec(db).await),
        ErrorKind::InvalidInput
    );
    assert_eq!(kind(Note::update("n").set(Note::TAGS.nth(0), "x").exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(note("n")));
}

async fn overlapping_changes_are_refused(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    let twice = Note::update("n").set(Note::COUNT, 1).add(Note::COUNT, 1).exec(db).await;
    assert_eq!(kind(twice), ErrorKind::InvalidInput);
    let inside = Note::update("n").remove(Note::ADDRESS).set(Note::ADDRESS.at(Address::CITY), "x").exec(db).await;
    assert_eq!(kind(inside), ErrorKind::InvalidInput);
}

async fn changes_see_the_record_as_it_was(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&Note { count: 1, ..note("n") }).exec(db).await.unwrap();
    let changed =
        Note::update("n").add(Note::COUNT, 1).add(Note::BIG, 1).only_if(Note::COUNT.eq(1)).exec(db).await.unwrap();
    assert_eq!((changed.count, changed.big), (2, 1));
}

async fn upsert_makes_or_changes(t: Test) {
    let db = t.with::<Note>().await;
    let upsert = |id: &str| {
        Note::upsert(id)
            .add(Note::COUNT, 2)
            .append(Note::TAGS, ["t"])
            .set(Note::DONE, true)
            .default(Note::TITLE, "untitled")
            .default(Note::BIG, 7)
            .default(Note::SMALL, 0)
            .default(Note::RATIO, 1.5)
            .default(Note::DATA, &[])
            .default(Note::LABELS, &BTreeMap::new())
    };
    let made = upsert("n").exec(db).await.unwrap();
    let expected = Note {
        id: "n".into(),
        title: "untitled".into(),
        count: 2,
        big: 7,
        ratio: 1.5,
        done: true,
        tags: vec!["t".into()],
        ..Note::default()
    };
    assert_eq!(made, expected);
    let changed = upsert("n").exec(db).await.unwrap();
    assert_eq!(changed, Note { count: 4, tags: vec!["t".into(), "t".into()], ..expected });
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(changed));
    let error = Note::upsert("m").set(Note::DONE, true).exec(db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "no partial record is ever made: {error}");
    assert_eq!(Note::get("m").exec(db).await.unwrap(), None);
}

async fn an_empty_update_only_reads(t: Test) {
    let db = t.with::<Note>().await;
    assert_eq!(kind(Note::update("n").exec(db).await), ErrorKind::NotFound);
    Note::create(&note("n")).exec(db).await.unwrap();
    assert_eq!(Note::update("n").exec(db).await.unwrap(), note("n"));
}

async fn several_conditions_are_all_needed(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    let refused =
        Note::update("n").set(Note::COUNT, 9).only_if(Note::COUNT.eq(0)).only_if(Note::DONE.eq(true)).exec(db).await;
    assert_eq!(kind(refused), ErrorKind::ConditionFailed);
}
