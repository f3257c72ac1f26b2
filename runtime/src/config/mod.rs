//! The configuration: which backend, where, with what credentials, and how long to wait.

mod dynamodb;
mod env;
mod file;
mod microkubes;
mod mongodb;
mod mongodb_options;
mod properties;
mod secret;
mod suggest;
#[cfg(test)]
mod tests;
mod url;

#[cfg(feature = "mongodb")]
pub(crate) use mongodb_options::{ACKNOWLEDGED, LATEST_ONLY, PRIMARY_ONLY};
pub use secret::Secret;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::database::{DEFINE_TIMEOUT, Database, TIMEOUT};
use crate::error::Result;
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
#[derive(Clone, Default)]
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
    /// The connection string with all of MongoDB's own options, without what is set apart below and
    /// without the library's.
    pub uri: Secret,
    /// The hosts as messages may show them.
    pub hosts: String,
    /// The database.
    pub database: String,
    /// The user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// Another database that the user may have been made in, to be tried where the one that the
    /// connection string means does not know the user.
    pub auth_fallback: Option<String>,
}

/// A configuration. It is read from a URL, a file or the environment, or made by hand.
///
/// # URLs
///
/// - `memory:`
/// - `mongodb://user:password@host:27017,other:27017/database?replicaSet=rs0`, and `mongodb+srv://`
/// - `dynamodb://us-east-1`, `dynamodb://us-east-1?endpoint=http://localhost:8000`,
///   `dynamodb://ACCESSKEY:SECRET@us-east-1`; without a region, the AWS default chain's
///
/// In user names, passwords and values, `: / ? # [ ] @ %` are percent-encoded, and in values `&` too.
///
/// | option | in | meaning |
/// |---|---|---|
/// | `timeout` | all | how long an operation may take, retries and all; default `10s` |
/// | `connect_timeout` | all | how long opening may take; default `5s` |
/// | `define_timeout` | all | how long `define` may take for all its models; default `10m` |
/// | `cursor_key` | all | the key that cursors are authenticated with |
/// | `limits` | memory | the sizes it takes: `dynamodb` (the default) or `none` |
/// | `endpoint` | DynamoDB | another endpoint than the region's own |
/// | `profile` | DynamoDB | the profile in AWS's shared files |
/// | `credentials_file` | DynamoDB | a file in the format of AWS's shared credentials file |
/// | `access_key`, `secret_key`, `session_token` | DynamoDB | static credentials |
/// | any of MongoDB's own | MongoDB | handed to the driver as it is |
///
/// Of MongoDB's own, those are refused that the library could not keep its promises under: a
/// `readPreference` other than `primary`, `readPreferenceTags`, `maxStalenessSeconds`, a
/// `readConcernLevel` other than `local`, `majority` or `linearizable`, and `w=0`.
///
/// Durations are written `500ms`, `10s`, `2m`, `1h`. Where DynamoDB's credentials are not given,
/// they come from the AWS default chain. An unknown option is an error that says what was meant.
///
/// # Files
///
/// JSON or TOML, by the extension `.json` or `.toml`, else by what the file holds. Either a `url`, or
/// a `backend` with its properties; the common options above may stand beside both (and there go
/// before those in the URL).
///
/// ```json
/// { "url": "mongodb://localhost/users", "timeout": "2s" }
/// { "backend": "memory" }
/// { "backend": "dynamodb", "region": "us-east-1", "endpoint": "http://localhost:8000", "profile": "local" }
/// { "backend": "mongodb", "host": "localhost:27017", "database": "users", "user": "ada", "password": "…",
///   "options": { "authSource": "admin", "tls": true } }
/// ```
///
/// For DynamoDB the properties are `region` and the options of the URL; for MongoDB `host` (or `hosts`,
/// a list), `database`, `user`, `password` and `options`, a map of MongoDB's own, in which nothing is
/// percent-encoded.
///
/// The configuration of the Microkubes services is read as it is, in its `database` or by itself, with
/// keys in any case. `dbName` alone chooses between `mongodb`, `dynamodb` and `memory`:
///
/// ```json
/// { "database": { "dbName": "dynamodb", "dbInfo": { "credentials": "/run/secrets/aws-credentials",
///   "endpoint": "http://dynamo:8000", "awsRegion": "us-east-1",
///   "host": "mongo:27017", "database": "users", "user": "restapi", "pass": "restapi" } } }
/// ```
///
/// MongoDB takes `host`, `database` and, where there is one, `user` and `pass`; the user may be one of
/// the database or of `admin`. DynamoDB takes `awsRegion`, `endpoint`, and `credentials`, the path of
/// a shared credentials file, or else `awsSecretKeyId`, `awsSecretAccessKey` and `awsSessionToken`.
///
/// # The environment
///
/// `REPOSIT_URL` holds a URL, or `REPOSIT_CONFIG` the path of a file. Both at once are an error.
///
/// # Errors and secrets
///
/// Whatever is wrong is a [`Config`](crate::ErrorKind::Config) error that names the option or
/// property, and the file. No password or key is ever in an error or in `Debug`; an unknown name is
/// shown only where it resembles a known one, since it may be a part of one.
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

    /// The configuration in a JSON or TOML file. The path of a credentials file in it is relative to
    /// the working directory.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        file::read(path.as_ref())
    }

    /// The configuration that the environment names: `REPOSIT_URL`, or the file in `REPOSIT_CONFIG`.
    pub fn from_env() -> Result<Self> {
        env::read()
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

    /// How long `define` may take for all its models, waiting for tables and indexes. The default is 10
    /// minutes.
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
