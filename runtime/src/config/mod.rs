//! The configuration: which backend, where, with what credentials, and how long to wait.

mod env;
#[cfg(feature = "config-file")]
mod file;
#[cfg(feature = "microkubes")]
mod microkubes;
mod registry;
#[cfg(all(test, feature = "memory", feature = "mongodb", feature = "dynamodb", feature = "microkubes"))]
mod tests;
mod url;

pub use registry::register;

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "dynamodb")]
pub use crate::backend::dynamodb::{resend::Resend, settings::DynamoDbSettings};
#[cfg(feature = "memory")]
pub use crate::backend::memory::settings::MemorySettings;
#[cfg(feature = "mongodb")]
pub use crate::backend::mongodb::settings::MongoDbSettings;
#[cfg(feature = "postgres")]
pub use crate::backend::postgres::settings::{PostgresSettings, TlsMode};
#[cfg(feature = "redis")]
pub use crate::backend::redis::settings::RedisSettings;
pub use crate::backend::settings::{OpenOptions, Secret, Settings, Target};
#[cfg(feature = "sqlite")]
pub use crate::backend::sqlite::settings::{Durability, SqliteSettings};

use crate::backend::settings::{Parsed, Properties, common};
use crate::clock::Clock;
use crate::error::Result;

/// A configuration. It is read from a URL, a file or the environment, or made by hand.
///
/// # URLs
///
/// - `memory:`
/// - `sqlite:./data.db`, `sqlite:/srv/data.db`, `sqlite::memory:`
/// - `mongodb://user:password@host:27017,other:27017/database?replicaSet=rs0`, and `mongodb+srv://`
/// - `dynamodb://us-east-1`, `dynamodb://us-east-1?endpoint=http://localhost:8000`,
///   `dynamodb://ACCESSKEY:SECRET@us-east-1`; without a region, the AWS default chain's
/// - `redis://user:password@host:6379/0`, and `rediss://` for TLS
/// - `postgres://user:password@host:5432,other:5432/database?schema=public`
///
/// In user names, passwords and values, `: / ? # [ ] @ %` are percent-encoded, and in values `&` too.
///
/// | option | in | meaning |
/// |---|---|---|
/// | `timeout` | all | how long an operation may take, retries and all; default `10s` |
/// | `connect_timeout` | all | how long opening may take; default `5s` |
/// | `define_timeout` | all | how long `define` may take for all its models; default `10m` |
/// | `table_prefix` | all | what stands before each name of a table or collection; default nothing |
/// | `cursor_key` | all | the key that cursors are authenticated with (feature `cursor-key`) |
/// | `limits` | memory, SQLite, Redis | the sizes it takes: `dynamodb` (the default) or `none` |
/// | `durability` | SQLite | when a write is answered: `commit` (the default), when it is on the disk; `os`, when the operating system has it |
/// | `prefix` | Redis | what stands before each key |
/// | `wait` | Redis | how many replicas must have a write; default 0 |
/// | `cluster` | Redis | `true`: the servers are a cluster |
/// | `endpoint` | DynamoDB | another endpoint than the region's own |
/// | `profile` | DynamoDB | the profile in AWS's shared files |
/// | `credentials_file` | DynamoDB | a file in the format of AWS's shared credentials file |
/// | `access_key`, `secret_key`, `session_token` | DynamoDB | static credentials |
/// | `schema`, `pool`, `prepare`, `sslmode`, `sslrootcert`, `target_session_attrs` | PostgreSQL | see [its page](crate::guide::postgresql) |
/// | any of MongoDB's own | MongoDB | handed to the driver as it is |
///
/// Of MongoDB's own, those are refused that the library could not keep its promises under: a
/// `readPreference` other than `primary`, `readPreferenceTags`, `maxStalenessSeconds`, a
/// `readConcernLevel` other than `local`, `majority` or `linearizable`, and `w=0`.
///
/// Durations are written `500ms`, `10s`, `2m`, `1h`. If DynamoDB's credentials are not given, they come
/// from the AWS default chain. An unknown option is an error that says what was meant. A backend outside
/// this crate has a scheme of its own, once it is [registered](register).
///
/// # Files
///
/// With the feature `config-file`: JSON or TOML, by the extension `.json` or `.toml`, else by what the file holds. Either a `url`, or
/// a `backend` with its properties; the common options above may stand beside both (and there go
/// before those in the URL).
///
/// ```json
/// { "url": "mongodb://localhost/users", "timeout": "2s" }
/// { "backend": "memory" }
/// { "backend": "sqlite", "path": "./data.db", "durability": "os" }
/// { "backend": "dynamodb", "region": "us-east-1", "endpoint": "http://localhost:8000", "profile": "local" }
/// { "backend": "postgres", "host": "localhost:5432", "database": "users", "user": "ada", "password": "…" }
/// { "backend": "redis", "host": "localhost:6379", "database": 0, "prefix": "app:" }
/// { "backend": "mongodb", "host": "localhost:27017", "database": "users", "user": "ada", "password": "…",
///   "options": { "authSource": "admin", "tls": true } }
/// ```
///
/// For DynamoDB the properties are `region` and the options of the URL; for MongoDB `host` (or `hosts`,
/// a list), `database`, `user`, `password` and `options`, a map of MongoDB's own, in which nothing is
/// percent-encoded. For SQLite they are `path` and the options of the URL, for PostgreSQL `host`, `database`, `user`, `password`
/// and those options. For Redis they are `host`, `database` (a number), `user`, `password`, `tls` and the options of the
/// URL.
///
/// With the feature `microkubes`, the configuration of the Microkubes services is read as it is, in its `database` or by itself, with
/// keys in any case. `dbName` alone chooses between `mongodb`, `dynamodb`, `postgres`, `redis`, `memory` and `sqlite`:
///
/// ```json
/// { "database": { "dbName": "dynamodb", "dbInfo": { "credentials": "/run/secrets/aws-credentials",
///   "endpoint": "http://dynamo:8000", "awsRegion": "us-east-1",
///   "host": "mongo:27017", "database": "users", "user": "restapi", "pass": "restapi" } } }
/// ```
///
/// SQLite takes `database`, the path of the file. PostgreSQL takes `host`, `database`, `user` and `pass`. MongoDB takes `host`, `database` and, if there is one, `user` and `pass`; the user may be one of
/// the database or of `admin`. DynamoDB takes `awsRegion`, `endpoint`, and `credentials`, the path of
/// a shared credentials file, or else `awsSecretKeyId`, `awsSecretAccessKey` and `awsSessionToken`. Redis takes `host`,
/// `database` (a number), `user` and `pass`.
///
/// A `Config` is read by serde too, as a part of a program's own configuration: `Config: Deserialize`, from a URL
/// or a map of these properties.
///
/// # The environment
///
/// `REPOSIT_URL` holds a URL, or `REPOSIT_CONFIG` the path of a file. Both at once are an error.
///
/// # Errors and secrets
///
/// Whatever is wrong is a [`Config`](crate::ErrorKind::Config) error that names the option or
/// property, and the file. No password or key is ever in an error or in `Debug`; an unknown name is
/// shown only if it resembles a known one, since it may be a part of one.
#[derive(Debug, Clone)]
pub struct Config {
    target: Arc<dyn Target>,
    options: OpenOptions,
    cursor_key: Secret,
}

impl Config {
    /// A configuration of a backend, with default deadlines.
    ///
    /// ```
    /// # #[cfg(feature = "memory")] {
    /// use reposit::Config;
    /// use reposit::config::MemorySettings;
    ///
    /// let config = Config::new(MemorySettings::default());
    /// assert_eq!(config.target().name(), "memory");
    /// # }
    /// ```
    pub fn new(target: impl Target) -> Self {
        Self::from_target(Arc::new(target))
    }

    fn from_target(target: Arc<dyn Target>) -> Self {
        Self { target, options: OpenOptions::default(), cursor_key: Secret::default() }
    }

    /// The configuration of a backend whose settings were read, with what every configuration may say.
    fn from_parsed(Parsed { target, mut rest }: Parsed) -> Result<Self> {
        let mut config = Self::from_target(target);
        config.take_common(&mut rest)?;
        rest.finish()?;
        Ok(config)
    }

    /// Takes what the configuration of every backend may say.
    fn take_common(&mut self, properties: &mut Properties) -> Result<()> {
        if let Some(key) = common::take(properties, &mut self.options)? {
            self.cursor_key = key;
        }
        Ok(())
    }

    /// Which backend, with its settings.
    pub fn target(&self) -> &dyn Target {
        &*self.target
    }

    /// How long an operation may take, retries and all. The default is 10 seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self
    }

    /// How long opening may take. The default is 5 seconds.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// How long `define` may take for all its models, waiting for tables and indexes. The default is 10
    /// minutes.
    #[must_use]
    pub fn define_timeout(mut self, timeout: Duration) -> Self {
        self.options.define_timeout = timeout;
        self
    }

    /// The clock that decides whether a record has expired.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.options.clock = Arc::new(clock);
        self
    }

    /// What stands before each name of a table or collection that the library makes: those of the models, of
    /// unique values, of locks, and its catalogue. Databases of different prefixes share nothing, unless one
    /// prefix begins with the other.
    ///
    /// Opening is refused with [`Config`](crate::ErrorKind::Config) if a table's name cannot begin so: it takes up
    /// to 242 letters, digits, `_`, `-` and `.`.
    #[must_use]
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.options.table_prefix = prefix.into();
        self
    }

    /// The key that cursors are authenticated with. Without one, a cursor is protected from accidents only.
    #[cfg(feature = "cursor-key")]
    #[must_use]
    pub fn cursor_key(mut self, key: impl Into<Secret>) -> Self {
        self.cursor_key = key.into();
        self
    }

    /// What the database is opened with.
    pub(crate) fn into_parts(self) -> (Arc<dyn Target>, OpenOptions, Secret) {
        (self.target, self.options, self.cursor_key)
    }
}
