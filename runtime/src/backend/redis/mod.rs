//! Redis, and Valkey, through the driver redis-rs.

mod answer;
mod batch;
mod connect;
mod decide;
mod define;
mod explain;
mod failure;
mod items;
mod layout;
mod layouts;
mod link;
mod query;
mod read;
mod remove;
mod request;
mod script;
mod server;
pub(crate) mod settings;
mod silence;
mod verify;
mod write;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use self::layout::Layout;
use self::layouts::Layouts;
use self::server::Server;
use self::settings::RedisSettings;
use self::write::Writer;
use super::settings::{OpenOptions, Target};
use super::support::runtime::ClientRuntime;
use super::support::write_id::WriteIds;
use super::{Backend, BoxFuture, Plan, Reply};
use crate::backend::keyspace::schema::Schema;
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::request::{
    Call, FindMany, FindUnique, Get, GetMany, Query, RecordPage, Request, StaleReads, Verify, Write, WriteMany, Written,
};
use crate::value::Record;

/// A database of Redis 7 or newer, or of Valkey, through the driver redis-rs. No module is needed.
///
/// A record is one key with its native expiry, an index a sorted set, a unique value a key. All keys of a repository
/// begin with `{<repository>}:`, so that they are on one server of a cluster. `docs/redis.md` draws them.
///
/// | operation | commands |
/// |---|---|
/// | get | `HGET` |
/// | create, put and delete without a condition | one script |
/// | update, upsert, save, and whatever has a condition | a script that reads, and one that writes; both again if another write came between |
/// | get of many | a script for 500 keys |
/// | find by a unique field | a script |
/// | a page of a query or scan | a script, which looks at 1,000 entries at most; as many as it takes |
/// | count | `ZLEXCOUNT`, if there is no filter and nothing expires; else as pages |
/// | put and delete of many | a script for 100 records |
/// | transaction | a script that reads, if one of the writes needs it, and one that writes |
/// | reads at one moment | a script |
///
/// A script is sent by its hash (`EVALSHA`, `EVALSHA_RO`), and whole if the server does not know it. Every write has an
/// id, under which the server keeps the answer until five seconds after the call's deadline, by its own clock. If the
/// answer is lost, the same request is sent again until the deadline: it is done once, and its answer is found. If no
/// answer comes at all, the write is [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown).
///
/// **What can be lost.** Redis replicates after it has answered. A fail-over to a replica can lose the last writes that
/// were acknowledged, and a power cut those of the last second, unless `appendfsync always` is set. With `?wait=N` a
/// write is acknowledged when `N` replicas have it; if they have it too late, it is
/// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown). That makes losses rare, but a replica that lacks the write may
/// still be chosen.
///
/// A server that evicts keys when its memory is full is refused when the database is opened. If the memory is full
/// otherwise, writes are [`Throttled`](crate::ErrorKind::Throttled).
///
/// Sizes are DynamoDB's, as in memory, so that what passes here passes there; `?limits=none` takes what a script can hold:
/// keys of 64 KB, records of 64 MB, and transactions of 1,000 operations and 256 MB.
///
/// On a cluster, transactions and reads at one moment over several repositories are
/// [`Unsupported`](crate::ErrorKind::Unsupported): they would be on several servers.
///
/// [`Database::raw`](crate::Database::raw) is a `redis::Client`, which makes connections of its own.
pub struct Redis {
    server: Server,
    layouts: Layouts,
    runtime: ClientRuntime,
    limits: Limits,
}

impl Target for RedisSettings {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn open<'a>(&'a self, options: &'a OpenOptions) -> BoxFuture<'a, Result<Arc<dyn Backend>>> {
        Box::pin(async move { Ok(Arc::new(Redis::connect(self, options).await?) as Arc<dyn Backend>) })
    }
}

impl Redis {
    /// Opens a database, and waits until the server has answered.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// use reposit::Database;
    /// use reposit::backend::redis::Redis;
    /// use reposit::config::{OpenOptions, RedisSettings};
    ///
    /// let mut settings = RedisSettings::default();
    /// settings.hosts = vec![("localhost".to_owned(), 6379)];
    /// let redis = Redis::connect(&settings, &OpenOptions::default()).await?;
    /// let db = Database::builder().backend(redis).open().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Errors: [`Config`](crate::ErrorKind::Config) if the server refuses the user or the password, evicts keys, or is
    /// one of a cluster and the settings do not say so, and outside a tokio runtime;
    /// [`Unsupported`](crate::ErrorKind::Unsupported) if it is older than Redis 7;
    /// [`Unavailable`](crate::ErrorKind::Unavailable) if nothing answers within
    /// [`connect_timeout`](OpenOptions::connect_timeout).
    pub async fn connect(settings: &RedisSettings, options: &OpenOptions) -> Result<Self> {
        let runtime = ClientRuntime::movable("Redis's driver")?;
        let link = connect::connect(settings, options.connect_timeout).await?;
        let server = Server { link, prefix: settings.prefix.clone(), wait: settings.wait, ids: WriteIds::new() };
        Ok(Self { server, layouts: Layouts::default(), runtime, limits: settings.limits })
    }

    /// The reply of `work`, if this is a runtime on which an answer can come.
    fn reply<'a, T, W>(&'a self, call: Call, work: impl FnOnce(Call) -> W + Send + 'a) -> Reply<'a, T>
    where
        T: Send + 'a,
        W: Future<Output = Result<T>> + Send + 'a,
    {
        Reply::later(async move {
            self.runtime.check_runs(&call).await?;
            work(self.located(call)).await
        })
    }

    /// The call, with the server that it goes to if it is watched.
    fn located(&self, call: Call) -> Call {
        match self.server.place() {
            Some((host, port)) if call.is_watched() => call.to_server(host, port),
            _ => call,
        }
    }

    async fn layout(&self, call: &Call, definition: &'static Definition) -> Result<Arc<Layout>> {
        self.layouts.of(&self.server, call, definition).await
    }

    fn writer<'a>(&'a self, call: &'a Call) -> Writer<'a> {
        Writer { server: &self.server, layouts: &self.layouts, limits: &self.limits, call }
    }

    /// Refuses what would have to happen on several servers at once.
    fn check_one_server(&self, what: &str, definitions: impl Iterator<Item = &'static Definition>) -> Result<()> {
        let mut names = definitions.map(Definition::name);
        let first = names.next();
        if self.server.link.is_cluster() && names.any(|name| Some(name) != first) {
            return Err(Error::unsupported(format!(
                "{what} over several repositories, which a cluster of Redis keeps on different servers"
            )));
        }
        Ok(())
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("prefix", &self.server.prefix).finish_non_exhaustive()
    }
}

impl Backend for Redis {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    fn raw(&self) -> &(dyn Any + Send + Sync) {
        self.server.link.client()
    }

    /// Every read is of the latest, and so no staler than any bound.
    fn check_stale_reads(&self, _: &StaleReads) -> Result<()> {
        Ok(())
    }

    fn ping(&self, call: Call) -> Reply<'_, ()> {
        self.reply(
            call,
            move |call| async move { self.server.read(&call, "PING", &redis::cmd("PING")).await.map(drop) },
        )
    }

    fn plan(&self, call: Call, definition: &'static Definition) -> Reply<'_, Plan> {
        self.reply(call, move |call| async move { define::plan(&self.server, &call, definition).await })
    }

    fn define(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.reply(call, move |call| async move {
            let layout = define::define(&self.server, &call, definition).await?;
            self.layouts.forget_before(definition.name(), &layout);
            self.layouts.keep(definition, layout);
            Ok(())
        })
    }

    fn drop_repository(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.reply(call, move |call| async move {
            self.layouts.forget(definition.name());
            remove::drop_repository(&self.server, &call, definition).await
        })
    }

    fn truncate(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.reply(call, move |call| async move {
            let layout = self.layout(&call, definition).await?;
            remove::clear(&self.server, &call, &layout, false).await
        })
    }

    fn repositories(&self, call: Call, prefix: &str) -> Reply<'_, Vec<String>> {
        let prefix = prefix.to_owned();
        self.reply(call, move |call| async move { remove::repositories(&self.server, &call, &prefix).await })
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        self.reply(call, move |call| async move {
            let layout = self.layout(&call, get.definition).await?;
            read::get(&self.server, &call, get.definition, &layout, &get.key).await
        })
    }

    fn get_many(&self, call: Call, get: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        self.reply(call, move |call| async move {
            let layout = self.layout(&call, get.definition).await?;
            let found = read::get_many(&self.server, &call, get.definition, &layout, &get.keys).await;
            let error = found.as_ref().err();
            (0..get.keys.len()).for_each(|at| get.observer.report(at, error));
            found
        })
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        self.reply(call, move |call| async move {
            let layout = self.layout(&call, find.definition).await?;
            let wanted = [find.values];
            let found = read::find_many(&self.server, &call, find.definition, &layout, find.index, &wanted).await?;
            Ok(found.into_iter().next().flatten())
        })
    }

    fn find_many(&self, call: Call, find: FindMany) -> Reply<'_, Vec<Option<Record>>> {
        self.reply(call, move |call| async move {
            let layout = self.layout(&call, find.definition).await?;
            read::find_many(&self.server, &call, find.definition, &layout, find.index, &find.values).await
        })
    }

    fn query(&self, call: Call, query: Query) -> Reply<'_, RecordPage> {
        self.reply(call, move |call| async move {
            let layout = self.layout(&call, query.definition).await?;
            query::query_page(&self.server, &call, &layout, &query).await
        })
    }

    fn count(&self, call: Call, query: Query) -> Reply<'_, u64> {
        self.reply(call, move |call| async move {
            let layout = self.layout(&call, query.definition).await?;
            query::count(&self.server, &call, &layout, &query).await
        })
    }

    fn write(&self, call: Call, write: Write) -> Reply<'_, Written> {
        self.reply(call, move |call| async move {
            let mut results = self.writer(&call).each(std::slice::from_ref(&write)).await;
            results.pop().unwrap_or_else(|| Err(server::unreadable("write")))
        })
    }

    fn write_many(&self, call: Call, writes: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        self.reply(call, move |call| async move { batch::write_many(self.writer(&call), writes).await })
    }

    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        self.reply(call, move |call| async move {
            self.check_one_server("a transaction", writes.iter().map(|write| write.definition))?;
            self.writer(&call).together(&writes).await
        })
    }

    fn read_snapshot(&self, call: Call, gets: Vec<Get>) -> Reply<'_, Vec<Option<Record>>> {
        self.reply(call, move |call| async move {
            self.check_one_server("a read at one moment", gets.iter().map(|get| get.definition))?;
            let mut layouts = Vec::with_capacity(gets.len());
            for get in &gets {
                layouts.push(self.layout(&call, get.definition).await?);
            }
            let gets: Vec<(&Get, &Layout)> = gets.iter().zip(layouts.iter().map(|layout| &**layout)).collect();
            read::read_snapshot(&self.server, &call, &gets).await
        })
    }

    fn verify(&self, call: Call, verify: Verify) -> Reply<'_, Vec<String>> {
        self.reply(call, move |call| async move {
            let layout = self.layout(&call, verify.definition).await?;
            verify::verify(&self.server, &call, &layout, verify).await
        })
    }

    fn explain(&self, call: Call, request: Request<'_>) -> Result<String> {
        // What was not looked at yet is shown as its definition would have it.
        let imagined = |definition: &'static Definition| {
            let base = Layout::base(&self.server.prefix, definition.name());
            Arc::new(Layout::new(base, String::new(), Schema::from_definition(definition)))
        };
        let layout_of = |definition| self.layouts.known(definition).unwrap_or_else(|| imagined(definition));
        explain::explain(&call, &self.limits, request, &layout_of)
    }
}
