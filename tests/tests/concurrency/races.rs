//! Many create one key at once: one wins, and what is stored is the winner's.

use std::sync::Arc;

use reposit::{ErrorKind, Repository};
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
