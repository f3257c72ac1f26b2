//! A lock whose holders are paused: no two hold it at once by their own account, and who was overtaken writes nothing.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reposit::{Database, ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::arena::{Arena, Fate, Found, fate, wrong};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "ledgers")]
struct Ledger {
    #[hash_key]
    id: u64,
    fence: u64,
    /// The token of every write, in order.
    tokens: Vec<u64>,
}

const HOLDERS: usize = 4;
const LEASE: Duration = Duration::from_millis(300);

/// From when until when a holder was sure that it held the lock.
#[derive(Debug, Clone, Copy)]
struct Turn {
    token: u64,
    from: Instant,
    until: Instant,
}

type Turns = Arc<Mutex<Vec<Turn>>>;

pub(crate) async fn the_lock_is_exclusive(arena: Arena) -> Found {
    arena.db(0).define::<Ledger>().await.map_err(wrong)?;
    Ledger::create(&Ledger { id: 1, fence: 0, tokens: Vec::new() }).exec(arena.db(0)).await.map_err(wrong)?;
    let (arena, turns) = (Arc::new(arena), Turns::default());
    // Each holder lives in a runtime of its own, which can be stopped as a process can.
    let holders: Vec<_> = (0..HOLDERS)
        .map(|_| {
            let (arena, turns) = (arena.clone(), turns.clone());
            std::thread::spawn(move || hold_and_pause(&arena, &turns))
        })
        .collect();
    let joined =
        tokio::task::spawn_blocking(|| holders.into_iter().map(std::thread::JoinHandle::join).collect::<Vec<_>>());
    for holder in joined.await.map_err(|e| e.to_string())? {
        holder.map_err(|_| "a holder panicked".to_owned())??;
    }
    turns_are_apart(turns.lock().unwrap_or_else(PoisonError::into_inner).clone())?;
    let ledger = Ledger::get(1).consistent().exec(arena.db(0)).await.map_err(wrong)?.ok_or("no ledger")?;
    if ledger.tokens.is_empty() {
        return Err("nobody ever wrote".to_owned());
    }
    if ledger.tokens.is_sorted() { Ok(()) } else { Err(format!("an overtaken holder wrote: {:?}", ledger.tokens)) }
}

fn hold_and_pause(arena: &Arena, turns: &Turns) -> Found {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    let db = runtime.block_on(arena.own());
    while !arena.is_over() {
        let taken = runtime.block_on(async { db.lock("ledger").lease(LEASE).wait(LEASE * 4).acquire().await });
        let lease = match taken {
            Ok(lease) => lease,
            Err(error) if matches!(error.kind(), ErrorKind::Timeout | ErrorKind::OutcomeUnknown) => continue,
            Err(error) => return Err(wrong(error)),
        };
        let from = Instant::now();
        runtime.block_on(write(&db, lease.token()))?;
        // Nothing runs on this runtime meanwhile: the holder gives no sign of life.
        if fastrand::u8(..3) == 0 {
            std::thread::sleep(LEASE.mul_f64(0.5 + 1.5 * fastrand::f64()));
        }
        let until = Instant::now();
        if lease.is_held() {
            let turn = Turn { token: lease.token(), from, until };
            turns.lock().unwrap_or_else(PoisonError::into_inner).push(turn);
        }
        runtime.block_on(write(&db, lease.token()))?;
        match fastrand::bool() {
            true => {
                fate(runtime.block_on(lease.release()))?;
            }
            // What a dropped lease leaves to be done is done while the runtime runs.
            false => runtime.block_on(async {
                drop(lease);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }),
        }
    }
    Ok(())
}

/// A write under the token; false where another has overtaken.
async fn write(db: &Database, token: u64) -> Result<bool, String> {
    let write = Ledger::update(1).set(Ledger::FENCE, token).append(Ledger::TOKENS, [token]);
    Ok(matches!(fate(write.only_if(Ledger::FENCE.le(token)).exec(db).await)?, Fate::Done(_)))
}

fn turns_are_apart(mut turns: Vec<Turn>) -> Found {
    turns.sort_by_key(|turn| turn.from);
    for pair in turns.windows(2) {
        let [before, after] = pair else { continue };
        if before.until > after.from {
            return Err(format!("two holders at once: {before:?} and {after:?}"));
        }
        if before.token >= after.token {
            return Err(format!("the token went from {} to {}", before.token, after.token));
        }
    }
    Ok(())
}
