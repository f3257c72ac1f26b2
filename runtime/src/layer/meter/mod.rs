//! The layer that counts what operations cost.

#[cfg(feature = "dynamodb")]
mod beforehand;
mod cost;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task_local;

pub use self::cost::{Cost, Part};
use super::observed::{Asked, Given, Observed, Observer, Seen};
use super::tally::{Moved, Tally};
use crate::backend::{Backend, Layer};
use crate::definition::Definition;
use crate::error::{Error, Result};
#[cfg(feature = "dynamodb")]
use crate::request::Watch as _;
use crate::request::{Call, Request};

/// Counts what operations cost: requests, DynamoDB's capacity units, bytes, and records read and given; by
/// repository, index and operation.
///
/// Clones count together. A test can hold a use case to its cost:
///
/// ```
/// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String, #[index] team: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// use reposit::layer::Meter;
///
/// let meter = Meter::new();
/// let db = Database::open("memory:").await?.layer(meter.clone());
/// db.define::<User>().await?;
/// for id in ["u1", "u2", "u3"] {
///     User::put(&User { id: id.into(), team: "core".into() }).exec(&db).await?;
/// }
/// let (page, cost) = meter.scope(User::find_by_team("core").limit(2).exec(&db)).await;
/// assert_eq!((page?.items.len(), cost.operations, cost.records_given), (2, 1, 2));
/// assert_eq!(meter.total().operations, 4);
/// # Ok(()) }
/// ```
///
/// What is counted is what comes to pass below the layer: of gets that are gathered, put the meter below the layer
/// that gathers them, with [`Database::coalesced`](crate::Database::coalesced) after [`Database::layer`]. What `define`
/// and the other operations on whole repositories cost is not counted.
///
/// | figure | DynamoDB | MongoDB, PostgreSQL, Redis | embedded |
/// |---|---|---|---|
/// | [`operations`](Cost::operations), [`records_given`](Cost::records_given), [`bytes`](Cost::bytes) | counted here | counted here | counted here |
/// | [`requests`](Cost::requests), [`retries`](Cost::retries) | each that is sent | each that is given to the driver, which may send it twice on MongoDB | those that DynamoDB would be sent; never again |
/// | [`read_units`](Cost::read_units), [`write_units`](Cost::write_units) | as it reports them; it reports none of what it refuses | none | as it would report them |
/// | [`records_read`](Cost::records_read) | what a page was chosen from, and what was read by key | those given | as on DynamoDB |
///
/// On an embedded backend the figures are worked out, by DynamoDB's rules, from the records that are there when an
/// operation begins. That takes the cargo feature `dynamodb`; without it there are no requests and no units. Limits:
/// expired records are not there; of writes that are sent together each is worked out by itself; a scan in segments
/// is divided as the embedded backend divides it.
///
/// DynamoDB is asked to report what each request consumes, which makes it no dearer. Units of guards of unique values
/// are those of their repository. Nothing is sent that would not be sent without the meter.
///
/// [`Database::layer`]: crate::Database::layer
#[derive(Debug, Clone, Default)]
#[must_use = "a meter counts nothing before it is put on a database"]
pub struct Meter {
    ledger: Arc<Ledger>,
    /// How many bytes a record has, where what it costs is told beforehand.
    record_size: Option<usize>,
}

/// What was counted.
#[derive(Debug, Default)]
struct Ledger(Mutex<Cost>);

impl Ledger {
    fn cost(&self) -> Cost {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, repository: &str, index: Option<&str>, operation: &'static str, cost: &Cost) {
        let mut sum = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sum.add(repository.to_owned(), index.map(str::to_owned), operation, cost);
    }
}

/// A future under way whose operations are counted: by which meter, and where to.
#[derive(Debug, Clone)]
struct Scope {
    meter: Arc<Ledger>,
    ledger: Arc<Ledger>,
    outer: Option<Arc<Scope>>,
}

task_local! {
    static SCOPE: Arc<Scope>;
}

impl Meter {
    /// A meter that has counted nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// What `.explain()` says that operations cost is for records of so many bytes. By default, 1,024.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String, #[index] team: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// use reposit::layer::Meter;
    ///
    /// let db = Database::open("memory:").await?.layer(Meter::new().record_size(6_000));
    /// let told = User::find_by_team("core").limit(10).explain(&db)?;
    /// # if cfg!(feature = "dynamodb") {
    /// assert!(told.ends_with("costs, for records of 6000 bytes: 1 request, 8.5 read units (by_team 8.5)"), "{told}");
    /// # }
    /// # Ok(()) }
    /// ```
    ///
    /// It is worked out by DynamoDB's rules, on DynamoDB and on an embedded backend; on others nothing is added. Limits:
    /// each record that the operation meets is taken to be there (one that it creates is not), to be written, and to keep
    /// its index values unless they are set; a query finds one more than its page has, which shows that there is a next, but no more
    /// than 1 MB.
    pub fn record_size(self, bytes: usize) -> Self {
        Self { record_size: Some(bytes), ..self }
    }

    /// What was counted since the meter was made.
    #[must_use]
    pub fn total(&self) -> Cost {
        self.ledger.cost()
    }

    /// Runs a future, and says what the operations that it ran on this meter's databases cost. They are in the
    /// [total](Self::total) too, and in the cost of a scope around this one.
    ///
    /// Limits: an operation is counted where it begins. One that a task runs which the future spawns is not in the
    /// scope, unless that task has one.
    pub async fn scope<F: Future>(&self, future: F) -> (F::Output, Cost) {
        let ledger = Arc::new(Ledger::default());
        let outer = SCOPE.try_with(Arc::clone).ok();
        let scope = Scope { meter: self.ledger.clone(), ledger: ledger.clone(), outer };
        let output = SCOPE.scope(Arc::new(scope), future).await;
        (output, ledger.cost())
    }

    /// Where an operation that begins now is counted.
    fn ledgers(&self) -> Vec<Arc<Ledger>> {
        let mut ledgers = vec![self.ledger.clone()];
        let mut next = SCOPE.try_with(Arc::clone).ok();
        while let Some(scope) = next {
            if Arc::ptr_eq(&scope.meter, &self.ledger) {
                ledgers.push(scope.ledger.clone());
            }
            next = scope.outer.clone();
        }
        ledgers
    }
}

impl Layer for Meter {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        let embedded = inner.is_embedded().then(|| inner.clone());
        let has_units = embedded.is_some() || inner.name() == "dynamodb";
        Arc::new(Observed { inner, observer: Reading { meter: self, embedded, has_units } })
    }
}

/// A meter on a backend.
#[derive(Debug)]
struct Reading {
    meter: Meter,
    /// The backend, if it sends nothing, and is asked what its operations would come to.
    embedded: Option<Arc<dyn Backend>>,
    /// Whether its operations cost what DynamoDB's do.
    has_units: bool,
}

impl Reading {
    /// What the requests of an operation that begins would come to on DynamoDB.
    fn estimate(&self, call: &Call, asked: Asked<'_>, tally: &Tally) {
        #[cfg(feature = "dynamodb")]
        if let Some(store) = &self.embedded {
            use crate::backend::dynamodb::estimate;

            let sent = match asked {
                Asked::Data(request) => estimate::requests_for(&**store, call, request),
                Asked::Count(query) => estimate::requests_for_count(&**store, call, query),
                Asked::Server | Asked::Repository(_) => Vec::new(),
            };
            sent.iter().for_each(|sent| tally.attempt(call, &sent.attempt()));
        }
        #[cfg(not(feature = "dynamodb"))]
        let _ = (call, asked, tally, &self.embedded);
    }
}

impl Observer for Reading {
    type Seen = Metered;

    fn begin(&self, call: &Call, asked: Asked<'_>) -> Option<Metered> {
        if matches!(asked, Asked::Server | Asked::Repository(_)) {
            return None;
        }
        let tally = Arc::new(Tally::default());
        self.estimate(call, asked, &tally);
        Some(Metered {
            ledgers: self.meter.ledgers(),
            tally,
            operation: call.operation,
            definitions: asked.definitions(),
            index: asked.index().map(|index| index.name),
            moved: Moved::of(asked),
        })
    }

    fn explain(&self, call: &Call, request: Request<'_>, text: String) -> String {
        #[cfg(feature = "dynamodb")]
        if self.has_units {
            let size = self.meter.record_size.unwrap_or(beforehand::RECORD_SIZE);
            return format!("{text}\n{}", beforehand::cost_of(call, request, size));
        }
        let _ = (call, request, self.has_units, self.meter.record_size);
        text
    }
}

/// An operation under way. It is counted when it ends, or is given up.
#[derive(Debug)]
struct Metered {
    ledgers: Vec<Arc<Ledger>>,
    tally: Arc<Tally>,
    operation: &'static str,
    definitions: Vec<&'static Definition>,
    index: Option<&'static str>,
    moved: Moved,
}

impl Metered {
    /// The repository that a table is of.
    fn repository_of<'t>(&self, table: &'t str) -> &'t str {
        let is_of = |name: &str| table.strip_suffix(GUARDS).unwrap_or(table).ends_with(name);
        match self.definitions.as_slice() {
            [one] => one.name(),
            // The longest, since the end of a name may be a name.
            several => {
                let named = several.iter().map(|definition| definition.name()).filter(|name| is_of(name));
                named.max_by_key(|name| name.len()).unwrap_or(table)
            }
        }
    }
}

/// What the name of a table of guards ends with.
const GUARDS: &str = ".unique";

impl Seen for Metered {
    fn watch(&self, call: Call) -> Call {
        call.watched_by(self.tally.clone())
    }

    fn end(mut self, result: Result<Given<'_>, &Error>) {
        if let Ok(given) = result {
            self.moved.give(given);
        }
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        let tallied = self.tally.so_far();
        let own = Cost {
            operations: 1,
            requests: tallied.requests,
            retries: tallied.retries,
            bytes: self.moved.bytes,
            records_read: tallied.examined.unwrap_or(self.moved.given),
            records_given: self.moved.given,
            ..Cost::default()
        };
        let repository = if let [one] = self.definitions.as_slice() { one.name() } else { "" };
        for ledger in &self.ledgers {
            ledger.add(repository, self.index, self.operation, &own);
            for capacity in &tallied.consumed {
                let repository = self.repository_of(&capacity.table);
                ledger.add(repository, capacity.index.as_deref(), self.operation, &Cost::of_capacity(capacity));
            }
        }
    }
}
