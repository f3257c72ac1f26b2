//! A leaderboard: an index in the order of the scores, a score that only goes up, and the place of a player.

use reposit::{Database, DropForGood, ErrorKind, Repository, Result};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "recipe_scores", index(name = "by_game", hash = "game", range = ["score", "player"]))]
struct Score {
    #[hash_key]
    game: String,
    #[range_key]
    player: String,
    score: u32,
}

/// Keeps the player's best score.
async fn report(db: &Database, game: &str, player: &str, score: u32) -> Result<()> {
    let best = Score::upsert(game, player).set(Score::SCORE, score).only_if(Score::SCORE.lt(score));
    match best.exec_unit(db).await {
        // The one that is kept is as good or better.
        Err(error) if error.kind() == ErrorKind::ConditionFailed => Ok(()),
        done => done,
    }
}

/// The best players, the best first.
async fn top(db: &Database, game: &str, count: usize) -> Result<Vec<Score>> {
    Ok(Score::find_by_game(game).descending().limit(count).exec(db).await?.items)
}

/// A player's place: one more than there are better ones. It counts them, so it costs as much as they are.
async fn place(db: &Database, score: &Score) -> Result<u64> {
    Ok(Score::find_by_game(&score.game).range(score.score + 1..).count(db).await? + 1)
}

pub async fn run(db: &Database) -> Result<()> {
    db.define::<Score>().await?;
    db.truncate::<Score>(DropForGood).await?;
    for (player, score) in [("ada", 70), ("grace", 90), ("alan", 80), ("ada", 85), ("ada", 60)] {
        report(db, "chess", player, score).await?;
    }
    for score in top(db, "chess", 2).await? {
        println!("  {}. {} with {}", place(db, &score).await?, score.player, score.score);
    }
    let alan = Score::get("chess", "alan").exec(db).await?.expect("he has played");
    println!("  alan is number {}", place(db, &alan).await?);
    Ok(())
}
