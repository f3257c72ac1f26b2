//! Errors that mongod itself makes, through its fail points: with the labels that it gives them, and in the order that the
//! driver knows.

use std::time::Duration;

use mongodb::Client;
use mongodb::bson::{Document, doc};
use reposit::{Config, Database};
use reposit_tests::report;
use reposit_tests::servers::{PrivateMongo, Target, private_mongodb};

use crate::matrix::{Row, fresh_id, rows};
use crate::table::Table;
use reposit_tests::workload::fixture::{Fixture, define};
use reposit_tests::workload::state::state;
use reposit_tests::workload::verdict::{Expected, judge};

/// A fail point of the server.
#[derive(Clone, Copy)]
enum Point {
    /// Breaks a command of this name.
    Command,
    /// Breaks a write that the driver may send again, where it is committed.
    Write,
}

impl Point {
    const fn name(self) -> &'static str {
        match self {
            Self::Command => "failCommand",
            Self::Write => "onPrimaryTransactionalWrite",
        }
    }
}

/// What goes wrong, once: its name, and how the server is told.
fn faults() -> [(&'static str, Point, Document); 9] {
    let concern =
        |code: i32, name| doc! { "writeConcernError": { "code": code, "codeName": name, "errmsg": "a fault" } };
    [
        ("NotWritablePrimary", Point::Command, doc! { "errorCode": 10107 }),
        ("ShutdownInProgress", Point::Command, doc! { "errorCode": 91 }),
        ("PrimarySteppedDown", Point::Command, doc! { "errorCode": 189 }),
        ("InterruptedDueToReplStateChange", Point::Command, doc! { "errorCode": 11602 }),
        ("connection closed", Point::Command, doc! { "closeConnection": true }),
        ("write concern: timeout", Point::Command, concern(64, "WriteConcernFailed")),
        ("write concern: shutdown", Point::Command, concern(91, "ShutdownInProgress")),
        ("closed after commit", Point::Write, doc! { "closeConnection": true }),
        (
            "failed before commit",
            Point::Write,
            doc! { "closeConnection": false, "failBeforeCommitExceptionCode": 11602 },
        ),
    ]
}

/// A server of its own: a fail point holds for all who use the server.
struct Bench {
    server: PrivateMongo,
    admin: mongodb::Database,
    direct: Database,
}

impl Bench {
    async fn start() -> Self {
        let server = private_mongodb(1).await;
        let url = server.url("faults");
        let direct = Database::open(&url).await.expect("the server answers");
        define(&direct).await;
        let admin = Client::with_uri_str(&url).await.expect("the server's own URL").database("admin");
        Self { server, admin, direct }
    }

    /// Breaks the next command of this name that comes from this client, or the next write.
    async fn fail(&self, client: &str, command: &str, point: Point, how: &Document) {
        let mut data = match point {
            Point::Command => doc! { "failCommands": [command], "appName": client },
            Point::Write => doc! {},
        };
        data.extend(how.clone());
        self.configure(doc! { "configureFailPoint": point.name(), "mode": { "times": 1 }, "data": data }).await;
    }

    /// How often it struck since.
    async fn mend(&self, point: Point) -> i64 {
        let was = self.configure(doc! { "configureFailPoint": point.name(), "mode": "off" }).await;
        was.get_i64("count").or_else(|_| was.get_i32("count").map(i64::from)).unwrap_or_default()
    }

    async fn configure(&self, command: Document) -> Document {
        self.admin.run_command(command).await.expect("a server with test commands")
    }

    async fn try_one(&self, row: &Row, point: Point, how: &Document) -> Result<String, String> {
        let (operation, id) = (row.operation, fresh_id());
        // Inside a transaction only the commit has a write concern, and a read has none.
        let without = operation.is_read() || (operation.is_transaction() && row.request != "commitTransaction");
        if without && how.contains_key("writeConcernError") {
            return Ok("-".to_owned());
        }
        let expected = Expected::of(operation, &id).await;
        operation.prepare(&self.direct, &id).await.map_err(|error| format!("could not be prepared: {error:?}"))?;
        // After an error of this kind the driver waits for its next look at the server, ten seconds if it is not told otherwise.
        let url = format!("{}&appName={id}&heartbeatFrequencyMS=500", self.server.url("faults"));
        let config = Config::from_url(&url).map_err(|error| format!("{error:?}"))?;
        let db = config.timeout(Duration::from_secs(20)).open().await.map_err(|error| format!("{error:?}"))?;
        define(&db).await;
        let before = self.mend(point).await;
        self.fail(&id, &row.request, point, how).await;
        let told = operation.run(&db, &id).await;
        if self.mend(point).await == before {
            return Ok("-".to_owned());
        }
        let after = state(&self.direct, operation, &id).await.map_err(|error| format!("{error:?}"))?;
        judge(operation, &id, &expected, &told, &after).map_err(|lie| format!("{lie}\n  {told:?}"))
    }
}

/// The table of the page, and the lies.
pub(crate) async fn table() -> (Table, Vec<String>) {
    let fixture = Fixture::on(Target::Mongodb).await;
    let rows = rows(&fixture).await;
    let bench = Bench::start().await;
    let faults = faults();
    let mut lies = Vec::new();
    let mut table = Table::new("", &faults.each_ref().map(|(name, ..)| *name));
    for row in &rows {
        let mut words = Vec::new();
        for (name, point, how) in &faults {
            words.push(bench.try_one(row, *point, how).await.unwrap_or_else(|lie| {
                lies.push(format!("{} ({}), {name}: {lie}", row.operation.name(), row.request));
                "LIE".to_owned()
            }));
        }
        table.push(row.operation.name(), &row.request, words.iter().map(String::as_str));
    }
    report::ran("faults::errors_of_mongod_itself", &fixture.server.label());
    (table, lies)
}
