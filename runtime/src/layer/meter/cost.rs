//! What operations cost: figures, and where each part of them comes from.

use std::ops::AddAssign;

use crate::request::Capacity;

/// What operations cost.
///
/// The public fields are sums. [`parts`](Self::parts) says which repository, index and operation they come from.
///
/// ```
/// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// use reposit::layer::Meter;
///
/// let meter = Meter::new();
/// let db = Database::open("memory:").await?.layer(meter.clone());
/// db.define::<User>().await?;
/// User::put(&User { id: "u1".into() }).exec(&db).await?;
/// User::get("u1").exec(&db).await?;
/// let total = meter.total();
/// assert_eq!(total.records_given, 1);
/// assert_eq!(total.of_operation("get").records_given, 1);
/// assert_eq!(total.of_repository("user").of_operation("put").records_given, 0);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Cost {
    /// The operations, as a backend is asked: each page of a listing is one.
    pub operations: u64,
    /// The requests that were sent for them.
    pub requests: u64,
    /// How many of these were sent because an earlier one failed, or was done in part.
    pub retries: u64,
    /// Read units of DynamoDB.
    pub read_units: f64,
    /// Write units of DynamoDB.
    pub write_units: f64,
    /// The bytes of the records that were sent to be stored and of those that were given, as DynamoDB counts them.
    pub bytes: u64,
    /// The records that the server looked at, before a filter. Where it does not tell, those that were given.
    pub records_read: u64,
    /// The records that were given to the caller.
    pub records_given: u64,
    pub(super) parts: Vec<Part>,
}

/// A part of a [`Cost`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Part {
    /// The repository; empty if an operation of several does not tell which.
    pub repository: String,
    /// The index that was read, or written to.
    pub index: Option<String>,
    /// The operation.
    pub operation: &'static str,
    /// What it cost.
    pub cost: Cost,
}

impl Cost {
    /// What a server reports that a request consumed.
    pub(super) fn of_capacity(capacity: &Capacity) -> Self {
        Self { read_units: capacity.read_units(), write_units: capacity.write_units(), ..Self::default() }
    }

    /// Its parts: one for each repository, index and operation.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter()
    }

    /// What operations on a repository cost, by its stored name.
    #[must_use]
    pub fn of_repository(&self, name: &str) -> Self {
        self.sum(|part| part.repository == name)
    }

    /// What an index cost, by its name.
    #[must_use]
    pub fn of_index(&self, name: &str) -> Self {
        self.sum(|part| part.index.as_deref() == Some(name))
    }

    /// What an operation cost: `create`, `query`.
    #[must_use]
    pub fn of_operation(&self, name: &str) -> Self {
        self.sum(|part| part.operation == name)
    }

    fn sum(&self, is_of: impl Fn(&Part) -> bool) -> Self {
        let mut sum = Self::default();
        for part in self.parts.iter().filter(|part| is_of(part)) {
            sum.add(part.repository.clone(), part.index.clone(), part.operation, &part.cost);
        }
        sum
    }

    /// Adds a part, which has no parts of its own.
    pub(super) fn add(&mut self, repository: String, index: Option<String>, operation: &'static str, cost: &Self) {
        *self += cost;
        let is_same =
            |part: &&mut Part| part.operation == operation && part.repository == repository && part.index == index;
        match self.parts.iter_mut().find(is_same) {
            Some(part) => part.cost += cost,
            None => self.parts.push(Part { repository, index, operation, cost: cost.clone() }),
        }
    }
}

/// Adds the figures, without the parts.
impl AddAssign<&Cost> for Cost {
    fn add_assign(&mut self, other: &Cost) {
        self.operations += other.operations;
        self.requests += other.requests;
        self.retries += other.retries;
        self.read_units += other.read_units;
        self.write_units += other.write_units;
        self.bytes += other.bytes;
        self.records_read += other.records_read;
        self.records_given += other.records_given;
    }
}
