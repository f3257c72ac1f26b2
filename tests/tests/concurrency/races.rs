//! Many create one key at once, or take over one value whose holder has expired: one wins, and what is stored is the winner's.

use std::sync::Arc;

use reposit::{Database, Error, ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::arena::{Arena, Fate, Found, fate, together, wrong};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "flags")]
struct Flag {
    #[hash_key]
    id: u64,
    by: usize,
}

const RUNNERS: usize = 16;

pub(crate) async fn one_create_wins(arena: Arena) -> Found {
    arena.db(0).define::<Flag>().await.map_err(wrong)?;
    let arena = Arc::new(arena);
    let mut id = 0;
    while arena.goes_on().await || id == 0 {
        id += 1;
        let tasks = (0..RUNNERS).map(|by| {
            let arena = arena.clone();
            async move { fate(Flag::create(&Flag { id, by }).exec(arena.db(by)).await) }
        });
        let mut winners = Vec::new();
        let mut unknown = false;
        for (by, fate) in together(tasks).await?.into_iter().enumerate() {
            match fate {
                Fate::Done(()) => winners.push(by),
                Fate::Refused(ErrorKind::AlreadyExists) | Fate::Not => {}
                Fate::Refused(kind) => return Err(format!("a create was refused: {kind}")),
                Fate::Unknown => unknown = true,
            }
        }
        let stored = Flag::get(id).consistent().exec(arena.db(0)).await.map_err(wrong)?.map(|flag| flag.by);
        let fits = match winners.as_slice() {
            [winner] => stored == Some(*winner),
            [] => unknown,
            _ => false,
        };
        if !fits {
            return Err(format!("{winners:?} were told that they created flag {id}, stored is that of {stored:?}"));
        }
        fate(Flag::delete(id).exec(arena.db(0)).await)?;
    }
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "berths")]
struct Berth {
    #[hash_key]
    id: String,
    #[index(unique)]
    place: String,
    #[ttl]
    until: i64,
}

/// In 1970 and in 2242: expired already, and not within any run.
const PAST: i64 = 1000;
const FUTURE: i64 = 8_600_000_000;

fn berth(id: &str, place: &str, until: i64) -> Berth {
    Berth { id: id.into(), place: place.into(), until }
}

/// Asks for a place, each runner in its own way. The server takes its last holder away meanwhile, when it likes.
async fn board(db: &Database, by: usize, id: &str, place: &str) -> Result<(), Error> {
    let new = berth(id, place, FUTURE);
    match by % 5 {
        0 => Berth::create(&new).exec(db).await,
        1 => Berth::put(&new).exec(db).await,
        2 => Berth::upsert(id).set(Berth::PLACE, place).set(Berth::UNTIL, FUTURE).exec(db).await.map(drop),
        3 => db.transaction().add(Berth::create(&new)).commit().await.map(drop),
        _ => match Berth::put_many(&[new]).exec(db).await {
            Err(error) => Err(error.failures().first().map(|failure| failure.error.clone()).unwrap_or(error)),
            done => done.map(drop),
        },
    }
}

pub(crate) async fn one_heir_wins(arena: Arena) -> Found {
    arena.db(0).define::<Berth>().await.map_err(wrong)?;
    let arena = Arc::new(arena);
    let mut round = 0;
    while arena.goes_on().await || round == 0 {
        round += 1;
        let place = format!("p{round}");
        if !matches!(
            fate(Berth::create(&berth(&format!("old {round}"), &place, PAST)).exec(arena.db(0)).await)?,
            Fate::Done(())
        ) {
            continue;
        }
        let tasks = (0..RUNNERS).map(|by| {
            let (arena, place, id) = (arena.clone(), place.clone(), format!("{round}-{by}"));
            async move { fate(board(arena.db(by), by, &id, &place).await) }
        });
        let mut winners = Vec::new();
        // One that met with too much may have been in the others' way, and not have it.
        let mut unknown = false;
        for (by, fate) in together(tasks).await?.into_iter().enumerate() {
            match fate {
                Fate::Done(()) => winners.push(format!("{round}-{by}")),
                Fate::Refused(ErrorKind::UniqueViolation) => {}
                Fate::Refused(kind) => return Err(format!("runner {by} for {place} was refused: {kind}")),
                Fate::Not | Fate::Unknown => unknown = true,
            }
        }
        let holder = Berth::find_by_place(&place).consistent().exec(arena.db(0)).await.map_err(wrong)?;
        let holder = holder.map(|berth| berth.id);
        let fits = match winners.as_slice() {
            [winner] => holder.as_ref() == Some(winner),
            [] => unknown,
            _ => false,
        };
        if !fits {
            return Err(format!("{winners:?} were told that they have {place}, its holder is {holder:?}"));
        }
        let ids: Vec<_> = (0..RUNNERS).map(|by| format!("{round}-{by}")).collect();
        fate(Berth::delete_many(ids).exec(arena.db(0)).await)?;
    }
    Ok(())
}
