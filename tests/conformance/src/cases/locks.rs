use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::test::{Test, kind};

cases!(
    one_holder_at_a_time,
    a_lock_is_given_back,
    a_dropped_lease_is_given_back,
    a_dropped_acquisition_leaves_no_lock,
    tokens_grow_with_each_holder,
    a_living_holder_is_not_overtaken,
    a_silent_holder_is_overtaken_and_fenced_off,
    waiting_ends,
    locks_of_other_names_are_free,
    names_are_taken_as_they_are,
    a_deleted_record_makes_no_second_holder,
);

const LEASE: Duration = Duration::from_millis(600);

async fn one_holder_at_a_time(t: Test) {
    let inside = Arc::new(AtomicU32::new(0));
    let turns = (0..6).map(|_| {
        let (db, inside) = (t.db.clone(), inside.clone());
        async move {
            let lease = db.lock("one").lease(Duration::from_secs(2)).acquire().await.unwrap();
            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two holders at once");
            tokio::time::sleep(Duration::from_millis(20)).await;
            inside.fetch_sub(1, Ordering::SeqCst);
            let token = lease.token();
            assert!(lease.release().await.unwrap());
            token
        }
    });
    let mut tokens = join_all(turns).await;
    tokens.sort();
    assert!(tokens.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{tokens:?}");
}

async fn a_lock_is_given_back(t: Test) {
    let lease = t.db.lock("l").acquire().await.unwrap();
    assert!(lease.is_held());
    assert!(t.db.lock("l").try_acquire().await.unwrap().is_none());
    assert!(lease.release().await.unwrap());
    assert!(t.db.lock("l").try_acquire().await.unwrap().is_some());
}

async fn a_dropped_lease_is_given_back(t: Test) {
    let lease = t.db.lock("l").lease(Duration::from_secs(60)).acquire().await.unwrap();
    let token = lease.token();
    drop(lease);
    let next = t.db.lock("l").lease(LEASE).wait(Duration::from_secs(20)).acquire().await.unwrap();
    assert_eq!(next.token(), token + 1, "long before the first lease was over");
}

async fn a_dropped_acquisition_leaves_no_lock(t: Test) {
    let long = || t.db.lock("l").lease(Duration::from_secs(600)).wait(Duration::from_secs(30));
    for step in 0..20 {
        // Now before the lock is taken, now while the answer is on its way.
        match tokio::time::timeout(Duration::from_micros(step * 250), long().acquire()).await {
            Ok(lease) => assert!(lease.unwrap().release().await.unwrap()),
            Err(_) => assert!(long().acquire().await.unwrap().release().await.unwrap()),
        }
    }
}

async fn tokens_grow_with_each_holder(t: Test) {
    let mut last = 0;
    for _ in 1..=3 {
        let lease = t.db.lock("l").acquire().await.unwrap();
        assert_eq!(lease.name(), "l");
        assert!(lease.token() > last);
        last = lease.token();
        lease.release().await.unwrap();
    }
}

async fn a_living_holder_is_not_overtaken(t: Test) {
    let lease = t.db.lock("l").lease(LEASE).acquire().await.unwrap();
    let refused = t.db.lock("l").wait(LEASE * 3).acquire().await;
    assert_eq!(kind(refused), ErrorKind::Timeout);
    assert!(lease.is_held());
    assert!(lease.release().await.unwrap());
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Ledger {
    #[hash_key]
    id: String,
    sum: i64,
    fence: u64,
}

async fn a_silent_holder_is_overtaken_and_fenced_off(t: Test) {
    let db = t.with::<Ledger>().await;
    Ledger::create(&Ledger { id: "l".into(), sum: 0, fence: 0 }).exec(db).await.unwrap();
    // The first holder lives in a runtime of its own that stops running: a process that hangs.
    let hung = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (place, opening) = (t.place(), t.opening());
    let (first, hung) = std::thread::spawn(move || {
        let lease = hung.block_on(async {
            let own = place.open(opening).await.unwrap();
            own.lock("l").lease(LEASE).acquire().await.unwrap()
        });
        (lease, hung)
    })
    .join()
    .unwrap();
    let second = db.lock("l").lease(LEASE).wait(Duration::from_secs(20)).acquire().await.unwrap();
    assert!(second.token() > first.token());
    assert!(!first.is_held(), "its own lease was over before");

    let write = |token: u64, sum: i64| {
        Ledger::update("l").set(Ledger::SUM, sum).set(Ledger::FENCE, token).only_if(Ledger::FENCE.le(token)).exec(db)
    };
    write(second.token(), 2).await.unwrap();
    assert_eq!(kind(write(first.token(), 1).await), ErrorKind::ConditionFailed);
    assert_eq!(Ledger::get("l").consistent().exec(db).await.unwrap().unwrap().sum, 2);
    // Once it runs again, the first finds out, and takes nothing from the second.
    let revived = std::thread::spawn(move || {
        hung.block_on(async {
            tokio::time::timeout(Duration::from_secs(20), first.lost()).await.expect("the loss is told");
            assert!(!first.is_held());
            assert!(!first.release().await.unwrap());
        });
    });
    tokio::task::spawn_blocking(|| revived.join().unwrap()).await.unwrap();
    assert!(second.release().await.unwrap());
}

async fn waiting_ends(t: Test) {
    let _lease = t.db.lock("l").acquire().await.unwrap();
    let refused = t.db.lock("l").wait(Duration::from_millis(50)).acquire().await;
    assert_eq!(kind(refused), ErrorKind::Timeout);
    for lease in [Duration::ZERO, Duration::from_millis(49), Duration::MAX] {
        assert_eq!(kind(t.db.lock("other").lease(lease).acquire().await), ErrorKind::InvalidInput);
    }
    // A wait without end is none that overflows.
    let long = t.db.lock("other").lease(Duration::from_secs(365 * 24 * 60 * 60)).wait(Duration::MAX).acquire();
    assert!(long.await.unwrap().is_held());
    assert_eq!(kind(t.db.lock("").acquire().await), ErrorKind::InvalidInput);
}

async fn locks_of_other_names_are_free(t: Test) {
    let _a = t.db.lock("a").acquire().await.unwrap();
    let _b = t.db.lock("b").acquire().await.unwrap();
}

async fn names_are_taken_as_they_are(t: Test) {
    let long = "n".repeat(1000);
    let mut leases = Vec::new();
    for name in
        ["a", "A", "a ", "a\0", "a\0b", "\u{301}", "ü", "u\u{308}", "$a.b", "#a", "{\"a\": 1}", "' OR 1=1", &long]
    {
        let lease = t.db.lock(name).try_acquire().await.unwrap();
        leases.push(lease.unwrap_or_else(|| panic!("{name:?} is another's")));
        assert!(t.db.lock(name).try_acquire().await.unwrap().is_none(), "{name:?} has two holders");
    }
    for lease in leases {
        assert!(lease.release().await.unwrap());
    }
}

/// The records of locks, as a program that cleans up sees them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "reposit_locks")]
struct Stored {
    #[hash_key]
    name: String,
    token: u64,
}

async fn a_deleted_record_makes_no_second_holder(t: Test) {
    let first = t.db.lock("l").lease(LEASE).acquire().await.unwrap();
    assert!(Stored::delete("l").exec(&t.db).await.unwrap());
    t.clock.advance(Duration::from_secs(1));
    let second = t.db.lock("l").lease(LEASE).wait(Duration::from_secs(20)).acquire().await.unwrap();
    assert!(second.token() > first.token(), "the token does not go back");
    tokio::time::timeout(Duration::from_secs(20), first.lost()).await.expect("the loss is told");
    assert!(!first.is_held());
    assert!(!first.release().await.unwrap());
    assert!(second.is_held());
    assert!(second.release().await.unwrap());
}
