//! Repositories that are truncated and dropped while a request of it meets a fault: each is done in the end, since
//! each of its requests may be sent again.

use reposit::{Database, DropForGood, ErrorKind};
use reposit_tests::models::{Event, User, event, user};
use reposit_tests::proxy::{Proxy, Rule};
use reposit_tests::report;
use reposit_tests::servers::{Protocol, Target, fresh_name};

use crate::faults::PASSING;

/// The requests that removals are.
fn requests(target: Target) -> (&'static [&'static str], &'static [&'static str]) {
    match target.protocol() {
        Some(Protocol::Mongodb) => (&["delete"], &["drop", "delete"]),
        // The table is dropped in a transaction of one text.
        Some(Protocol::Postgres) => (&["DELETE"], &["BEGIN"]),
        Some(Protocol::Dynamodb) => (&["Scan", "BatchWriteItem"], &["DeleteTable", "DescribeTable"]),
        Some(Protocol::Redis) => (&["EVALSHA clear"], &["HGETALL", "EVALSHA clear", "SREM"]),
        None => panic!("there is no proxy for {target:?}"),
    }
}

/// Every removal comes through every fault that passes.
pub(crate) async fn every_fault(target: Target) {
    let server = target.server().await.expect("a server");
    let (proxy, url) = Proxy::before(target, &server, &fresh_name()).await;
    let db = Database::open(&url).await.expect("the server answers");
    let (of_truncate, of_drop) = requests(target);
    for fault in PASSING {
        for request in of_truncate {
            fill(&db).await;
            let fired = proxy.fault(Rule::on(request, fault.clone()));
            db.truncate::<User>(DropForGood).await.unwrap_or_else(|e| panic!("{request} {fault:?}: {e}"));
            assert_eq!(fired.count(), 1, "{request} {fault:?}");
            proxy.clear_faults();
            assert_eq!(User::scan().count(&db).await.unwrap(), 0, "{request} {fault:?}");
            let other = User { id: "other".into(), ..user("u1", "core", 1) };
            User::create(&other).exec(&db).await.expect("its values are free");
            assert_eq!(db.verify::<User>().await.unwrap(), Vec::<String>::new(), "{request} {fault:?}");
            db.truncate::<User>(DropForGood).await.unwrap();
        }
        for request in of_drop {
            fill(&db).await;
            let fired = proxy.fault(Rule::on(request, fault.clone()));
            db.drop_repository::<User>(DropForGood).await.unwrap_or_else(|e| panic!("{request} {fault:?}: {e}"));
            assert_eq!(fired.count(), 1, "{request} {fault:?}");
            proxy.clear_faults();
            assert_eq!(User::get("u1").exec(&db).await.unwrap_err().kind(), ErrorKind::SchemaMismatch);
            assert_eq!(Event::query("s").count(&db).await.unwrap(), 1, "{request} {fault:?}: not another's");
        }
    }
    report::ran("faults::every_removal", &server.label());
}

/// Defines the repositories anew, and stores records in them.
async fn fill(db: &Database) {
    db.define::<(User, Event)>().await.expect("repositories");
    for id in ["u1", "u2"] {
        User::create(&user(id, "core", 1)).exec(db).await.expect("an empty repository");
    }
    Event::put(&event("s", 1, 0)).exec(db).await.expect("an event");
}
