//! Layers: a layer wraps a backend and is a backend itself.

use std::any::Any;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::{
    Backend, Call, FindMany, FindUnique, Get, GetMany, Limits, Plan, Query, RecordPage, Reply, Request, StaleReads,
    Verify, Write, WriteMany, Written,
};
use crate::definition::Definition;
use crate::error::Result;
use crate::value::Record;

/// Wraps a backend in another that does more, or does it in another way.
///
/// A layer is added to an open database with [`Database::layer`](crate::Database::layer). Most
/// layers leave most methods alone: the backend that a layer returns implements [`Forward`], and
/// overrides the methods that it changes.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use reposit::Database;
/// use reposit::backend::{Backend, Call, Forward, Layer};
///
/// /// Counts the calls that pass.
/// #[derive(Debug, Clone, Default)]
/// struct Counter(Arc<AtomicU64>);
///
/// impl Layer for Counter {
///     fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
///         Arc::new(Counted { inner, calls: self.0 })
///     }
/// }
///
/// #[derive(Debug)]
/// struct Counted {
///     inner: Arc<dyn Backend>,
///     calls: Arc<AtomicU64>,
/// }
///
/// impl Forward for Counted {
///     fn inner(&self) -> &dyn Backend {
///         &*self.inner
///     }
///
///     fn enter(&self, call: Call) -> Call {
///         self.calls.fetch_add(1, Ordering::Relaxed);
///         call
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// let counter = Counter::default();
/// let db = Database::open("memory:").await?.layer(counter.clone());
/// db.ping().await?;
/// assert_eq!(counter.0.load(Ordering::Relaxed), 1);
/// # Ok(()) }
/// ```
pub trait Layer {
    /// Puts itself in front of a backend.
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend>;
}

/// A backend, or one that is shared already: `Arc<dyn Backend>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a backend",
    label = "neither a `Backend` nor an `Arc<dyn Backend>`"
)]
pub trait IntoBackend {
    /// The backend, shared.
    fn into_backend(self) -> Arc<dyn Backend>;
}

impl<B: Backend> IntoBackend for B {
    fn into_backend(self) -> Arc<dyn Backend> {
        Arc::new(self)
    }
}

impl IntoBackend for Arc<dyn Backend> {
    fn into_backend(self) -> Arc<dyn Backend> {
        self
    }
}

/// A backend that passes each request on to another, unless it overrides the method.
///
/// Every type that implements `Forward` is a [`Backend`]: the methods are the same. Each call goes
/// through [`enter`](Forward::enter) once, before its method, whether the method is overridden or not.
/// Inside an overridden method, the other backend is `self.inner()`. Call it by that, and not by a field: if the
/// field's type implements `Forward` itself, it has each method twice, and the call is ambiguous.
pub trait Forward: fmt::Debug + Send + Sync + 'static {
    /// The backend that requests are passed on to.
    fn inner(&self) -> &dyn Backend;

    /// Sees every call that carries a [`Call`], before its method runs, and may change it.
    /// [`Call::operation`] says what the caller does.
    fn enter(&self, call: Call) -> Call {
        call
    }

    /// As [`Backend::name`].
    fn name(&self) -> &'static str {
        self.inner().name()
    }

    /// As [`Backend::limits`].
    fn limits(&self) -> Limits {
        self.inner().limits()
    }

    /// As [`Backend::raw`]: the client of the innermost backend, unless this is overridden.
    fn raw(&self) -> &(dyn Any + Send + Sync) {
        self.inner().raw()
    }

    /// As [`Backend::is_embedded`].
    fn is_embedded(&self) -> bool {
        self.inner().is_embedded()
    }

    /// As [`Backend::check_stale_reads`].
    fn check_stale_reads(&self, reads: &StaleReads) -> Result<()> {
        self.inner().check_stale_reads(reads)
    }

    /// As [`Backend::fork`]: a fork of the innermost backend, unless this is overridden.
    fn fork(&self) -> Option<Arc<dyn Backend>> {
        self.inner().fork()
    }

    /// As [`Backend::ping`].
    fn ping(&self, call: Call) -> Reply<'_, ()> {
        self.inner().ping(call)
    }

    /// As [`Backend::plan`].
    fn plan(&self, call: Call, definition: &'static Definition) -> Reply<'_, Plan> {
        self.inner().plan(call, definition)
    }

    /// As [`Backend::define`].
    fn define(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.inner().define(call, definition)
    }

    /// As [`Backend::drop_repository`].
    fn drop_repository(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.inner().drop_repository(call, definition)
    }

    /// As [`Backend::truncate`].
    fn truncate(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.inner().truncate(call, definition)
    }

    /// As [`Backend::repositories`].
    fn repositories(&self, call: Call, prefix: &str) -> Reply<'_, Vec<String>> {
        self.inner().repositories(call, prefix)
    }

    /// As [`Backend::backup`].
    fn backup(&self, call: Call, to: &Path) -> Reply<'_, ()> {
        self.inner().backup(call, to)
    }

    /// As [`Backend::compact`].
    fn compact(&self, call: Call) -> Reply<'_, ()> {
        self.inner().compact(call)
    }

    /// As [`Backend::get`].
    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        self.inner().get(call, get)
    }

    /// As [`Backend::get_many`].
    fn get_many(&self, call: Call, get: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        self.inner().get_many(call, get)
    }

    /// As [`Backend::find_unique`].
    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        self.inner().find_unique(call, find)
    }

    /// As [`Backend::find_many`].
    fn find_many(&self, call: Call, find: FindMany) -> Reply<'_, Vec<Option<Record>>> {
        self.inner().find_many(call, find)
    }

    /// As [`Backend::query`].
    fn query(&self, call: Call, query: Query) -> Reply<'_, RecordPage> {
        self.inner().query(call, query)
    }

    /// As [`Backend::count`].
    fn count(&self, call: Call, query: Query) -> Reply<'_, u64> {
        self.inner().count(call, query)
    }

    /// As [`Backend::write`].
    fn write(&self, call: Call, write: Write) -> Reply<'_, Written> {
        self.inner().write(call, write)
    }

    /// As [`Backend::write_many`].
    fn write_many(&self, call: Call, writes: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        self.inner().write_many(call, writes)
    }

    /// As [`Backend::transact`].
    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        self.inner().transact(call, writes)
    }

    /// As [`Backend::read_snapshot`].
    fn read_snapshot(&self, call: Call, gets: Vec<Get>) -> Reply<'_, Vec<Option<Record>>> {
        self.inner().read_snapshot(call, gets)
    }

    /// As [`Backend::verify`].
    fn verify(&self, call: Call, verify: Verify) -> Reply<'_, Vec<String>> {
        self.inner().verify(call, verify)
    }

    /// As [`Backend::explain`].
    fn explain(&self, call: Call, request: Request<'_>) -> Result<String> {
        self.inner().explain(call, request)
    }
}

// A method of `Backend` that is missing here would take the trait's own default instead of the
// inner backend's answer: every method stands in both traits.
impl<F: Forward> Backend for F {
    fn name(&self) -> &'static str {
        Forward::name(self)
    }

    fn limits(&self) -> Limits {
        Forward::limits(self)
    }

    fn raw(&self) -> &(dyn Any + Send + Sync) {
        Forward::raw(self)
    }

    fn is_embedded(&self) -> bool {
        Forward::is_embedded(self)
    }

    fn check_stale_reads(&self, reads: &StaleReads) -> Result<()> {
        Forward::check_stale_reads(self, reads)
    }

    fn fork(&self) -> Option<Arc<dyn Backend>> {
        Forward::fork(self)
    }

    fn ping(&self, call: Call) -> Reply<'_, ()> {
        Forward::ping(self, self.enter(call))
    }

    fn plan(&self, call: Call, definition: &'static Definition) -> Reply<'_, Plan> {
        Forward::plan(self, self.enter(call), definition)
    }

    fn define(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        Forward::define(self, self.enter(call), definition)
    }

    fn drop_repository(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        Forward::drop_repository(self, self.enter(call), definition)
    }

    fn truncate(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        Forward::truncate(self, self.enter(call), definition)
    }

    fn repositories(&self, call: Call, prefix: &str) -> Reply<'_, Vec<String>> {
        Forward::repositories(self, self.enter(call), prefix)
    }

    fn backup(&self, call: Call, to: &Path) -> Reply<'_, ()> {
        Forward::backup(self, self.enter(call), to)
    }

    fn compact(&self, call: Call) -> Reply<'_, ()> {
        Forward::compact(self, self.enter(call))
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        Forward::get(self, self.enter(call), get)
    }

    fn get_many(&self, call: Call, get: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        Forward::get_many(self, self.enter(call), get)
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        Forward::find_unique(self, self.enter(call), find)
    }

    fn find_many(&self, call: Call, find: FindMany) -> Reply<'_, Vec<Option<Record>>> {
        Forward::find_many(self, self.enter(call), find)
    }

    fn query(&self, call: Call, query: Query) -> Reply<'_, RecordPage> {
        Forward::query(self, self.enter(call), query)
    }

    fn count(&self, call: Call, query: Query) -> Reply<'_, u64> {
        Forward::count(self, self.enter(call), query)
    }

    fn write(&self, call: Call, write: Write) -> Reply<'_, Written> {
        Forward::write(self, self.enter(call), write)
    }

    fn write_many(&self, call: Call, writes: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        Forward::write_many(self, self.enter(call), writes)
    }

    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        Forward::transact(self, self.enter(call), writes)
    }

    fn read_snapshot(&self, call: Call, gets: Vec<Get>) -> Reply<'_, Vec<Option<Record>>> {
        Forward::read_snapshot(self, self.enter(call), gets)
    }

    fn verify(&self, call: Call, verify: Verify) -> Reply<'_, Vec<String>> {
        Forward::verify(self, self.enter(call), verify)
    }

    fn explain(&self, call: Call, request: Request<'_>) -> Result<String> {
        Forward::explain(self, self.enter(call), request)
    }
}

#[cfg(all(test, feature = "memory"))]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::Database;

    /// Writes down which operations pass.
    #[derive(Debug, Clone, Default)]
    struct Log(Arc<Mutex<Vec<(&'static str, &'static str)>>>);

    /// A layer under a name.
    struct Logging(&'static str, Log);

    #[derive(Debug)]
    struct Logged {
        name: &'static str,
        inner: Arc<dyn Backend>,
        log: Log,
    }

    impl Layer for Logging {
        fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
            Arc::new(Logged { name: self.0, inner, log: self.1 })
        }
    }

    impl Forward for Logged {
        fn inner(&self) -> &dyn Backend {
            &*self.inner
        }

        fn enter(&self, call: Call) -> Call {
            self.log.0.lock().unwrap().push((self.name, call.operation));
            call
        }

        fn ping(&self, call: Call) -> Reply<'_, ()> {
            match self.name {
                "refusing" => Reply::now(Err(crate::Error::unsupported("this layer passes no ping on"))),
                _ => self.inner().ping(call),
            }
        }
    }

    #[tokio::test]
    async fn the_last_layer_is_the_outermost_and_handles_are_their_own() {
        let (log, bare) = (Log::default(), Database::open("memory:").await.unwrap());
        let one = bare.layer(Logging("inner", log.clone()));
        let two = one.layer(Logging("outer", log.clone()));
        two.ping().await.unwrap();
        assert_eq!(*log.0.lock().unwrap(), [("outer", "ping"), ("inner", "ping")]);
        one.ping().await.unwrap();
        bare.ping().await.unwrap();
        assert_eq!(log.0.lock().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn an_overridden_method_is_entered_too() {
        let log = Log::default();
        let db = Database::open("memory:").await.unwrap().layer(Logging("refusing", log.clone()));
        assert_eq!(db.ping().await.unwrap_err().kind(), crate::ErrorKind::Unsupported);
        assert_eq!(*log.0.lock().unwrap(), [("refusing", "ping")]);
        assert_eq!(db.backend_name(), "memory");
        assert!(db.raw::<crate::backend::memory::Memory>().is_some());
    }
}
