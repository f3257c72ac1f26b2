//! Page after page to the end, and the same pages back again.

use reposit::{Cursor, ErrorKind, Result};

use crate::answers::{Answer, Cut};
use crate::ops::Way;

/// Far more pages than any program can fill: a walk that gets so far goes round in circles.
const MOST_PAGES: usize = 200;

/// Reads all pages in a way, and turns round at the end. `can_turn`: whether the backend reads them in both ways.
pub async fn walk(
    way: Way,
    begin: Option<Cursor>,
    can_turn: bool,
    page: impl AsyncFn(Way, Option<Cursor>) -> Result<Cut>,
) -> Answer {
    let mut pages: Vec<Cut> = Vec::new();
    let is_whole = begin.is_none();
    let mut from = begin;
    loop {
        let cut = match page(way, from.take()).await {
            Ok(cut) => cut,
            Err(error) => return Answer::Error(error),
        };
        from = cut.cursors.far(way).clone();
        pages.push(cut);
        match &from {
            None => break,
            Some(_) if pages.len() > MOST_PAGES => return Answer::Wrong("the pages have no end".to_owned()),
            Some(_) => {}
        }
    }
    match turn_round(way, (can_turn, is_whole), &pages, page).await {
        Ok(()) => Answer::Pages(pages.into_iter().map(|cut| cut.items).collect()),
        Err(why) => Answer::Wrong(why),
    }
}

/// Reads the pages the other way, from the last that has a cursor for it: each has the same records in the same
/// order, and leads on to the one before. The first leads nowhere, if the walk was of the whole.
async fn turn_round(
    way: Way,
    (can_turn, is_whole): (bool, bool),
    pages: &[Cut],
    page: impl AsyncFn(Way, Option<Cursor>) -> Result<Cut>,
) -> Result<(), String> {
    let near = |cut: &Cut| cut.cursors.far(way.turned()).clone();
    let Some(turn) = pages.iter().rposition(|cut| near(cut).is_some()) else { return Ok(()) };
    let mut from = near(&pages[turn]);
    for (at, expected) in pages[..turn].iter().enumerate().rev() {
        let cut = match page(way.turned(), from.take()).await {
            Err(error) if !can_turn && error.kind() == ErrorKind::Unsupported => return Ok(()),
            Err(error) => return Err(format!("page {at} on the way back: {error:?}")),
            Ok(_) if !can_turn => return Err("the way back is not refused".to_owned()),
            Ok(cut) => cut,
        };
        if cut.items != expected.items {
            return Err(format!("page {at} is another one on the way back: {:?}, not {:?}", cut.items, expected.items));
        }
        from = near(&cut);
        if (at > 0 && from.is_none()) || (at == 0 && is_whole && from.is_some()) {
            return Err(format!("page {at} on the way back leads on otherwise"));
        }
    }
    Ok(())
}
