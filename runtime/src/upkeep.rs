//! The upkeep of a store that is a file.

use std::path::Path;

use crate::database::Database;
use crate::error::Result;
use crate::request::Call;

impl Database {
    /// Copies all that is stored to a file, as it is at one moment. Others read and write meanwhile. The copy is a store
    /// like the original, and opens by its own URL.
    ///
    /// For `sqlite`. It may take as long as [`define`](Self::define); until it is whole, the copy has another name.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, PartialEq, Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # let folder = std::env::temp_dir().join(format!("reposit-backup-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder).unwrap();
    /// # let copy = folder.join("copy.db");
    /// let db = Database::open("sqlite::memory:").await?;
    /// db.define::<User>().await?;
    /// User::create(&User { id: "u1".into() }).exec(&db).await?;
    /// db.backup(&copy).await?;
    ///
    /// let restored = Database::open(&format!("sqlite:{}", copy.display())).await?;
    /// assert_eq!(User::get("u1").exec(&restored).await?, Some(User { id: "u1".into() }));
    /// # std::fs::remove_dir_all(&folder).unwrap();
    /// # Ok::<(), reposit::Error>(()) }).unwrap();
    /// # }
    /// ```
    ///
    /// Errors: [`Unsupported`](crate::ErrorKind::Unsupported) on every other backend;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if something has that name already, which is left as it is;
    /// [`Unavailable`](crate::ErrorKind::Unavailable) if the copy cannot be written.
    pub async fn backup(&self, to: impl AsRef<Path>) -> Result<()> {
        let call = Call::new("backup", self.now(), self.define_timeout());
        self.backend().backup(call, to.as_ref()).await.map_err(|e| e.in_operation("backup"))
    }

    /// Gives the room that deleted records took back to the file system. The store uses that room again by itself; this is
    /// for a file that is to be small, after much was deleted.
    ///
    /// For `sqlite`. Reads go on meanwhile, writes wait. It takes as much free disk as the file has at most twice, and may
    /// take as long as [`define`](Self::define).
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let db = reposit::Database::open("sqlite::memory:").await?;
    /// db.compact().await?;
    /// # Ok::<(), reposit::Error>(()) }).unwrap();
    /// # }
    /// ```
    ///
    /// Errors: [`Unsupported`](crate::ErrorKind::Unsupported) on every other backend;
    /// [`Unavailable`](crate::ErrorKind::Unavailable) if there is no room; [`Timeout`](crate::ErrorKind::Timeout) if it is
    /// not done in time. Nothing is lost then.
    pub async fn compact(&self) -> Result<()> {
        let call = Call::new("compact", self.now(), self.define_timeout());
        self.backend().compact(call).await.map_err(|e| e.in_operation("compact"))
    }
}
