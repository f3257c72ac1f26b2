//! Many claim one name at once: one has it, and the others' other values stay free.

use std::sync::Arc;

use reposit::{Database, ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::arena::{Arena, Fate, Found, fate, together, wrong};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "claims")]
pub(crate) struct Claim {
    #[hash_key]
    pub(crate) id: String,
    #[index(unique)]
    pub(crate) name: String,
    #[index(unique)]
    pub(crate) badge: String,
}

const CLAIMANTS: usize = 64;

fn claim(id: &str, name: &str) -> Claim {
    Claim { id: id.into(), name: name.into(), badge: format!("badge of {id}") }
}

pub(crate) async fn each_name_has_one_owner(arena: Arena) -> Found {
    arena.db(0).define::<Claim>().await.map_err(wrong)?;
    let arena = Arc::new(arena);
    let mut round = 0;
    while arena.goes_on().await || round == 0 {
        claimed_by_new_records(&arena, &format!("r{round}")).await?;
        claimed_by_old_records(&arena, &format!("o{round}")).await?;
        round += 1;
        if round % 8 == 0 {
            clear(arena.db(0)).await?;
        }
    }
    nothing_is_broken(arena.db(0)).await
}

async fn nothing_is_broken(db: &Database) -> Found {
    let broken = db.verify::<Claim>().await.map_err(wrong)?;
    if broken.is_empty() { Ok(()) } else { Err(broken.join("; ")) }
}

/// Takes the records of the rounds away, so that what a long run stores stays small.
async fn clear(db: &Database) -> Found {
    nothing_is_broken(db).await?;
    let ids: Vec<_> = Claim::scan().consistent().all(db).await.map_err(wrong)?.into_iter().map(|c| c.id).collect();
    fate(Claim::delete_many(ids).exec(db).await).map(drop)
}

/// Each makes a record with the name.
async fn claimed_by_new_records(arena: &Arc<Arena>, name: &str) -> Found {
    let tasks = (0..CLAIMANTS).map(|n| {
        let (arena, claim) = (arena.clone(), claim(&format!("{name}-{n}"), name));
        async move { fate(Claim::create(&claim).exec(arena.db(n)).await) }
    });
    let winner = the_winner(together(tasks).await?, name)?;
    let Some(winner) = winner else { return Ok(()) };
    let db = arena.db(0);
    owner_is(db, name, &format!("{name}-{winner}")).await?;
    // What the others wanted besides is free: another takes all of it.
    for n in (0..CLAIMANTS).filter(|n| *n != winner) {
        let loser = format!("{name}-{n}");
        let badge = claim(&loser, name).badge;
        if Claim::find_by_badge(&badge).consistent().exec(db).await.map_err(wrong)?.is_some() {
            return Err(format!("{loser} was refused, and has its {badge}"));
        }
        let heir = Claim { badge, ..claim(&format!("{loser} heir"), &format!("{loser} heir")) };
        if !made(db, &heir).await.map_err(|e| format!("a value of the refused {loser} is not free: {e}"))? {
            return Ok(());
        }
    }
    // And the name itself, once its owner is gone.
    let Fate::Done(_) = fate(Claim::delete(&format!("{name}-{winner}")).exec(db).await)? else { return Ok(()) };
    made(db, &claim(&format!("{name} next"), name)).await.map(drop).map_err(|e| format!("not freed: {e}"))
}

/// Makes a record of values that are free; false where a server too busy to answer leaves it open.
async fn made(db: &Database, claim: &Claim) -> Result<bool, String> {
    match fate(Claim::create(claim).exec(db).await)? {
        Fate::Done(()) => Ok(true),
        Fate::Refused(kind) => Err(kind.to_string()),
        Fate::Not | Fate::Unknown => Ok(false),
    }
}

/// Each has a record already, and changes its name.
async fn claimed_by_old_records(arena: &Arc<Arena>, name: &str) -> Found {
    const OLD: usize = 16;
    for n in 0..OLD {
        let id = format!("{name}-{n}");
        if !made(arena.db(0), &claim(&id, &id)).await? {
            return Ok(());
        }
    }
    let tasks = (0..OLD).map(|n| {
        let (arena, id, name) = (arena.clone(), format!("{name}-{n}"), name.to_owned());
        async move { fate(Claim::update(&id).set(Claim::NAME, &name).exec(arena.db(n)).await) }
    });
    let Some(winner) = the_winner(together(tasks).await?, name)? else { return Ok(()) };
    let db = arena.db(0);
    owner_is(db, name, &format!("{name}-{winner}")).await?;
    for n in 0..OLD {
        let id = format!("{name}-{n}");
        if n == winner {
            // The name it had before is free.
            made(db, &claim(&format!("{id} heir"), &id)).await?;
        } else {
            owner_is(db, &id, &id).await?;
        }
    }
    Ok(())
}

/// The one that has the name; nothing where it cannot be told.
fn the_winner<T>(fates: Vec<Fate<T>>, name: &str) -> Result<Option<usize>, String> {
    let mut winners = Vec::new();
    let mut unknown = false;
    for (n, fate) in fates.into_iter().enumerate() {
        match fate {
            Fate::Done(_) => winners.push(n),
            Fate::Refused(ErrorKind::UniqueViolation) => {}
            Fate::Refused(kind) => return Err(format!("claim {n} of {name}: {kind}")),
            Fate::Not => {}
            Fate::Unknown => unknown = true,
        }
    }
    match winners.as_slice() {
        [winner] if !unknown => Ok(Some(*winner)),
        [] | [_] if unknown => Ok(None),
        _ => Err(format!("{name} was claimed by {winners:?}")),
    }
}

async fn owner_is(db: &Database, name: &str, id: &str) -> Found {
    let owner = Claim::find_by_name(name).consistent().exec(db).await.map_err(wrong)?;
    match owner {
        Some(claim) if claim.id == id => Ok(()),
        other => Err(format!("{name} belongs to {id}, the finder gives {other:?}")),
    }
}
