//! How a database is opened: from a URL, a file, the environment, a configuration, or piece by piece.

use std::fmt;
#[cfg(feature = "config-file")]
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::prefixed::Prefixed;
use crate::backend::{Backend, IntoBackend, Layer};
use crate::clock::Clock;
use crate::config::{Config, OpenOptions, Secret};
use crate::database::Database;
use crate::definition::TablePrefix;
use crate::error::{Error, Result};
use crate::request::Call;

impl Config {
    /// Opens the database, and checks that it can be reached.
    ///
    /// Errors: [`Config`](crate::ErrorKind::Config) if the settings are wrong;
    /// [`Unavailable`](crate::ErrorKind::Unavailable) or [`Timeout`](crate::ErrorKind::Timeout) if nothing
    /// answers within the deadline.
    pub async fn open(self) -> Result<Database> {
        let (target, options, cursor_key) = self.into_parts();
        let prefix = prefix_of(&options)?;
        let backend = Prefixed::under(prefix, target.open(&options).await?);
        Ok(Database::assemble(backend, options, &cursor_key))
    }
}

impl Database {
    /// Opens the database that a URL names, and checks that it can be reached.
    ///
    /// `memory:`, `sqlite:./data.db`, `mongodb://user:pass@host:27017/database?replicaSet=rs0` or
    /// `dynamodb://us-east-1?endpoint=http://localhost:8000`. See [`Config`] for all that a URL can say.
    ///
    /// Errors: [`Config`](crate::ErrorKind::Config) for a URL that is wrong or names a backend whose
    /// feature is not compiled in; [`Unavailable`](crate::ErrorKind::Unavailable) or
    /// [`Timeout`](crate::ErrorKind::Timeout) if nothing answers within the deadline.
    pub async fn open(url: &str) -> Result<Self> {
        Config::from_url(url)?.open().await
    }

    /// Opens the database that a JSON or TOML file describes.
    #[cfg(feature = "config-file")]
    pub async fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        Config::from_file(path)?.open().await
    }

    /// Opens the database that the environment names: `REPOSIT_URL`, or a file in `REPOSIT_CONFIG`.
    pub async fn from_env() -> Result<Self> {
        Config::from_env()?.open().await
    }

    /// Opens the database that a configuration describes.
    pub async fn from_config(config: Config) -> Result<Self> {
        config.open().await
    }

    /// A database on a backend of your own, with the machine's clock and default deadlines. Nothing is
    /// asked of the backend yet. [`builder`](Self::builder) sets more.
    pub fn with_backend(backend: impl IntoBackend) -> Self {
        Self::assemble(backend.into_backend(), OpenOptions::default(), &Secret::default())
    }

    /// Puts a database together: a backend, a clock, deadlines, layers.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// use std::sync::Arc;
    /// use std::time::Duration;
    /// use reposit::Database;
    /// use reposit::backend::memory::Memory;
    /// use reposit::clock::ManualClock;
    /// use reposit::config::MemorySettings;
    ///
    /// let clock = Arc::new(ManualClock::at_millis(1_700_000_000_000));
    /// let db = Database::builder()
    ///     .backend(Memory::new(&MemorySettings::default()))
    ///     .clock(clock.clone())
    ///     .timeout(Duration::from_secs(2))
    ///     .open()
    ///     .await?;
    /// assert_eq!(db.backend_name(), "memory");
    /// # Ok(()) }
    /// ```
    pub fn builder() -> Builder {
        Builder { backend: None, options: OpenOptions::default(), cursor_key: Secret::default(), layers: Vec::new() }
    }

    /// The same database through a layer. The handles that exist are left as they are; of several layers,
    /// the one that was added last is the outermost. See [`Layer`] for an example.
    #[must_use]
    pub fn layer(&self, layer: impl Layer) -> Self {
        self.map_backend(|backend| layer.layer(backend))
    }
}

/// The table prefix that a database is opened with.
fn prefix_of(options: &OpenOptions) -> Result<Option<&'static TablePrefix>> {
    TablePrefix::of(&options.table_prefix).map_err(|why| Error::config(format!("the table prefix {why}")))
}

/// What puts a layer in front of a backend.
type AddLayer = Box<dyn FnOnce(Arc<dyn Backend>) -> Arc<dyn Backend> + Send>;

/// Puts a database together. See [`Database::builder`].
#[must_use = "nothing is opened before `open`"]
pub struct Builder {
    backend: Option<Arc<dyn Backend>>,
    options: OpenOptions,
    cursor_key: Secret,
    layers: Vec<AddLayer>,
}

impl Builder {
    /// The backend: one of the crate's, connected by hand, or one of your own.
    pub fn backend(mut self, backend: impl IntoBackend) -> Self {
        self.backend = Some(backend.into_backend());
        self
    }

    /// The clock that decides whether a record has expired. The default is the machine's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.options.clock = Arc::new(clock);
        self
    }

    /// How long an operation may take, retries and all. The default is 10 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self
    }

    /// How long [`open`](Self::open) may wait for the backend. The default is 5 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// How long `define` may take for all its models. The default is 10 minutes.
    pub fn define_timeout(mut self, timeout: Duration) -> Self {
        self.options.define_timeout = timeout;
        self
    }

    /// What stands before each name of a table or collection that the library makes: those of the models, of
    /// unique values, of locks, and its catalogue. Databases of different prefixes share nothing, unless one
    /// prefix begins with the other.
    ///
    /// [`open`](Self::open) is refused with [`Config`](crate::ErrorKind::Config) if a table's name cannot begin so: it takes up
    /// to 242 letters, digits, `_`, `-` and `.`.
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.options.table_prefix = prefix.into();
        self
    }

    /// The key that cursors are authenticated with. Without one, a cursor is protected from accidents only.
    #[cfg(feature = "cursor-key")]
    pub fn cursor_key(mut self, key: impl Into<Secret>) -> Self {
        self.cursor_key = key.into();
        self
    }

    /// A layer in front of the backend. Of several layers, the one that is added last is the outermost.
    pub fn layer(mut self, layer: impl Layer + Send + 'static) -> Self {
        self.layers.push(Box::new(|backend| layer.layer(backend)));
        self
    }

    /// Opens the database, and checks that the backend can be reached. The layers do not see this check.
    ///
    /// Errors: [`Config`](crate::ErrorKind::Config) without a backend; else what the backend answers, such
    /// as [`Unavailable`](crate::ErrorKind::Unavailable) or [`Timeout`](crate::ErrorKind::Timeout).
    pub async fn open(self) -> Result<Database> {
        let missing = || Error::config("the database has no backend; give the builder one with `.backend(..)`");
        let prefix = prefix_of(&self.options)?;
        let backend = self.backend.ok_or_else(missing)?;
        let call = Call::new("open", self.options.clock.now_millis(), self.options.connect_timeout);
        backend.ping(call).await.map_err(|e| e.in_operation("open"))?;
        let backend = Prefixed::under(prefix, backend);
        let backend = self.layers.into_iter().fold(backend, |inner, add| add(inner));
        Ok(Database::assemble(backend, self.options, &self.cursor_key))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("backend", &self.backend)
            .field("options", &self.options)
            .field("layers", &self.layers.len())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "memory"))]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::backend::memory::Memory;
    use crate::backend::{Forward, Reply};
    use crate::clock::ManualClock;
    use crate::config::MemorySettings;

    fn memory() -> Memory {
        Memory::new(&MemorySettings::default())
    }

    #[tokio::test]
    async fn a_backend_is_needed() {
        let error = Database::builder().open().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains(".backend(..)"), "{error}");
    }

    #[tokio::test]
    async fn what_is_set_is_taken() {
        let seconds = Duration::from_secs;
        let clock = Arc::new(ManualClock::at_millis(7));
        let shared: Arc<dyn Backend> = Arc::new(memory());
        let db = Database::builder()
            .backend(shared)
            .clock(clock.clone())
            .timeout(seconds(3))
            .connect_timeout(seconds(4))
            .define_timeout(seconds(5))
            .cursor_key("sesame");
        assert!(!format!("{db:?}").contains("sesame"));
        let db = db.open().await.unwrap();
        assert_eq!((db.now(), db.timeout()), (7, seconds(3)));
        clock.set_millis(8);
        assert_eq!(db.now(), 8);
    }

    /// A backend that cannot be reached.
    #[derive(Debug)]
    struct Away(Memory);

    impl Forward for Away {
        fn inner(&self) -> &dyn Backend {
            &self.0
        }

        fn ping(&self, call: Call) -> Reply<'_, ()> {
            Reply::now(Err(Error::new(ErrorKind::Unavailable, format!("not within {:?}", call.left()))))
        }
    }

    #[derive(Debug)]
    struct Absent;

    impl Layer for Absent {
        fn layer(self, _: Arc<dyn Backend>) -> Arc<dyn Backend> {
            Arc::new(Away(memory()))
        }
    }

    #[tokio::test]
    async fn a_backend_that_does_not_answer_is_not_opened() {
        let error = Database::builder().backend(Away(memory())).open().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Unavailable, Some("open")));
        let db = Database::builder().layer(Absent).backend(memory()).open().await.unwrap();
        assert_eq!(db.ping().await.unwrap_err().kind(), ErrorKind::Unavailable, "the layer is there");
    }
}
