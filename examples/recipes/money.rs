//! Money: a transfer takes from one account and gives to another, or does neither; nothing goes below zero; and a
//! transfer that is asked for twice happens once.

use reposit::{Database, DropForGood, ErrorKind, Repository, Result};
use serde::{Deserialize, Serialize};

/// In cents: a float cannot be trusted with money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "recipe_accounts")]
struct Account {
    #[hash_key]
    id: String,
    cents: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "recipe_transfers")]
struct Transfer {
    /// Made up by who asks for the transfer, before the first attempt.
    #[hash_key]
    id: String,
    from: String,
    to: String,
    cents: i64,
}

/// How a transfer ended.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// It was done, and this is left where it came from.
    Done {
        left: i64,
    },
    /// It had been done before.
    DoneBefore,
    NotEnough,
}

async fn transfer(db: &Database, transfer: &Transfer) -> Result<Outcome> {
    let Transfer { from, to, cents, .. } = transfer;
    let mut transaction = db.transaction();
    transaction.add_returning(Transfer::create(transfer));
    let from =
        transaction.add_returning(Account::update(from).add(Account::CENTS, -cents).only_if(Account::CENTS.ge(*cents)));
    transaction.add_returning(Account::update(to).add(Account::CENTS, *cents));
    match transaction.commit().await {
        Ok(results) => Ok(Outcome::Done { left: results.get(from)?.cents }),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Outcome::DoneBefore),
        Err(error) if error.kind() == ErrorKind::ConditionFailed => Ok(Outcome::NotEnough),
        Err(error) => Err(error),
    }
}

pub async fn run(db: &Database) -> Result<()> {
    db.define::<(Account, Transfer)>().await?;
    db.truncate::<Account>(DropForGood).await?;
    db.truncate::<Transfer>(DropForGood).await?;
    for (id, cents) in [("ada", 100), ("grace", 0)] {
        Account::create(&Account { id: id.into(), cents }).exec(db).await?;
    }
    let rent = Transfer { id: "t1".into(), from: "ada".into(), to: "grace".into(), cents: 70 };
    println!("  the rent: {:?}", transfer(db, &rent).await?);
    println!("  asked for again: {:?}", transfer(db, &rent).await?);
    println!("  another: {:?}", transfer(db, &Transfer { id: "t2".into(), ..rent }).await?);
    let balances = Account::get_many(["ada", "grace"]).exec(db).await?;
    println!("  balances: {:?}", balances.into_iter().flatten().map(|account| account.cents).collect::<Vec<_>>());
    Ok(())
}
