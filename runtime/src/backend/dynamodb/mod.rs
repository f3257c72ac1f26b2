//! DynamoDB.

mod answer;
mod audit;
mod besides;
mod connect;
mod context;
mod credentials;
mod decimal;
mod define;
pub(crate) mod estimate;
mod explain;
mod expression;
mod failure;
#[cfg(test)]
mod fuzz;
mod guard;
mod key;
mod marks;
mod parallel;
mod raw;
mod read;
mod request;
pub(crate) mod resend;
mod retry;
mod schema_cache;
mod sender;
pub(crate) mod settings;
mod validation;
mod value;
mod wire;
mod write;

pub use raw::decode;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::settings::{OpenOptions, Target};
use super::support::runtime::ClientRuntime;
use super::support::write_id::WriteIds;
use super::{Backend, BoxFuture, Plan, Reply};
use crate::definition::Definition;
use crate::error::Result;
use crate::limits::Limits;
use crate::request::{
    Call, FindMany, FindUnique, Get, GetMany, Query, RecordPage, Request, Verify, Write, WriteMany, Written,
};
use crate::value::Record;
use audit::verify::verify_guards;
use connect::Connected;
use context::Context;
use marks::{check_all_marks, check_marks};
use read::find::find_unique;
use read::find_many::find_many;
use read::get::{get_record, get_records};
use read::pages::{count_records, read_page};
use read::snapshot::read_snapshot;
use resend::Resend;
use schema_cache::DefinedCache;
use sender::Sender;
use sender::over_client::ClientSender;
use settings::DynamoDbSettings;
use write::batch::write_many;
use write::run;

/// DynamoDB: one table a repository, and a second one if it has unique indexes.
///
/// Section names below are those of the Amazon DynamoDB Developer Guide.
///
/// | operation | requests |
/// |---|---|
/// | get, get_many | `GetItem`; `BatchGetItem` of 100 keys, four at a time |
/// | find by a unique index | `Query` of the index; consistent: `GetItem` of the guard, `GetItem` of the record |
/// | query | `Query`, one a page; if a filter leaves records out, as many as fill the page |
/// | scan | `Scan`, as a query; segments are DynamoDB's ("Parallel scan") |
/// | create | `PutItem`; with unique values `TransactWriteItems` |
/// | put, save | `PutItem`; with unique values the record is read first, then `PutItem`, or `TransactWriteItems` if values move |
/// | update, upsert | `UpdateItem`; if unique values move, or a float is added to, the record is read first |
/// | any write under a condition on a float in a list, a map or an `is_in` | the record is read first, and the condition is judged here |
/// | delete | `DeleteItem`; with unique values the record is read first, then `TransactWriteItems` |
/// | put_many, delete_many | `BatchWriteItem` of 25, four at a time; with unique values the records are read by `BatchGetItem`, then each is written by itself, eight at a time |
/// | transaction | `TransactWriteItems`; what has to be read is read before, by `BatchGetItem` |
/// | read of several at one moment | `TransactGetItems` |
/// | repositories | `ListTables`, one for 100 tables of the account and region |
/// | verify, repair | `Scan` of the records and of the guards, `BatchGetItem` of what they name |
///
/// **Keys** are strings, numbers and bytes as they are ("Naming rules and data types"). An index of
/// several range fields is a global index with a key of several attributes, of four range fields at
/// most ("Global secondary indexes"). What a global index does not hold is read by the records'
/// keys, and the filter is then judged here, as it is on key attributes, which DynamoDB takes in no
/// filter.
///
/// **Unique values** are guards: items in the table `<name>.unique`, one a value, that say which
/// record has it. They are written with the record in one transaction ("Managing complex workflows
/// with DynamoDB transactions"), so two writers cannot both have a value; a write that comes between
/// is seen by the record's stamp, an attribute that every write leaves, and the write begins anew. A guard
/// that names a record which has not got the value is freed when it is met.
///
/// **Numbers** of other programs may have 38 digits, of which a float has 17: they are read as the nearest
/// float, and a comparison with a float is one with all numbers that are read as it. Nulls are missing fields.
/// Sets, and numbers whose nearest float is whole, are `Codec` if the model has a field for them.
///
/// **Expiry** is a number of epoch seconds in the model's own field, if that is one, else in `_reposit_expires`; the
/// table's time to live is turned on for it ("Using time to live"). Reads and conditions look at it themselves; DynamoDB
/// deletes what has expired within days. A field with aliases, with `seconds` to be added, or that an index of the model does
/// not hold is not used.
///
/// **Stamps** are left out of a model with `#[repository(stamp = false)]`; a ttl that needs `_reposit_expires` is then
/// [`Unsupported`](crate::ErrorKind::Unsupported).
///
/// **Retries** are made here, the SDK's own are off. What certainly was not applied (throttled, in
/// conflict, nobody reached) is sent again with a growing, random pause until the deadline. A write
/// whose answer was lost is resolved: a transaction by its client token, a record's write by its
/// stamp. Where the record shows that it was applied it is done, else it is `OutcomeUnknown`: sent
/// again, it could be applied a second time, after another's write. Only what depends on a version
/// or on the record that was read before is sent again, or what [`resend`](DynamoDb::resend) asks for. A refusal that follows a lost answer and
/// that the first attempt may have brought about is `OutcomeUnknown` too. A write that must come
/// through a lost answer is put in a transaction, alone too: its token makes it happen once, at twice
/// the write units.
///
/// **Clients** of a program's own are taken as they are, by [`from_client`](DynamoDb::from_client) and
/// [`from_sdk_config`](DynamoDb::from_sdk_config).
///
/// **Runtimes**: connections are tasks of the tokio runtime that made them. On another one new ones are
/// made if that has ended; if it does not run, a call is `Unavailable`.
pub struct DynamoDb {
    context: Context,
    limits: Limits,
    home: ClientRuntime,
}

impl DynamoDb {
    /// Makes a client, and sends one request that shows that DynamoDB can be reached and lets it in.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// use reposit::Database;
    /// use reposit::backend::dynamodb::DynamoDb;
    /// use reposit::config::{DynamoDbSettings, OpenOptions};
    ///
    /// let mut settings = DynamoDbSettings::default();
    /// settings.region = Some("us-east-1".into());
    /// let dynamodb = DynamoDb::connect(&settings, &OpenOptions::default()).await?;
    /// let db = Database::builder().backend(dynamodb).open().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Errors: [`Config`](crate::ErrorKind::Config) if there is no region or there are no credentials, if
    /// they are refused, and outside a tokio runtime; [`Unavailable`](crate::ErrorKind::Unavailable) or
    /// [`Timeout`](crate::ErrorKind::Timeout) if nothing answers within
    /// [`connect_timeout`](OpenOptions::connect_timeout).
    pub async fn connect(settings: &DynamoDbSettings, options: &OpenOptions) -> Result<Self> {
        let home = ClientRuntime::movable("the AWS SDK")?;
        let Connected { client, sender } = connect::open_client(settings, options.connect_timeout).await?;
        Ok(Self::new(client, sender, home).resend(settings.resend))
    }

    /// A backend that sends everything with a client that is there already: its credentials, region, endpoint,
    /// connections, proxies, interceptors and time-outs are as they are. Nothing is sent before the first call;
    /// [`Builder::open`](crate::Builder::open) checks that DynamoDB can be reached.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// use reposit::Database;
    /// use reposit::aws_sdk_dynamodb::{Client, Config};
    /// use reposit::backend::dynamodb::DynamoDb;
    ///
    /// # let config = Config::builder().build();
    /// let client: Client = Client::from_conf(config);
    /// let db = Database::builder().backend(DynamoDb::from_client(client)).table_prefix("staging-").open().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// The client's retries are its own for tables (`define` and the like). Records are read and written without
    /// them: the library sends again itself, as it knows what may be. A body goes through the client's own way
    /// from an operation to the wire, which costs more time of the processor than a database that is opened by a URL.
    ///
    /// Errors of the calls: [`Config`](crate::ErrorKind::Config) if the client has no region or credentials;
    /// [`Unavailable`](crate::ErrorKind::Unavailable) if nothing answers. The client has to be of the release that
    /// is compiled in, [`reposit::aws_sdk_dynamodb`](crate::aws_sdk_dynamodb).
    pub fn from_client(client: aws_sdk_dynamodb::Client) -> Self {
        let sender = Box::new(ClientSender::new(client.clone()));
        Self::new(client, sender, ClientRuntime::brought(true))
    }

    /// A backend with a client of this configuration, which a program loads for all that it uses of AWS: assumed
    /// roles, single sign-on, certificates of its own and all else are as they are. As [`from_client`](Self::from_client)
    /// otherwise.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// use reposit::Database;
    /// use reposit::backend::dynamodb::DynamoDb;
    ///
    /// // let config = aws_config::load_from_env().await;
    /// # let config = aws_types::SdkConfig::builder().build();
    /// let db = Database::builder().backend(DynamoDb::from_sdk_config(&config)).open().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// If the configuration names no HTTP client, the SDK's default is used: it is there if the program has the SDK or
    /// `aws-config` with their default features.
    pub fn from_sdk_config(config: &aws_config::SdkConfig) -> Self {
        Self::from_client(aws_sdk_dynamodb::Client::new(config))
    }

    /// The same, with another answer to what becomes of a write whose answer was lost. `?resend=` says it in a URL.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// use reposit::Database;
    /// use reposit::backend::dynamodb::DynamoDb;
    /// use reposit::config::Resend;
    ///
    /// # let config = aws_types::SdkConfig::builder().build();
    /// let dynamodb = DynamoDb::from_sdk_config(&config).resend(Resend::Idempotent);
    /// let db = Database::builder().backend(dynamodb).open().await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn resend(mut self, resend: Resend) -> Self {
        self.context.resend = resend;
        self
    }

    fn new(client: aws_sdk_dynamodb::Client, sender: Box<dyn Sender>, home: ClientRuntime) -> Self {
        let (write_ids, defined, resend) = (WriteIds::new(), DefinedCache::default(), Resend::Never);
        let context = Context { sender, client, write_ids, defined, resend };
        Self { context, limits: Limits::DYNAMODB, home }
    }

    /// A reply that is worked for on a runtime on which it can come.
    fn reply<'a, T, W>(&'a self, call: Call, work: impl FnOnce(&'a Context, Call) -> W + Send + 'a) -> Reply<'a, T>
    where
        T: Send + 'a,
        W: Future<Output = Result<T>> + Send + 'a,
    {
        Reply::later(async move {
            self.home.check_runs(&call).await?;
            work(&self.context, call).await
        })
    }
}

impl Target for DynamoDbSettings {
    fn name(&self) -> &'static str {
        "dynamodb"
    }

    fn open<'a>(&'a self, options: &'a OpenOptions) -> BoxFuture<'a, Result<Arc<dyn Backend>>> {
        Box::pin(async move { Ok(Arc::new(DynamoDb::connect(self, options).await?) as Arc<dyn Backend>) })
    }
}

impl Backend for DynamoDb {
    fn name(&self) -> &'static str {
        "dynamodb"
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    fn raw(&self) -> &(dyn Any + Send + Sync) {
        &self.context.client
    }

    fn ping(&self, call: Call) -> Reply<'_, ()> {
        self.reply(call, move |db, call| async move { connect::probe_connection(&db.client, &call).await })
    }

    fn plan(&self, call: Call, definition: &'static Definition) -> Reply<'_, Plan> {
        self.reply(call, move |db, call| async move {
            check_marks(definition)?;
            define::plan(db, &call, definition).await
        })
    }

    fn define(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.reply(call, move |db, call| async move {
            check_marks(definition)?;
            define::define(db, &call, definition).await
        })
    }

    fn drop_repository(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.reply(call, move |db, call| async move { define::drop_repository(db, &call, definition).await })
    }

    fn truncate(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.reply(call, move |db, call| async move { define::truncate(db, &call, definition).await })
    }

    fn repositories(&self, call: Call, prefix: &str) -> Reply<'_, Vec<String>> {
        let prefix = prefix.to_owned();
        self.reply(call, move |db, call| async move { define::repositories(db, &call, &prefix).await })
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        self.reply(call, move |db, call| async move { get_record(db, &call, get).await })
    }

    fn get_many(&self, call: Call, get: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        self.reply(call, move |db, call| async move { get_records(db, &call, get).await })
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        self.reply(call, move |db, call| async move { find_unique(db, &call, &find).await })
    }

    fn find_many(&self, call: Call, find: FindMany) -> Reply<'_, Vec<Option<Record>>> {
        self.reply(call, move |db, call| async move { find_many(db, &call, &find).await })
    }

    fn query(&self, call: Call, query: Query) -> Reply<'_, RecordPage> {
        self.reply(call, move |db, call| async move { read_page(db, &call, &query).await })
    }

    fn count(&self, call: Call, query: Query) -> Reply<'_, u64> {
        self.reply(call, move |db, call| async move { count_records(db, &call, &query).await })
    }

    fn write(&self, call: Call, write: Write) -> Reply<'_, Written> {
        self.reply(call, move |db, call| async move {
            check_marks(write.definition)?;
            run::write(db, &call, write).await
        })
    }

    fn write_many(&self, call: Call, many: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        self.reply(call, move |db, call| async move {
            many.writes.iter().try_for_each(|write| check_marks(write.definition))?;
            Ok(write_many(db, &call, &many.writes, &many.observer).await)
        })
    }

    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        self.reply(call, move |db, call| async move {
            check_all_marks(&writes)?;
            run::transact(db, &call, &writes).await
        })
    }

    fn read_snapshot(&self, call: Call, gets: Vec<Get>) -> Reply<'_, Vec<Option<Record>>> {
        self.reply(call, move |db, call| async move { read_snapshot(db, &call, &gets).await })
    }

    fn verify(&self, call: Call, verify: Verify) -> Reply<'_, Vec<String>> {
        self.reply(call, move |db, call| async move { verify_guards(db, &call, &verify).await })
    }

    fn explain(&self, call: Call, request: Request<'_>) -> Result<String> {
        explain::explain(&call, request)
    }
}

impl fmt::Debug for DynamoDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client's own Debug goes on for pages.
        let config = self.context.client.config();
        f.debug_struct("DynamoDb").field("region", &config.region().map(AsRef::as_ref)).finish_non_exhaustive()
    }
}
