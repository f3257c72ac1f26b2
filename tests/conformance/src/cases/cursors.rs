//! Cursors at every kind of place: among values of all kinds, in both directions, at records that expire or go.

use std::time::Duration;

use reposit::{Cursor, Repository};
use serde::{Deserialize, Serialize};

use crate::models::{Event, event};
use crate::test::{START, Test};

cases!(
    several_range_fields_are_paged_in_both_directions,
    records_expire_between_pages,
    what_is_at_a_cursor_may_go_in_an_index_and_a_scan,
);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Repository)]
#[repository(name = "ranked", index(name = "by_club", hash = "club", range = ["rank", "data", "name", "delta"]))]
struct Ranked {
    rank: u64,
    data: Vec<u8>,
    name: String,
    delta: i64,
    #[hash_key]
    id: i64,
    club: u64,
}

async fn several_range_fields_are_paged_in_both_directions(t: Test) {
    let db = t.with::<Ranked>().await;
    let mut all = Vec::new();
    for (n, rank) in [u64::MAX, 0, i64::MAX as u64 + 1].into_iter().enumerate() {
        for (m, data) in [vec![0], vec![0, 0], vec![255]].into_iter().enumerate() {
            for (k, (name, delta)) in [("a\0", -1), ("a", i64::MIN), ("a", i64::MAX)].into_iter().enumerate() {
                let id = i64::MIN + (n * 9 + m * 3 + k) as i64;
                all.push(Ranked { rank, data: data.clone(), name: name.into(), delta, id, club: u64::MAX });
            }
        }
    }
    Ranked::put_many(&all).exec(db).await.unwrap();
    all.sort();
    for descending in [false, true] {
        let mut expected = all.clone();
        if descending {
            expected.reverse();
        }
        for size in [1, 4] {
            for from in [None, Some(i64::MAX as u64)] {
                let (mut found, mut cursor) = (Vec::new(), None::<Cursor>);
                loop {
                    let mut q = Ranked::find_by_club(u64::MAX).limit(size);
                    q = if descending { q.descending() } else { q };
                    q = if let Some(from) = from { q.range(from..) } else { q };
                    q = if let Some(cursor) = cursor.take() { q.after(cursor) } else { q };
                    let page = q.exec(db).await.unwrap();
                    found.extend(page.items);
                    let Some(next) = page.next else { break };
                    cursor = Some(next);
                }
                let expected: Vec<_> =
                    expected.iter().filter(|ranked| from.is_none_or(|from| ranked.rank >= from)).cloned().collect();
                assert_eq!(found, expected, "{size} {descending} {from:?}");
            }
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "visits", index(name = "by_page", hash = "page", range = "at", projection = "keys_only"))]
struct Visit {
    #[hash_key]
    user: String,
    #[range_key]
    at: u64,
    page: String,
    note: String,
    #[ttl]
    until: i64,
}

async fn records_expire_between_pages(t: Test) {
    let db = t.with::<Visit>().await;
    let visit = |at: u64| Visit {
        user: "u".into(),
        at,
        page: "p".into(),
        note: format!("{at}"),
        until: START + if at % 3 == 1 { 10 } else { 1000 },
    };
    let visits: Vec<_> = (0..12).map(visit).collect();
    Visit::put_many(&visits).exec(db).await.unwrap();
    let (q, i, s) = (|| Visit::query("u").limit(2), || Visit::find_by_page("p").limit(2), || Visit::scan().limit(2));
    let (first, in_index, scanned) =
        (q().exec(db).await.unwrap(), i().exec(db).await.unwrap(), s().exec(db).await.unwrap());
    assert_eq!((&first.items[..], &in_index.items[..]), (&visits[..2], &visits[..2]));
    t.clock.advance(Duration::from_secs(10));
    // The record at the cursor has expired itself.
    let seqs = |visits: Vec<Visit>| visits.iter().map(|visit| visit.at).collect::<Vec<_>>();
    assert_eq!(seqs(q().after(first.next.unwrap()).limit(50).exec(db).await.unwrap().items), [2, 3, 5, 6, 8, 9, 11]);
    let page = i().after(in_index.next.unwrap()).exec(db).await.unwrap();
    assert_eq!(seqs(page.items), [2, 3]);
    assert_eq!(seqs(i().after(page.next.unwrap()).limit(50).all(db).await.unwrap()), [5, 6, 8, 9, 11]);
    assert_eq!(i().limit(50).count(db).await.unwrap(), 8);
    let mut rest = seqs(s().after(scanned.next.unwrap()).limit(50).exec(db).await.unwrap().items);
    rest.extend(seqs(scanned.items).into_iter().filter(|at| at % 3 != 1));
    rest.sort();
    assert_eq!(rest, [0, 2, 3, 5, 6, 8, 9, 11]);
}

/// Records that tie in the index, of which the one at each cursor is deleted, and others come and go beside it.
async fn what_is_at_a_cursor_may_go_in_an_index_and_a_scan(t: Test) {
    let db = t.with::<Event>().await;
    for descending in [false, true] {
        let stayed: Vec<u64> = (0..12).map(|n| n * 10).collect();
        let all: Vec<_> = stayed.iter().map(|seq| event("s", *seq, (seq % 30) as i32 / 20)).collect();
        Event::put_many(&all).exec(db).await.unwrap();
        let q = || Event::find_by_severity("s").limit(2);
        let q = || if descending { q().descending() } else { q() };
        let (mut seen, mut cursor, mut gone) = (Vec::new(), None::<Cursor>, Vec::new());
        loop {
            let page = if let Some(cursor) = cursor.take() { q().after(cursor) } else { q() }.exec(db).await.unwrap();
            seen.extend(page.items.iter().map(|event| event.seq));
            let Some(next) = page.next else { break };
            let last = page.items.last().unwrap().clone();
            Event::delete("s", last.seq).exec(db).await.unwrap();
            Event::put(&Event { seq: last.seq + 1000, ..last.clone() }).exec(db).await.unwrap();
            gone.extend([last.seq, last.seq + 1000]);
            cursor = Some(next);
        }
        let mut once: Vec<_> = seen.iter().copied().filter(|seq| *seq < 1000).collect();
        once.sort();
        assert_eq!(once, stayed, "each that was there, once");
        let before = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), before, "nothing twice");
        Event::delete_many(stayed.iter().chain(&gone).map(|seq| ("s", *seq))).exec(db).await.unwrap();
    }
    let all: Vec<_> = (0..12).map(|seq| event(&format!("s{}", seq % 4), seq, 0)).collect();
    Event::put_many(&all).exec(db).await.unwrap();
    let (mut seen, mut cursor) = (Vec::new(), None::<Cursor>);
    loop {
        let scan = Event::scan().limit(1);
        let page = if let Some(cursor) = cursor.take() { scan.after(cursor) } else { scan }.exec(db).await.unwrap();
        seen.extend(page.items.iter().map(|event| event.seq));
        let Some(next) = page.next else { break };
        let last = page.items.last().unwrap();
        Event::delete(&last.stream, last.seq).exec(db).await.unwrap();
        cursor = Some(next);
    }
    seen.sort();
    assert_eq!(seen, (0..12).collect::<Vec<_>>());
}
