//! Where the checks run: a database, more than one client of it, and how long.

use std::future::Future;
use std::time::{Duration, Instant};

use reposit::backend::Backend;
use reposit::{Config, Database, Error, ErrorKind};
use reposit_tests::report;
use reposit_tests::servers::Target;

/// `long` makes every check run for ten minutes instead of seconds, a number for so many seconds.
const LENGTH: &str = "REPOSIT_CONCURRENCY";

/// How long a check runs where nothing is said.
pub(crate) const SPAN: Duration = Duration::from_secs(2);

/// What is wrong, in words.
pub(crate) type Found = Result<(), String>;

pub(crate) struct Arena {
    /// Several clients, as several processes would have. Those of the embedded store share it.
    clients: Vec<Database>,
    /// How a client of its own is opened, where there is a server.
    url: Option<String>,
    until: Instant,
    /// Whether each turn waits for a moment.
    is_slow: bool,
}

impl Arena {
    pub(crate) async fn on(target: Target) -> (Self, String) {
        let (url, label) = target.fresh().await;
        let first = open(&url).await;
        let is_shared = target.is_of_one_handle();
        let second = if is_shared { first.clone() } else { open(&url).await };
        let url = (!is_shared).then_some(url);
        // The embedded store makes nobody wait: side by side with the servers it would leave them no processor.
        let is_slow = is_shared && is_long();
        (Self { clients: vec![first, second], url, until: end(SPAN), is_slow }, label)
    }

    /// On a backend of the test's own.
    pub(crate) fn on_backend(backend: impl Backend, span: Duration) -> Self {
        Self::on_database(Database::with_backend(backend), span)
    }

    /// On a database of the test's own.
    pub(crate) fn on_database(db: Database, span: Duration) -> Self {
        Self { clients: vec![db.clone(), db], url: None, until: Instant::now() + span, is_slow: false }
    }

    pub(crate) fn db(&self, client: usize) -> &Database {
        &self.clients[client % self.clients.len()]
    }

    /// A client that shares nothing with the others, or the store that cannot be opened twice.
    pub(crate) async fn own(&self) -> Database {
        match &self.url {
            None => self.clients[0].clone(),
            Some(url) => open(url).await,
        }
    }

    /// Whether there is time for more. Lets the others go on first: the embedded store makes nobody wait.
    pub(crate) async fn goes_on(&self) -> bool {
        match self.is_slow {
            true => tokio::time::sleep(Duration::from_millis(1)).await,
            false => tokio::task::yield_now().await,
        }
        Instant::now() < self.until
    }
}

/// A client that is patient in a long run.
pub(crate) async fn open(url: &str) -> Database {
    let config = Config::from_url(url).expect("the server's own URL is a configuration");
    // A machine that is busy with the other checks is nothing found.
    let config = if is_long() { config.timeout(PATIENCE).connect_timeout(PATIENCE) } else { config };
    config.open().await.expect("the server answers")
}

/// More than a busy machine takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The length that the environment asks for.
fn asked_for() -> Option<Duration> {
    let asked = std::env::var(LENGTH).ok().filter(|asked| !asked.is_empty())?;
    let seconds = if asked == "long" { Ok(600) } else { asked.parse() };
    Some(Duration::from_secs(seconds.unwrap_or_else(|_| panic!("{LENGTH}={asked} is neither `long` nor seconds"))))
}

pub(crate) fn is_long() -> bool {
    asked_for().is_some()
}

/// When a check of this length ends.
pub(crate) fn end(span: Duration) -> Instant {
    Instant::now() + asked_for().unwrap_or(span)
}

/// Runs a check on a server: it must find nothing.
pub(crate) async fn holds<F: Future<Output = Found>>(target: Target, name: &str, check: impl FnOnce(Arena) -> F) {
    let (arena, label) = Arena::on(target).await;
    check(arena).await.unwrap_or_else(|found| panic!("{name} on {label}: {found}"));
    println!("{name} held on {label}");
    report::ran(&format!("concurrency::{name}"), &label);
}

/// What became of a write among others.
pub(crate) enum Fate<T> {
    Done(T),
    /// Refused for a reason of the data.
    Refused(ErrorKind),
    /// Not done, because too much went on.
    Not,
    /// Nobody knows.
    Unknown,
}

/// Sorts out what may happen among many; anything else is wrong.
pub(crate) fn fate<T>(result: Result<T, Error>) -> Result<Fate<T>, String> {
    let error = match result {
        Ok(done) => return Ok(Fate::Done(done)),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::OutcomeUnknown => Ok(Fate::Unknown),
        ErrorKind::Timeout | ErrorKind::Throttled | ErrorKind::Unavailable => Ok(Fate::Not),
        kind @ (ErrorKind::NotFound
        | ErrorKind::AlreadyExists
        | ErrorKind::UniqueViolation
        | ErrorKind::VersionConflict
        | ErrorKind::ConditionFailed) => Ok(Fate::Refused(kind)),
        _ => Err(format!("{error:?}")),
    }
}

/// An error that must not be.
pub(crate) fn wrong(error: Error) -> String {
    format!("{error:?}")
}

/// Runs tasks side by side; the first thing found is what is told.
pub(crate) async fn together<T, F>(tasks: impl IntoIterator<Item = F>) -> Result<Vec<T>, String>
where
    T: Send + 'static,
    F: Future<Output = Result<T, String>> + Send + 'static,
{
    let tasks: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let mut done = Vec::with_capacity(tasks.len());
    let mut found = None;
    for task in tasks {
        match task.await.map_err(|panicked| panicked.to_string()).and_then(|result| result) {
            Ok(result) => done.push(result),
            Err(wrong) => drop(found.get_or_insert(wrong)),
        }
    }
    found.map_or(Ok(done), Err)
}
