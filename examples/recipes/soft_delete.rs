//! Soft delete: what is deleted is out of sight at once, can be brought back for a month, and is then gone for good.
//!
//! Two optional fields do it. `shelf` is that of a document that is in sight: the index on it is sparse, so one without a
//! shelf is in no list. `purge` is the instant from which a deleted document is gone: a ttl.

use reposit::{Database, DropForGood, Repository, Result};
use serde::{Deserialize, Serialize};

const MONTH: i64 = 30 * 24 * 60 * 60;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "recipe_documents")]
struct Document {
    #[hash_key]
    id: String,
    owner: String,
    #[index]
    shelf: Option<String>,
    #[ttl]
    purge: Option<i64>,
}

impl Document {
    async fn hide(db: &Database, id: &str, now: i64) -> Result<()> {
        Document::update(id).remove(Document::SHELF).set(Document::PURGE, now + MONTH).exec_unit(db).await
    }

    async fn bring_back(db: &Database, id: &str) -> Result<()> {
        let Some(document) = Document::get(id).exec(db).await? else { return Ok(()) };
        let back = Document::update(id).set(Document::SHELF, &document.owner).remove(Document::PURGE);
        // Not one that was brought back, or taken off the shelf, meanwhile.
        back.only_if(Document::SHELF.missing()).exec_unit(db).await
    }
}

pub(crate) async fn run(db: &Database) -> Result<()> {
    db.define::<Document>().await?;
    db.truncate::<Document>(DropForGood).await?;
    let letter = Document { id: "d1".into(), owner: "ada".into(), shelf: Some("ada".into()), purge: None };
    Document::create(&letter).exec(db).await?;
    // Far ahead, so that no server takes the record away meanwhile.
    Document::hide(db, "d1", 4_000_000_000).await?;
    println!("  on the shelf: {}", Document::find_by_shelf("ada").count(db).await?);
    println!("  still there: {}", Document::get("d1").exec(db).await?.is_some());
    Document::bring_back(db, "d1").await?;
    println!("  on the shelf again: {}", Document::find_by_shelf("ada").count(db).await?);
    Ok(())
}
