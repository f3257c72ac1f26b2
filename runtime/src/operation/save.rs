//! A save: a record is stored under its version.

use std::fmt;
use std::task::{Context, Poll};

use super::execute::{Operation, Prepare, explain};
use super::executing::{Asked, Asking, Executing, poll_done};
use super::prepare::write::{self, WriteParts};
use super::returning::{decode_stored, decode_whole};
use super::transaction::TransactionItem;
use crate::codec;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::model::{Model, Versioned};
use crate::request::{Write, Written};
use crate::value::Record;

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
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<()>> + Send {
        let (parts, record) = (self.parts(), self.record);
        let asking = Asking::new(db, M::DEFINITION, Self::NAME, Asked::Write(parts));
        Executing { asking: Executed { asking, record, stored: None }, poll: Executed::poll }
    }

    /// The request that the database's backend would send; nothing is sent, and the struct is left as it is.
    pub fn explain(self, db: &Database) -> Result<String> {
        // With what is read back before a save is sent.
        explain(self, db)
    }

    fn parts(&self) -> WriteParts {
        WriteParts::Save { record: codec::encode(&*self.record, M::DEFINITION), current: self.record.version() }
    }
}

/// A save under way.
struct Executed<'d, 'm, M> {
    asking: Asking<'d>,
    record: &'m mut M,
    stored: Option<M>,
}

impl<M: Versioned> Executed<'_, '_, M> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        match self.asking.prepare() {
            // Before anything is sent: what cannot be read back is not stored.
            Ok(Some(write)) => match decode_stored(write) {
                Ok(stored) => self.stored = Some(stored),
                Err(error) => return Poll::Ready(Err(self.asking.refuse(error))),
            },
            Ok(None) => {}
            Err(error) => return Poll::Ready(Err(error)),
        }
        let poll = poll_done(&mut self.asking, context);
        if let Poll::Ready(Ok(())) = poll
            && let Some(stored) = self.stored.take()
        {
            complete(self.record, stored);
        }
        poll
    }
}

/// Brings a struct up to what was stored. Only once that is certain: whoever is refused, or gets no
/// answer, keeps the version that the next save has to name.
pub(super) fn complete<M: Versioned>(record: &mut M, stored: M) {
    if M::DEFINITION.is_filled() {
        *record = stored;
    } else {
        // The rest stays the caller's own: fields that serde skips are not in what was stored.
        record.set_version(stored.version());
    }
}

/// A struct whose save is under way, and the record that is being stored.
#[derive(Debug)]
pub struct Saving<'a, M> {
    record: &'a mut M,
    stored: M,
}

impl<'a, M: Versioned> Prepare for Save<'a, M> {
    const NAME: &'static str = "save";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = Write;
    type Rest = Saving<'a, M>;

    fn prepare(self, db: &Database) -> Result<(Write, Saving<'a, M>)> {
        let write = write::one(db, M::DEFINITION, self.parts())?;
        // Before anything is sent: what cannot be read back is not stored.
        let stored = decode_stored(&write)?;
        Ok((write, Saving { record: self.record, stored }))
    }
}

impl<M: Versioned> Operation for Save<'_, M> {
    type Output = ();

    fn finish(saving: Self::Rest, _: Written) -> Result<()> {
        complete(saving.record, saving.stored);
        Ok(())
    }
}

impl<M: Versioned> TransactionItem for Save<'_, M> {
    type Returned = M;

    fn returned(stored: Option<Record>, _: Written) -> Result<M> {
        decode_whole(stored)
    }

    fn committed(saving: Self::Rest) {
        complete(saving.record, saving.stored);
    }
}

impl<M: Model> fmt::Debug for Save<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Save({})", M::DEFINITION.name())
    }
}
