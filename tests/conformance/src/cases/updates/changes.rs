//! The changes of an update and of an upsert, alone and together.

use std::collections::BTreeMap;

use reposit::ErrorKind;

use super::Sparse;
use crate::models::{Address, Note, note};
use crate::test::{Test, kind};

cases!(
    every_kind_of_change_at_once,
    an_update_of_a_missing_record_makes_nothing,
    a_false_condition_changes_nothing,
    optional_fields_come_and_go,
    append_to_lists,
    overlapping_changes_are_refused,
    changes_see_the_record_as_it_was,
    upsert_makes_or_changes,
    an_empty_update_only_reads,
    several_conditions_are_all_needed,
    a_condition_without_changes_is_judged,
    more_changes_than_dynamodb_takes_are_refused,
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

async fn a_condition_without_changes_is_judged(t: Test) {
    let db = t.with::<Note>().await;
    assert_eq!(kind(Note::update("n").only_if(Note::COUNT.eq(0)).exec(db).await), ErrorKind::NotFound);
    Note::create(&note("n")).exec(db).await.unwrap();
    assert_eq!(Note::update("n").only_if(Note::COUNT.eq(0)).exec(db).await.unwrap(), note("n"));
    assert_eq!(kind(Note::update("n").only_if(Note::COUNT.eq(1)).exec(db).await), ErrorKind::ConditionFailed);
    let none: [&str; 0] = [];
    let refused = Note::update("n").append(Note::TAGS, none).only_if(Note::COUNT.eq(1)).exec(db).await;
    assert_eq!(kind(refused), ErrorKind::ConditionFailed);
}

async fn more_changes_than_dynamodb_takes_are_refused(t: Test) {
    let db = t.with::<Sparse>().await;
    let empty = Sparse { id: "1".into(), byte: None, long: None, float: None, list: None, lists: BTreeMap::new() };
    Sparse::create(&empty).exec(db).await.unwrap();
    let many = |n: usize| {
        (0..n).fold(Sparse::update("1"), |update, n| update.set(Sparse::LISTS.entry(&n.to_string()), &[n as i32]))
    };
    for n in [300, 2_000] {
        let error = many(n).exec(db).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains("4096"), "{error}");
    }
    assert_eq!(many(60).exec(db).await.unwrap().lists.len(), 60);
    let long = Sparse::LISTS.entry(&"x".repeat(5_000)).missing();
    assert!(Sparse::update("1").add(Sparse::BYTE, 1).only_if(long).exec(db).await.is_ok(), "a name is a placeholder");
    let values: Vec<_> = (0..100).map(|n| n.to_string()).collect();
    let among = || Sparse::ID.is_in(values.iter().map(String::as_str));
    let wide = (0..7).fold(among(), |any, _| any | among());
    let error = Sparse::update("1").add(Sparse::BYTE, 1).only_if(wide).exec(db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains("4096"), "{error}");
}
