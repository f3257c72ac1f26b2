use std::collections::BTreeMap;

use reposit::{Condition, Embedded, ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use reposit_tests::harness::{Test, kind};
use reposit_tests::models::{Address, Event, Note, User, event, note, user};

reposit_tests::cases!(
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
    text_at_its_edges,
    floats_at_their_edges,
    key_fields_in_the_filter_of_a_query,
    conditions_of_any_shape,
    a_condition_that_is_too_large_is_refused,
    lists_of_structs_and_maps_of_lists,
    what_is_stored_as_another_type,
    sets_of_values_of_every_type,
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

async fn text_at_its_edges(t: Test) {
    let conditions = vec![
        (Note::TITLE.contains(""), true),
        (Note::TITLE.begins_with("note n"), true),
        (Note::TITLE.begins_with("note n and more"), false),
        (Note::NICKNAME.begins_with("Zoe"), false),
        (Note::NICKNAME.begins_with("Zoë"), true),
        (Note::NICKNAME.begins_with("Zo\u{308}"), false),
        (Note::NICKNAME.contains("\u{308}"), false),
        (Note::NICKNAME.eq("Zoe\u{308}"), false),
        (Note::NICKNAME.eq("ZOË"), false),
        (Note::NICKNAME.lt("Zoë\0"), true),
        (Note::NICKNAME.gt(""), true),
        (Note::NICKNAME.between("a", "Z"), false),
        (Note::ADDRESS.at(Address::ZIP).begins_with(""), false),
        (Note::ADDRESS.at(Address::ZIP).contains(""), false),
        (Note::TITLE.lt("\u{10ffff}"), true),
    ];
    assert_all(&t, conditions).await;
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

async fn key_fields_in_the_filter_of_a_query(t: Test) {
    let db = t.with::<Event>().await;
    for seq in 0..6 {
        Event::create(&event("s", seq, (seq % 3) as i32)).exec(db).await.unwrap();
    }
    let seqs = |found: Vec<Event>| found.into_iter().map(|event| event.seq).collect::<Vec<_>>();
    let found = Event::query("s").filter(Event::SEQ.gt(2) & Event::STREAM.eq("s")).all(db).await.unwrap();
    assert_eq!(seqs(found), [3, 4, 5]);
    let found = Event::query("s").range(1..).filter(!Event::SEQ.is_in([2, 4])).limit(2).exec(db).await.unwrap();
    assert_eq!(seqs(found.items), [1, 3]);
    let found = Event::find_by_severity("s").range(1..).filter(Event::SEVERITY.ne(2) & Event::SEQ.lt(4));
    assert_eq!(seqs(found.all(db).await.unwrap()), [1]);
    let found = Event::scan().filter(Event::SEQ.between(1, 2) | Event::STREAM.contains("x")).all(db).await.unwrap();
    assert_eq!(found.len(), 2);
    let db = t.with::<User>().await;
    for (id, at) in [("a", 1), ("b", 2), ("c", 3)] {
        User::create(&user(id, "core", at)).exec(db).await.unwrap();
    }
    let found = User::find_by_team("core")
        .filter(User::TEAM.begins_with("co") & User::JOINED_AT.gt(1) & User::ID.ne("b"))
        .all(db)
        .await
        .unwrap();
    assert_eq!(found.into_iter().map(|user| user.id).collect::<Vec<_>>(), ["c"]);
}

/// A condition nested so deep that `and` and `or` change places at every level, and what it is of the sample.
fn nested(levels: i64) -> (Condition<Note>, bool) {
    (0..levels).fold((Note::DONE.eq(true), true), |(condition, truth), level| match level % 3 {
        0 => (condition & Note::COUNT.lt(level - 40), truth && -7 < level - 40),
        1 => (condition | Note::COUNT.gt(level - 40), truth || -7 > level - 40),
        _ => (!condition, !truth),
    })
}

async fn conditions_of_any_shape(t: Test) {
    let wide = |n: i64| (0..n).fold(Note::DONE.eq(true), |all, n| all & Note::COUNT.ne(n));
    let either = |n: i64| (0..n).fold(Note::DONE.eq(false), |any, n| any | Note::COUNT.eq(n));
    let mut conditions = vec![
        (wide(90), true),
        (wide(90) & Note::COUNT.ne(-7), false),
        (either(130), false),
        (either(130) | Note::COUNT.eq(-7), true),
    ];
    conditions.extend([1, 2, 3, 30, 31, 32].map(nested));
    assert_all(&t, conditions).await;
}

async fn a_condition_that_is_too_large_is_refused(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    let wide = |n: i64| (0..n).fold(Note::DONE.eq(true), |all, n| all & Note::COUNT.ne(n));
    for n in [200, 1_000] {
        let error = Note::scan().filter(wide(n)).all(db).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains("300"), "{error}");
        let update = Note::update("n").set(Note::COUNT, 1).only_if(wide(n)).exec(db).await;
        assert_eq!(kind(update), ErrorKind::InvalidInput);
        assert_eq!(kind(Note::delete("n").only_if(wide(n)).exec(db).await), ErrorKind::InvalidInput);
    }
    // However it was built: no depth is a danger to the stack.
    let deep = (0..100_000).fold(Note::DONE.eq(true), |condition, n| !(condition & Note::COUNT.eq(n)));
    assert_eq!(kind(Note::scan().filter(deep).all(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Note::scan().filter(nested(33).0).all(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Note::scan().filter(Note::COUNT.is_in(0..1_000)).all(db).await), ErrorKind::InvalidInput);
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(note("n")));
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
