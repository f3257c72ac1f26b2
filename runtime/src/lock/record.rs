//! A lock as it is stored, and the conditional writes that it goes through.

use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::database::Database;
use crate::definition::LOCKS;
use crate::error::{ErrorKind, Result};

/// The repository that locks are kept in; it is defined when the first lock is asked for.
pub const REPOSITORY: &str = LOCKS;

/// A lock as it is stored. It stays after a release, so that its token never goes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, reposit_macros::Repository)]
#[repository(crate = "crate", name = "reposit_locks")]
pub(super) struct LockRecord {
    #[hash_key]
    pub(super) name: String,
    /// Who holds it: a random name of one acquisition.
    pub(super) holder: Option<String>,
    /// Grows by one with each holder. The first is the time, so that it does not go back either if
    /// someone deletes the record and the lock begins anew.
    pub(super) token: u64,
    /// Grows by one with each sign of life of a holder.
    pub(super) beat: u64,
    /// How long the beat may stand still, in milliseconds.
    pub(super) lease: u64,
}

impl LockRecord {
    pub(super) async fn read(db: &Database, name: &str) -> Result<Option<Self>> {
        match Self::get(name).consistent().exec(db).await {
            // Nobody has asked for a lock here before.
            Err(error) if error.kind() == ErrorKind::SchemaMismatch => {
                db.define::<Self>().await?;
                Self::get(name).consistent().exec(db).await
            }
            result => result,
        }
    }

    /// Makes the lock of a name that never was one.
    pub(super) async fn first(db: &Database, name: &str, holder: &str, lease: u64) -> Result<Self> {
        let token = u64::try_from(db.now()).unwrap_or_default().max(1);
        let record = Self { name: name.to_owned(), holder: Some(holder.to_owned()), token, beat: 0, lease };
        Self::create(&record).exec(db).await?;
        Ok(record)
    }

    /// Takes the lock, if it is as it was seen.
    pub(super) async fn take(&self, db: &Database, holder: &str, lease: u64) -> Result<Self> {
        Self::update(&self.name)
            .set(Self::HOLDER, holder)
            .set(Self::LEASE, lease)
            .add(Self::TOKEN, 1)
            .add(Self::BEAT, 1)
            .only_if(Self::TOKEN.eq(self.token) & Self::BEAT.eq(self.beat))
            .exec(db)
            .await
    }

    /// A sign of life, if the lock is still this holder's.
    pub(super) async fn beat(db: &Database, owned: &Ownership) -> Result<Self> {
        Self::update(&owned.name).add(Self::BEAT, 1).only_if(owned.to_condition()).exec(db).await
    }

    /// Gives the lock back. Returns false if it was lost before.
    pub(super) async fn release(db: &Database, owned: &Ownership) -> Result<bool> {
        match Self::update(&owned.name)
            .remove(Self::HOLDER)
            .add(Self::BEAT, 1)
            .only_if(owned.to_condition())
            .exec(db)
            .await
        {
            Ok(_) => Ok(true),
            Err(error) if is_lost(error.kind()) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// A lock as its holder knows it.
#[derive(Debug)]
pub(super) struct Ownership {
    pub(super) name: String,
    pub(super) holder: String,
    pub(super) token: u64,
}

impl Ownership {
    fn to_condition(&self) -> Condition<LockRecord> {
        LockRecord::TOKEN.eq(self.token) & LockRecord::HOLDER.eq(&self.holder)
    }
}

/// Whether an error says that the lock is another's by now.
pub(super) fn is_lost(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConditionFailed | ErrorKind::NotFound)
}
