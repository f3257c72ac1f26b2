use std::fmt;
use std::marker::PhantomData;

use super::prepare::{conditioned, named};
use super::transaction::TransactionItem;
use crate::condition::Condition;
use crate::database::Database;
use crate::error::Result;
use crate::repository::{EncodedKey, Repository, Versioned, check_key_parts};
use crate::request::{Action, Request, Write};

/// Takes a record away: what `M::delete(..)` gives.
///
/// Executes to whether a live record was there. With [`only_if`](Self::only_if), a record for
/// which the condition is false stays and the error is
/// [`ConditionFailed`](crate::ErrorKind::ConditionFailed); where there is none, the answer is
/// `false`. One request.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
/// # User::create(&ada).exec(&db).await?;
/// let refused = User::delete("u1").only_if(User::AGE.gt(50)).exec(&db).await;
/// assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConditionFailed);
/// assert!(User::delete("u1").exec(&db).await?);
/// assert!(!User::delete("u1").exec(&db).await?);
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct Delete<M> {
    key: EncodedKey,
    condition: Option<Condition<M>>,
    version: Option<u64>,
    marker: PhantomData<fn() -> M>,
}

impl<M: Repository> Delete<M> {
    /// A delete of the record with this key.
    pub fn new(key: EncodedKey) -> Self {
        Self { key, condition: None, version: None, marker: PhantomData }
    }

    /// Only where the condition is true of the stored record. Several are all needed.
    pub fn only_if(mut self, condition: Condition<M>) -> Self {
        self.condition = Some(match self.condition {
            Some(other) => other.and(condition),
            None => condition,
        });
        self
    }

    /// Only where the stored record has this version; another is
    /// [`VersionConflict`](crate::ErrorKind::VersionConflict).
    pub fn version(mut self, version: M::Version) -> Self
    where
        M: Versioned,
    {
        self.version = Some(M::version_number(&version));
        self
    }

    /// Does it. True where a live record was there.
    pub async fn exec(self, db: &Database) -> Result<bool> {
        let write = self.write(db).map_err(named(M::definition(), "delete"))?;
        Ok(db.write("delete", write).await?.existed)
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        self.write(db).and_then(|write| db.explain(Request::Write(&write))).map_err(named(M::definition(), "explain"))
    }

    fn write(&self, db: &Database) -> Result<Write> {
        let definition = M::definition();
        let key = check_key_parts(definition, self.key.clone()?, &db.backend().limits())?;
        let condition = self.condition.clone().map(Condition::into_expr).transpose()?;
        let mut write = conditioned(Write::new(definition, key, Action::Delete), condition)?;
        write.version = self.version;
        Ok(write)
    }
}

impl<M: Repository> TransactionItem for Delete<M> {
    fn prepare(&mut self, db: &Database) -> Result<Write> {
        self.write(db).map_err(named(M::definition(), "delete"))
    }
}

/// Takes part in a transaction without writing: what `M::check(..)` gives. The record must be live
/// and the condition true of it, or the transaction is refused.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
/// # User::create(&ada).exec(&db).await?;
/// let eve = User { id: "u2".into(), email: "eve@example.com".into(), age: 20 };
/// let refused = db.transaction().add(User::create(&eve)).add(User::check("u1").only_if(User::AGE.gt(50))).commit().await;
/// assert_eq!(refused.unwrap_err().position(), Some(1));
/// # Ok(()) }
/// ```
#[must_use = "a check does nothing until it is part of a transaction"]
pub struct Check<M> {
    key: EncodedKey,
    condition: Option<Condition<M>>,
    marker: PhantomData<fn() -> M>,
}

impl<M: Repository> Check<M> {
    /// A check of the record with this key.
    pub fn new(key: EncodedKey) -> Self {
        Self { key, condition: None, marker: PhantomData }
    }

    /// The condition must be true of the stored record. Several are all needed.
    pub fn only_if(mut self, condition: Condition<M>) -> Self {
        self.condition = Some(match self.condition {
            Some(other) => other.and(condition),
            None => condition,
        });
        self
    }
}

impl<M: Repository> TransactionItem for Check<M> {
    fn prepare(&mut self, db: &Database) -> Result<Write> {
        let definition = M::definition();
        let write = || {
            let key = check_key_parts(definition, self.key.clone()?, &db.backend().limits())?;
            let condition = self.condition.clone().map(Condition::into_expr).transpose()?;
            conditioned(Write::new(definition, key, Action::Check), condition)
        };
        write().map_err(named(definition, "check"))
    }
}

impl<M> Clone for Delete<M> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), condition: self.condition.clone(), version: self.version, marker: PhantomData }
    }
}

impl<M> Clone for Check<M> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), condition: self.condition.clone(), marker: PhantomData }
    }
}

macro_rules! debug_by_key {
    ($($name:ident),*) => {$(
        impl<M: Repository> fmt::Debug for $name<M> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("repository", &M::definition().name())
                    .field("key", &self.key)
                    .field("condition", &self.condition)
                    .finish()
            }
        }
    )*};
}

debug_by_key!(Delete, Check);
