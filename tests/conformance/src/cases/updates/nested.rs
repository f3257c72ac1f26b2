//! Changes below a field: of what is there, of what is missing, and as deep as may be.

use std::collections::BTreeMap;

use reposit::{Embedded, ErrorKind, FieldType, Repository};
use serde::{Deserialize, Serialize};

use crate::models::{Address, Note, note};
use crate::test::{Test, kind};

cases!(
    nested_changes,
    a_way_that_is_missing_is_refused,
    what_is_too_deep_is_refused,
    names_in_maps_may_be_anything,
    a_flattened_field_is_its_fields,
);

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
