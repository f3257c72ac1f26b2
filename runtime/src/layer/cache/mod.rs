//! The layer that keeps what was read, and gives it again.

mod cached;
mod flights;
mod key;
mod marks;
mod store;
mod wanted;
mod writing;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use self::cached::Cached;
use self::store::{Bounds, Store};
use crate::backend::{Backend, Layer};
use crate::model::Model;

/// Keeps the records that `get`, `get_many` and the finders of unique indexes read, and gives them again without
/// asking the server.
///
/// ```
/// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, PartialEq, Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String, #[index(unique)] email: String }
/// # #[derive(Serialize, Deserialize, Repository)] struct Balance { #[hash_key] id: String, cents: i64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// use std::time::Duration;
/// use reposit::layer::{Cache, Meter};
///
/// let meter = Meter::new();
/// let cache = Cache::new().entries(50_000).ttl(Duration::from_secs(30)).ttl_of::<Balance>(Duration::ZERO);
/// let db = Database::open("memory:").await?.layer(meter.clone()).layer(cache);
/// db.define::<User>().await?;
/// User::create(&User { id: "u1".into(), email: "ada@example.com".into() }).exec(&db).await?;
/// for _ in 0..3 {
///     assert!(User::find_by_email("ada@example.com").exec(&db).await?.is_some());
///     assert!(User::get("u1").exec(&db).await?.is_some());
/// }
/// assert_eq!(meter.total().of_operation("find").operations + meter.total().of_operation("get").operations, 1);
/// # Ok(()) }
/// ```
///
/// - **Given from the cache**: reads that are not `consistent`, by key or by a unique index. That there is no record is
///   kept too. What a finder found is known to `get` as well.
/// - **Not from it**: `.consistent()` and stale reads, queries, scans, counts, snapshots and the conditions of writes. They also
///   put nothing into it.
/// - **Writes** of this handle and its clones, of any kind and whatever comes of them, take away what is kept of
///   their records, when they begin and when they end. A read that began before a write has ended is not kept. On a server,
///   what is read within two seconds of a write is not kept either, since an eventually consistent read may find what was
///   there before; nor what is read within 30 seconds of the deadline of a write of whose outcome nothing is known.
/// - **Writes of others**, also through another handle, are seen when the time to live has passed. Whether that is good
///   enough is for each model to say: [`ttl_of`](Self::ttl_of) with [`Duration::ZERO`] keeps nothing of it.
/// - **Expiry**: a record that has expired by the database's clock is not given.
/// - **Reads at the same time** of a record that is not kept are one request. If it fails, the others ask for
///   themselves, for as long as each has time.
/// - **Errors** are not kept.
///
/// It works on every backend. Each `layer` call makes an empty cache, which the handle and its clones share. Layers that are put on
/// later stand before it and see each operation; those put on earlier see what the cache asks for.
#[derive(Debug, Clone)]
#[must_use = "a layer does nothing before it is put on a database"]
pub struct Cache(Bounds);

impl Default for Cache {
    fn default() -> Self {
        Self(Bounds { entries: 10_000, bytes: 64 * 1024 * 1024, ttl: Duration::from_secs(60), ttl_of: HashMap::new() })
    }
}

impl Cache {
    /// A cache of up to 10,000 entries and 64 MiB, each of which is kept for a minute.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps no more entries than these. A record found by an index takes two: its own, and that of the values.
    pub fn entries(mut self, entries: usize) -> Self {
        self.0.entries = entries;
        self
    }

    /// Keeps no more bytes than these, of records and keys, with 128 for each entry. An entry counts no less than its part
    /// of all, `bytes / entries`.
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.0.bytes = bytes;
        self
    }

    /// Keeps an entry for so long, by the database's clock.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.0.ttl = ttl;
        self
    }

    /// Keeps entries of this model's repository for so long; with [`Duration::ZERO`] not at all.
    pub fn ttl_of<M: Model>(mut self, ttl: Duration) -> Self {
        self.0.ttl_of.insert(M::DEFINITION.name(), ttl);
        self
    }
}

impl Layer for Cache {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        Arc::new(Cached { inner, store: Arc::new(Store::new(self.0)), flights: Arc::default() })
    }
}
