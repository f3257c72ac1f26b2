use reposit::{Cursor, ErrorKind};

use crate::Capability;
use crate::models::{Event, User, event, user};
use crate::test::{Test, kind};

cases!(
    pages_follow_one_another,
    no_cursor_is_the_first_page,
    a_page_is_stable_under_writes,
    equal_range_values_are_paged_once_each,
    a_scan_is_paged,
    a_cursor_is_text_for_a_url,
    a_cursor_of_another_query_is_refused,
    a_changed_cursor_is_refused,
    a_cursor_of_another_key_is_refused,
    the_record_at_the_cursor_may_be_gone,
    a_full_last_page_has_no_empty_one_after_many,
);

async fn events(t: &Test, count: u64) -> &reposit::Database {
    let db = t.with::<Event>().await;
    let events: Vec<_> = (0..count).map(|n| event("s", n, (n % 3) as i32)).collect();
    Event::put_many(&events).exec(db).await.unwrap();
    db
}

/// All pages of a size, and how many there were.
async fn pages(db: &reposit::Database, size: usize, descending: bool) -> (Vec<u64>, usize) {
    let (mut seqs, mut count, mut cursor) = (Vec::new(), 0, None::<Cursor>);
    loop {
        let mut q = Event::query("s").limit(size);
        if descending {
            q = q.descending();
        }
        if let Some(cursor) = cursor.take() {
            q = q.after(cursor);
        }
        let page = q.exec(db).await.unwrap();
        count += 1;
        assert!(page.items.len() == size || page.next.is_none(), "only the last page is short");
        seqs.extend(page.items.iter().map(|e| e.seq));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return (seqs, count),
        }
    }
}

async fn no_cursor_is_the_first_page(t: Test) {
    let db = events(&t, 5).await;
    let seqs = |page: &reposit::operation::Page<Event>| page.items.iter().map(|e| e.seq).collect::<Vec<_>>();
    let (mut read, mut next) = (Vec::new(), None::<Cursor>);
    loop {
        // A page's own `next` is what the next page takes, by reference too.
        let again = Event::query("s").limit(2).after(&next).exec(db).await.unwrap();
        let page = Event::query("s").limit(2).after(next).exec(db).await.unwrap();
        assert_eq!(seqs(&again), seqs(&page));
        read.extend(seqs(&page));
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(read, [0, 1, 2, 3, 4]);

    // As it comes with a request: text, or nothing.
    for text in [None, Some(Event::scan().limit(2).exec(db).await.unwrap().next.unwrap().to_string())] {
        let rest = Event::scan().after(text.as_deref()).all(db).await.unwrap();
        assert_eq!(rest.len(), if text.is_some() { 3 } else { 5 });
        assert_eq!(Event::scan().after(&text).count(db).await.unwrap(), rest.len() as u64);
    }
    let first = Event::query("s").limit(1).exec(db).await.unwrap().next;
    // The last one said holds, and an empty text is no cursor and not the absence of one.
    assert_eq!(Event::query("s").after(first).after(None::<Cursor>).count(db).await.unwrap(), 5);
    assert_eq!(kind(Event::query("s").after("").exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Event::query("s").after(Some("")).exec(db).await), ErrorKind::InvalidInput);
}

async fn pages_follow_one_another(t: Test) {
    let db = events(&t, 25).await;
    let (seqs, count) = pages(db, 10, false).await;
    assert_eq!((seqs, count), ((0..25).collect(), 3));
    let (seqs, count) = pages(db, 7, true).await;
    assert_eq!((seqs, count), ((0..25).rev().collect(), 4));
    assert_eq!(pages(db, 1, false).await.0.len(), 25);
}

async fn a_full_last_page_has_no_empty_one_after_many(t: Test) {
    let db = events(&t, 20).await;
    let (seqs, count) = pages(db, 10, false).await;
    assert_eq!(seqs.len(), 20);
    // Some cannot tell that nothing follows without reading on.
    assert!(count == 2 || (count == 3 && !t.can(Capability::LastPageKnown)), "{count} pages");
}

async fn a_page_is_stable_under_writes(t: Test) {
    let db = events(&t, 10).await;
    let page = Event::query("s").limit(4).exec(db).await.unwrap();
    Event::delete("s", 1).exec(db).await.unwrap();
    Event::delete("s", 5).exec(db).await.unwrap();
    Event::create(&event("s", 100, 0)).exec(db).await.unwrap();
    let rest = Event::query("s").limit(100).after(page.next.unwrap()).exec(db).await.unwrap();
    let seqs: Vec<_> = rest.items.iter().map(|e| e.seq).collect();
    assert_eq!(seqs, [4, 6, 7, 8, 9, 100]);
}

async fn the_record_at_the_cursor_may_be_gone(t: Test) {
    let db = events(&t, 6).await;
    for descending in [false, true] {
        let q = || if descending { Event::query("s").descending() } else { Event::query("s") };
        let page = q().limit(2).exec(db).await.unwrap();
        let last = page.items[1].seq;
        let before = q().limit(10).after(page.next.clone().unwrap()).exec(db).await.unwrap().items;
        Event::delete("s", last).exec(db).await.unwrap();
        let after = q().limit(10).after(page.next.unwrap()).exec(db).await.unwrap().items;
        assert_eq!(before, after);
        Event::create(&event("s", last, (last % 3) as i32)).exec(db).await.unwrap();
    }
}

async fn equal_range_values_are_paged_once_each(t: Test) {
    let db = t.with::<User>().await;
    for n in 0..9 {
        User::create(&user(&format!("u{n}"), "core", n / 4)).exec(db).await.unwrap();
    }
    for descending in [false, true] {
        let (mut seen, mut cursor) = (Vec::new(), None::<Cursor>);
        loop {
            let mut q = User::find_by_team("core").limit(2);
            if descending {
                q = q.descending();
            }
            if let Some(cursor) = cursor.take() {
                q = q.after(cursor);
            }
            let page = q.exec(db).await.unwrap();
            seen.extend(page.items.into_iter().map(|u| (u.joined_at, u.id)));
            let Some(next) = page.next else { break };
            cursor = Some(next);
        }
        let joined: Vec<_> = seen.iter().map(|(joined, _)| *joined).collect();
        let mut expected = [0, 0, 0, 0, 1, 1, 1, 1, 2];
        if descending {
            expected.reverse();
        }
        assert_eq!(joined, expected);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 9, "nothing twice, nothing skipped");
    }
}

async fn a_scan_is_paged(t: Test) {
    let db = events(&t, 23).await;
    let (mut seqs, mut cursor) = (Vec::new(), None::<Cursor>);
    loop {
        let mut scan = Event::scan().limit(5);
        if let Some(cursor) = cursor.take() {
            scan = scan.after(cursor);
        }
        let page = scan.exec(db).await.unwrap();
        seqs.extend(page.items.iter().map(|e| e.seq));
        let Some(next) = page.next else { break };
        cursor = Some(next);
    }
    seqs.sort();
    assert_eq!(seqs, (0..23).collect::<Vec<_>>());
}

async fn a_cursor_is_text_for_a_url(t: Test) {
    let db = events(&t, 3).await;
    let cursor = Event::query("s").limit(1).exec(db).await.unwrap().next.unwrap();
    let text = cursor.to_string();
    assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{text}");
    let page = Event::query("s").limit(1).after(text.as_str()).exec(db).await.unwrap();
    assert_eq!(page.items[0].seq, 1);
    let json = serde_json::to_string(&cursor).unwrap();
    assert_eq!(serde_json::from_str::<Cursor>(&json).unwrap(), cursor);
}

async fn a_cursor_of_another_query_is_refused(t: Test) {
    let db = events(&t, 6).await;
    let cursor = || async { Event::query("s").limit(2).exec(db).await.unwrap().next.unwrap() };
    let refused = [
        Event::query("other").after(cursor().await).exec(db).await,
        Event::query("s").descending().after(cursor().await).exec(db).await,
        Event::query("s").filter(Event::SEQ.gt(1)).after(cursor().await).exec(db).await,
        Event::query("s").range(1..).after(cursor().await).exec(db).await,
        Event::find_by_severity("s").after(cursor().await).exec(db).await,
        Event::scan().after(cursor().await).exec(db).await,
    ];
    for page in refused {
        assert_eq!(kind(page), ErrorKind::InvalidInput);
    }
    let db = t.with::<User>().await;
    assert_eq!(kind(User::find_by_team("s").after(cursor().await).exec(db).await), ErrorKind::InvalidInput);
}

async fn a_changed_cursor_is_refused(t: Test) {
    let db = events(&t, 6).await;
    let cursor = Event::query("s").limit(2).exec(db).await.unwrap().next.unwrap().to_string();
    for at in [0, cursor.len() / 2, cursor.len() - 2] {
        let mut changed = cursor.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(kind(Event::query("s").after(changed).exec(db).await), ErrorKind::InvalidInput);
    }
    for text in ["", "x", "not base64!", &cursor[1..], &format!("{cursor}A")] {
        assert_eq!(kind(Event::query("s").after(text).exec(db).await), ErrorKind::InvalidInput, "{text}");
    }
}

async fn a_cursor_of_another_key_is_refused(t: Test) {
    t.with::<Event>().await;
    let with_key = async |key: &str| {
        let db = t.open(t.opening().cursor_key(key)).await.unwrap();
        db.define::<Event>().await.unwrap();
        Event::put_many(&(0..4).map(|n| event("s", n, 0)).collect::<Vec<_>>()).exec(&db).await.unwrap();
        db
    };
    let (one, same, other) = (with_key("one").await, with_key("one").await, with_key("other").await);
    let page = || Event::query("s").limit(2);
    let cursor = page().exec(&one).await.unwrap().next.unwrap();
    assert_eq!(page().after(&cursor).exec(&same).await.unwrap().items.len(), 2);
    // One who knows how cursors are made, but not the key, makes none that is taken.
    for stranger in [&other, &t.db] {
        assert_eq!(kind(page().after(&cursor).exec(stranger).await), ErrorKind::InvalidInput);
        let forged = page().exec(&other).await.unwrap().next.unwrap();
        assert_eq!(kind(page().after(&forged).exec(&one).await), ErrorKind::InvalidInput);
    }
}
