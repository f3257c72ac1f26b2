//! A stack, or any set of records of which each is taken once: what is first is read, deleted, and returned by the
//! delete. Of two that want the same record, the delete returns it to one; the other goes on with the next.

use reposit::{Database, DropForGood, Repository, Result};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "recipe_cards")]
struct Card {
    #[hash_key]
    deck: String,
    #[range_key]
    place: u32,
    face: String,
}

impl Card {
    /// Takes the topmost card of a deck.
    async fn pop(db: &Database, deck: &str) -> Result<Option<Card>> {
        // A few at once: whoever loses one to another has the next at hand.
        loop {
            let top = Card::query(deck).descending().limit(4).exec(db).await?.items;
            if top.is_empty() {
                return Ok(None);
            }
            for card in top {
                if let Some(taken) = Card::delete(deck, card.place).exec_returning(db).await? {
                    return Ok(Some(taken));
                }
            }
        }
    }
}

pub(crate) async fn run(db: &Database) -> Result<()> {
    db.define::<Card>().await?;
    db.truncate::<Card>(DropForGood).await?;
    for (place, face) in (0..).zip(["two", "queen", "ace"]) {
        Card::create(&Card { deck: "d".into(), place, face: face.into() }).exec(db).await?;
    }
    let (one, other) = tokio::try_join!(Card::pop(db, "d"), Card::pop(db, "d"))?;
    let mut faces: Vec<_> = [one, other].into_iter().flatten().map(|card| card.face).collect();
    faces.sort_unstable();
    println!("  two at once: {faces:?}");
    println!("  then: {:?}", Card::pop(db, "d").await?.map(|card| card.face));
    println!("  then: {:?}", Card::pop(db, "d").await?);
    Ok(())
}
