//! What a configuration opens: the settings of one backend, and how long to wait for it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::{Backend, BoxFuture};
use crate::clock::{Clock, SystemClock};
use crate::error::Result;

/// The settings of one backend, which can open it.
///
/// [`MemorySettings`](crate::config::MemorySettings) and those of the other backends are targets; a
/// backend outside this crate has one of its own. See [`register`](crate::config::register) for an
/// example.
///
/// `Debug` is shown in that of a [`Config`](crate::Config): it must show no password. A
/// [`Secret`](super::Secret) shows none.
pub trait Target: Any + fmt::Debug + Send + Sync {
    /// The backend's name, as configurations write it.
    fn name(&self) -> &'static str;

    /// Opens the backend, and checks within [`connect_timeout`](OpenOptions::connect_timeout) that it
    /// can be reached.
    ///
    /// Errors: [`Config`](crate::ErrorKind::Config) if the settings are wrong,
    /// [`Unavailable`](crate::ErrorKind::Unavailable) or [`Timeout`](crate::ErrorKind::Timeout) if
    /// nothing answers.
    fn open<'a>(&'a self, options: &'a OpenOptions) -> BoxFuture<'a, Result<Arc<dyn Backend>>>;
}

impl dyn Target {
    /// The settings themselves, if they are of this type.
    ///
    /// ```
    /// # #[cfg(feature = "memory")] {
    /// use reposit::Config;
    /// use reposit::config::MemorySettings;
    ///
    /// let config = Config::from_url("memory:")?;
    /// assert!(config.target().downcast_ref::<MemorySettings>().is_some());
    /// # }
    /// # Ok::<(), reposit::Error>(())
    /// ```
    pub fn downcast_ref<T: Target>(&self) -> Option<&T> {
        (self as &dyn Any).downcast_ref()
    }
}

/// What a backend may know of the database that it is opened for.
///
/// ```
/// use std::time::Duration;
/// use reposit::config::OpenOptions;
///
/// let mut options = OpenOptions::default();
/// options.connect_timeout = Duration::from_secs(1);
/// assert_eq!(options.timeout, Duration::from_secs(10));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OpenOptions {
    /// How long an operation may take, retries and all. The default is 10 seconds.
    pub timeout: Duration,
    /// How long opening may take. The default is 5 seconds.
    pub connect_timeout: Duration,
    /// How long `define` may take for all its models. The default is 10 minutes.
    pub define_timeout: Duration,
    /// The clock that decides whether a record has expired. The default is the machine's.
    pub clock: Arc<dyn Clock>,
    /// What stands before each name of a table or collection. It is in the names of the definitions that a backend
    /// is handed; a backend has nothing to do for it.
    pub table_prefix: String,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            // DynamoDB builds indexes in minutes, not seconds.
            define_timeout: Duration::from_secs(600),
            clock: Arc::new(SystemClock),
            table_prefix: String::new(),
        }
    }
}
