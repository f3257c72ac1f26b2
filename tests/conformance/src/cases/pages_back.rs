//! Pages back from a cursor: the same records in the same order as on the way there.

use futures_util::TryStreamExt;
use reposit::operation::Page;
use reposit::{Cursor, ErrorKind, Projection, Repository, Result};
use serde::{Deserialize, Serialize};

use crate::models::{Event, Note, event, note};
use crate::test::{START, Test, kind};

cases!(
    the_primary_key_is_paged_back,
    an_index_whose_values_tie_is_paged_back,
    an_index_of_part_of_the_fields_is_paged_back,
    a_scan_is_paged_back_where_it_has_an_order: ScanBack,
    what_came_and_went_meanwhile_moves_nothing_else,
    expired_records_and_filters_shorten_no_page_back,
    all_and_first_and_count_before_a_cursor,
    a_cursor_that_does_not_belong_is_refused,
);

/// Pages there and back again. On the way back each page is the one before, whole, and ends on the first.
async fn there_and_back<T, F>(mut page: impl FnMut(Option<Cursor>, Option<Cursor>) -> F) -> Vec<T>
where
    T: Clone + PartialEq + std::fmt::Debug,
    F: Future<Output = Result<Page<T>>>,
{
    let mut there = vec![page(None, None).await.unwrap()];
    assert_eq!(there[0].previous, None, "the first page");
    while let Some(next) = there.last().and_then(|page| page.next.clone()) {
        there.push(page(Some(next), None).await.unwrap());
        assert!(there.len() < 100, "pages without end");
    }
    let mut previous = there.last().unwrap().previous.clone();
    for expected in there.iter().rev().skip(1) {
        let back = page(None, Some(previous.take().expect("a page before"))).await.unwrap();
        assert_eq!(back.items, expected.items);
        // And on from there.
        let next = page(back.next.clone(), None).await.unwrap();
        let after = there.iter().position(|page| page.items == expected.items).unwrap() + 1;
        assert_eq!(next.items, there[after].items);
        previous = back.previous;
    }
    assert_eq!(previous, None, "back on the first page");
    there.into_iter().flat_map(|page| page.items).collect()
}

async fn the_primary_key_is_paged_back(t: Test) {
    let db = t.with::<Event>().await;
    let all: Vec<_> = (0..10).map(|seq| event("s", seq * 7, 0)).collect();
    let others = [event("r", 3, 0), event("t", 3, 0)];
    Event::put_many(&[&all[..], &others].concat()).exec(db).await.unwrap();
    for size in [1, 3, 5, 10, 11] {
        let q = || Event::query("s").limit(size);
        assert_eq!(there_and_back(|after, before| q().after(after).before(before).exec(db)).await, all);
        let turned = |after, before| q().descending().after(after).before(before).exec(db);
        assert_eq!(there_and_back(turned).await, all.iter().rev().cloned().collect::<Vec<_>>());
        let ranged = |after, before| q().range(7..63).after(after).before(before).exec(db);
        assert_eq!(there_and_back(ranged).await, all[1..9]);
        let filtered = |after, before| q().filter(Event::SEQ.ne(14)).consistent().after(after).before(before).exec(db);
        assert_eq!(there_and_back(filtered).await.len(), 9);
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(
    name = "runs",
    index(name = "by_track", hash = "track", range = ["lap", "data"]),
    index(name = "by_track_and_lap", hash = ["track", "lap"], range = "data", projection = "keys_only")
)]
struct Run {
    #[hash_key]
    id: i64,
    track: String,
    lap: u64,
    data: Vec<u8>,
    note: String,
    #[ttl]
    until: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Projection)]
#[projection(of = Run)]
struct RunNote {
    note: String,
}

fn run(id: i64) -> Run {
    let lap = if id % 3 == 0 { u64::MAX } else { 2 };
    Run {
        id,
        track: "t".into(),
        lap,
        data: vec![if id % 2 == 0 { 0 } else { 255 }],
        note: format!("n{id}"),
        until: START + 100,
    }
}

fn ids(runs: &[Run]) -> Vec<i64> {
    let mut ids: Vec<_> = runs.iter().map(|run| run.id).collect();
    ids.sort();
    ids
}

async fn an_index_whose_values_tie_is_paged_back(t: Test) {
    let db = t.with::<Run>().await;
    let all: Vec<_> = (-6..7).map(run).collect();
    Run::put_many(&all).exec(db).await.unwrap();
    for size in [1, 2, 5] {
        let q = || Run::find_by_track("t").limit(size);
        let found = there_and_back(|after, before| q().after(after).before(before).exec(db)).await;
        assert_eq!(ids(&found), (-6..7).collect::<Vec<_>>());
        assert!(found.is_sorted_by_key(|run| (run.lap, run.data.clone())));
        let found = there_and_back(|after, before| q().descending().after(after).before(before).exec(db)).await;
        assert!(found.iter().rev().is_sorted_by_key(|run| (run.lap, run.data.clone())));
        let found = there_and_back(|after, before| q().then(2).after(after).before(before).exec(db)).await;
        assert_eq!(ids(&found), [-5, -4, -2, -1, 1, 2, 4, 5]);
        let found = there_and_back(|after, before| q().range(..=2).after(after).before(before).exec(db)).await;
        assert_eq!(found.len(), 8);
        let at_end = |after, before| q().then(2).then(&[255]).after(after).before(before).exec(db);
        assert_eq!(there_and_back(at_end).await.len(), 4);
    }
}

async fn an_index_of_part_of_the_fields_is_paged_back(t: Test) {
    let db = t.with::<Run>().await;
    let all: Vec<_> = (0..9).map(run).collect();
    Run::put_many(&all).exec(db).await.unwrap();
    for size in [1, 2, 4] {
        let q = || Run::find_by_track_and_lap("t", 2).limit(size);
        let found = there_and_back(|after, before| q().after(after).before(before).exec(db)).await;
        assert_eq!(ids(&found), [1, 2, 4, 5, 7, 8]);
        // What is read holds neither the key nor the range.
        let notes = |after, before| {
            Run::find_by_track("t").select::<RunNote>().limit(size).after(after).before(before).exec(db)
        };
        assert_eq!(there_and_back(notes).await.len(), 9);
    }
}

async fn a_scan_is_paged_back_where_it_has_an_order(t: Test) {
    let db = t.with::<Note>().await;
    let notes: Vec<_> = (0..7).map(|n| note(&n.to_string())).collect();
    Note::put_many(&notes).exec(db).await.unwrap();
    let first = Note::scan().limit(3).exec(db).await.unwrap();
    assert_eq!(first.previous, None);
    let second = Note::scan().limit(3).after(&first.next).exec(db).await.unwrap();
    let back = Note::scan().limit(3).before(&second.previous).exec(db).await;
    assert_eq!((back.unwrap().items, first.items.len()), (first.items, 3));
    for size in [1, 3, 7] {
        let scan = |after, before| Note::scan().limit(size).after(after).before(before).exec(db);
        assert_eq!(there_and_back(scan).await.len(), 7);
    }
    assert_eq!(kind(Note::scan().segments(2).before(&second.previous).all(db).await), ErrorKind::InvalidInput);
}

async fn what_came_and_went_meanwhile_moves_nothing_else(t: Test) {
    let db = t.with::<Event>().await;
    let all: Vec<_> = (0..8).map(|seq| event("s", seq * 10, 0)).collect();
    Event::put_many(&all).exec(db).await.unwrap();
    let q = || Event::query("s").limit(3);
    let seqs = |page: &Page<Event>| page.items.iter().map(|event| event.seq).collect::<Vec<_>>();
    let first = q().exec(db).await.unwrap();
    let second = q().after(first.next).exec(db).await.unwrap();
    assert_eq!(seqs(&second), [30, 40, 50]);
    // The record at the cursor goes, and others come on both sides of it.
    Event::delete("s", 30).exec(db).await.unwrap();
    Event::put_many(&[event("s", 25, 0), event("s", 35, 0)]).exec(db).await.unwrap();
    let back = q().before(second.previous).exec(db).await.unwrap();
    assert_eq!(seqs(&back), [10, 20, 25]);
    assert_eq!(seqs(&q().before(&back.previous).exec(db).await.unwrap()), [0]);
    assert_eq!(seqs(&q().after(&back.next).exec(db).await.unwrap()), [35, 40, 50]);
    // All before it goes.
    Event::delete_many([0, 10, 20, 25].map(|seq| ("s", seq))).exec(db).await.unwrap();
    let nothing = q().before(&back.previous).exec(db).await.unwrap();
    assert_eq!((nothing.items.len(), nothing.next, nothing.previous), (0, None, None));
}

async fn expired_records_and_filters_shorten_no_page_back(t: Test) {
    let db = t.with::<Run>().await;
    let until = |id: i64| if id % 4 == 0 { START + 5 } else { START + 100 };
    let all: Vec<_> = (0..20).map(|id| Run { until: until(id), lap: id as u64, ..run(id) }).collect();
    Run::put_many(&all).exec(db).await.unwrap();
    t.advance(10);
    let q = || Run::find_by_track("t").filter(Run::NOTE.ne("n7")).limit(4);
    let found = there_and_back(|after, before| q().after(after).before(before).exec(db)).await;
    let wanted: Vec<_> = (0..20).filter(|id| id % 4 != 0 && *id != 7).collect();
    assert_eq!(found.iter().map(|run| run.id).collect::<Vec<_>>(), wanted);
}

async fn all_and_first_and_count_before_a_cursor(t: Test) {
    let db = t.with::<Event>().await;
    let all: Vec<_> = (0..9).map(|seq| event("s", seq, 0)).collect();
    Event::put_many(&all).exec(db).await.unwrap();
    let cursor = Event::query("s").limit(6).exec(db).await.unwrap().next;
    let previous = Event::query("s").limit(6).after(cursor).exec(db).await.unwrap().previous;
    let q = || Event::query("s").before(&previous);
    assert_eq!(q().all(db).await.unwrap(), all[..6]);
    assert_eq!(q().limit(2).all(db).await.unwrap(), all[4..6], "the last before it");
    assert_eq!(q().first(db).await.unwrap().as_ref(), Some(&all[5]));
    assert_eq!(q().count(db).await.unwrap(), 6);
    assert_eq!(q().exec(db).await.unwrap().items, all[..6]);
    assert_eq!(kind(q().stream(db).try_collect::<Vec<_>>().await), ErrorKind::InvalidInput);
    assert_eq!(Event::query("s").before(None::<Cursor>).count(db).await.unwrap(), 9);
}

async fn a_cursor_that_does_not_belong_is_refused(t: Test) {
    let db = t.with::<Event>().await;
    Event::put_many(&(0..9).map(|seq| event("s", seq, 0)).collect::<Vec<_>>()).exec(db).await.unwrap();
    let next = Event::query("s").limit(3).exec(db).await.unwrap().next.unwrap();
    let page = Event::query("s").limit(3).after(&next).exec(db).await.unwrap();
    let previous = page.previous.unwrap();
    for q in [
        Event::query("r").before(&previous),
        Event::query("s").descending().before(&previous),
        Event::query("s").range(1..).before(&previous),
        Event::query("s").before("no cursor"),
        Event::query("s").before(&previous).after(&next),
    ] {
        assert_eq!(kind(q.exec(db).await), ErrorKind::InvalidInput);
    }
    // A cursor is a place: what is after the first of this page, and what is before the last of the one before.
    let after: Vec<_> = Event::query("s").after(&previous).all(db).await.unwrap();
    assert_eq!(after.iter().map(|event| event.seq).collect::<Vec<_>>(), [4, 5, 6, 7, 8]);
    assert_eq!(Event::query("s").before(&next).count(db).await.unwrap(), 2);
}
