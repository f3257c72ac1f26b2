use std::fmt::Debug;
use std::ops::Bound;

use proptest::prelude::*;

use super::*;
use crate::condition::{Expr, Op};
use crate::definition::{Definition, FieldDef, IndexDef, KeyDef, KeyKind, Spec};
use crate::path::{Path, Step};
use crate::request::{KeyRange, Query, Source};
use crate::value::{Map, Value};

static THINGS: Definition = Spec::new("Thing", "things", &[FieldDef::new("h", "h")], KeyDef::new(0, KeyKind::String))
    .indexes(&[IndexDef::new("by_h", KeyDef::new(0, KeyKind::String), &[])])
    .build();

/// Short names and texts of few letters, so that two of them are often equal, or nearly.
fn text() -> impl Strategy<Value = String> {
    proptest::sample::select(vec!["", "a", "b", "ab", "n", "s\0\0\0\u{1}a", "é"]).prop_map(str::to_owned)
}

fn leaf() -> impl Strategy<Value = Value> {
    let int = prop_oneof![-2i128..3, Just(i128::from(i64::MIN)), Just(i128::from(u64::MAX))];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        int.prop_map(Value::Int),
        proptest::sample::select(vec![0.5, -0.0, 0.0, 2.0, 1e300]).prop_map(Value::Float),
        (-2i64..3).prop_map(Value::Instant),
        (0u8..3).prop_map(|byte| Value::ObjectId([byte; 12])),
        text().prop_map(Value::String),
        proptest::collection::vec(0u8..2, 0..3).prop_map(Value::Bytes),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::List),
            proptest::collection::vec((text(), inner), 0..3)
                .prop_map(|pairs| Value::Map(pairs.into_iter().collect::<Map>())),
        ]
    })
}

fn path() -> impl Strategy<Value = Path> {
    let step = prop_oneof![text().prop_map(|name| Step::Name(name.into())), (0usize..2).prop_map(Step::Position)];
    proptest::collection::vec(step, 1..3).prop_map(Path::new)
}

fn op() -> impl Strategy<Value = Op> {
    proptest::sample::select(vec![Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge])
}

fn condition() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        (path(), op(), value()).prop_map(|(path, op, value)| Expr::Compare { path, op, value }),
        (path(), proptest::collection::vec(value(), 0..3)).prop_map(|(path, values)| Expr::In { path, values }),
        (path(), text()).prop_map(|(path, prefix)| Expr::BeginsWith { path, prefix }),
        (path(), value()).prop_map(|(path, value)| Expr::Contains { path, value }),
        (path(), op(), 0u64..2).prop_map(|(path, op, count)| Expr::Size { path, op, count }),
        path().prop_map(Expr::Exists),
        path().prop_map(Expr::Missing),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        let several = proptest::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            several.clone().prop_map(Expr::And),
            several.prop_map(Expr::Or),
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
}

fn bound() -> impl Strategy<Value = Bound<Value>> {
    prop_oneof![leaf().prop_map(Bound::Included), leaf().prop_map(Bound::Excluded), Just(Bound::Unbounded)]
}

fn query() -> impl Strategy<Value = Query> {
    let source = prop_oneof![
        leaf().prop_map(Source::primary),
        leaf().prop_map(|value| Source::index(&THINGS.indexes()[0], [value])),
        proptest::option::of((0u32..2, 1u32..3)).prop_map(Source::scan),
    ];
    let range = prop_oneof![
        Just(KeyRange::All),
        text().prop_map(KeyRange::Prefix),
        (bound(), bound()).prop_map(|(low, high)| KeyRange::Between(low, high)),
    ];
    (source, range, any::<bool>(), proptest::option::of(condition())).prop_map(|(source, range, descending, filter)| {
        Query { range, descending, filter, ..Query::new(&THINGS, source, 1) }
    })
}

/// A query, and one that differs from it in one thing at most, or in all.
fn pair() -> impl Strategy<Value = (Query, Query)> {
    (query(), query(), 0..6).prop_map(|(a, b, change)| {
        let mut other = a.clone();
        match change {
            0 => {}
            1 => other.source = b.source,
            2 => other.range = b.range,
            3 => other.descending = b.descending,
            4 => other.filter = b.filter,
            _ => other = b,
        }
        (a, other)
    })
}

/// What is read, as text that shows every difference. It is the test's own measure; nothing is made of it.
fn shown(query: &Query) -> String {
    fn show(parts: &[&dyn Debug]) -> String {
        format!("{parts:?}")
    }
    show(&[&query.source.kind(), &query.range, &query.descending, &query.filter])
}

fn bytes(query: &Query) -> Vec<u8> {
    let mut out = Vec::new();
    append_query(&mut out, query);
    out
}

fn value_bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    append_value(&mut out, value);
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn queries_have_the_same_bytes_only_if_they_are_the_same((a, b) in pair()) {
        prop_assert_eq!(bytes(&a) == bytes(&b), shown(&a) == shown(&b), "{} {}", shown(&a), shown(&b));
    }

    #[test]
    fn a_value_comes_back_as_it_was(value in value()) {
        let bytes = value_bytes(&value);
        let read = read_value(&mut &bytes[..]);
        prop_assert_eq!(format!("{read:?}"), format!("{:?}", Some(value)));
    }

    #[test]
    fn a_value_is_written_in_one_way_only(value in value(), at in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = value_bytes(&value);
        *at.get_mut(&mut bytes) = byte;
        let mut rest = &bytes[..];
        if let Some(read) = read_value(&mut rest) {
            prop_assert_eq!([&value_bytes(&read), rest].concat(), bytes);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = read_value(&mut &bytes[..]);
    }
}

#[test]
fn what_is_written_stays_as_it_is() {
    let mut query = Query::new(&THINGS, Source::index(&THINGS.indexes()[0], [Value::from("x")]), 1);
    query.range = KeyRange::Between(Bound::Included(Value::Int(-1)), Bound::Unbounded);
    query.filter = Some(Expr::Not(Box::new(Expr::Size { path: Path::field("h"), op: Op::Ge, count: 2 })));
    let part = |kind: u8, parts: &[&[u8]]| {
        let content = parts.concat();
        let mut out = vec![kind];
        out.extend_from_slice(&(content.len() as u32).to_be_bytes());
        [out, content].concat()
    };
    let size = part(
        b'Z',
        &[&part(b'p', &[&part(b's', &[b"h"])]), &part(b'O', &[b">="]), &part(b'a', &[&[0, 0, 0, 0, 0, 0, 0, 2]])],
    );
    let expected = part(
        b'q',
        &[
            &part(b's', &[b"things"]),
            &part(b'2', &[&part(b's', &[b"by_h"]), &part(b's', &[b"x"])]),
            &part(b'B', &[&part(b'I', &[&part(b'i', &[&[0xFF; 16]])]), &part(b'U', &[])]),
            &part(b'o', &[&[0]]),
            &part(b'!', &[&size]),
        ],
    );
    assert_eq!(bytes(&query), expected);
}

#[test]
fn a_length_that_is_only_claimed_takes_no_memory_and_deep_nesting_ends() {
    assert!(read_value(&mut &[b'b', 0xFF, 0xFF, 0xFF, 0xFF, 1][..]).is_none());
    let mut deep = Value::Null;
    for _ in 0..200 {
        deep = Value::List(vec![deep]);
    }
    assert!(read_value(&mut &value_bytes(&deep)[..]).is_none());
}
