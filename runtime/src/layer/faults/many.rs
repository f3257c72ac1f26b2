//! Writes of a batch, each for itself: which go in one request, and what comes of each.

use super::fate::{Fate, Shape};
use super::identity::Identity;
use super::network::{Network, Origin, Times};
use crate::error::Result;
use crate::limits::requests::MOST_WRITES;
use crate::request::{Call, Write, WriteMany, Written};

/// What comes of each write of a batch.
#[derive(Debug)]
pub(super) struct Batch<'f> {
    items: Vec<(Fate, Shape)>,
    pub(super) origin: Origin<'f>,
    operation: &'static str,
}

impl<'f> Batch<'f> {
    /// The writes meet what is on their way.
    pub(super) fn meet(mut network: Network<'f>, call: &Call, writes: &[Write]) -> (Self, Times) {
        let mut items = vec![(Fate::Answered { after_loss: false }, Shape::of_batch([])); writes.len()];
        for (positions, shape) in requests(writes) {
            let parts = positions.iter().filter_map(|at| writes.get(*at));
            let fate = network.meet_write(call, Identity::of_part(call, parts), shape);
            for at in positions {
                if let Some(item) = items.get_mut(at) {
                    *item = (fate, shape);
                }
            }
        }
        // They go side by side: what the longest of them takes is known only now.
        let times = network.times(call);
        items.iter_mut().for_each(|(fate, _)| *fate = times.limit(*fate));
        (Self { items, origin: network.origin, operation: call.operation }, times)
    }

    /// The writes that come to the backend.
    pub(super) fn sent(&self, many: WriteMany) -> WriteMany {
        let is_told = |(fate, _): &(Fate, Shape)| matches!(fate, Fate::Answered { after_loss: false });
        if self.items.iter().all(is_told) {
            return many;
        }
        let fates = self.items.iter().map(|(fate, _)| fate);
        let sent = many.writes.into_iter().zip(fates).filter(|(_, fate)| !matches!(fate, Fate::Failed(_)));
        // Nobody is told of them as they are done: what is told of some is that nothing is known.
        WriteMany::new(sent.map(|(write, _)| write).collect())
    }

    /// What is told of each, given the results of those that came to the backend.
    pub(super) fn tell(self, results: Vec<Result<Written>>) -> Vec<Result<Written>> {
        let mut results = results.into_iter();
        let origin = self.origin;
        let tell = |(fate, shape): (Fate, Shape)| match fate {
            Fate::Failed(kind) => Err(origin.error(kind, self.operation)),
            fate => {
                let missing = || Err(origin.unknown("the backend told nothing of it"));
                fate.tell(shape, results.next().unwrap_or_else(missing), |why| origin.unknown(why))
            }
        };
        self.items.into_iter().map(tell).collect()
    }
}

/// The requests of a batch, each with the positions of its writes.
fn requests(writes: &[Write]) -> Vec<(Vec<usize>, Shape)> {
    let mut requests = Vec::new();
    let mut plain = Vec::new();
    for (at, write) in writes.iter().enumerate() {
        if write.is_plain() { plain.push(at) } else { requests.push((vec![at], Shape::of_write(write))) }
    }
    requests.extend(plain.chunks(MOST_WRITES).map(|positions| {
        let shape = Shape::of_batch(positions.iter().filter_map(|at| writes.get(*at)));
        (positions.to_vec(), shape)
    }));
    requests
}
