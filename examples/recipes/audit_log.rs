//! An audit log with pages over HTTP: entries in the order in which they were made, that nobody can change, and a
//! listing whose cursor travels in the URL.

use reposit::{Database, DropForGood, ErrorKind, Repository, Result};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "recipe_audit", skip(put, update, upsert, delete))]
struct Entry {
    #[hash_key]
    account: String,
    /// A ULID: its text sorts by the time at which it was made.
    #[range_key]
    id: String,
    what: String,
}

impl Entry {
    async fn append(db: &Database, account: &str, what: &str) -> Result<()> {
        let entry = Entry { account: account.into(), id: reposit::ulid(), what: what.into() };
        Entry::create(&entry).exec(db).await.map(drop)
    }
}

/// `GET /accounts/{account}/audit?after={after}`: the body, and the link to the next page. The cursor is checked by
/// the query: one that was made up, or is another listing's, is a bad request.
async fn page(
    db: &Database,
    account: &str,
    after: Option<&str>,
) -> std::result::Result<(Vec<String>, Option<String>), u16> {
    let page = Entry::query(account).descending().limit(2).after(after).exec(db).await;
    let page = page.map_err(|error| match error.kind() {
        ErrorKind::InvalidInput => 400_u16,
        _ => 503,
    })?;
    let next = page.next.map(|cursor| format!("/accounts/{account}/audit?after={cursor}"));
    Ok((page.items.into_iter().map(|entry| entry.what).collect(), next))
}

pub async fn run(db: &Database) -> Result<()> {
    db.define::<Entry>().await?;
    db.truncate::<Entry>(DropForGood).await?;
    for what in ["signed up", "changed the password", "signed in"] {
        Entry::append(db, "ada", what).await?;
    }
    let (first, next) = page(db, "ada", None).await.expect("a page");
    println!("  {first:?}");
    let next = next.expect("there are more");
    let after = next.split_once("after=").map(|(_, cursor)| cursor);
    let (second, next) = page(db, "ada", after).await.expect("a page");
    println!("  {second:?}, and then: {next:?}");
    println!("  another's cursor: {:?}", page(db, "grace", after).await.map_err(|status| format!("status {status}")));
    Ok(())
}
