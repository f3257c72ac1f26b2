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
    /// The tokens of the last writes, in order.
    tokens: Vec<u64>,
}

/// With so many tokens the list begins anew: in a long run it would outgrow its record.
const MOST_TOKENS: usize = 200;

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
    turns_are_apart(&mut turns.lock().unwrap_or_else(PoisonError::into_inner))?;
    let ledger = Ledger::get(1).consistent().exec(arena.db(0)).await.map_err(wrong)?.ok_or("no ledger")?;
    if ledger.tokens.is_empty() { Err("nobody ever wrote".to_owned()) } else { nobody_overtaken_wrote(&ledger) }
}

fn nobody_overtaken_wrote(ledger: &Ledger) -> Found {
    match ledger.tokens.is_sorted() {
        true => Ok(()),
        false => Err(format!("an overtaken holder wrote: {:?}", ledger.tokens)),
    }
}

fn hold_and_pause(arena: &Arena, turns: &Turns) -> Found {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    let db = runtime.block_on(arena.own());
    let mut tokens = 0;
    while runtime.block_on(arena.goes_on()) {
        let taken = runtime.block_on(async { db.lock("ledger").lease(LEASE).wait(LEASE * 4).acquire().await });
        let lease = match taken {
            Ok(lease) => lease,
            Err(error) if matches!(error.kind(), ErrorKind::Timeout | ErrorKind::OutcomeUnknown) => continue,
            Err(error) => return Err(wrong(error)),
        };
        let from = Instant::now();
        runtime.block_on(write(&db, lease.token(), &mut tokens))?;
        // Nothing runs on this runtime meanwhile: the holder gives no sign of life.
        if fastrand::u8(..3) == 0 {
            std::thread::sleep(LEASE.mul_f64(0.5 + 1.5 * fastrand::f64()));
        }
        let until = Instant::now();
        if lease.is_held() {
            let turn = Turn { token: lease.token(), from, until };
            let mut turns = turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.push(turn);
            if turns.len() > 2 * KEPT_TURNS {
                turns_are_apart(&mut turns)?;
                turns.drain(..KEPT_TURNS);
            }
        }
        runtime.block_on(write(&db, lease.token(), &mut tokens))?;
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

/// A write under the token, unless another has overtaken. `tokens`: how many the list has.
async fn write(db: &Database, token: u64, tokens: &mut usize) -> Found {
    let write = Ledger::update(1).set(Ledger::FENCE, token);
    let write = match *tokens < MOST_TOKENS {
        true => write.append(Ledger::TOKENS, [token]),
        false => write.set(Ledger::TOKENS, &[token]),
    };
    if let Fate::Done(ledger) = fate(write.only_if(Ledger::FENCE.le(token)).exec(db).await)? {
        nobody_overtaken_wrote(&ledger)?;
        *tokens = ledger.tokens.len();
    }
    Ok(())
}

/// So many turns wait for one that is told late.
const KEPT_TURNS: usize = 1000;

fn turns_are_apart(turns: &mut [Turn]) -> Found {
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
