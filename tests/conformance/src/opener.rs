//! How the suite comes to databases of a backend.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use reposit::backend::{Backend, BoxFuture, IntoBackend};
use reposit::{Config, Database, Result};

use crate::capabilities::{Capabilities, Capability};
use crate::opening::Opening;

/// A way to empty databases of a backend. [`Backends`] and [`Urls`] are two.
pub trait Opener: Send + Sync + 'static {
    /// The name in the paths of the cases: a word as a module's.
    fn name(&self) -> &str;

    /// What the backend can do. By default everything.
    fn capabilities(&self) -> Capabilities {
        Capabilities::everything()
    }

    /// An empty database that nobody else has.
    fn fresh(&self) -> BoxFuture<'_, Result<Arc<dyn Place>>>;
}

/// One database, which may be opened several times. It is in use until this is dropped.
pub trait Place: Send + Sync + 'static {
    /// Opens it, once more, with a client of its own if there is a server: [`Opening::on`] and [`Opening::by`] do it.
    fn open(&self, opening: Opening) -> BoxFuture<'_, Result<Database>>;
}

/// A store of this process: its handles share it.
impl Place for Arc<dyn Backend> {
    fn open(&self, opening: Opening) -> BoxFuture<'_, Result<Database>> {
        Box::pin(opening.on(self.clone()))
    }
}

/// A URL: each handle has a client of its own.
impl Place for String {
    fn open(&self, opening: Opening) -> BoxFuture<'_, Result<Database>> {
        Box::pin(async move { opening.by(Config::from_url(self)?).await })
    }
}

type Make = Box<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn Backend>>> + Send + Sync>;

/// Backends that a closure makes, an empty one for each case.
pub struct Backends {
    name: String,
    capabilities: Capabilities,
    make: Make,
}

impl Backends {
    /// Backends of a name.
    pub fn new<B, F>(name: &str, make: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        B: IntoBackend,
        F: Future<Output = Result<B>> + Send + 'static,
    {
        let make: Make = Box::new(move || {
            let made = make();
            Box::pin(async move { Ok(made.await?.into_backend()) })
        });
        Self { name: name.to_owned(), capabilities: Capabilities::everything(), make }
    }

    /// The same of a backend that cannot do a thing.
    #[must_use]
    pub fn without(mut self, capability: Capability) -> Self {
        self.capabilities = self.capabilities.without(capability);
        self
    }
}

impl Opener for Backends {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    fn fresh(&self) -> BoxFuture<'_, Result<Arc<dyn Place>>> {
        let made = (self.make)();
        Box::pin(async move { Ok(Arc::new(made.await?) as Arc<dyn Place>) })
    }
}

/// Databases that have URLs, an empty one for each case.
///
/// ```
/// use reposit_conformance::Urls;
///
/// let mine = Urls::new("mine", |database| format!("mongodb://localhost/{database}"));
/// ```
pub struct Urls {
    name: String,
    capabilities: Capabilities,
    url: Box<dyn Fn(&str) -> String + Send + Sync>,
}

impl Urls {
    /// The closure returns the URL of a database of a name, of letters and digits, that was never used. Whoever opens it makes
    /// the database if it is not there. Nobody deletes it.
    pub fn new(name: &str, url: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self { name: name.to_owned(), capabilities: Capabilities::everything(), url: Box::new(url) }
    }

    /// The same of a backend that cannot do a thing.
    #[must_use]
    pub fn without(mut self, capability: Capability) -> Self {
        self.capabilities = self.capabilities.without(capability);
        self
    }
}

impl Opener for Urls {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    fn fresh(&self) -> BoxFuture<'_, Result<Arc<dyn Place>>> {
        let url = (self.url)(&unused_name());
        Box::pin(async move { Ok(Arc::new(url) as Arc<dyn Place>) })
    }
}

/// A name that no other case and no other run has.
fn unused_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    format!("case{now:x}x{:x}x{:x}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
