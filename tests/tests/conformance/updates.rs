use std::collections::BTreeMap;

use reposit::{Embedded, ErrorKind, FieldType, Repository};
use serde::{Deserialize, Serialize};

use reposit_tests::harness::{Test, kind};
use reposit_tests::models::{Address, Note, note};

reposit_tests::cases!(
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
    a_condition_without_changes_is_judged,
    a_nested_sum_outside_the_field_is_refused,
    missing_numbers_and_lists_are_nothing,
    what_is_too_deep_is_refused,
    names_in_maps_may_be_anything,
    a_flattened_field_is_its_fields,
    single_floats_add_too,
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Sparse {
    #[hash_key]
    id: String,
    byte: Option<u8>,
    long: Option<u64>,
    float: Option<f64>,
    list: Option<Vec<String>>,
    lists: BTreeMap<String, Vec<i32>>,
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
struct Tree {
    below: Option<Box<Tree>>,
    name: String,
}

fn tree(levels: usize) -> Tree {
    (1..levels).fold(Tree { below: None, name: "leaf".into() }, |below, _| Tree {
        below: Some(Box::new(below)),
        name: "branch".into(),
    })
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Deep {
    #[hash_key]
    id: String,
    tree: Tree,
    forest: Vec<Tree>,
    named: BTreeMap<String, Tree>,
}

async fn what_is_too_deep_is_refused(t: Test) {
    let db = t.with::<Deep>().await;
    let deep = |levels| Deep { id: "1".into(), tree: tree(levels), forest: vec![], named: BTreeMap::new() };
    assert_eq!(kind(Deep::create(&deep(32)).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Deep::put(&deep(500)).exec(db).await), ErrorKind::InvalidInput);
    Deep::create(&deep(31)).exec(db).await.unwrap();
    assert_eq!(Deep::get("1").exec(db).await.unwrap(), Some(deep(31)));
    for update in [
        Deep::update("1").set(Deep::TREE, &tree(32)),
        Deep::update("1").append(Deep::FOREST, [&tree(31)]),
        Deep::update("1").set(Deep::NAMED.entry("x"), &tree(31)),
    ] {
        assert_eq!(kind(update.exec(db).await), ErrorKind::InvalidInput);
    }
    assert_eq!(Deep::get("1").exec(db).await.unwrap(), Some(deep(31)));
    let changed = Deep::update("1")
        .append(Deep::FOREST, [&tree(30)])
        .set(Deep::NAMED.entry("x"), &tree(30))
        .exec(db)
        .await
        .unwrap();
    assert_eq!((&changed.forest, &changed.named["x"]), (&vec![tree(30)], &tree(30)));
    // A condition looks as deep, and deeper into nothing.
    let found = Deep::scan().filter(Deep::TREE.eq(&tree(31)) & Deep::FOREST.contains(&tree(30)));
    assert_eq!(found.count(db).await.unwrap(), 1);
}

async fn names_in_maps_may_be_anything(t: Test) {
    let db = t.with::<Note>().await;
    for name in [" ", "$", "$ref", "$id", "$db", "a.b", ".", "0", "10", "__proto__", "_id", "_reposit_stamp", "\n"] {
        let labels = BTreeMap::from([("m".to_owned(), "middle".to_owned()), (name.to_owned(), "here".to_owned())]);
        Note::put(&Note { labels: labels.clone(), ..note("n") })
            .exec(db)
            .await
            .unwrap_or_else(|e| panic!("{name:?}: {e}"));
        assert_eq!(Note::get("n").exec(db).await.unwrap().unwrap().labels, labels, "{name:?}");
        Note::put(&note("n")).exec(db).await.unwrap();
        let set =
            Note::update("n").set(Note::LABELS, &labels).exec(db).await.unwrap_or_else(|e| panic!("{name:?}: {e}"));
        assert_eq!(set.labels, labels, "{name:?}");
        Note::put(&Note { labels: BTreeMap::from([("m".into(), "middle".into())]), ..note("n") })
            .exec(db)
            .await
            .unwrap();
        let set = Note::update("n")
            .set(Note::LABELS.entry(name), "here")
            .only_if(Note::LABELS.entry(name).missing())
            .exec(db)
            .await
            .unwrap_or_else(|e| panic!("{name:?}: {e}"));
        assert_eq!(set.labels, labels, "{name:?}");
        assert_eq!(Note::scan().filter(Note::LABELS.eq(&labels)).count(db).await.unwrap(), 1, "{name:?}");
    }
    for refused in ["", "a\0b"] {
        let labels = BTreeMap::from([(refused.to_owned(), String::new())]);
        let entry = || Note::LABELS.entry(refused);
        assert_eq!(
            kind(Note::put(&Note { labels: labels.clone(), ..note("n") }).exec(db).await),
            ErrorKind::InvalidInput
        );
        assert_eq!(kind(Note::update("n").set(Note::LABELS, &labels).exec(db).await), ErrorKind::InvalidInput);
        assert_eq!(kind(Note::update("n").set(entry(), "x").exec(db).await), ErrorKind::InvalidInput);
        assert_eq!(kind(Note::scan().filter(entry().missing()).all(db).await), ErrorKind::InvalidInput);
    }
}
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Part {
    left: i64,
    right: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Whole {
    #[hash_key]
    id: String,
    #[serde(flatten)]
    part: Part,
}

async fn a_flattened_field_is_its_fields(t: Test) {
    let db = t.with::<Whole>().await;
    let whole = Whole { id: "1".into(), part: Part { left: 1, right: None } };
    Whole::create(&whole).exec(db).await.unwrap();
    assert_eq!(kind(Whole::update("1").set(Whole::PART, &whole.part).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Whole::scan().filter(Whole::PART.eq(&whole.part)).all(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Whole::scan().filter(Whole::PART.exists()).all(db).await), ErrorKind::InvalidInput);
    let changed = Whole::update("1")
        .add(Whole::PART.at(Part::LEFT), 2)
        .set(Whole::PART.at(Part::RIGHT), "r")
        .only_if(Whole::PART.at(Part::RIGHT).missing())
        .exec(db)
        .await
        .unwrap();
    assert_eq!(changed.part, Part { left: 3, right: Some("r".into()) });
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
