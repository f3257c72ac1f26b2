//! How a case wants a database to be opened.

use std::sync::Arc;
use std::time::Duration;

use reposit::backend::IntoBackend;
use reposit::clock::ManualClock;
use reposit::{Config, Database, Result};

/// A server that starts on a busy machine is slow, and that is no failure of a case.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a case wants a database to be opened: on its clock, under a table prefix, within a deadline.
#[derive(Debug, Clone)]
#[must_use = "nothing is opened yet"]
pub struct Opening {
    clock: Arc<ManualClock>,
    prefix: String,
    timeout: Duration,
    cursor_key: Option<String>,
}

impl Opening {
    pub(crate) fn new(clock: Arc<ManualClock>) -> Self {
        Self { clock, prefix: String::new(), timeout: PATIENCE, cursor_key: None }
    }

    /// Under another table prefix.
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.to_owned();
        self
    }

    /// With another deadline of its operations.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// With cursors of this key.
    pub fn cursor_key(mut self, key: &str) -> Self {
        self.cursor_key = Some(key.to_owned());
        self
    }

    /// Opens a database on a backend.
    pub async fn on(self, backend: impl IntoBackend) -> Result<Database> {
        let db = Database::builder().backend(backend).clock(self.clock).table_prefix(self.prefix);
        let db = db.timeout(self.timeout).connect_timeout(PATIENCE);
        match self.cursor_key {
            Some(key) => db.cursor_key(key).open().await,
            None => db.open().await,
        }
    }

    /// Opens the database of a configuration.
    pub async fn by(self, config: Config) -> Result<Database> {
        let config = config.clock(self.clock).table_prefix(self.prefix);
        let config = config.timeout(self.timeout).connect_timeout(PATIENCE);
        match self.cursor_key {
            Some(key) => config.cursor_key(key).open().await,
            None => config.open().await,
        }
    }
}
