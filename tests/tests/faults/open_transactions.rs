//! Transactions that are dropped in the middle: the server is left with none of them open.

use std::time::Duration;

use mongodb::bson::doc;
use reposit::Database;
use reposit_tests::report;
use reposit_tests::servers::{mongodb, private_mongodb};
use tokio::time::{sleep, timeout};

use reposit_tests::workload::fixture::define;
use reposit_tests::workload::models::{Person, Thing, person, thing};

/// Less than the minute after which the server itself gives up a transaction that nobody goes on with.
const SOON: Duration = Duration::from_secs(40);

pub(crate) async fn none_is_left_open() {
    let server = private_mongodb(1).await;
    let db = Database::open(&server.url("sessions")).await.expect("the server answers");
    define(&db).await;
    Thing::create(&thing("a")).exec(&db).await.expect("an empty database");
    let mut dropped = 0;
    for n in 0..60_u64 {
        let id = format!("p{n}");
        let person = person(&id, &id);
        let both = db.transaction().add(Thing::update("a").add(Thing::COUNT, 1));
        let both = both.add(Person::create(&person)).commit();
        match timeout(Duration::from_micros(n * n * 10), both).await {
            Ok(done) => drop(done.expect("nothing is in its way for long")),
            Err(_) => dropped += 1,
        }
    }
    assert!(dropped > 0, "no future was dropped");
    let admin = db.raw::<mongodb::Database>().expect("MongoDB's own").client().database("admin");
    let none_is_open = async {
        loop {
            let status = admin.run_command(doc! { "serverStatus": 1 }).await.expect("a status");
            let open = status.get_document("transactions").expect("a replica set").get_i64("currentOpen");
            if open.expect("a number") == 0 {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(SOON, none_is_open).await.expect("a transaction is still open");
    // Each is whole: as many persons as were counted.
    let thing = Thing::get("a").exec(&db).await.expect("a read").expect("a thing");
    let persons = Person::scan().count(&db).await.expect("a count");
    assert_eq!(u64::try_from(thing.count - 10).expect("it grows"), persons);
    report::ran("faults::no_transaction_is_left_open", &mongodb().await.label());
}
