//! Money moves between accounts in transactions: none is made, none is lost, at no moment.

use std::sync::Arc;

use reposit::{Database, Repository};
use serde::{Deserialize, Serialize};

use crate::arena::{Arena, Fate, Found, fate, together, wrong};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "accounts")]
struct Account {
    #[hash_key]
    id: u64,
    balance: i64,
}

const ACCOUNTS: u64 = 6;
const EACH: i64 = 100;
const TASKS: usize = 8;

pub(crate) async fn the_sum_holds(arena: Arena) -> Found {
    arena.db(0).define::<Account>().await.map_err(wrong)?;
    for id in 0..ACCOUNTS {
        Account::create(&Account { id, balance: EACH }).exec(arena.db(0)).await.map_err(wrong)?;
    }
    let arena = Arc::new(arena);
    let moves = (0..TASKS).map(|task| move_money(arena.clone(), task));
    let watch = watch(arena.clone());
    let (moved, watched) = tokio::join!(together(moves), together([watch]));
    watched?;
    if moved?.into_iter().sum::<u32>() == 0 {
        return Err("no transfer was done".to_owned());
    }
    balances_add_up(arena.db(0)).await
}

async fn move_money(arena: Arc<Arena>, task: usize) -> Result<u32, String> {
    let mut done = 0;
    while arena.goes_on().await {
        let (from, step, amount) = (fastrand::u64(..ACCOUNTS), fastrand::u64(1..ACCOUNTS), fastrand::i64(1..=60));
        let to = (from + step) % ACCOUNTS;
        let db = arena.db(task);
        let take = Account::update(from).add(Account::BALANCE, -amount).only_if(Account::BALANCE.ge(amount));
        let give = Account::update(to).add(Account::BALANCE, amount);
        // The refusal stands now before, now behind a write that is fine.
        let both = db.transaction();
        let both = if fastrand::bool() { both.add(take).add(give) } else { both.add(give).add(take) };
        if let Fate::Done(()) = fate(both.commit().await)? {
            done += 1;
        }
    }
    Ok(done)
}

async fn watch(arena: Arc<Arena>) -> Result<(), String> {
    while arena.goes_on().await {
        balances_add_up(arena.db(1)).await?;
    }
    Ok(())
}

/// The balances at one moment.
async fn balances_add_up(db: &Database) -> Found {
    let accounts = match fate(db.read((0..ACCOUNTS).map(Account::get).collect::<Vec<_>>()).await)? {
        Fate::Done(accounts) => accounts,
        // Too much went on for a look; the next one may get through.
        _ => return Ok(()),
    };
    let balances: Vec<i64> = accounts.into_iter().flatten().map(|account| account.balance).collect();
    let wanted = i64::try_from(ACCOUNTS).unwrap_or_default() * EACH;
    if balances.len() as u64 != ACCOUNTS || balances.iter().sum::<i64>() != wanted {
        return Err(format!("the balances {balances:?} are not {wanted} together"));
    }
    match balances.iter().find(|balance| **balance < 0) {
        Some(balance) => Err(format!("a balance of {balance}")),
        None => Ok(()),
    }
}
