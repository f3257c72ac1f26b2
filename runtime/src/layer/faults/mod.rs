//! The layer that lets go wrong what goes wrong on a network, for the tests of programs.

mod fate;
mod faulty;
mod identity;
mod injected;
mod lag;
mod many;
mod network;
mod rates;
mod shared;

use std::fmt;
use std::ops::RangeBounds;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use self::faulty::Faulty;
pub use self::injected::{Fault, Injected};
use self::lag::Lag;
use self::rates::{Rates, ends, rate};
use self::shared::{Conditions, Shared};
use crate::backend::{Backend, Layer};

/// Lets go wrong what goes wrong on the way to a server, for the tests of a program: on `memory:`, or over any other
/// backend.
///
/// ```
/// use reposit::layer::Faults;
/// use reposit::{Database, ErrorKind, Repository};
/// # use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Serialize, Deserialize, Repository)] struct Account { #[hash_key] id: String, cents: i64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
///
/// let faults = Faults::seeded(7).lose_answers(0.2).drop_requests(0.2).throttle(0.2);
/// let db = Database::open("memory:").await?.layer(faults.clone());
/// db.define::<Account>().await?;
/// faults.pause();
/// Account::create(&Account { id: "a".into(), cents: 0 }).exec(&db).await?;
/// faults.resume();
///
/// let (mut done, mut unknown) = (0, 0);
/// for _ in 0..100 {
///     match Account::update("a").add(Account::CENTS, 1).exec(&db).await {
///         Ok(_) => done += 1,
///         Err(error) if error.kind() == ErrorKind::OutcomeUnknown => unknown += 1,
///         Err(error) => assert!(error.kind().is_transient(), "{error}"),
///     }
/// }
/// faults.pause();
/// let cents = Account::get("a").exec(&db).await?.unwrap().cents;
/// assert!(done <= cents && cents <= done + unknown, "{faults}");
/// assert!(faults.injected().lost_answers > 0);
/// # Ok(()) }
/// ```
///
/// # What goes wrong
///
/// Rates are of all requests, between 0 and 1, as an operation would send them to DynamoDB: one for most, one for 25 of a
/// batch of plain puts and deletes, one for each other write of a batch, one for 100 records of a read of many.
/// Nothing is sent: an operation is carried out by the backend below once, or not at all.
///
/// | what | the write | then |
/// |---|---|---|
/// | [`lose_answers`](Self::lose_answers) | is applied | as below |
/// | [`drop_requests`](Self::drop_requests) | is not applied | as below |
/// | [`throttle`](Self::throttle) | is not applied | sent again; in the end `Throttled` |
/// | [`conflict`](Self::conflict) | is not applied; plain reads have none | sent again; in the end `Timeout` |
/// | [`delay`](Self::delay) | is applied a part of the time later | past the deadline: of a read `Timeout`, of a write `OutcomeUnknown` |
/// | [`stall`](Self::stall) | waits with all others | past the deadline: `Timeout` |
/// | [`lag_indexes`](Self::lag_indexes) | | reads of indexes see what was there before |
///
/// What is sent again is sent three times at most, at once; a backend goes on until the deadline. What ends with
/// an error that [is transient](crate::ErrorKind::is_transient) has changed nothing. Which writes are sent again after a loss
/// is as on DynamoDB without `resend`, which has the most unknown outcomes:
///
/// | operation | answer lost | request dropped |
/// |---|---|---|
/// | reads | sent again; in the end `Unavailable` | the same |
/// | transactions, writes of unique values, `save` and `update` under a version | sent again; in the end as the next line | sent again; in the end `OutcomeUnknown` |
/// | `create`, `put`, `replace`, `update`, `upsert`, `put_many`, `delete_many` | every other time done, as the stamp or the gone record is found; else `OutcomeUnknown` | `OutcomeUnknown` |
/// | `delete`, `exec_previous`, a write that is refused; of models with `stamp = false`, the line before but `delete_many` | `OutcomeUnknown` | `OutcomeUnknown` |
///
/// Each outcome is one that the library's own proxies bring about on a server: see the
/// [table](crate::guide::faults). Errors have the same kinds and the same fields, those of a batch
/// [by item](crate::Error::failures), and their message ends with the seed and the number of the operation.
/// What watches the operation, such as a [`Trace`](super::Trace) put on later, is told of each attempt that failed.
///
/// `ping` is a read. `define` and the other operations on whole repositories pass untouched.
///
/// # Seeds
///
/// A run is repeated by its seed, which is in `Debug` and `Display` and in each error that is injected: put the faults
/// into the messages of your assertions. What a request meets depends on the seed, on its operation, repository and keys,
/// and on how often that came before. It does not depend on what comes between, so tasks may run in any order. Keys that are
/// made up in each run count as no keys: UUIDs, ULIDs and ObjectIds, whoever made them. Then it is the how manieth request
/// of its operation and repository that counts, which is the same in each run on one thread. Other rates make it another run.
///
/// Clones have everything but their rates in common: put one on the database, and keep another to ask it.
///
/// # Limits
///
/// Expiry has no method of its own: whether a record has expired is decided by the database's clock, in each read and write, and
/// what a server has not deleted yet is not seen. The embedded backend itself deletes late, with later writes, which a
/// model without the time to live can see.
///
/// A request is never applied after its caller was told: on a server one that is still on its way may be. Delays and
/// stalls need a tokio runtime with a timer; without one nothing is delayed. Time is tokio's, so that
/// `tokio::time::pause` works, but deadlines are the machine's. For each request that is unlike those before it, 16 bytes are kept.
#[derive(Clone)]
#[must_use = "a layer does nothing before it is put on a database"]
pub struct Faults(Conditions);

impl Faults {
    /// Faults by this seed. Nothing goes wrong until a rate is set, or one is asked for with [`next`](Self::next).
    pub fn seeded(seed: u64) -> Self {
        Self(Conditions { rates: Rates::NONE, only: Vec::new(), shared: Arc::new(Shared::new(seed)) })
    }

    /// Requests are applied, and their answers are lost.
    pub fn lose_answers(self, of_requests: f64) -> Self {
        self.with(|rates| rates.lost = rate(of_requests))
    }

    /// Requests are lost before the backend sees them.
    pub fn drop_requests(self, of_requests: f64) -> Self {
        self.with(|rates| rates.dropped = rate(of_requests))
    }

    /// The backend asks for less traffic.
    pub fn throttle(self, of_requests: f64) -> Self {
        self.with(|rates| rates.throttled = rate(of_requests))
    }

    /// Another's transaction is in the way of writes and of [`Database::snapshot`](crate::Database::snapshot).
    pub fn conflict(self, of_requests: f64) -> Self {
        self.with(|rates| rates.conflict = rate(of_requests))
    }

    /// Each request takes a time within these ends: a part of it passes before the backend is reached, and the rest after.
    ///
    /// ```
    /// # use std::time::Duration; use reposit::layer::Faults;
    /// let faults = Faults::seeded(7).delay(Duration::from_millis(1)..Duration::from_millis(20));
    /// ```
    pub fn delay(self, within: impl RangeBounds<Duration>) -> Self {
        self.with(|rates| rates.delay = Some(ends(&within)))
    }

    /// At this rate, a request stands still for so long, and with it all that is asked for on the handles of these faults and
    /// their clones: as when the process is paused. Heartbeats of [locks](crate::lock) stand still too. If that is longer than
    /// the lease, another takes the lock over, and what the holder writes afterwards must be refused by its
    /// fencing token.
    ///
    /// The others of a lock need a handle of their own, with other faults or none.
    pub fn stall(self, of_requests: f64, span: Duration) -> Self {
        self.with(|rates| rates.stall = Some((rate(of_requests), span)))
    }

    /// Every other read of an index sees the store as it was before one of the last writes: up to 64 of them, of the time
    /// that is given. As on DynamoDB, this holds for queries of an index and for finders of unique values that are not
    /// `consistent`; reads by primary key see the latest. It counts the writes on the handle that the layer was put on and its
    /// clones.
    ///
    /// On `memory:`, and on backends that can be [forked](Backend::fork): the indexes of others are as they are.
    pub fn lag_indexes(self, within: Duration) -> Self {
        self.with(|rates| rates.lag = Some(within))
    }

    /// Something goes wrong only with requests that concern this repository, by its stored name, or another that is
    /// named so too. A transaction concerns each of its repositories.
    ///
    /// ```
    /// # use reposit::layer::Faults;
    /// let faults = Faults::seeded(7).lose_answers(0.1).only("orders").only("payments");
    /// ```
    pub fn only(mut self, repository: impl Into<String>) -> Self {
        self.0.only.push(repository.into());
        self
    }

    /// The next operation that writes meets this fault, with each of its requests and attempts, whatever the rates are. Of
    /// several, each is for one operation, in order.
    ///
    /// A write whose answer is lost so is `OutcomeUnknown`, and done. A transaction is as well.
    pub fn next(&self, fault: Fault) {
        self.0.shared.push_next(None, fault);
    }

    /// The next operation of this name meets this fault. The names are those in errors:
    /// `get`, `create`, `put_many`, `transaction`.
    ///
    /// ```
    /// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # use reposit::layer::{Fault, Faults};
    /// # let faults = Faults::seeded(7);
    /// # let db = Database::open("memory:").await?.layer(faults.clone()); db.define::<User>().await?;
    /// faults.next_of("get", Fault::DroppedRequest);
    /// assert_eq!(User::get("u1").exec(&db).await.unwrap_err().kind(), ErrorKind::Unavailable);
    /// # Ok(()) }
    /// ```
    pub fn next_of(&self, operation: &'static str, fault: Fault) {
        self.0.shared.push_next(Some(operation), fault);
    }

    /// Nothing goes wrong from now on, and what comes is not counted: for what a test sets up, and for what it looks at in
    /// the end.
    pub fn pause(&self) {
        self.0.shared.is_paused.store(true, Ordering::Relaxed);
    }

    /// Things go wrong again.
    pub fn resume(&self) {
        self.0.shared.is_paused.store(false, Ordering::Relaxed);
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.0.shared.seed
    }

    /// How often what has gone wrong by now, on all handles of these faults.
    #[must_use]
    pub fn injected(&self) -> Injected {
        self.0.shared.counts.so_far()
    }

    fn with(mut self, set: impl FnOnce(&mut Rates)) -> Self {
        set(&mut self.0.rates);
        self
    }
}

impl Layer for Faults {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        Arc::new(Faulty { inner, conditions: self.0, lag: Lag::default() })
    }
}

/// The seed, and what has gone wrong by now.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "layer::Faults, seed {}: {}", self.seed(), self.injected())
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Conditions { rates, only, .. } = &self.0;
        let mut out = f.debug_struct("Faults");
        out.field("seed", &self.seed()).field("rates", rates).field("only", only);
        out.field("injected", &self.injected()).finish()
    }
}
