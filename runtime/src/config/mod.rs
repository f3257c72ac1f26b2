//! The configuration: which backend, where, with what credentials, and how long to wait.

mod secret;
mod url;

pub use secret::Secret;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::database::{DEFINE_TIMEOUT, Database, TIMEOUT};
use crate::error::{Error, Result};
use crate::limits::Limits;

/// Which backend, with its own settings.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Target {
    /// The embedded store in memory. Each that is opened is a store of its own.
    Memory(MemorySettings),
    /// DynamoDB.
    DynamoDb(DynamoDbSettings),
    /// MongoDB.
    MongoDb(MongoDbSettings),
}

impl Target {
    /// The backend's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Memory(_) => "memory",
            Self::DynamoDb(_) => "dynamodb",
            Self::MongoDb(_) => "mongodb",
        }
    }
}

/// The settings of the embedded store in memory.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MemorySettings {
    /// The sizes it takes: DynamoDB's, unless told otherwise.
    pub limits: Limits,
}

impl Default for MemorySettings {
    fn default() -> Self {
        Self { limits: Limits::DYNAMODB }
    }
}

/// The settings of DynamoDB. What is not set comes from the AWS default chain: the environment,
/// the shared files, the container or instance role.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct DynamoDbSettings {
    /// The region.
    pub region: Option<String>,
    /// Another endpoint than the region's own.
    pub endpoint: Option<String>,
    /// A file of credentials in the format of AWS's shared credentials file.
    pub credentials_file: Option<std::path::PathBuf>,
    /// The profile in the shared files.
    pub profile: Option<String>,
    /// A static access key id.
    pub access_key: Option<Secret>,
    /// Its secret key.
    pub secret_key: Option<Secret>,
    /// Its session token.
    pub session_token: Option<Secret>,
}

/// The settings of MongoDB.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct MongoDbSettings {
    /// The connection string, without what is set apart below.
    pub uri: Secret,
    /// The hosts as messages may show them.
    pub hosts: String,
    /// The database.
    pub database: String,
    /// The user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Secret>,
}

/// A configuration. It is read from a URL, a file or the environment, or made by hand.
#[derive(Debug, Clone)]
pub struct Config {
    target: Target,
    timeout: Duration,
    connect_timeout: Duration,
    define_timeout: Duration,
    clock: Arc<dyn Clock>,
    cursor_key: Secret,
}

/// How long opening may take where the configuration says nothing.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

impl Config {
    /// A configuration of a backend, with default deadlines.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            timeout: TIMEOUT,
            connect_timeout: CONNECT_TIMEOUT,
            define_timeout: DEFINE_TIMEOUT,
            clock: Arc::new(SystemClock),
            cursor_key: Secret::default(),
        }
    }

    /// The configuration that a URL describes.
    pub fn from_url(url: &str) -> Result<Self> {
        url::parse(url)
    }

    /// The configuration in a JSON or TOML file.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let _ = path;
        Err(Error::config("not yet"))
    }

    /// The configuration that the environment names.
    pub fn from_env() -> Result<Self> {
        Err(Error::config("not yet"))
    }

    /// Which backend, with its settings.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// How long an operation may take, retries and all. The default is 10 seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long opening may take. The default is 5 seconds.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long `define` may take, waiting for tables and indexes. The default is 10 minutes.
    #[must_use]
    pub fn define_timeout(mut self, timeout: Duration) -> Self {
        self.define_timeout = timeout;
        self
    }

    /// The clock that decides whether a record has expired.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The key that cursors are authenticated with.
    #[must_use]
    pub fn cursor_key(mut self, key: impl Into<Secret>) -> Self {
        self.cursor_key = key.into();
        self
    }

    /// Opens the database, and checks that it can be reached.
    pub async fn open(self) -> Result<Database> {
        let backend = crate::backend::connect(&self.target, self.connect_timeout, self.timeout).await?;
        let key = self.cursor_key.expose().as_bytes().to_vec();
        Ok(Database::assemble(backend, self.clock, self.timeout, self.define_timeout, key))
    }
}
