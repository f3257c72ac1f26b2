use std::fmt;

use super::prepare::{named, store};
use super::transaction::TransactionItem;
use crate::codec;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::repository::{Repository, Unversioned, Versioned};
use crate::request::{Action, Request, Write};
use crate::value::{Record, Value};

/// Stores a new record: what `M::create(&m)` gives.
///
/// Executes to `()`. A live record with the key is
/// [`AlreadyExists`](crate::ErrorKind::AlreadyExists), a taken value of a unique index
/// [`UniqueViolation`](crate::ErrorKind::UniqueViolation) naming the index. On a model with a
/// version, a version of 0 is stored as 1: a stored record never has version 0.
///
/// One request on every backend. DynamoDB: `PutItem`, with unique fields `TransactWriteItems`
/// (twice the write units). MongoDB: `insert`, with a ttl field an `update` that replaces an
/// expired record.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
/// User::create(&ada).exec(&db).await?;
/// let again = User::create(&ada).exec(&db).await;
/// assert_eq!(again.unwrap_err().kind(), ErrorKind::AlreadyExists);
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct Create<'a, M> {
    record: &'a M,
}

impl<'a, M: Repository> Create<'a, M> {
    /// A create of `record`.
    pub fn new(record: &'a M) -> Self {
        Self { record }
    }

    /// Does it.
    pub async fn exec(self, db: &Database) -> Result<()> {
        let write = self.write(db).map_err(named(M::definition(), "create"))?;
        db.write("create", write).await.map(drop)
    }

    /// Does it, and gives the record as it was stored: with its automatic key and times, and the
    /// version that a 0 became. It costs no request of its own.
    pub async fn exec_returning(self, db: &Database) -> Result<M> {
        let write = self.write(db).map_err(named(M::definition(), "create"))?;
        let stored = stored::<M>(&write);
        db.write("create", write).await?;
        stored.map_err(named(M::definition(), "create"))
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        self.write(db).and_then(|write| db.explain(Request::Write(&write))).map_err(named(M::definition(), "explain"))
    }

    fn write(&self, db: &Database) -> Result<Write> {
        let definition = M::definition();
        let mut record = codec::encode(self.record, definition)?;
        if let Some(name) = definition.version()
            && record.get(name) == Some(&Value::Int(0))
        {
            record.set(name, Value::Int(1));
        }
        store(db, definition, record, Action::Create)
    }
}

impl<M: Repository> TransactionItem for Create<'_, M> {
    fn prepare(&mut self, db: &Database) -> Result<Write> {
        self.write(db).map_err(named(M::definition(), "create"))
    }
}

/// Stores a record whatever is there: what `M::put(&m)` gives. Not offered with a version.
///
/// Executes to `()`. A value of a unique index that another record holds is
/// [`UniqueViolation`](crate::ErrorKind::UniqueViolation).
///
/// One request. With unique fields on DynamoDB two: the record that is replaced is read first, so
/// that its unique values are freed.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
/// # User::create(&ada).exec(&db).await?;
/// User::put(&User { age: 37, ..ada }).exec(&db).await?;
/// assert_eq!(User::get("u1").exec(&db).await?.map(|user| user.age), Some(37));
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct Put<'a, M> {
    record: &'a M,
}

impl<'a, M: Repository> Put<'a, M> {
    /// A put of `record`.
    // Only here is the bound asked for: a put that cannot be made needs no second error.
    pub fn new(record: &'a M) -> Self
    where
        M: Unversioned,
    {
        Self { record }
    }

    /// Does it.
    pub async fn exec(self, db: &Database) -> Result<()> {
        let write = self.write(db).map_err(named(M::definition(), "put"))?;
        db.write("put", write).await.map(drop)
    }

    /// Does it, and gives the record as it was stored, with its automatic key and times.
    pub async fn exec_returning(self, db: &Database) -> Result<M> {
        let write = self.write(db).map_err(named(M::definition(), "put"))?;
        let stored = stored::<M>(&write);
        db.write("put", write).await?;
        stored.map_err(named(M::definition(), "put"))
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        self.write(db).and_then(|write| db.explain(Request::Write(&write))).map_err(named(M::definition(), "explain"))
    }

    fn write(&self, db: &Database) -> Result<Write> {
        let definition = M::definition();
        store(db, definition, codec::encode(self.record, definition)?, Action::Put)
    }
}

impl<M: Repository> TransactionItem for Put<'_, M> {
    fn prepare(&mut self, db: &Database) -> Result<Write> {
        self.write(db).map_err(named(M::definition(), "put"))
    }
}

/// Stores a record under its version: what `M::save(&mut m)` gives. Only with `#[version]`.
///
/// Version 0 creates ([`AlreadyExists`](crate::ErrorKind::AlreadyExists) where a live record has
/// the key); any other replaces the stored record if it has the same version, else
/// [`VersionConflict`](crate::ErrorKind::VersionConflict), or
/// [`NotFound`](crate::ErrorKind::NotFound) where there is none. On success the struct carries the
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
    stored: Option<M>,
}

impl<'a, M: Versioned> Save<'a, M> {
    /// A save of `record`.
    pub fn new(record: &'a mut M) -> Self {
        Self { record, stored: None }
    }

    /// Does it.
    pub async fn exec(mut self, db: &Database) -> Result<()> {
        let write = self.write(db).map_err(named(M::definition(), "save"))?;
        db.write("save", write).await?;
        self.committed();
        Ok(())
    }

    /// The request that the database's backend would send; nothing is sent, and the struct is left as it is.
    pub fn explain(mut self, db: &Database) -> Result<String> {
        let write = self.write(db);
        write.and_then(|write| db.explain(Request::Write(&write))).map_err(named(M::definition(), "explain"))
    }

    fn write(&mut self, db: &Database) -> Result<Write> {
        let definition = M::definition();
        let current = self.record.version();
        if current >= definition.last_version() {
            return Err(Error::invalid(format!("the version field cannot hold a version after {current}")));
        }
        let next = current + 1;
        let mut record = codec::encode(self.record, definition)?;
        record.set(definition.version().unwrap_or_default(), Value::Int(next.into()));
        let action: fn(Record) -> Action = if current == 0 { Action::Create } else { Action::Replace };
        let mut write = store(db, definition, record, action)?;
        write.version = (current != 0).then_some(current);
        self.stored = Some(stored(&write)?);
        Ok(write)
    }
}

impl<M: Versioned> TransactionItem for Save<'_, M> {
    fn prepare(&mut self, db: &Database) -> Result<Write> {
        self.write(db).map_err(named(M::definition(), "save"))
    }

    fn committed(&mut self) {
        let Some(stored) = self.stored.take() else { return };
        if M::definition().is_filled() {
            *self.record = stored;
        } else {
            // The rest stays the caller's own: fields that serde skips are not in what was stored.
            self.record.set_version(stored.version());
        }
    }
}

/// The model as a write stores it.
fn stored<M: Repository>(write: &Write) -> Result<M> {
    match &write.action {
        Action::Create(record) | Action::Put(record) | Action::Replace(record) => {
            codec::decode(record.clone(), M::definition())
        }
        _ => Err(Error::codec("the write stores no whole record")),
    }
}

impl<M> Clone for Create<'_, M> {
    fn clone(&self) -> Self {
        Self { record: self.record }
    }
}

impl<M> Clone for Put<'_, M> {
    fn clone(&self) -> Self {
        Self { record: self.record }
    }
}

macro_rules! debug_by_name {
    ($($name:ident),*) => {$(
        impl<M: Repository> fmt::Debug for $name<'_, M> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), M::definition().name())
            }
        }
    )*};
}

debug_by_name!(Create, Put, Save);
