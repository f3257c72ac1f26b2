//! Money moves between accounts in transactions: none is made, none is lost, at no moment.

use std::sync::Arc;

use reposit::operation::Transaction;
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

/// The odd ones, in a repository of their own: what is moved between the two is of one moment all the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "vaults")]
struct Vault {
    #[hash_key]
    id: u64,
    balance: i64,
}

const ACCOUNTS: u64 = 6;
const EACH: i64 = 100;
const TASKS: usize = 8;

pub(crate) async fn the_sum_holds(arena: Arena) -> Found {
    arena.db(0).define::<Account>().await.map_err(wrong)?;
    arena.db(0).define::<Vault>().await.map_err(wrong)?;
    for id in 0..ACCOUNTS {
        match is_vault(id) {
            true => Vault::create(&Vault { id, balance: EACH }).exec(arena.db(0)).await.map_err(wrong)?,
            false => Account::create(&Account { id, balance: EACH }).exec(arena.db(0)).await.map_err(wrong)?,
        }
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
        // The refusal stands now before, now behind a write that is fine.
        let both = arena.db(task).transaction();
        let both = match fastrand::bool() {
            true => give(take(both, from, amount), to, amount),
            false => take(give(both, to, amount), from, amount),
        };
        if let Fate::Done(_) = fate(both.commit().await)? {
            done += 1;
        }
    }
    Ok(done)
}

fn is_vault(id: u64) -> bool {
    id % 2 == 1
}

fn take(transaction: Transaction<'_>, id: u64, amount: i64) -> Transaction<'_> {
    let account = Account::update(id).add(Account::BALANCE, -amount).only_if(Account::BALANCE.ge(amount));
    let vault = Vault::update(id).add(Vault::BALANCE, -amount).only_if(Vault::BALANCE.ge(amount));
    if is_vault(id) { transaction.add(vault) } else { transaction.add(account) }
}

fn give(transaction: Transaction<'_>, id: u64, amount: i64) -> Transaction<'_> {
    match is_vault(id) {
        true => transaction.add(Vault::update(id).add(Vault::BALANCE, amount)),
        false => transaction.add(Account::update(id).add(Account::BALANCE, amount)),
    }
}

async fn watch(arena: Arc<Arena>) -> Result<(), String> {
    while arena.goes_on().await {
        balances_add_up(arena.db(1)).await?;
    }
    Ok(())
}

/// The balances at one moment.
async fn balances_add_up(db: &Database) -> Found {
    let ids = |vaults: bool| (0..ACCOUNTS).filter(move |id| is_vault(*id) == vaults);
    let gets = (ids(false).map(Account::get).collect::<Vec<_>>(), ids(true).map(Vault::get).collect::<Vec<_>>());
    let (accounts, vaults) = match fate(db.snapshot(gets).await)? {
        Fate::Done(read) => read,
        // Too much went on for a look; the next one may get through.
        _ => return Ok(()),
    };
    let accounts = accounts.into_iter().flatten().map(|account| account.balance);
    let balances: Vec<i64> = accounts.chain(vaults.into_iter().flatten().map(|vault| vault.balance)).collect();
    let wanted = i64::try_from(ACCOUNTS).unwrap_or_default() * EACH;
    if balances.len() as u64 != ACCOUNTS || balances.iter().sum::<i64>() != wanted {
        return Err(format!("the balances {balances:?} are not {wanted} together"));
    }
    match balances.iter().find(|balance| **balance < 0) {
        Some(balance) => Err(format!("a balance of {balance}")),
        None => Ok(()),
    }
}
