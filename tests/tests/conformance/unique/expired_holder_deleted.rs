//! A unique value whose holder has expired, and is taken away by the server while another asks for it:
//! nobody holds it then, and nobody is refused.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use reposit::{ErrorKind, Repository, Result};
use serde::{Deserialize, Serialize};

use reposit_conformance::{START, Test};
use reposit_tests::models::{Seat, seat};

reposit_conformance::cases!(
    a_holder_that_goes_meanwhile_is_in_nobody_s_way,
    a_save_meets_no_holder_that_went_meanwhile,
    a_live_holder_refuses_every_write,
);

const LATER: i64 = START + 1000;
const WAYS: [&str; 7] = ["create", "put", "update", "upsert", "put_many", "transaction", "second of two"];

/// What the server does to a record that has expired, whenever it likes.
async fn take_away(t: &Test, repository: &str, id: u64) {
    if let Some(database) = t.db.raw::<::mongodb::Database>() {
        let records = database.collection::<::mongodb::bson::Document>(repository);
        records.delete_one(::mongodb::bson::doc! { "_id": i64::try_from(id).unwrap() }).await.unwrap();
    }
    if let Some(client) = t.db.raw::<aws_sdk_dynamodb::Client>() {
        let key = AttributeValue::N(id.to_string());
        client.delete_item().table_name(repository).key("id", key).send().await.unwrap();
    }
}

/// Asks for a place for the seat `id`, in one of the ways. What changes a seat finds it there.
async fn ask(t: &Test, way: &str, id: u64, place: &str) -> Result<()> {
    let (db, wanted) = (&t.db, seat(id, place, LATER));
    match way {
        "create" => Seat::create(&wanted).exec(db).await,
        "put" => Seat::put(&wanted).exec(db).await,
        "update" => Seat::update(id).set(Seat::PLACE, place).exec(db).await.map(drop),
        "upsert" => Seat::upsert(id).set(Seat::PLACE, place).set(Seat::UNTIL, LATER).exec(db).await.map(drop),
        "put_many" => Seat::put_many(&[wanted, seat(id + 1, &format!("beside {place}"), LATER)]).exec(db).await,
        "transaction" => db.transaction().add(Seat::put(&wanted)).commit().await.map(drop),
        _ => {
            let first = seat(id + 1, &format!("beside {place}"), LATER);
            db.transaction().add(Seat::put(&first)).add(Seat::put(&wanted)).commit().await.map(drop)
        }
    }
}

async fn a_holder_that_goes_meanwhile_is_in_nobody_s_way(t: Test) {
    let db = t.with::<Seat>().await;
    // The race is won by the one and by the other within so many.
    let rounds = if db.backend_name() == "mongodb" { 30 } else { 4 };
    for (at, way) in (0..).zip(WAYS) {
        for round in 0..rounds {
            let (old, new, place) = (at * 1000 + round * 4, at * 1000 + round * 4 + 1, format!("{way} {round}"));
            Seat::create(&seat(old, &place, START - 10)).exec(db).await.unwrap();
            if way == "update" {
                Seat::create(&seat(new, &format!("other than {place}"), LATER)).exec(db).await.unwrap();
            }
            let server = async {
                tokio::time::sleep(Duration::from_micros(100 * (round % 20))).await;
                take_away(&t, "seats", old).await;
            };
            let (asked, ()) = tokio::join!(ask(&t, way, new, &place), server);
            asked.unwrap_or_else(|error| panic!("{way}, round {round}: {error}"));
            let holder = Seat::find_by_place(&place).consistent().exec(db).await.unwrap();
            assert_eq!(holder.map(|seat| seat.id), Some(new), "{way}, round {round}");
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "booths")]
struct Booth {
    #[hash_key]
    id: u64,
    #[index(unique)]
    place: String,
    #[ttl]
    until: i64,
    #[version]
    revision: u64,
}

async fn a_save_meets_no_holder_that_went_meanwhile(t: Test) {
    let db = t.with::<Booth>().await;
    for round in 0..if db.backend_name() == "mongodb" { 30 } else { 4 } {
        let booth = |id, place, until| Booth { id: round * 4 + id, place, until, revision: 0 };
        let (old, mut new) = (booth(0, round.to_string(), START - 10), booth(1, format!("before {round}"), LATER));
        Booth::save(&mut old.clone()).exec(db).await.unwrap();
        Booth::save(&mut new).exec(db).await.unwrap();
        new.place = old.place;
        let server = async {
            tokio::time::sleep(Duration::from_micros(100 * (round % 20))).await;
            take_away(&t, "booths", old.id).await;
        };
        let (saved, ()) = tokio::join!(Booth::save(&mut new).exec(db), server);
        saved.unwrap_or_else(|error| panic!("round {round}: {error}"));
        assert_eq!(Booth::find_by_place(&new.place).consistent().exec(db).await.unwrap().as_ref(), Some(&new));
    }
}

async fn a_live_holder_refuses_every_write(t: Test) {
    let db = t.with::<Seat>().await;
    Seat::create(&seat(0, "front", LATER)).exec(db).await.unwrap();
    for (at, way) in (1..).zip(WAYS) {
        let id = at * 10;
        if way == "update" {
            Seat::create(&seat(id, way, LATER)).exec(db).await.unwrap();
        }
        let refused = ask(&t, way, id, "front").await.unwrap_err();
        let error = refused.failures().first().map_or(&refused, |failure| &failure.error);
        assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("by_place")), "{way}: {refused}");
    }
    let holder = Seat::find_by_place("front").consistent().exec(db).await.unwrap();
    assert_eq!(holder.map(|seat| seat.id), Some(0));
}
