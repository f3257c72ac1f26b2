//! Many read, change and save one record: no change is lost.

use std::sync::Arc;

use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::arena::{Arena, Fate, Found, fate, together, wrong};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "sheets")]
struct Sheet {
    #[hash_key]
    id: u64,
    sum: i64,
    #[version]
    revision: u64,
}

const TASKS: usize = 8;

pub(crate) async fn no_save_is_lost(arena: Arena) -> Found {
    arena.db(0).define::<Sheet>().await.map_err(wrong)?;
    Sheet::save(&mut Sheet { id: 1, sum: 0, revision: 0 }).exec(arena.db(0)).await.map_err(wrong)?;
    let arena = Arc::new(arena);
    let counts = together((0..TASKS).map(|task| save(arena.clone(), task))).await?;
    let (done, perhaps) = counts.into_iter().fold((0, 0), |(a, b), (done, perhaps)| (a + done, b + perhaps));
    let sheet = Sheet::get(1).consistent().exec(arena.db(0)).await.map_err(wrong)?.ok_or("no sheet")?;
    if !(done..=done + perhaps).contains(&sheet.sum) || done == 0 {
        return Err(format!("{done} saves were done, perhaps {perhaps} more; the sum is {}", sheet.sum));
    }
    if i64::try_from(sheet.revision).ok() != Some(sheet.sum + 1) {
        return Err(format!("revision {} after {} saves", sheet.revision, sheet.sum));
    }
    Ok(())
}

async fn save(arena: Arc<Arena>, task: usize) -> Result<(i64, i64), String> {
    let (mut done, mut perhaps) = (0, 0);
    let db = arena.db(task);
    while arena.goes_on().await {
        let Fate::Done(sheet) = fate(Sheet::get(1).exec(db).await)? else { continue };
        let mut sheet = sheet.ok_or("no sheet")?;
        sheet.sum += 1;
        match fate(Sheet::save(&mut sheet).exec(db).await)? {
            Fate::Done(()) => done += 1,
            Fate::Unknown => perhaps += 1,
            Fate::Not | Fate::Refused(ErrorKind::VersionConflict) => {}
            Fate::Refused(kind) => return Err(format!("a save was refused: {kind}")),
        }
    }
    Ok((done, perhaps))
}
