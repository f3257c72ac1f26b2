//! A handle of a database whose reads may be stale.

use std::fmt;

use crate::database::Database;
use crate::error::Result;
use crate::request::StaleReads;

/// A database for reads that may be stale: what [`Database::stale_reads`] returns. Cloning it is cheap.
///
/// A read says so, too, by [`.stale()`](crate::operation::Get::stale) as its last word, and so it cannot be `.consistent()`: neither
/// compiles here, nor does a write.
///
/// ```compile_fail
/// # use reposit::{Database, Repository, StaleReads}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, PartialEq, Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
/// # async fn f(db: Database) -> reposit::Result<()> {
/// let near = db.stale_reads(StaleReads::nearest())?;
/// User::get("u1").stale().consistent().exec(&near).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct StaleDatabase(Database);

impl StaleDatabase {
    pub(crate) fn database(&self) -> &Database {
        &self.0
    }
}

impl Database {
    /// A handle of the same database for reads that may be stale: on MongoDB they go to other members of the replica
    /// set than the primary. This handle goes on reading the latest.
    ///
    /// For reads that can wait for what was just written, where the primary is busy or far away: lists, reports, a
    /// reader in another region.
    ///
    /// ```
    /// # use reposit::{Database, Repository, StaleReads}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct User { #[hash_key] id: String, #[index] team: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<User>().await?;
    /// # User::create(&User { id: "u1".into(), team: "core".into() }).exec(&db).await?;
    /// let near = db.stale_reads(StaleReads::secondary_preferred())?;
    /// let user = User::get("u1").stale().exec(&near).await?;
    /// let team = User::find_by_team("core").limit(20).stale().all(&near).await?;
    /// assert_eq!(team, Vec::from_iter(user));
    /// # Ok(()) }
    /// ```
    ///
    /// A read may find what was there before the last writes, also the caller's own. Two reads, or two pages, may be answered by
    /// different members: what one found, the next may not. What has expired is left out by this process's clock, as
    /// everywhere. A [`Cache`](crate::layer::Cache) is passed by.
    ///
    /// | backend | reads |
    /// |---|---|
    /// | memory, SQLite, PostgreSQL, Redis | the latest, which is never stale |
    /// | MongoDB | by this read preference ("Read Preference"); the read concern is the database's own, with `majority` in the place of `linearizable` |
    /// | DynamoDB | eventually consistent, as reads are that are not `.consistent()`; which replica answers cannot be said |
    ///
    /// Errors: [`InvalidInput`](crate::ErrorKind::InvalidInput) on MongoDB for a
    /// [`max_staleness`](StaleReads::max_staleness) below 90 seconds, which the driver does not take;
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for one on DynamoDB and PostgreSQL, which
    /// bound no staleness. The reads:
    /// [`Unavailable`](crate::ErrorKind::Unavailable) if there is no such member.
    pub fn stale_reads(&self, reads: StaleReads) -> Result<StaleDatabase> {
        let checked = self.backend().check_stale_reads(&reads);
        checked.map_err(|e| e.in_operation("stale_reads"))?;
        Ok(StaleDatabase(self.reading_stale(reads)))
    }
}

impl fmt::Debug for StaleDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StaleDatabase").field(&self.0).finish()
    }
}
