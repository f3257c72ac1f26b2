//! Many add to one number: each counts once.

use std::sync::Arc;

use reposit::Repository;
use serde::{Deserialize, Serialize};

use crate::arena::{Arena, Fate, Found, fate, together, wrong};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "counters")]
struct Counter {
    #[hash_key]
    id: u64,
    count: i64,
    seen: Vec<i64>,
}

const TASKS: usize = 8;
const COUNTERS: u64 = 3;

pub(crate) async fn every_add_counts_once(arena: Arena) -> Found {
    arena.db(0).define::<Counter>().await.map_err(wrong)?;
    for id in 0..COUNTERS {
        Counter::create(&Counter { id, count: 0, seen: Vec::new() }).exec(arena.db(0)).await.map_err(wrong)?;
    }
    let arena = Arc::new(arena);
    let sums = together((0..TASKS).map(|task| add(arena.clone(), task))).await?;
    for id in 0..COUNTERS {
        let at = usize::try_from(id).unwrap_or_default();
        let counter = Counter::get(id).consistent().exec(arena.db(0)).await.map_err(wrong)?.ok_or("no counter")?;
        let (sure, perhaps) =
            sums.iter().map(|sums| sums[at]).fold((0, 0), |(a, b), (sure, perhaps)| (a + sure, b + perhaps));
        if !(sure..=sure + perhaps).contains(&counter.count) || sure == 0 {
            return Err(format!("{sure} were added, perhaps {perhaps} more; the counter says {}", counter.count));
        }
    }
    Ok(())
}

/// What was surely added to each counter, and what perhaps.
async fn add(arena: Arc<Arena>, task: usize) -> Result<Vec<(i64, i64)>, String> {
    let mut sums = vec![(0, 0); usize::try_from(COUNTERS).unwrap_or_default()];
    let mut last = sums.clone();
    while arena.goes_on().await {
        let (id, by) = (fastrand::u64(..COUNTERS), fastrand::i64(1..=3));
        let at = usize::try_from(id).unwrap_or_default();
        match fate(Counter::update(id).add(Counter::COUNT, by).exec(arena.db(task)).await)? {
            Fate::Done(counter) if counter.count < last[at].0 + by => {
                return Err(format!("added {by} to at least {}, and was told {}", last[at].0, counter.count));
            }
            Fate::Done(counter) => {
                sums[at].0 += by;
                last[at].0 = counter.count;
            }
            Fate::Unknown => sums[at].1 += by,
            Fate::Not => {}
            Fate::Refused(kind) => return Err(format!("an add was refused: {kind}")),
        }
    }
    Ok(sums)
}
