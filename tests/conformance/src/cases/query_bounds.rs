//! The edges of reads: ends of ranges that no key can have, limits that no page reaches, keys by the hundred.

use futures_util::TryStreamExt;
use reposit::{ErrorKind, Projection, Repository};
use serde::{Deserialize, Serialize};
use std::ops::Bound;

use crate::models::{Event, Note, event, note};
use crate::test::{Test, kind};

cases!(
    no_limit_is_too_large,
    no_limit_is_zero,
    text_ranges_end_where_no_key_can,
    byte_ranges_end_where_no_key_can,
    a_count_stops_at_the_limit,
    a_sparse_index_has_ranges,
    a_local_index_of_part_of_the_fields,
    many_keys_are_read_in_the_order_asked,
);

async fn no_limit_is_too_large(t: Test) {
    let db = t.with::<Event>().await;
    let events: Vec<_> = (0..5).map(|n| event("s", n, n as i32)).collect();
    Event::put_many(&events).exec(db).await.unwrap();
    for limit in [u32::MAX as usize, i32::MAX as usize, i64::MAX as usize, usize::MAX] {
        for filtered in [false, true] {
            let (q, i, s) = (Event::query("s"), Event::find_by_severity("s"), Event::scan());
            let (q, i, s) = (q.limit(limit), i.limit(limit).descending(), s.limit(limit));
            let is = || Event::SEQ.lt(5);
            let (q, i, s) = if filtered { (q.filter(is()), i.filter(is()), s.filter(is())) } else { (q, i, s) };
            let page = q.clone().exec(db).await.unwrap();
            assert_eq!((page.items.len(), page.next), (5, None), "{limit}");
            assert_eq!(q.clone().all(db).await.unwrap(), events);
            assert_eq!(q.clone().count(db).await.unwrap(), 5);
            assert_eq!(q.stream(db).try_collect::<Vec<_>>().await.unwrap(), events);
            assert_eq!(i.clone().exec(db).await.unwrap().items.len(), 5);
            assert_eq!(i.first(db).await.unwrap().unwrap().seq, 4);
            assert_eq!(s.clone().segments(3).all(db).await.unwrap().len(), 5);
            assert_eq!(s.segments(3).count(db).await.unwrap(), 5);
        }
    }
    // A place far into the index, and a page as large as can be.
    let next = Event::find_by_severity("s").limit(2).exec(db).await.unwrap().next.unwrap();
    let rest = Event::find_by_severity("s").limit(usize::MAX).after(next).exec(db).await.unwrap();
    assert_eq!(rest.items, events[2..]);
}

async fn no_limit_is_zero(t: Test) {
    let db = t.with::<Event>().await;
    let (q, s) = (|| Event::query("s").limit(0), || Event::scan().limit(0));
    assert_eq!(kind(q().exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(q().all(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(q().first(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(q().count(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(q().stream(db).try_collect::<Vec<_>>().await), ErrorKind::InvalidInput);
    assert_eq!(kind(q().explain(db)), ErrorKind::InvalidInput);
    assert_eq!(kind(s().exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(s().all(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(s().first(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(s().segments(2).count(db).await), ErrorKind::InvalidInput);
    for segments in [0, 1_000_001, u32::MAX] {
        assert_eq!(kind(Event::scan().segments(segments).all(db).await), ErrorKind::InvalidInput);
        assert_eq!(kind(Event::scan().segments(segments).count(db).await), ErrorKind::InvalidInput);
        assert_eq!(kind(Event::scan().segments(segments).exec(db).await), ErrorKind::InvalidInput);
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "lines")]
struct Line {
    #[hash_key]
    book: String,
    #[range_key]
    text: String,
    #[index(range = "text")]
    tag: String,
}

async fn text_ranges_end_where_no_key_can(t: Test) {
    let db = t.with::<Line>().await;
    let long = "x".repeat(1024);
    let mut texts: Vec<String> = [
        "\0",
        "\0\0",
        "a",
        "a\0",
        "a\0b",
        "a\u{10ffff}",
        "a\u{10ffff}\u{10ffff}",
        "b",
        "\u{d7ff}",
        "\u{e000}",
        "\u{10ffff}",
    ]
    .map(String::from)
    .to_vec();
    texts.extend([long.clone(), format!("{}y", &long[..1023]), format!("{}é", &long[..1022])]);
    texts.sort();
    for text in &texts {
        Line::create(&Line { book: "b".into(), text: text.clone(), tag: "t".into() }).exec(db).await.unwrap();
    }
    let held = |holds: &dyn Fn(&str) -> bool| texts.iter().filter(|text| holds(text)).cloned().collect::<Vec<_>>();
    let of = |lines: Vec<Line>| lines.into_iter().map(|line| line.text).collect::<Vec<_>>();
    let longer = format!("{long}x");
    let much_longer = "x".repeat(5000);
    let cut = format!("{}é", &long[..1023]);
    let ends = [
        "",
        "\0",
        "a",
        "a\0",
        "a\u{10ffff}",
        "\u{10ffff}",
        "\u{10ffff}\u{10ffff}",
        "\u{d7ff}",
        "\u{e000}",
        &long,
        &longer,
        &much_longer,
        &cut,
    ];
    for prefix in ends {
        let expected = held(&|text| text.starts_with(prefix));
        let found = of(Line::query("b").begins_with(prefix).all(db).await.unwrap());
        assert_eq!(found, expected, "beginning with {prefix:?}");
        let found = of(Line::find_by_tag("t").begins_with(prefix).all(db).await.unwrap());
        assert_eq!(found, expected, "in the index, beginning with {prefix:?}");
    }
    for (n, low) in ends.into_iter().enumerate() {
        for (m, high) in ends.into_iter().enumerate() {
            let bounds = [
                (Bound::Included(low), Bound::Included(high)),
                (Bound::Excluded(low), Bound::Included(high)),
                (Bound::Included(low), Bound::Excluded(high)),
                (Bound::Excluded(low), Bound::Excluded(high)),
                (Bound::Unbounded, Bound::Excluded(high)),
                (Bound::Unbounded, Bound::Included(high)),
                (Bound::Excluded(low), Bound::Unbounded),
            ];
            // Each pair in two of the forms, and each form with every end.
            for (low, high) in [bounds[(n + m) % 7], bounds[(n + 3 * m + 1) % 7]] {
                let expected = held(&|text| {
                    (match low {
                        Bound::Included(low) => text >= low,
                        Bound::Excluded(low) => text > low,
                        Bound::Unbounded => true,
                    }) && (match high {
                        Bound::Included(high) => text <= high,
                        Bound::Excluded(high) => text < high,
                        Bound::Unbounded => true,
                    })
                });
                let found = of(Line::query("b").range((low, high)).all(db).await.unwrap());
                assert_eq!(found, expected, "from {low:?} to {high:?}");
                let q = Line::find_by_tag("t").range((low, high));
                assert_eq!(q.clone().count(db).await.unwrap(), expected.len() as u64, "from {low:?} to {high:?}");
                assert_eq!(q.descending().first(db).await.unwrap().map(|line| line.text), expected.last().cloned());
            }
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "blobs")]
struct Blob {
    #[hash_key]
    book: String,
    #[range_key]
    bytes: Vec<u8>,
    #[index(range = "more")]
    tag: Vec<u8>,
    more: Vec<u8>,
}

async fn byte_ranges_end_where_no_key_can(t: Test) {
    let db = t.with::<Blob>().await;
    let stored: [&[u8]; 5] = [&[0], &[0, 0], &[1], &[255], &[255, 255]];
    for bytes in stored {
        let blob = Blob { book: "b".into(), bytes: bytes.to_vec(), tag: vec![7], more: bytes.to_vec() };
        Blob::create(&blob).exec(db).await.unwrap();
    }
    let long = vec![255; 1500];
    let ends: [&[u8]; 6] = [&[], &[0], &[0, 0, 0], &[255], &[255, 255, 255], &long];
    for low in ends {
        for high in ends {
            for (low, high) in [
                (Bound::Included(low), Bound::Included(high)),
                (Bound::Excluded(low), Bound::Excluded(high)),
                (Bound::Unbounded, Bound::Excluded(high)),
                (Bound::Unbounded, Bound::Included(high)),
                (Bound::Included(low), Bound::Unbounded),
                (Bound::Excluded(low), Bound::Unbounded),
            ] {
                let above = |bytes: &[u8]| match low {
                    Bound::Included(low) => bytes >= low,
                    Bound::Excluded(low) => bytes > low,
                    Bound::Unbounded => true,
                };
                let below = |bytes: &[u8]| match high {
                    Bound::Included(high) => bytes <= high,
                    Bound::Excluded(high) => bytes < high,
                    Bound::Unbounded => true,
                };
                let expected: Vec<_> = stored.iter().filter(|bytes| above(bytes) && below(bytes)).collect();
                let found = Blob::query("b").range((low, high)).all(db).await.unwrap();
                assert_eq!(found.iter().map(|blob| &blob.bytes).collect::<Vec<_>>(), expected, "{low:?} to {high:?}");
                let found = Blob::find_by_tag(&[7]).range((low, high)).all(db).await.unwrap();
                assert_eq!(found.iter().map(|blob| &blob.bytes).collect::<Vec<_>>(), expected, "{low:?} to {high:?}");
            }
        }
    }
}

async fn a_count_stops_at_the_limit(t: Test) {
    let db = t.with::<Event>().await;
    let events: Vec<_> = (0..20).map(|n| event("s", n, (n % 2) as i32)).collect();
    Event::put_many(&events).exec(db).await.unwrap();
    let odd = || Event::SEVERITY.eq(1);
    for (limit, expected) in [(1, 1), (9, 9), (10, 10), (11, 10), (50, 10)] {
        assert_eq!(Event::query("s").filter(odd()).limit(limit).count(db).await.unwrap(), expected);
        assert_eq!(Event::find_by_severity("s").range(1..).limit(limit).count(db).await.unwrap(), expected);
        assert_eq!(Event::scan().filter(odd()).limit(limit).count(db).await.unwrap(), expected);
        assert_eq!(Event::scan().filter(odd()).segments(3).limit(limit).count(db).await.unwrap(), expected);
    }
    let next = Event::query("s").limit(5).exec(db).await.unwrap().next.unwrap();
    assert_eq!(Event::query("s").after(&next).count(db).await.unwrap(), 15);
    assert_eq!(Event::query("s").after(&next).limit(4).count(db).await.unwrap(), 4);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "chores")]
struct Chore {
    #[hash_key]
    id: u32,
    #[index(range = "due")]
    owner: Option<String>,
    due: Option<i64>,
}

async fn a_sparse_index_has_ranges(t: Test) {
    let db = t.with::<Chore>().await;
    for (id, due) in [(1, Some(-5)), (2, None), (3, Some(7)), (4, Some(0))] {
        Chore::create(&Chore { id, owner: Some("ada".into()), due }).exec(db).await.unwrap();
    }
    Chore::create(&Chore { id: 5, owner: None, due: Some(1) }).exec(db).await.unwrap();
    let ids = |chores: Vec<Chore>| chores.iter().map(|chore| chore.id).collect::<Vec<_>>();
    assert_eq!(ids(Chore::find_by_owner("ada").range(..=0).all(db).await.unwrap()), [1, 4]);
    assert_eq!(ids(Chore::find_by_owner("ada").descending().limit(2).all(db).await.unwrap()), [3, 4]);
    assert_eq!(Chore::scan().all(db).await.unwrap().len(), 5);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "letters")]
struct Letter {
    #[hash_key]
    to: String,
    #[range_key]
    number: i64,
    #[index(local, projection = "keys_only")]
    weight: u64,
    text: String,
}

#[derive(Debug, PartialEq, Deserialize, Projection)]
#[projection(of = Letter)]
struct Weight {
    number: i64,
    weight: u64,
}

async fn a_local_index_of_part_of_the_fields(t: Test) {
    let db = t.with::<Letter>().await;
    let letter = |number: i64, weight| Letter { to: "ada".into(), number, weight, text: format!("{number}") };
    let letters = [letter(-1, u64::MAX), letter(5, 1), letter(7, u64::MAX), letter(8, 0)];
    Letter::put_many(&letters).exec(db).await.unwrap();
    let by_weight = || Letter::find_by_weight("ada");
    let numbers = |letters: Vec<Letter>| letters.iter().map(|letter| letter.number).collect::<Vec<_>>();
    let all = by_weight().consistent().all(db).await.unwrap();
    assert_eq!(all[..2], [letter(8, 0), letter(5, 1)]);
    let found = by_weight().filter(Letter::TEXT.ne("5") & Letter::WEIGHT.lt(2) & Letter::NUMBER.gt(0));
    assert_eq!(numbers(found.clone().consistent().all(db).await.unwrap()), [8]);
    assert_eq!(found.count(db).await.unwrap(), 1);
    let weights = by_weight().range(..2).descending().consistent().select::<Weight>().all(db).await.unwrap();
    assert_eq!(weights, [Weight { number: 5, weight: 1 }, Weight { number: 8, weight: 0 }]);
    let texts = by_weight().filter(Letter::TEXT.is_in(["-1", "7"])).select::<Weight>();
    let page = texts.clone().limit(1).exec(db).await.unwrap();
    let rest = texts.after(page.next.unwrap()).all(db).await.unwrap();
    let mut both: Vec<_> = page.items.iter().chain(&rest).map(|weight| weight.number).collect();
    both.sort();
    assert_eq!(both, [-1, 7]);
}

async fn many_keys_are_read_in_the_order_asked(t: Test) {
    let db = t.with::<Note>().await;
    let notes: Vec<_> = (0..250).map(|n| note(&n.to_string())).collect();
    Note::put_many(&notes).exec(db).await.unwrap();
    let asked: Vec<String> = (0..1300).rev().map(|n| (n % 300).to_string()).collect();
    for consistent in [false, true] {
        let many = Note::get_many(&asked);
        let many = if consistent { many.consistent() } else { many };
        let found = many.exec(db).await.unwrap();
        assert_eq!(found.len(), 1300);
        for (id, found) in asked.iter().zip(found) {
            let there = id.parse::<usize>().unwrap() < 250;
            assert_eq!(found.map(|note| note.id), there.then(|| id.clone()));
        }
    }
    assert_eq!(Note::get_many(["7"; 3]).exec(db).await.unwrap(), vec![Some(note("7")); 3]);
    assert_eq!(Note::get_many([""; 0]).exec(db).await.unwrap(), []);
    assert_eq!(kind(Note::get_many(["7", ""]).exec(db).await), ErrorKind::InvalidInput);
}
