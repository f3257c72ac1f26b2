//! Indexes whose hash has several parts.

use reposit::{ErrorKind, Projection, Repository};
use serde::{Deserialize, Serialize};

use super::{NONE, Place, Shift, days, ids, pages, place, shift};
use crate::Capability;
use crate::test::{START, Test, kind};

cases!(
    a_hash_of_several_parts_finds_what_has_them_all,
    a_hash_of_several_parts_is_paged_in_both_directions,
    a_record_moves_with_each_part_of_a_hash,
    a_unique_index_has_a_hash_of_several_parts,
    a_hash_of_four_parts_of_all_kinds,
    a_record_without_a_part_of_the_hash_is_left_out,
    the_primary_key_is_part_of_a_hash,
    a_part_that_no_key_can_have_is_refused,
    an_index_with_a_hash_of_parts_is_what_it_was_defined_as,
);

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
    assert_eq!(ids(Place::find_by_tenant_and_state("a", "b").all(db).await), NONE);
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
    if t.can(Capability::Explain) {
        let explained = q().explain(db).unwrap();
        assert!(explained.contains("tenant") && explained.contains("state"), "{explained}");
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
    assert_eq!(ids(Place::find_by_tenant_and_state("t", "s").all(db).await), NONE);
    assert_eq!(ids(Place::find_by_tenant_and_state("t", "r").all(db).await), [1]);
    Place::update(1).set(Place::TENANT, "v").exec(db).await.unwrap();
    assert_eq!(ids(Place::find_by_tenant_and_state("t", "r").all(db).await), NONE);
    assert_eq!(ids(Place::find_by_tenant_and_state("v", "r").all(db).await), [1]);
    assert_eq!(ids(Place::find_by_area(&[7], "v").all(db).await), [1]);
    Place::delete(1).exec(db).await.unwrap();
    assert_eq!(ids(Place::find_by_tenant_and_state("v", "r").all(db).await), NONE);
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
    let mut grids =
        vec![grid("a", u64::MAX, Some("p")), grid("b", 2, Some("q")), grid("c", 2, Some("p")), grid("d", 2, None)];
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
        assert_eq!(
            days(Ok(pages(&all, |cursor| q().limit(size).after(cursor).exec(db)).await)),
            expected(&[1, 3, 5, 7])
        );
        let on_a_day = pages(&all, |cursor| Shift::find_by_day("odd", 3).limit(size).after(cursor).exec(db)).await;
        assert_eq!(days(Ok(on_a_day)), [("a".to_owned(), 3), ("b".to_owned(), 3)]);
    }
    assert_eq!(days(Shift::find_by_day("odd", 3).then("b").all(db).await), [("b".to_owned(), 3)]);
    assert_eq!(days(Shift::find_by_day("odd", 3).then("b").begins_with("n1").all(db).await), []);
}

async fn a_part_that_no_key_can_have_is_refused(t: Test) {
    let db = t.with::<Place>().await;
    for (tenant, state) in [("", "s"), ("t", "")] {
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
    assert_eq!(kind(Place::find_by_area(&[7], "t").then("s").then("").count(db).await), ErrorKind::InvalidInput);
}

async fn an_index_with_a_hash_of_parts_is_what_it_was_defined_as(t: Test) {
    let db = t.with::<Place>().await;
    assert!(db.plan::<Place>().await.unwrap().iter().all(|plan| plan.is_empty()));
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
