//! What a case is run on.

use std::fmt;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reposit::backend::{Backend, Layer, Limits};
use reposit::clock::ManualClock;
use reposit::{Database, Error, ErrorKind, Repository, Result};

use crate::capabilities::{Capabilities, Capability};
use crate::opener::{Opener, Place};
use crate::opening::Opening;

/// Where the clock of every case stands at first: in 2096, well ahead of the servers' own clocks,
/// so that none of them takes a record away before the case says so.
pub const START: i64 = 4_000_000_000;

/// What a case is run on: an empty database that nobody else has, and its clock.
pub struct Test {
    /// The database.
    pub db: Database,
    /// Its clock, which stands until the case moves it.
    pub clock: Arc<ManualClock>,
    place: Arc<dyn Place>,
    capabilities: Capabilities,
    opening: Opening,
}

impl Debug for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Test").field("db", &self.db).finish_non_exhaustive()
    }
}

impl Test {
    /// An empty database, under a table prefix.
    ///
    /// Errors: those of opening it.
    pub async fn on(opener: &dyn Opener, prefix: &str) -> Result<Self> {
        Self::at(opener.fresh().await?, opener.capabilities(), prefix).await
    }

    /// A database at a place that is empty.
    ///
    /// Errors: those of opening it.
    pub async fn at(place: Arc<dyn Place>, capabilities: Capabilities, prefix: &str) -> Result<Self> {
        let clock = Arc::new(ManualClock::at_millis(START * 1000));
        let opening = Opening::new(clock.clone()).prefix(prefix);
        let db = place.open(opening.clone()).await?;
        Ok(Self { db, clock, place, capabilities, opening })
    }

    /// How the database was opened, and another handle on it is.
    pub fn opening(&self) -> Opening {
        self.opening.clone()
    }

    /// Opens another handle, as another process would.
    ///
    /// Errors: those of opening it.
    pub async fn open(&self, opening: Opening) -> Result<Database> {
        self.place.open(opening).await
    }

    /// The place of the database, for a handle that is opened elsewhere.
    pub fn place(&self) -> Arc<dyn Place> {
        self.place.clone()
    }

    /// The same database under another table prefix.
    pub async fn under(&self, prefix: &str) -> Database {
        self.open(self.opening().prefix(prefix)).await.expect("the database is opened again")
    }

    /// Whether the backend can do a thing.
    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.has(capability)
    }

    /// The shortest staleness that it bounds a read to.
    pub fn shortest_staleness(&self) -> Duration {
        self.capabilities.shortest()
    }

    /// The sizes that the backend takes.
    pub fn limits(&self) -> Limits {
        self.backend().limits()
    }

    /// Whether the backend works in this process.
    pub fn is_embedded(&self) -> bool {
        self.backend().is_embedded()
    }

    fn backend(&self) -> Arc<dyn Backend> {
        let found = Found::default();
        let _ = self.db.layer(found.clone());
        let mut backend = found.0.lock().unwrap_or_else(PoisonError::into_inner);
        backend.take().expect("a layer is given what it is put before")
    }

    /// Lets so many seconds pass.
    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Every value of a model has its record, and every record its values, or this panics.
    pub async fn is_sound<M: Repository>(&self) {
        assert_eq!(self.db.verify::<M>().await.unwrap(), Vec::<String>::new());
    }

    /// Defines a model, and gives the database to use it on.
    pub async fn with<M: Repository>(&self) -> &Database {
        self.db.define::<M>().await.expect("an empty database takes any model");
        &self.db
    }
}

/// Keeps the backend that it is put before, and stands in front of nothing.
#[derive(Clone, Default)]
struct Found(Arc<Mutex<Option<Arc<dyn Backend>>>>);

impl Layer for Found {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(inner.clone());
        inner
    }
}

/// The kind of an error that must be one.
#[track_caller]
pub fn kind<T: Debug>(result: Result<T, Error>) -> ErrorKind {
    result.expect_err("an error").kind()
}
