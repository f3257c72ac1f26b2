//! What a field has in it: structs in boxes, and items of lists of every kind.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, SystemTime};

use reposit::{Embedded, ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::test::{Test, kind};

cases!(
    fields_in_a_box_are_reached,
    fields_in_an_optional_box_are_reached,
    boxes_in_structs_are_reached_through,
    lists_of_bytes_are_looked_into_and_added_to,
    lists_of_maps_and_sets_are_looked_into_and_added_to,
    lists_of_boxes_are_looked_into_and_added_to,
);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Place {
    city: String,
    visits: u32,
    since: SystemTime,
    next: Option<Box<Leg>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Leg {
    to: String,
    hours: u32,
}

fn leg(to: &str) -> Box<Leg> {
    Box::new(Leg { to: to.into(), hours: 1 })
}

fn place(city: &str) -> Place {
    Place { city: city.into(), visits: 1, since: at(5), next: None }
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Trip {
    #[hash_key]
    id: String,
    home: Box<Place>,
    stop: Option<Box<Place>>,
}

fn trip(id: &str, home: Place, stop: Option<Place>) -> Trip {
    Trip { id: id.into(), home: Box::new(home), stop: stop.map(Box::new) }
}

async fn ids(db: &reposit::Database, condition: reposit::Condition<Trip>) -> Vec<String> {
    let mut ids: Vec<_> =
        Trip::scan().filter(condition).all(db).await.unwrap().into_iter().map(|trip| trip.id).collect();
    ids.sort();
    ids
}

async fn fields_in_a_box_are_reached(t: Test) {
    let db = t.with::<Trip>().await;
    Trip::put_many(&[trip("a", place("Graz"), None), trip("b", place("Linz"), None)]).exec(db).await.unwrap();

    assert_eq!(ids(db, Trip::HOME.at(Place::CITY).eq("Graz")).await, ["a"]);
    assert_eq!(ids(db, Trip::HOME.at(Place::CITY).begins_with("L")).await, ["b"]);
    assert_eq!(ids(db, Trip::HOME.at(Place::SINCE).eq(at(5))).await, ["a", "b"]);
    assert_eq!(ids(db, Trip::HOME.eq(&Box::new(place("Linz")))).await, ["b"]);

    let update = || Trip::update("a").only_if(Trip::HOME.at(Place::SINCE).lt(at(9)));
    let change = update().set(Trip::HOME.at(Place::CITY), "Wien").add(Trip::HOME.at(Place::VISITS), 2);
    let updated = change.set(Trip::HOME.at(Place::SINCE), at(9)).exec(db).await.unwrap();
    assert_eq!(*updated.home, Place { city: "Wien".into(), visits: 3, since: at(9), next: None });
    assert_eq!(Trip::get("a").exec(db).await.unwrap(), Some(updated));
    assert_eq!(kind(update().set(Trip::HOME.at(Place::CITY), "Graz").exec(db).await), ErrorKind::ConditionFailed);
}

async fn fields_in_an_optional_box_are_reached(t: Test) {
    let db = t.with::<Trip>().await;
    let (with, without) = (trip("a", place("Graz"), Some(place("Bruck"))), trip("b", place("Graz"), None));
    Trip::put_many(&[with, without]).exec(db).await.unwrap();

    assert_eq!(ids(db, Trip::STOP.at(Place::CITY).eq("Bruck")).await, ["a"]);
    assert_eq!(ids(db, Trip::STOP.at(Place::CITY).missing()).await, ["b"]);
    let updated = Trip::update("a").set(Trip::STOP.at(Place::CITY), "Wien").exec(db).await.unwrap();
    assert_eq!(updated.stop.unwrap().city, "Wien");
    let refused = Trip::update("b").set(Trip::STOP.at(Place::CITY), "Wien").exec(db).await;
    assert!(refused.is_err(), "there is no stop to change: {refused:?}");
    let removed = Trip::update("a").remove(Trip::STOP).exec(db).await.unwrap();
    assert_eq!(removed.stop, None);
}

async fn boxes_in_structs_are_reached_through(t: Test) {
    let db = t.with::<Trip>().await;
    let far = Place { next: Some(leg("Wien")), ..place("Graz") };
    Trip::put_many(&[trip("a", far, None), trip("b", place("Graz"), None)]).exec(db).await.unwrap();

    let next = || Trip::HOME.at(Place::NEXT);
    assert_eq!(ids(db, next().at(Leg::TO).eq("Wien")).await, ["a"]);
    assert_eq!(ids(db, next().missing()).await, ["b"]);
    let updated = Trip::update("a").add(next().at(Leg::HOURS), 1).exec(db).await.unwrap();
    assert_eq!(updated.home.next.as_ref().unwrap().hours, 2);
    let updated = Trip::update("b").set(next(), &leg("Linz")).exec(db).await.unwrap();
    assert_eq!(updated.home.next, Some(leg("Linz")));
    let removed = Trip::update("a").remove(next()).exec(db).await.unwrap();
    assert_eq!(removed.home.next, None);
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Repository)]
struct Shelf {
    #[hash_key]
    id: String,
    chunks: Vec<Vec<u8>>,
    labels: Vec<BTreeMap<String, u32>>,
    counts: Vec<HashMap<String, u32>>,
    sets: Vec<BTreeSet<String>>,
    #[allow(clippy::vec_box, reason = "whether a list of boxes is looked into is what is asked")]
    boxes: Vec<Box<i64>>,
}

async fn shelf(t: &Test) -> &reposit::Database {
    let db = t.with::<Shelf>().await;
    Shelf::create(&Shelf { id: "s".into(), ..Shelf::default() }).exec(db).await.unwrap();
    db
}

async fn found(db: &reposit::Database, condition: reposit::Condition<Shelf>) -> bool {
    Shelf::scan().filter(condition).count(db).await.unwrap() == 1
}

async fn lists_of_bytes_are_looked_into_and_added_to(t: Test) {
    let db = shelf(&t).await;
    let _ = Shelf::update("s").append(Shelf::CHUNKS, [b"ab".as_slice(), &[]]).exec(db).await.unwrap();
    let appended = Shelf::update("s").append(Shelf::CHUNKS, [[0, 255].as_slice()]).exec(db).await.unwrap();
    assert_eq!(appended.chunks, [b"ab".to_vec(), vec![], vec![0, 255]]);

    assert!(found(db, Shelf::CHUNKS.contains(b"ab")).await);
    assert!(found(db, Shelf::CHUNKS.contains(&[])).await);
    assert!(!found(db, Shelf::CHUNKS.contains(b"a")).await);
    assert!(found(db, Shelf::CHUNKS.nth(2).eq(&[0, 255])).await);
    let set = Shelf::update("s").set(Shelf::CHUNKS.nth(0), b"x").only_if(Shelf::CHUNKS.nth(0).eq(b"ab"));
    assert_eq!(set.exec(db).await.unwrap().chunks[0], b"x");
    assert!(found(db, Shelf::CHUNKS.eq(&[b"x".to_vec(), vec![], vec![0, 255]])).await);
}

async fn lists_of_maps_and_sets_are_looked_into_and_added_to(t: Test) {
    let db = shelf(&t).await;
    let one = BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
    let other = HashMap::from([("c".to_owned(), 3)]);
    let set = BTreeSet::from(["x".to_owned(), "y".to_owned()]);
    let append = Shelf::update("s").append(Shelf::LABELS, [&one, &BTreeMap::new()]);
    let appended = append.append(Shelf::COUNTS, [&other]).append(Shelf::SETS, [&set]).exec(db).await.unwrap();
    assert_eq!((&appended.labels[0], &appended.counts[0], &appended.sets[0]), (&one, &other, &set));

    assert!(
        found(db, Shelf::LABELS.contains(&one) & Shelf::COUNTS.contains(&other) & Shelf::SETS.contains(&set)).await
    );
    assert!(!found(db, Shelf::LABELS.contains(&BTreeMap::from([("a".to_owned(), 1)]))).await);
    assert!(found(db, Shelf::LABELS.nth(0).entry("b").eq(2)).await);
    assert!(found(db, Shelf::SETS.nth(0).eq(&set)).await);
    let added = Shelf::update("s").add(Shelf::LABELS.nth(0).entry("a"), 4).exec(db).await.unwrap();
    assert_eq!(added.labels[0]["a"], 5);
}

async fn lists_of_boxes_are_looked_into_and_added_to(t: Test) {
    let db = shelf(&t).await;
    let appended = Shelf::update("s").append(Shelf::BOXES, [&Box::new(7), &Box::new(-7)]).exec(db).await.unwrap();
    assert_eq!(appended.boxes, [Box::new(7), Box::new(-7)]);
    assert!(found(db, Shelf::BOXES.contains(&Box::new(-7))).await);
    assert!(!found(db, Shelf::BOXES.contains(&Box::new(8))).await);
    assert!(found(db, Shelf::BOXES.nth(0).eq(&Box::new(7))).await);
}
