//! Indexes whose hash has several parts, and queries that give the first range fields their values.

use reposit::operation::Page;
use reposit::{Cursor, ErrorKind, Projection, Repository, Result};
use serde::{Deserialize, Serialize};

use reposit_tests::harness::{START, Test, kind};

reposit_tests::cases!(
    a_hash_of_several_parts_finds_what_has_them_all,
    a_hash_of_several_parts_is_paged_in_both_directions,
    a_record_moves_with_each_part_of_a_hash,
    a_unique_index_has_a_hash_of_several_parts,
    a_hash_of_four_parts_of_all_kinds,
    a_record_without_a_part_of_the_hash_is_left_out,
    the_primary_key_is_part_of_a_hash,
    a_part_that_no_key_can_have_is_refused,
    an_index_with_a_hash_of_parts_is_what_it_was_defined_as,
    each_range_field_is_reached_after_those_before,
    what_is_after_given_parts_is_paged_in_both_directions,
    a_cursor_belongs_to_the_given_parts,
    a_given_part_of_the_primary_key_and_of_a_local_index,
    a_range_before_a_given_part_is_refused,
);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(
    name = "places",
    index(hash = ["tenant", "state"], range = "city"),
    index(name = "by_code", hash = ["tenant", "code"], unique),
    index(name = "by_door", hash = ["tenant", "state"], range = "door", projection = "keys_only"),
    index(name = "by_area", hash = ["area", "tenant"], range = ["state", "city", "door"])
)]
struct Place {
    #[hash_key]
    id: u64,
    tenant: String,
    state: String,
    city: String,
    code: u32,
    door: Vec<u8>,
    area: Option<Vec<u8>>,
    #[ttl]
    until: i64,
}

fn place(id: u64, tenant: &str, state: &str, city: &str) -> Place {
    Place {
        id,
        tenant: tenant.into(),
        state: state.into(),
        city: city.into(),
        code: id as u32,
        door: vec![id as u8; 1 + id as usize % 3],
        area: Some(vec![7]),
        until: START + 1000,
    }
}

fn ids(places: Result<Vec<Place>>) -> Vec<u64> {
    let mut ids: Vec<_> = places.unwrap().iter().map(|place| place.id).collect();
    ids.sort();
    ids
}

async fn a_hash_of_several_parts_finds_what_has_them_all(t: Test) {
    let db = t.with::<Place>().await;
    let places = [
        place(1, "a", "bc", "x"),
        place(2, "ab", "c", "x"),
        place(3, "a", "bc", "y"),
        place(4, "a", "c", "x"),
        place(5, "a", "bcc", "x"),
        Place { until: START - 1, ..place(6, "a", "bc", "x") },
    ];
    Place::put_many(&places).exec(db).await.unwrap();
    assert_eq!(ids(Place::find_by_tenant_and_state("a", "bc").all(db).await), [1, 3]);
    assert_eq!(ids(Place::find_by_tenant_and_state("ab", "c").all(db).await), [2]);
    assert_eq!(ids(Place::find_by_tenant_and_state("a", "").all(db).await.or_else(|e| match e.kind() {
        ErrorKind::InvalidInput => Ok(Vec::new()),
        _ => Err(e),
    })), []);
    assert_eq!(ids(Place::find_by_tenant_and_state("a", "b").all(db).await), []);
    let q = || Place::find_by_tenant_and_state("a", "bc");
    assert_eq!(ids(q().range("y"..).all(db).await), [3]);
    assert_eq!(ids(q().begins_with("x").all(db).await), [1]);
    assert_eq!(q().count(db).await.unwrap(), 2);
    assert_eq!(q().descending().first(db).await.unwrap().unwrap().id, 3);
    assert_eq!(ids(q().filter(Place::CODE.ge(2)).all(db).await), [3]);
    // A filter on what is part of the index itself.
    assert_eq!(ids(q().filter(Place::STATE.eq("bc").and(Place::CITY.ne("y"))).all(db).await), [1]);
    // An index that holds the keys alone, ordered by bytes.
    let doors = Place::find_by_door("a", "bc").all(db).await.unwrap();
    assert_eq!(doors, [places[0].clone(), places[2].clone()]);
    assert_eq!(Place::find_by_door("a", "bc").range(&[2][..]..).all(db).await.unwrap(), [places[2].clone()]);
    let explained = q().explain(db).unwrap();
    assert!(explained.contains("tenant") && explained.contains("state"), "{explained}");
}

async fn pages<T, F>(all: &[T], mut page: impl FnMut(Option<Cursor>) -> F) -> Vec<T>
where
    T: Clone,
    F: Future<Output = Result<Page<T>>>,
{
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let next = page(cursor.take()).await.unwrap();
        found.extend(next.items);
        assert!(found.len() <= all.len() + 1, "pages without end");
        let Some(next) = next.next else { return found };
        cursor = Some(next);
    }
}

async fn a_hash_of_several_parts_is_paged_in_both_directions(t: Test) {
    let db = t.with::<Place>().await;
    // Many tie in the range field.
    let mut all: Vec<_> = (0..11).map(|id| place(id, "t", "s", if id % 4 == 0 { "a" } else { "b" })).collect();
    let others: Vec<_> = (20..25).map(|id| place(id, "t", "r", "a")).chain([place(30, "u", "s", "a")]).collect();
    Place::put_many(&[&all[..], &others].concat()).exec(db).await.unwrap();
    let cities = |places: &[Place]| places.iter().map(|place| place.city.clone()).collect::<Vec<_>>();
    for descending in [false, true] {
        all.sort_by(|a, b| if descending { b.city.cmp(&a.city) } else { a.city.cmp(&b.city) });
        for size in [1, 3, 11] {
            let found = pages(&all, |cursor| {
                let q = Place::find_by_tenant_and_state("t", "s").limit(size).after(cursor);
                if descending { q.descending().exec(db) } else { q.exec(db) }
            });
            let found = found.await;
            assert_eq!(cities(&found), cities(&all), "{size} {descending}");
            assert_eq!(ids(Ok(found)), (0..11).collect::<Vec<_>>(), "{size} {descending}");
        }
    }
    let cursor = Place::find_by_tenant_and_state("t", "s").limit(2).exec(db).await.unwrap().next.unwrap();
    for (tenant, state) in [("t", "r"), ("u", "s"), ("ts", ""), ("s", "t")] {
        assert_eq!(
            kind(Place::find_by_tenant_and_state(tenant, state).after(&cursor).exec(db).await),
            ErrorKind::InvalidInput
        );
    }
    assert_eq!(kind(Place::find_by_door("t", "s").after(&cursor).exec(db).await), ErrorKind::InvalidInput);
}

async fn a_record_moves_with_each_part_of_a_hash(t: Test) {
    let db = t.with::<Place>().await;
    Place::create(&place(1, "t", "s", "c")).exec(db).await.unwrap();
    Place::update(1).set(Place::STATE, "r").exec(db).await.unwrap();
    assert_eq!(ids(Place::find_by_tenant_and_state("t", "s").all(db).await), []);
    assert_eq!(ids(Place::find_by_tenant_and_state("t", "r").all(db).await), [1]);
    Place::update(1).set(Place::TENANT, "v").exec(db).await.unwrap();
    assert_eq!(ids(Place::find_by_tenant_and_state("t", "r").all(db).await), []);
    assert_eq!(ids(Place::find_by_tenant_and_state("v", "r").all(db).await), [1]);
    assert_eq!(ids(Place::find_by_area(&[7], "v").all(db).await), [1]);
    Place::delete(1).exec(db).await.unwrap();
    assert_eq!(ids(Place::find_by_tenant_and_state("v", "r").all(db).await), []);
    t.is_sound::<Place>().await;
}

async fn a_unique_index_has_a_hash_of_several_parts(t: Test) {
    let db = t.with::<Place>().await;
    let one = place(1, "t", "s", "c");
    Place::create(&one).exec(db).await.unwrap();
    Place::create(&Place { id: 2, ..place(1, "u", "s", "c") }).exec(db).await.unwrap();
    let clash = Place::create(&Place { id: 3, ..one.clone() }).exec(db).await.unwrap_err();
    assert_eq!((clash.kind(), clash.index()), (ErrorKind::UniqueViolation, Some("by_code")));
    let clash = Place::update(2).set(Place::TENANT, "t").exec(db).await.unwrap_err();
    assert_eq!((clash.kind(), clash.index()), (ErrorKind::UniqueViolation, Some("by_code")));
    assert_eq!(Place::find_by_code("t", 1).exec(db).await.unwrap(), Some(one.clone()));
    assert_eq!(Place::find_by_code("t", 1).consistent().exec(db).await.unwrap(), Some(one));
    assert_eq!(Place::find_by_code("t", 2).exec(db).await.unwrap(), None);
    Place::update(1).set(Place::CODE, 9).exec(db).await.unwrap();
    Place::update(2).set(Place::TENANT, "t").exec(db).await.unwrap();
    assert_eq!(Place::find_by_code("t", 1).exec(db).await.unwrap().unwrap().id, 2);
    assert_eq!(Place::find_by_code("t", 9).consistent().exec(db).await.unwrap().unwrap().id, 1);
    t.is_sound::<Place>().await;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(
    name = "grids",
    index(name = "by_all", hash = ["text", "number", "data", "at"], range = ["x", "y"], projection = ["note"])
)]
struct Grid {
    #[hash_key]
    id: String,
    text: String,
    number: i64,
    data: Vec<u8>,
    at: std::time::SystemTime,
    x: u64,
    y: Option<String>,
    note: String,
    more: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Projection)]
#[projection(of = Grid)]
struct GridNote {
    id: String,
    data: Vec<u8>,
    y: Option<String>,
    note: String,
}

async fn a_hash_of_four_parts_of_all_kinds(t: Test) {
    let db = t.with::<Grid>().await;
    let at = |millis: u64| std::time::UNIX_EPOCH + std::time::Duration::from_millis(millis);
    let grid = |id: &str, x: u64, y: Option<&str>| Grid {
        id: id.into(),
        text: "t".into(),
        number: i64::MIN,
        data: vec![0, 255],
        at: at(1),
        x,
        y: y.map(str::to_owned),
        note: format!("note {id}"),
        more: "more".into(),
    };
    let mut grids = vec![grid("a", u64::MAX, Some("p")), grid("b", 2, Some("q")), grid("c", 2, Some("p")), grid("d", 2, None)];
    grids.push(Grid { text: "u".into(), ..grid("e", 2, Some("p")) });
    grids.push(Grid { number: 0, ..grid("f", 2, Some("p")) });
    grids.push(Grid { data: vec![0], ..grid("g", 2, Some("p")) });
    grids.push(Grid { at: at(2), ..grid("h", 2, Some("p")) });
    Grid::put_many(&grids).exec(db).await.unwrap();
    let q = || Grid::find_by_all("t", i64::MIN, &[0, 255], at(1));
    let ids = |grids: Vec<Grid>| grids.iter().map(|grid| grid.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(q().all(db).await.unwrap()), ["c", "b", "a"]);
    assert_eq!(ids(q().descending().all(db).await.unwrap()), ["a", "b", "c"]);
    assert_eq!(ids(q().then(2).all(db).await.unwrap()), ["c", "b"]);
    assert_eq!(ids(q().then(2).range("q"..).all(db).await.unwrap()), ["b"]);
    let notes = q().select::<GridNote>().then(2).then("q").all(db).await.unwrap();
    let expected = GridNote { id: "b".into(), data: vec![0, 255], y: Some("q".into()), note: "note b".into() };
    assert_eq!(notes, [expected]);
}

async fn a_record_without_a_part_of_the_hash_is_left_out(t: Test) {
    let db = t.with::<Place>().await;
    let mut places: Vec<_> = (0..4).map(|id| place(id, "t", "s", "c")).collect();
    places[1].area = None;
    Place::put_many(&places).exec(db).await.unwrap();
    assert_eq!(ids(Place::find_by_area(&[7], "t").all(db).await), [0, 2, 3]);
    Place::update(2).remove(Place::AREA).exec(db).await.unwrap();
    Place::update(1).set(Place::AREA, &[7]).exec(db).await.unwrap();
    assert_eq!(ids(Place::find_by_area(&[7], "t").all(db).await), [0, 1, 3]);
    assert_eq!(ids(Place::find_by_area(&[7], "t").then("s").then("c").all(db).await), [0, 1, 3]);
    assert_eq!(Place::find_by_area(&[8], "t").count(db).await.unwrap(), 0);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(
    name = "shifts",
    index(name = "by_kind", hash = ["worker", "kind"], range = "day"),
    index(name = "by_day", hash = ["kind", "day"], range = ["worker", "note"])
)]
struct Shift {
    #[hash_key]
    worker: String,
    #[range_key]
    day: u32,
    kind: String,
    #[index(local)]
    note: String,
}

fn shift(worker: &str, day: u32, kind: &str) -> Shift {
    Shift { worker: worker.into(), day, kind: kind.into(), note: format!("n{}", day % 3) }
}

fn days(shifts: Result<Vec<Shift>>) -> Vec<(String, u32)> {
    shifts.unwrap().into_iter().map(|shift| (shift.worker, shift.day)).collect()
}

async fn the_primary_key_is_part_of_a_hash(t: Test) {
    let db = t.with::<Shift>().await;
    let kind_of = |day: u32| if day.is_multiple_of(2) { "even" } else { "odd" };
    let all: Vec<_> =
        ["a", "b"].iter().flat_map(|worker| (0..8).map(move |day| shift(worker, day, kind_of(day)))).collect();
    Shift::put_many(&all).exec(db).await.unwrap();
    let expected = |days: &[u32]| days.iter().map(|day| ("a".to_owned(), *day)).collect::<Vec<_>>();
    let q = || Shift::find_by_kind("a", "odd");
    assert_eq!(days(q().all(db).await), expected(&[1, 3, 5, 7]));
    assert_eq!(days(q().range(3..7).descending().all(db).await), expected(&[5, 3]));
    for size in [1, 3] {
        assert_eq!(days(Ok(pages(&all, |cursor| q().limit(size).after(cursor).exec(db)).await)), expected(&[1, 3, 5, 7]));
        let on_a_day = pages(&all, |cursor| Shift::find_by_day("odd", 3).limit(size).after(cursor).exec(db)).await;
        assert_eq!(days(Ok(on_a_day)), [("a".to_owned(), 3), ("b".to_owned(), 3)]);
    }
    assert_eq!(days(Shift::find_by_day("odd", 3).then("b").all(db).await), [("b".to_owned(), 3)]);
    assert_eq!(days(Shift::find_by_day("odd", 3).then("b").begins_with("n1").all(db).await), []);
}

async fn a_part_that_no_key_can_have_is_refused(t: Test) {
    let db = t.with::<Place>().await;
    let long = "x".repeat(2049);
    for (tenant, state) in [("", "s"), ("t", ""), (&long, "s"), ("t", &long)] {
        let found = Place::find_by_tenant_and_state(tenant, state).all(db).await;
        let error = found.unwrap_err();
        let name = if tenant == "t" { "state" } else { "tenant" };
        assert_eq!((error.kind(), error.index()), (ErrorKind::InvalidInput, Some("by_tenant_and_state")));
        assert!(error.message().contains(name), "{error}");
        let written = Place::create(&place(1, tenant, state, "c")).exec(db).await;
        assert_eq!(kind(written), ErrorKind::InvalidInput);
    }
    let error = Place::find_by_area(&[7], "t").then("").all(db).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::InvalidInput, Some("by_area")));
    assert!(error.message().contains("state"), "{error}");
    assert_eq!(kind(Place::find_by_area(&[7], "t").then("s").then(&long).count(db).await), ErrorKind::InvalidInput);
}

async fn an_index_with_a_hash_of_parts_is_what_it_was_defined_as(t: Test) {
    let db = t.with::<Place>().await;
    assert!(db.plan::<Place>().await.unwrap().is_empty());
    db.define::<Place>().await.unwrap();
    let index = Place::definition().index("by_tenant_and_state").unwrap();
    let names: Vec<_> = index.hash_parts().map(|part| Place::definition().part_name(part)).collect();
    assert_eq!((names, index.parts().count()), (vec!["tenant", "state"], 3));
    assert!(Place::definition().to_string().contains(r#""fields":["tenant","state","city"]"#));
    let other = {
        #[derive(Debug, Serialize, Deserialize, Repository)]
        #[repository(name = "places", index(hash = ["state", "tenant"], name = "by_tenant_and_state", range = "city"))]
        struct Other {
            #[hash_key]
            id: u64,
            tenant: String,
            state: String,
            city: String,
            #[ttl]
            until: i64,
        }
        db.define::<Other>().await
    };
    assert_eq!(kind(other), ErrorKind::SchemaMismatch);
}

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
    assert_eq!(ids(q().then("CA").begins_with("a").all(db).await), wanted(&|p| p.state == "CA" && p.city.starts_with('a')));
    assert_eq!(ids(q().then("CAL").then("ab").all(db).await), wanted(&|p| p.state == "CAL" && p.city == "ab"));
    let door = &places[13].door;
    let in_door = |p: &Place| p.state == "CAL" && p.city == "ab" && p.door >= *door;
    assert_eq!(ids(q().then("CAL").then("ab").range(door.as_slice()..).all(db).await), wanted(&in_door));
    let at_door = |p: &Place| p.state == "CAL" && p.city == "ab" && p.door == *door;
    assert_eq!(ids(q().then("CAL").then("ab").then(door).all(db).await), wanted(&at_door));
    assert_eq!(q().then("CA").range("ab"..).count(db).await.unwrap(), 6);
    assert_eq!(q().then("NY").descending().first(db).await.unwrap().unwrap().city, "b");
    assert_eq!(ids(q().then("C").all(db).await), []);
    assert_eq!(ids(q().then("CA").range("b".."b").all(db).await), []);
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
