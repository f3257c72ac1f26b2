//! Reads under way, which others that want the same wait for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};
use tokio::runtime;

use super::key::Key;
use super::marks::Began;
use crate::backend::BoxFuture;
use crate::definition::Definition;
use crate::error::Result;
use crate::value::Record;

/// A read of one record. Whoever is polled drives it; if one who waits is dropped, the others go on.
pub(super) type Flight = Shared<BoxFuture<'static, Result<Option<Record>>>>;

/// A read of several, of which each is a [`Flight`] too.
pub(super) type Batch = Shared<BoxFuture<'static, Result<Arc<[Option<Record>]>>>>;

/// The reads under way. A timer ends with its runtime, so those of one runtime are for that one.
#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    last: u64,
    flights: HashMap<(Key, runtime::Id), Place>,
}

#[derive(Debug)]
struct Place {
    number: u64,
    definition: &'static Definition,
    began: Began,
    flight: WeakShared<BoxFuture<'static, Result<Option<Record>>>>,
}

/// Who wants a record.
pub(super) struct Seat {
    pub(super) flight: Flight,
    /// Whether the read was begun for this one.
    pub(super) is_own: bool,
}

impl Flights {
    /// A seat for each key, in their order: in a read that is under way, or in the one that `begin` makes for the
    /// positions that nobody reads yet.
    pub(super) fn board(
        self: &Arc<Self>,
        definition: &'static Definition,
        runtime: runtime::Id,
        keys: &[Key],
        began: Began,
        is_latest: impl Fn(&Key, &Began) -> bool,
        begin: impl FnOnce(&[usize]) -> Batch,
    ) -> Vec<Seat> {
        let mut open = self.open();
        let join = |key: &Key| {
            let place = open.flights.get(&(key.clone(), runtime))?;
            // A write that has begun since must be seen by whoever comes after it.
            let is_good = std::ptr::eq(place.definition, definition) && is_latest(key, &place.began);
            if is_good { place.flight.upgrade() } else { None }
        };
        let mut seats: Vec<Option<Seat>> =
            keys.iter().map(|key| join(key).map(|flight| Seat { flight, is_own: false })).collect();
        let alone: Vec<usize> = (0..keys.len()).filter(|at| matches!(seats.get(*at), Some(None))).collect();
        if !alone.is_empty() {
            let batch = begin(&alone);
            for (nth, at) in alone.into_iter().enumerate() {
                let (Some(key), Some(seat)) = (keys.get(at), seats.get_mut(at)) else { continue };
                open.last += 1;
                let place = (key.clone(), runtime);
                let landing = Landing { flights: self.clone(), place: place.clone(), number: open.last };
                let flight = take_nth(batch.clone(), nth, landing);
                let number = open.last;
                if let Some(weak) = flight.downgrade() {
                    open.flights.insert(place, Place { number, definition, began, flight: weak });
                }
                *seat = Some(Seat { flight, is_own: true });
            }
        }
        seats.into_iter().flatten().collect()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn take_nth(batch: Batch, nth: usize, landing: Landing) -> Flight {
    let flight = async move {
        let _landing = landing;
        batch.await.map(|records| records.get(nth).cloned().flatten())
    };
    flight.boxed().shared()
}

/// Takes a read off the list when it has ended, or nobody waits for it any more.
struct Landing {
    flights: Arc<Flights>,
    place: (Key, runtime::Id),
    number: u64,
}

impl Drop for Landing {
    fn drop(&mut self) {
        let mut open = self.flights.open();
        if open.flights.get(&self.place).is_some_and(|place| place.number == self.number) {
            open.flights.remove(&self.place);
        }
    }
}
