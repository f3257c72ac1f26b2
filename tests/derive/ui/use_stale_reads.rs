use reposit::{Database, Repository, Result, StaleReads};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[range_key]
    year: u32,
    #[index(unique)]
    email: String,
}

async fn read(db: &Database) -> Result<()> {
    let near = db.stale_reads(StaleReads::nearest())?;
    User::get("u1", 1).stale().consistent().exec(&near).await?;
    User::find_by_email("a").stale().consistent().exec(&near).await?;
    User::query("u1").stale().consistent().all(&near).await?;
    User::get("u1", 1).consistent().exec(&near).await?;
    User::delete("u1", 1).exec(&near).await?;
    Ok(())
}

fn main() {}
