//! Queries that give the first range fields their values.

use reposit::ErrorKind;

use super::{NONE, Place, Shift, days, ids, pages, place, shift};
use crate::test::{Test, kind};

cases!(
    each_range_field_is_reached_after_those_before,
    what_is_after_given_parts_is_paged_in_both_directions,
    a_cursor_belongs_to_the_given_parts,
    a_given_part_of_the_primary_key_and_of_a_local_index,
    a_range_before_a_given_part_is_refused,
);

async fn each_range_field_is_reached_after_those_before(t: Test) {
    let db = t.with::<Place>().await;
    let mut places = Vec::new();
    for (n, state) in ["CA", "CAL", "NY"].into_iter().enumerate() {
        for (m, city) in ["a", "ab", "b"].into_iter().enumerate() {
            places.extend((0..3).map(|k| place((n * 9 + m * 3 + k) as u64, "t", state, city)));
        }
    }
    Place::put_many(&places).exec(db).await.unwrap();
    let wanted = |is: &dyn Fn(&Place) -> bool| places.iter().filter(|p| is(p)).map(|p| p.id).collect::<Vec<_>>();
    let q = || Place::find_by_area(&[7], "t");
    assert_eq!(ids(q().then("CA").all(db).await), wanted(&|p| p.state == "CA"));
    assert_eq!(ids(q().then("CA").range("ab"..).all(db).await), wanted(&|p| p.state == "CA" && *p.city >= *"ab"));
    assert_eq!(ids(q().then("CA").range("a".."b").all(db).await), wanted(&|p| p.state == "CA" && *p.city < *"b"));
    assert_eq!(
        ids(q().then("CA").begins_with("a").all(db).await),
        wanted(&|p| p.state == "CA" && p.city.starts_with('a'))
    );
    assert_eq!(ids(q().then("CAL").then("ab").all(db).await), wanted(&|p| p.state == "CAL" && p.city == "ab"));
    let door = &places[13].door;
    let in_door = |p: &Place| p.state == "CAL" && p.city == "ab" && p.door >= *door;
    assert_eq!(ids(q().then("CAL").then("ab").range(door.as_slice()..).all(db).await), wanted(&in_door));
    let at_door = |p: &Place| p.state == "CAL" && p.city == "ab" && p.door == *door;
    assert_eq!(ids(q().then("CAL").then("ab").then(door).all(db).await), wanted(&at_door));
    assert_eq!(q().then("CA").range("ab"..).count(db).await.unwrap(), 6);
    assert_eq!(q().then("NY").descending().first(db).await.unwrap().unwrap().city, "b");
    assert_eq!(ids(q().then("C").all(db).await), NONE);
    assert_eq!(ids(q().then("CA").range("b".."b").all(db).await), NONE);
    assert_eq!(ids(q().then("CA").filter(Place::CODE.lt(2)).all(db).await), [0, 1]);
}

async fn what_is_after_given_parts_is_paged_in_both_directions(t: Test) {
    let db = t.with::<Place>().await;
    let mut all: Vec<_> = (0..12).map(|id| place(id, "t", "CA", ["a", "b", "c"][id as usize % 3])).collect();
    let others: Vec<_> = (20..26).map(|id| place(id, "t", if id % 2 == 0 { "C" } else { "CB" }, "b")).collect();
    Place::put_many(&[&all[..], &others].concat()).exec(db).await.unwrap();
    for descending in [false, true] {
        all.sort_by(|a, b| (&a.city, &a.door).cmp(&(&b.city, &b.door)));
        if descending {
            all.reverse();
        }
        for size in [1, 5] {
            let found = pages(&all, |cursor| {
                let q = Place::find_by_area(&[7], "t").then("CA").limit(size).after(cursor);
                if descending { q.descending().exec(db) } else { q.exec(db) }
            });
            assert_eq!(found.await, all, "{size} {descending}");
            let expected: Vec<_> = all.iter().filter(|place| *place.city >= *"b").cloned().collect();
            let found = pages(&all, |cursor| {
                let q = Place::find_by_area(&[7], "t").then("CA").range("b"..).limit(size).after(cursor);
                if descending { q.descending().exec(db) } else { q.exec(db) }
            });
            assert_eq!(found.await, expected, "{size} {descending}");
            let expected: Vec<_> = all.iter().filter(|place| place.city == "b").cloned().collect();
            let found = pages(&all, |cursor| {
                let q = Place::find_by_area(&[7], "t").then("CA").then("b").limit(size).after(cursor);
                if descending { q.descending().exec(db) } else { q.exec(db) }
            });
            assert_eq!(found.await, expected, "{size} {descending}");
        }
    }
    // All the range fields are given, and several records tie.
    let tied: Vec<_> = (40..45).map(|id| Place { door: vec![9], ..place(id, "t", "TX", "d") }).collect();
    Place::put_many(&tied).exec(db).await.unwrap();
    let found = pages(&tied, |cursor| {
        Place::find_by_area(&[7], "t").then("TX").then("d").then(&[9]).limit(2).after(cursor).exec(db)
    });
    assert_eq!(ids(Ok(found.await)), [40, 41, 42, 43, 44]);
}

async fn a_cursor_belongs_to_the_given_parts(t: Test) {
    let db = t.with::<Place>().await;
    let places: Vec<_> = (0..6).map(|id| place(id, "t", "CA", if id < 3 { "a" } else { "b" })).collect();
    Place::put_many(&places).exec(db).await.unwrap();
    let q = || Place::find_by_area(&[7], "t");
    let cursor = q().then("CA").limit(1).exec(db).await.unwrap().next.unwrap();
    assert_eq!(q().then("CA").after(&cursor).all(db).await.unwrap().len(), 5);
    assert_eq!(kind(q().after(&cursor).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(q().then("CB").after(&cursor).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(q().then("CA").then("a").after(&cursor).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(q().range("CA"..="CA").after(&cursor).exec(db).await), ErrorKind::InvalidInput);
    let cursor = q().limit(1).exec(db).await.unwrap().next.unwrap();
    assert_eq!(kind(q().then("CA").after(&cursor).exec(db).await), ErrorKind::InvalidInput);
}

async fn a_given_part_of_the_primary_key_and_of_a_local_index(t: Test) {
    let db = t.with::<Shift>().await;
    let all: Vec<_> = (0..8).map(|day| shift("a", day, "k")).collect();
    Shift::put_many(&all).exec(db).await.unwrap();
    assert_eq!(Shift::query("a").then(3).all(db).await.unwrap(), [all[3].clone()]);
    let page = Shift::query("a").then(3).limit(1).exec(db).await.unwrap();
    assert_eq!((page.items.len(), page.next), (1, None));
    assert_eq!(Shift::query("a").then(30).count(db).await.unwrap(), 0);
    assert_eq!(Shift::query("a").then(3).consistent().descending().all(db).await.unwrap(), [all[3].clone()]);
    let by_note = |note: &str| Shift::find_by_note("a").then(note);
    let mut found = days(by_note("n1").consistent().all(db).await);
    found.sort();
    assert_eq!(found, [("a".to_owned(), 1), ("a".to_owned(), 4), ("a".to_owned(), 7)]);
    let mut found = days(Ok(pages(&all, |cursor| by_note("n1").limit(1).after(cursor).exec(db)).await));
    found.sort();
    assert_eq!(found.len(), 3);
}

async fn a_range_before_a_given_part_is_refused(t: Test) {
    let db = t.with::<Place>().await;
    let q = || Place::find_by_area(&[7], "t");
    let error = q().range("a"..).then("CA").all(db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains("`then`"), "{error}");
    assert_eq!(kind(q().begins_with("a").then("CA").then("b").count(db).await), ErrorKind::InvalidInput);
    assert_eq!(q().range(..).then("CA").count(db).await.unwrap(), 0, "all of a range is no range");
}
