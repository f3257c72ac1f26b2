//! What is inside of a field: items of lists, entries of maps, members of sets, fields of structs; also if it is stored as another
//! type than the model has.

use std::collections::BTreeMap;

use reposit::{Embedded, ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use super::assert_all;
use crate::models::{Address, Note, note};
use crate::test::{Test, kind};

cases!(
    lists_contain,
    nested_fields,
    map_entries_with_hostile_names,
    lists_of_structs_and_maps_of_lists,
    what_is_stored_as_another_type,
    sets_of_values_of_every_type,
);

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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Line {
    article: String,
    pieces: Option<u16>,
    notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Order {
    #[hash_key]
    id: String,
    lines: Vec<Line>,
    first: Option<Line>,
    by_day: BTreeMap<String, Vec<u32>>,
    by_name: BTreeMap<String, Line>,
}

fn line(article: &str, pieces: Option<u16>) -> Line {
    Line { article: article.into(), pieces, notes: vec![article.into()] }
}

async fn lists_of_structs_and_maps_of_lists(t: Test) {
    let db = t.with::<Order>().await;
    let order = Order {
        id: "o".into(),
        lines: vec![line("nut", Some(3)), line("bolt", None)],
        first: None,
        by_day: BTreeMap::from([("mon.day".into(), vec![1, 2]), (" ".into(), vec![])]),
        by_name: BTreeMap::from([("$nut".into(), line("nut", Some(1)))]),
    };
    Order::create(&order).exec(db).await.unwrap();
    assert_eq!(Order::get("o").exec(db).await.unwrap(), Some(order.clone()));
    for (condition, expected) in [
        (Order::LINES.nth(0).at(Line::PIECES).gt(2), true),
        (Order::LINES.nth(1).at(Line::PIECES).missing(), true),
        (Order::LINES.nth(1).at(Line::PIECES).ne(3), true),
        (Order::LINES.nth(7).at(Line::ARTICLE).eq("nut"), false),
        (Order::LINES.contains(&line("bolt", None)), true),
        (Order::LINES.contains(&line("bolt", Some(0))), false),
        (Order::LINES.nth(0).at(Line::NOTES).contains("nut"), true),
        (Order::LINES.nth(0).eq(&line("nut", Some(3))), true),
        (Order::LINES.size().ge(2), true),
        (Order::FIRST.at(Line::ARTICLE).exists(), false),
        (Order::FIRST.at(Line::NOTES).size().lt(1), false),
        (Order::FIRST.at(Line::NOTES).size().ne(1), true),
        (Order::FIRST.missing(), true),
        (Order::BY_DAY.entry("mon.day").contains(2), true),
        (Order::BY_DAY.entry("mon.day").nth(1).eq(2), true),
        (Order::BY_DAY.entry("mon").missing(), true),
        (Order::BY_DAY.entry(" ").exists(), true),
        (Order::BY_DAY.entry(" ").size().eq(0), true),
        (Order::BY_DAY.eq(&order.by_day), true),
        (Order::BY_NAME.entry("$nut").at(Line::PIECES).eq(1), true),
        (Order::BY_NAME.size().eq(1), true),
    ] {
        let found = Order::scan().filter(condition.clone()).count(db).await;
        assert_eq!(found.unwrap_or_else(|e| panic!("{condition:?}: {e}")) == 1, expected, "{condition:?}");
    }
    let changed = Order::update("o")
        .add(Order::LINES.nth(1).at(Line::PIECES), 2)
        .append(Order::BY_DAY.entry(" "), [9])
        .append(Order::LINES.nth(0).at(Line::NOTES), ["big"])
        .set(Order::BY_NAME.entry("$nut").at(Line::ARTICLE), "$wing")
        .set(Order::BY_NAME.entry("a.b"), &line("c", None))
        .exec(db)
        .await
        .unwrap();
    assert_eq!(changed.lines[1].pieces, Some(2));
    assert_eq!(changed.lines[0].notes, ["nut", "big"]);
    assert_eq!(changed.by_day[" "], [9]);
    assert_eq!(changed.by_name["$nut"].article, "$wing");
    assert_eq!(changed.by_name["a.b"], line("c", None));
    // What was put together by updates is equal to what is written whole.
    assert_eq!(Order::scan().filter(Order::BY_NAME.eq(&changed.by_name)).count(db).await.unwrap(), 1);
    assert_eq!(Order::scan().filter(Order::LINES.eq(&changed.lines)).count(db).await.unwrap(), 1);
}

async fn sets_of_values_of_every_type(t: Test) {
    let conditions = vec![
        (Note::RATIO.is_in([0.5, 0.1]), true),
        (Note::DONE.is_in([false]), false),
        (Note::DATA.is_in([&[0_u8, 1, 255][..], &[]]), true),
        (Note::DATA.is_in([&[0_u8, 1][..]]), false),
        (Note::TAGS.is_in([&["red".to_owned(), "blue".to_owned()][..]]), true),
        (Note::NICKNAME.is_in(["x", "Zoë"]), true),
        (Note::BIG.is_in([u64::MAX]), true),
        (Note::SCORE.is_in([1]), false),
        (Note::SCORE.is_in([1]).not(), true),
        (Note::ADDRESS.is_in([&Address { city: "Graz".into(), zip: None, number: 12 }]), true),
        (Note::COUNT.between(i64::MIN, i64::MAX), true),
        (Note::BIG.between(0, u64::MAX), true),
        (Note::BIG.ge(u64::MAX), true),
        (Note::SMALL.between(201, 199), false),
    ];
    assert_all(&t, conditions).await;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "retyped")]
struct AsText {
    #[hash_key]
    id: String,
    value: String,
    nested: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "retyped")]
struct AsNumber {
    #[hash_key]
    id: String,
    #[serde(default)]
    value: Option<i64>,
    #[serde(default)]
    nested: Option<Line>,
}

async fn what_is_stored_as_another_type(t: Test) {
    let db = t.with::<AsText>().await;
    AsText::create(&AsText { id: "1".into(), value: "7".into(), nested: "x".into() }).exec(db).await.unwrap();
    for (condition, expected) in [
        (AsNumber::VALUE.eq(7), 0),
        (AsNumber::VALUE.ne(7), 1),
        (AsNumber::VALUE.lt(8), 0),
        (AsNumber::VALUE.ge(6), 0),
        (!AsNumber::VALUE.ge(6), 1),
        (AsNumber::VALUE.is_in([7]), 0),
        (AsNumber::VALUE.between(0, 9), 0),
        (AsNumber::VALUE.exists(), 1),
        (AsNumber::NESTED.at(Line::ARTICLE).eq("x"), 0),
        (AsNumber::NESTED.at(Line::ARTICLE).exists(), 0),
        (AsNumber::NESTED.at(Line::NOTES).contains("x"), 0),
        (AsNumber::NESTED.at(Line::NOTES).size().ge(0), 0),
    ] {
        assert_eq!(AsText::scan().count(db).await.unwrap(), 1);
        assert_eq!(AsNumber::scan().filter(condition.clone()).count(db).await.unwrap(), expected, "{condition:?}");
    }
    let added = AsNumber::update("1").add(AsNumber::VALUE, 1).exec(db).await.unwrap_err();
    assert_eq!((added.kind(), added.message()), (ErrorKind::InvalidInput, "value is stored as text, not as a number"));
    let nested = AsNumber::update("1").set(AsNumber::NESTED.at(Line::ARTICLE), "y").exec(db).await;
    assert_eq!(kind(nested), ErrorKind::InvalidInput);
    let nested = AsNumber::update("1").append(AsNumber::NESTED.at(Line::NOTES), ["y"]).exec(db).await;
    assert_eq!(kind(nested), ErrorKind::InvalidInput);
    let kept = AsText { id: "1".into(), value: "7".into(), nested: "x".into() };
    assert_eq!(AsText::get("1").exec(db).await.unwrap(), Some(kept));
}
