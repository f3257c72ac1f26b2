//! What a backend is: it takes requests and gives records. Each has a folder of its own.

#[cfg(feature = "dynamodb")]
pub mod dynamodb;
#[cfg(feature = "keyspace")]
pub mod keyspace;
pub mod layer;
#[cfg(feature = "memory")]
pub mod memory;
#[cfg(feature = "mongodb")]
pub mod mongodb;
mod plan;
#[cfg(feature = "postgres")]
pub mod postgres;
pub(crate) mod prefixed;
#[cfg(feature = "redis")]
pub mod redis;
mod reply;
pub(crate) mod settings;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg_attr(
    not(all(feature = "dynamodb", feature = "mongodb", feature = "postgres")),
    allow(dead_code, unused_imports, reason = "each backend uses its own part of it")
)]
pub(crate) mod support;

#[doc(no_inline)]
pub use layer::{Forward, IntoBackend, Layer};
pub use plan::{Creation, IndexShape, Mismatch, Plan, Unused};
pub use reply::{BoxFuture, Reply};

use std::any::Any;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use crate::change::{Change, Expiry, apply};
pub use crate::limits::Limits;
pub use crate::progress::Observer;
pub use crate::request::{
    Action, Attempt, Call, Capacity, FindMany, FindUnique, Get, GetMany, KeyRange, Position, Query, ReadFrom,
    RecordKey, RecordPage, Request, Returning, Source, SourceKind, StaleReads, Verify, Watch, Write, WriteMany,
    Written, index_values,
};
pub use crate::value::{EXPIRES, STAMP};

use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::value::Record;

/// A store that repositories run on.
///
/// The trait is object-safe and open: a backend outside this crate implements it and is given to
/// [`Database::with_backend`](crate::Database::with_backend). What the crate promises is the
/// backend's to keep:
///
/// - an expired record ([`Record::is_live`]) is returned by no read and hinders no write;
/// - a write happens whole or not at all, and the reason it is refused is the one that
///   [`Write::judge`] gives for the record that is stored;
/// - a write tells of the record that [`Write::returning`] names, as it was at the moment of the write;
/// - unique indexes hold, also between writers at the same time;
/// - a page has `limit` records unless it is the last;
/// - a write that may have happened is [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown),
///   never a failure that is not known to be one.
///
/// Requests were checked before they come here: keys are of their kind and within
/// [`limits`](Backend::limits), numbers are storable.
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// The backend's name, as configurations write it.
    fn name(&self) -> &'static str;

    /// The sizes it takes.
    fn limits(&self) -> Limits;

    /// The backend's own client, for [`Database::raw`](crate::Database::raw).
    fn raw(&self) -> &(dyn Any + Send + Sync);

    /// Whether it works in this process, and answers at once. Then
    /// [`Database::coalesced`](crate::Database::coalesced) has no requests to spare, and gathers none.
    fn is_embedded(&self) -> bool {
        false
    }

    /// Refuses reads that may be stale in a way that it cannot read in. By default, a staleness that is bounded, unless it
    /// is embedded; any other read may find the latest.
    fn check_stale_reads(&self, reads: &StaleReads) -> Result<()> {
        match reads.longest() {
            Some(_) if !self.is_embedded() => Err(Error::unsupported(format!(
                "{} does not say how stale a read is: leave `max_staleness` out",
                self.name()
            ))),
            _ => Ok(()),
        }
    }

    /// A store of its own with what is in this one now: what is written to one of them later is not in the other.
    /// Nothing if that cannot be had at once.
    fn fork(&self) -> Option<Arc<dyn Backend>> {
        None
    }

    /// Whether it can be reached.
    fn ping(&self, call: Call) -> Reply<'_, ()>;

    /// What `define` would do; changes nothing.
    fn plan(&self, call: Call, definition: &'static Definition) -> Reply<'_, Plan>;

    /// Creates what is missing, waits until it is ready, and refuses what does not match with
    /// nothing changed. Safe to run from many processes at once.
    fn define(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()>;

    /// Takes a repository away: its records, its indexes and all that is written down of it. If there is none,
    /// nothing happens.
    fn drop_repository(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        let _ = (call, definition);
        Reply::now(Err(Error::unsupported(format!("the {} backend drops no repositories", self.name()))))
    }

    /// Deletes all records of a repository, and what is kept for them.
    fn truncate(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        let _ = (call, definition);
        Reply::now(Err(Error::unsupported(format!("the {} backend truncates no repositories", self.name()))))
    }

    /// The repositories whose names begin with the prefix, without it, in any order. What the backend keeps for
    /// itself is not among them.
    fn repositories(&self, call: Call, prefix: &str) -> Reply<'_, Vec<String>> {
        let _ = (call, prefix);
        Reply::now(Err(Error::unsupported(format!("the {} backend lists no repositories", self.name()))))
    }

    /// Reads one record.
    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>>;

    /// Reads many records of one repository, in the order of the keys, which may repeat.
    fn get_many(&self, call: Call, get: GetMany) -> Reply<'_, Vec<Option<Record>>>;

    /// Finds the record with these values of a unique index.
    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>>;

    /// Finds the records with values of a unique index, in the order of the values, which may repeat. By default one
    /// after another.
    fn find_many(&self, call: Call, find: FindMany) -> Reply<'_, Vec<Option<Record>>> {
        Reply::later(async move {
            let mut found = Vec::with_capacity(find.values.len());
            for values in find.values {
                let single = FindUnique::new(find.definition, find.index, values, find.consistent);
                found.push(self.find_unique(call.clone(), single).await?);
            }
            Ok(found)
        })
    }

    /// Reads a page.
    fn query(&self, call: Call, query: Query) -> Reply<'_, RecordPage>;

    /// Counts what a query would return in all, and no further than to its limit.
    fn count(&self, call: Call, query: Query) -> Reply<'_, u64>;

    /// Does one write.
    fn write(&self, call: Call, write: Write) -> Reply<'_, Written>;

    /// Does writes, each for itself, and gives each its own result.
    fn write_many(&self, call: Call, writes: WriteMany) -> Reply<'_, Vec<Result<Written>>>;

    /// Does all the writes, or none. A refusal says which one it was
    /// ([`Error::at_position`]).
    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>>;

    /// Reads records of any repositories as they were at one moment, in the order asked.
    fn read_snapshot(&self, call: Call, gets: Vec<Get>) -> Reply<'_, Vec<Option<Record>>> {
        let _ = (call, gets);
        Reply::now(Err(Error::unsupported(format!("the {} backend reads no records at one moment", self.name()))))
    }

    /// Finds what someone else's writes broke, a line each, and repairs it if asked to. A backend
    /// whose server keeps unique indexes itself has nothing to find.
    fn verify(&self, call: Call, verify: Verify) -> Reply<'_, Vec<String>> {
        let _ = (call, verify);
        Reply::now(Ok(Vec::new()))
    }

    /// Copies all that is stored to a file that is not there yet, as it is at one moment.
    fn backup(&self, call: Call, to: &Path) -> Reply<'_, ()> {
        let _ = (call, to);
        Reply::now(Err(Error::unsupported(format!("the {} backend copies itself to no file", self.name()))))
    }

    /// Gives back the room that deleted records took.
    fn compact(&self, call: Call) -> Reply<'_, ()> {
        let _ = call;
        Reply::now(Err(Error::unsupported(format!("the {} backend compacts no file", self.name()))))
    }

    /// What the backend would send for a request, as text; nothing is sent.
    fn explain(&self, call: Call, request: Request<'_>) -> Result<String> {
        let _ = (call, request);
        Err(Error::unsupported(format!("the {} backend explains no requests", self.name())))
    }
}
