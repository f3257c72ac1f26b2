//! A unique value is its holder's as long as the holder lives: once that has expired, it is another's to take.

use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::models::{Seat, seat};
use crate::test::{START, Test, kind};

cases!(
    a_longer_life_keeps_the_value,
    a_shorter_life_frees_the_value,
    a_life_without_end_keeps_the_value,
    what_was_taken_over_stays_with_its_heir,
    an_expired_record_gives_its_values_up_within_a_transaction,
);

const LATER: i64 = START + 1000;

async fn still_taken(t: &Test, place: &str, by: u64) {
    let taken = Seat::create(&seat(99, place, LATER + 5000)).exec(&t.db).await;
    assert_eq!(kind(taken), ErrorKind::UniqueViolation);
    let found = Seat::find_by_place(place).consistent().exec(&t.db).await.unwrap();
    assert_eq!(found.map(|seat| seat.id), Some(by));
    t.is_sound::<Seat>().await;
}

async fn a_longer_life_keeps_the_value(t: Test) {
    let db = t.with::<Seat>().await;
    for (id, place) in [(1, "set"), (2, "add"), (3, "put"), (4, "upsert"), (5, "transaction"), (6, "batch")] {
        Seat::create(&seat(id, place, START + 10)).exec(db).await.unwrap();
    }
    Seat::update(1).set(Seat::UNTIL, LATER).exec(db).await.unwrap();
    Seat::update(2).add(Seat::UNTIL, 990).exec(db).await.unwrap();
    Seat::put(&seat(3, "put", LATER)).exec(db).await.unwrap();
    Seat::upsert(4).set(Seat::UNTIL, LATER).default(Seat::PLACE, "none").exec(db).await.unwrap();
    db.transaction().add(Seat::update(5).set(Seat::UNTIL, LATER)).commit().await.unwrap();
    Seat::put_many(&[seat(6, "batch", LATER)]).exec(db).await.unwrap();
    t.advance(500);
    for (id, place) in [(1, "set"), (2, "add"), (3, "put"), (4, "upsert"), (5, "transaction"), (6, "batch")] {
        still_taken(&t, place, id).await;
    }
    t.advance(500);
    for (id, place) in [(11, "set"), (12, "add"), (13, "put"), (14, "upsert"), (15, "transaction"), (16, "batch")] {
        Seat::create(&seat(id, place, LATER + 10)).exec(db).await.unwrap();
    }
    t.is_sound::<Seat>().await;
}

async fn a_shorter_life_frees_the_value(t: Test) {
    let db = t.with::<Seat>().await;
    Seat::create(&seat(1, "front", LATER)).exec(db).await.unwrap();
    Seat::update(1).set(Seat::UNTIL, START + 10).exec(db).await.unwrap();
    t.advance(9);
    still_taken(&t, "front", 1).await;
    t.advance(1);
    Seat::create(&seat(2, "front", LATER)).exec(db).await.unwrap();
    // At once, where the new expiry has passed already.
    Seat::update(2).set(Seat::UNTIL, START).exec(db).await.unwrap();
    Seat::create(&seat(3, "front", LATER)).exec(db).await.unwrap();
    still_taken(&t, "front", 3).await;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Perch {
    #[hash_key]
    id: u64,
    #[index(unique)]
    place: String,
    #[ttl]
    until: Option<i64>,
}

async fn a_life_without_end_keeps_the_value(t: Test) {
    let db = t.with::<Perch>().await;
    let perch = |id, until| Perch { id, place: "branch".into(), until };
    Perch::create(&perch(1, Some(START + 10))).exec(db).await.unwrap();
    Perch::update(1).remove(Perch::UNTIL).exec(db).await.unwrap();
    t.advance(1_000_000);
    assert_eq!(kind(Perch::create(&perch(2, None)).exec(db).await), ErrorKind::UniqueViolation);
    Perch::update(1).set(Perch::UNTIL, START + 1_000_010).exec(db).await.unwrap();
    t.advance(10);
    Perch::create(&perch(2, None)).exec(db).await.unwrap();
    assert_eq!(Perch::find_by_place("branch").consistent().exec(db).await.unwrap(), Some(perch(2, None)));
    assert_eq!(db.verify::<Perch>().await.unwrap(), Vec::<String>::new());
}

async fn what_was_taken_over_stays_with_its_heir(t: Test) {
    let db = t.with::<Seat>().await;
    for id in 1..=6 {
        Seat::create(&seat(id, &format!("p{id}"), START + 10)).exec(db).await.unwrap();
    }
    t.advance(10);
    for id in 1..=6 {
        Seat::create(&seat(id + 10, &format!("p{id}"), LATER)).exec(db).await.unwrap();
    }
    // Whatever is done to the old record now, the new one keeps the value.
    assert!(!Seat::delete(1).exec(db).await.unwrap());
    Seat::put(&seat(2, "elsewhere", LATER)).exec(db).await.unwrap();
    assert_eq!(kind(Seat::put(&seat(3, "p3", LATER)).exec(db).await), ErrorKind::UniqueViolation);
    Seat::delete_many([3, 4]).exec(db).await.unwrap();
    Seat::upsert(5).set(Seat::PLACE, "anew").set(Seat::UNTIL, LATER).exec(db).await.unwrap();
    db.transaction().add(Seat::delete(6)).add(Seat::delete(4)).commit().await.unwrap();
    for id in 1..=6 {
        still_taken(&t, &format!("p{id}"), id + 10).await;
    }
}

async fn an_expired_record_gives_its_values_up_within_a_transaction(t: Test) {
    let db = t.with::<Seat>().await;
    for id in 1..=4 {
        Seat::create(&seat(id, &format!("p{id}"), START + 10)).exec(db).await.unwrap();
    }
    t.advance(10);
    let (heir, back) = (seat(11, "p1", LATER), seat(1, "q", LATER));
    db.transaction().add(Seat::create(&heir)).add(Seat::create(&back)).commit().await.unwrap();
    still_taken(&t, "p1", 11).await;
    let (heir, back) = (seat(12, "p2", LATER), seat(2, "p2", LATER));
    let error = db.transaction().add(Seat::create(&back)).add(Seat::create(&heir)).commit().await.unwrap_err();
    assert_eq!((error.kind(), error.position()), (ErrorKind::UniqueViolation, Some(1)));
    let error = db.transaction().add(Seat::create(&heir)).add(Seat::create(&back)).commit().await.unwrap_err();
    assert_eq!((error.kind(), error.position()), (ErrorKind::UniqueViolation, Some(1)));
    // Two that have expired exchange their values.
    let (three, four) = (seat(3, "p4", LATER), seat(4, "p3", LATER));
    db.transaction().add(Seat::put(&three)).add(Seat::put(&four)).commit().await.unwrap();
    still_taken(&t, "p4", 3).await;
    still_taken(&t, "p3", 4).await;
}
