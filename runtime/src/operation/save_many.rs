//! Saves of many records, each under its own version.

use std::fmt;
use std::task::{Context, Poll};

use super::exchange::{Batch, Settled, Settling};
use super::execute::{Operation, Prepare};
use super::executing::Executing;
use super::many::{self, Saves, Sending};
use super::returning::decode_stored;
use super::save::complete;
use crate::codec;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::model::{Model, Versioned};
use crate::progress::Progress;

/// Saves many records: what `M::save_many(&mut [m])` returns. Only with `#[version]`.
///
/// Each is saved for itself, as [`Save`](super::Save) does it: version 0 creates, any other replaces the stored
/// record of the same version. Executes to `()`, or to an error whose [`failures`](crate::Error::failures) give, for
/// each record that was not stored, its position and its own error. Those that were stored have their new version
/// in the slice, also if others failed; those that failed are as they were.
///
/// Of one record that appears twice, the first is stored, and the second is a
/// [`VersionConflict`](crate::ErrorKind::VersionConflict), or
/// [`AlreadyExists`](crate::ErrorKind::AlreadyExists) with version 0.
///
/// DynamoDB has no batch with conditions: a `PutItem` for each record, with unique fields a `TransactWriteItems`,
/// eight at once; a record with unique fields that was stored before is read first, 100 at a time. MongoDB: one
/// command for up to 1,000, and one `find` for those that were not replaced. PostgreSQL: a statement for each, eight at
/// once, with unique fields one after another. Redis: for up to 100 a script that reads, and one that writes.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct Page { #[hash_key] path: String, text: String, #[version] revision: u64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Page>().await?;
/// let page = |path: &str| Page { path: path.into(), text: "one".into(), revision: 0 };
/// let mut pages = [page("/a"), page("/b")];
/// Page::save_many(&mut pages).exec(&db).await?;
/// assert_eq!((pages[0].revision, pages[1].revision), (1, 1));
///
/// Page::update("/a").set(Page::TEXT, "another's").exec(&db).await?;
/// let error = Page::save_many(&mut pages).exec(&db).await.unwrap_err();
/// let failed: Vec<_> = error.failures().iter().map(|f| (f.position, f.error.kind())).collect();
/// assert_eq!(failed, [(0, ErrorKind::VersionConflict)]);
/// assert_eq!((pages[0].revision, pages[1].revision), (1, 2));
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct SaveMany<'a, M> {
    records: &'a mut [M],
    progress: Option<Progress>,
}

impl<'a, M: Versioned> SaveMany<'a, M> {
    /// A save of each of these records.
    pub fn new(records: &'a mut [M]) -> Self {
        Self { records, progress: None }
    }

    /// Lets the batch be watched, and accounted for if its future is dropped. Then the slice is as it was, also for
    /// those that were done.
    pub fn progress(mut self, progress: &Progress) -> Self {
        progress.begin(self.records.len());
        self.progress = Some(progress.clone());
        self
    }

    /// Does it.
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<()>> + Send {
        let sending = Sending::new(db, M::DEFINITION, Self::NAME, self.saves());
        let saving = Saving { records: self.records, stored: Vec::new() };
        Executing { asking: Executed { sending, saving }, poll: Executed::poll }
    }

    /// The request that the database's backend would send; nothing is sent, and the records are left as they are.
    pub fn explain(self, db: &Database) -> Result<String> {
        many::explain(db, M::DEFINITION, Self::NAME, Ok(self.saves().prepare(db, M::DEFINITION)))
    }

    fn saves(&self) -> Saves {
        let mut records = Vec::with_capacity(self.records.len());
        for record in self.records.iter() {
            records.push((codec::encode(record, M::DEFINITION), record.version()));
        }
        Saves { records, progress: self.progress.clone() }
    }
}

/// Records whose saves are under way, and what is being stored of each.
#[derive(Debug)]
pub struct Saving<'a, M> {
    records: &'a mut [M],
    /// Nothing for a record that is not sent.
    stored: Vec<Option<M>>,
}

impl<M: Versioned> Saving<'_, M> {
    /// Before anything is sent: what cannot be read back is not stored.
    fn read_back(&mut self, batch: &mut Batch) {
        for write in &mut batch.writes {
            let stored = match write {
                Ok(prepared) => match decode_stored(prepared) {
                    Ok(stored) => Some(stored),
                    Err(error) => {
                        *write = Err(error);
                        None
                    }
                },
                Err(_) => None,
            };
            self.stored.push(stored);
        }
    }

    /// Brings the records that were stored up to what was stored.
    fn complete(self, settled: &Settled) {
        for (at, (record, stored)) in self.records.iter_mut().zip(self.stored).enumerate() {
            if let Some(stored) = stored
                && settled.is_done(at)
            {
                complete(record, stored);
            }
        }
    }
}

/// Saves under way.
struct Executed<'d, 'm, M> {
    sending: Sending<'d>,
    saving: Saving<'m, M>,
}

impl<M: Versioned> Executed<'_, '_, M> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        if let Some(batch) = self.sending.prepare() {
            self.saving.read_back(batch);
        }
        let settled = match self.sending.poll(context) {
            Poll::Ready(Ok(settled)) => settled,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => return Poll::Pending,
        };
        let Saving { records, stored } = &mut self.saving;
        Saving { records, stored: std::mem::take(stored) }.complete(&settled);
        Poll::Ready(self.sending.finish(settled))
    }
}

impl<'a, M: Versioned> Prepare for SaveMany<'a, M> {
    const NAME: &'static str = "save_many";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = Settling;
    type Rest = Saving<'a, M>;

    fn prepare(self, db: &Database) -> Result<(Settling, Saving<'a, M>)> {
        let mut batch = self.saves().prepare(db, M::DEFINITION);
        let mut saving = Saving { records: self.records, stored: Vec::new() };
        saving.read_back(&mut batch);
        Ok((Settling(batch), saving))
    }
}

impl<M: Versioned> Operation for SaveMany<'_, M> {
    type Output = ();

    fn finish(saving: Self::Rest, settled: Settled) -> Result<()> {
        saving.complete(&settled);
        settled.into_result()
    }
}

impl<M: Model> fmt::Debug for SaveMany<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SaveMany({}, {} records)", M::DEFINITION.name(), self.records.len())
    }
}
