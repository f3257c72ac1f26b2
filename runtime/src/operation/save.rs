//! A save: a record is stored under its version.

use std::fmt;

use super::execute::{Operation, Prepare, explain, run};
use super::prepare::write;
use super::returning::decode_stored;
use super::transaction::TransactionItem;
use crate::codec;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::repository::{Repository, Versioned};
use crate::request::{Write, Written};

/// Stores a record under its version: what `M::save(&mut m)` returns. Only with `#[version]`.
///
/// Version 0 creates ([`AlreadyExists`](crate::ErrorKind::AlreadyExists) if a live record has
/// the key); any other replaces the stored record if it has the same version, else
/// [`VersionConflict`](crate::ErrorKind::VersionConflict), or
/// [`NotFound`](crate::ErrorKind::NotFound) if there is none. On success the struct carries the
/// new version; otherwise it is as it was.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct Page { #[hash_key] path: String, text: String, hits: u64, #[version] revision: u64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Page>().await?;
/// let mut page = Page { path: "/".into(), text: "one".into(), hits: 0, revision: 0 };
/// Page::save(&mut page).exec(&db).await?;
/// let mut stale = page.clone();
/// page.text = "two".into();
/// Page::save(&mut page).exec(&db).await?;
/// assert_eq!(page.revision, 2);
/// let refused = Page::save(&mut stale).exec(&db).await;
/// assert_eq!(refused.unwrap_err().kind(), ErrorKind::VersionConflict);
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct Save<'a, M> {
    record: &'a mut M,
}

impl<'a, M: Versioned> Save<'a, M> {
    /// A save of `record`.
    pub fn new(record: &'a mut M) -> Self {
        Self { record }
    }

    /// Does it.
    pub async fn exec(self, db: &Database) -> Result<()> {
        run(self, db).await
    }

    /// The request that the database's backend would send; nothing is sent, and the struct is left as it is.
    pub fn explain(self, db: &Database) -> Result<String> {
        explain(self, db)
    }
}

/// A struct whose save is under way, and the record that is being stored.
#[derive(Debug)]
pub struct Saving<'a, M> {
    record: &'a mut M,
    stored: M,
}

impl<M: Versioned> Saving<'_, M> {
    /// Brings the struct up to what was stored. Only once that is certain: whoever is refused, or gets no
    /// answer, keeps the version that the next save has to name.
    fn complete(self) {
        if M::definition().is_filled() {
            *self.record = self.stored;
        } else {
            // The rest stays the caller's own: fields that serde skips are not in what was stored.
            self.record.set_version(self.stored.version());
        }
    }
}

impl<'a, M: Versioned> Prepare for Save<'a, M> {
    const NAME: &'static str = "save";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = Write;
    type Rest = Saving<'a, M>;

    fn prepare(self, db: &Database) -> Result<(Write, Saving<'a, M>)> {
        let definition = M::definition();
        let current = self.record.version();
        if current >= definition.last_version() {
            return Err(Error::invalid(format!("the version field cannot hold a version after {current}")));
        }
        let write = write::save(db, definition, codec::encode(self.record, definition)?, current)?;
        // Before anything is sent: what cannot be read back is not stored.
        let stored = decode_stored(&write)?;
        Ok((write, Saving { record: self.record, stored }))
    }
}

impl<M: Versioned> Operation for Save<'_, M> {
    type Output = ();

    fn finish(saving: Self::Rest, _: Written) -> Result<()> {
        saving.complete();
        Ok(())
    }
}

impl<M: Versioned> TransactionItem for Save<'_, M> {
    fn committed(saving: Self::Rest) {
        saving.complete();
    }
}

impl<M: Repository> fmt::Debug for Save<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Save({})", M::definition().name())
    }
}
