//! Futures that are dropped before they end: what they did is whole, and nothing of them stands in the way of others.

use std::time::Duration;

use reposit::Repository;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::test::Test;

cases!(a_dropped_write_is_whole, a_dropped_transaction_locks_nothing: Snapshot);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "guests")]
struct Guest {
    #[hash_key]
    id: u64,
    #[index(unique)]
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "rooms")]
struct Room {
    #[hash_key]
    id: u64,
    guests: u64,
}

const TRIES: u64 = 30;

/// After how long the future is dropped: before it has sent a thing, in the middle, or not at all.
fn patience(n: u64) -> Duration {
    Duration::from_micros(n * n * 25)
}

fn guest(id: u64) -> Guest {
    Guest { id, name: format!("guest {id}") }
}

async fn a_dropped_write_is_whole(t: Test) {
    let db = t.with::<Guest>().await;
    for n in 0..TRIES {
        if let Ok(done) = timeout(patience(n), Guest::create(&guest(n)).exec(db)).await {
            done.unwrap();
        }
        // Nothing of it stands in the way of another write of the record, and the value goes with the record.
        Guest::put(&guest(n)).exec(db).await.unwrap();
        assert_eq!(Guest::find_by_name(&guest(n).name).consistent().exec(db).await.unwrap(), Some(guest(n)));
    }
    assert_eq!(db.verify::<Guest>().await.unwrap(), Vec::<String>::new());
}

async fn a_dropped_transaction_locks_nothing(t: Test) {
    t.with::<Guest>().await;
    let db = t.with::<Room>().await;
    Room::create(&Room { id: 1, guests: 0 }).exec(db).await.unwrap();
    let enter = |n| {
        let enter = db.transaction().add(Room::update(1).add(Room::GUESTS, 1));
        async move { enter.add(Guest::create(&guest(n))).commit().await }
    };
    for n in 0..TRIES {
        if let Ok(done) = timeout(patience(n), enter(n)).await {
            done.unwrap();
        }
        // A transaction that had been left open would hold the room until the server gives it up, a minute later.
        let other = timeout(Duration::from_secs(20), Room::update(1).add(Room::GUESTS, 0).exec(db));
        other.await.expect("the room is free").unwrap();
        let guests = db.snapshot((0..TRIES).map(Guest::get).collect::<Vec<_>>());
        assert!(guests.await.unwrap().iter().flatten().count() as u64 <= n + 1);
    }
    enter(TRIES).await.unwrap();
    let (room, guests) = db.snapshot((Room::get(1), (0..=TRIES).map(Guest::get).collect::<Vec<_>>())).await.unwrap();
    assert_eq!(room.unwrap().guests, guests.into_iter().flatten().count() as u64, "each transaction is whole");
    assert_eq!(db.verify::<Guest>().await.unwrap(), Vec::<String>::new());
}
