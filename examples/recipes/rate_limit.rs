//! A rate limit: so many calls a minute. One conditional upsert counts a call and refuses it beyond the limit; the
//! record of a minute goes away by itself.

use reposit::{Database, DropForGood, ErrorKind, Repository, Result};
use serde::{Deserialize, Serialize};

const LIMIT: u32 = 3;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "recipe_limits")]
struct Minute {
    #[hash_key]
    caller: String,
    #[range_key]
    minute: i64,
    calls: u32,
    /// The end of the minute; a day later nobody needs it.
    #[ttl(seconds = 86400)]
    ends: i64,
}

/// Counts a call. False if the caller has had its share of this minute.
async fn admit(db: &Database, caller: &str, now: i64) -> Result<bool> {
    let minute = now.div_euclid(60);
    let call = Minute::upsert(caller, minute).add(Minute::CALLS, 1).default(Minute::ENDS, (minute + 1) * 60);
    match call.only_if(Minute::CALLS.lt(LIMIT)).exec_unit(db).await {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::ConditionFailed => Ok(false),
        Err(error) => Err(error),
    }
}

pub(crate) async fn run(db: &Database) -> Result<()> {
    db.define::<Minute>().await?;
    db.truncate::<Minute>(DropForGood).await?;
    // Far ahead, so that no server takes the records away meanwhile.
    let noon = 4_000_000_020;
    let mut admitted = 0;
    for _ in 0..5 {
        admitted += u32::from(admit(db, "ada", noon).await?);
    }
    println!("  of 5 calls in a minute: {admitted}");
    println!("  another caller: {}", admit(db, "grace", noon).await?);
    println!("  a minute later: {}", admit(db, "ada", noon + 60).await?);
    Ok(())
}
