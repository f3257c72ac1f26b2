//! To which member of a replica set reads go: seen by the driver's events of its commands.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mongodb::Client;
use mongodb::bson::Document;
use mongodb::event::EventHandler;
use mongodb::event::command::CommandEvent;
use mongodb::options::{ClientOptions, ReadConcern};
use reposit::backend::mongodb::MongoDb;
use reposit::{Database, ErrorKind, Repository, Result, StaleReads};
use reposit_tests::report;
use reposit_tests::servers::{PrivateMongo, private_mongodb};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "places")]
struct Place {
    #[hash_key]
    id: String,
    #[range_key]
    n: i64,
    #[index(unique)]
    name: String,
    #[index]
    town: String,
}

fn place(n: i64) -> Place {
    Place { id: "p".into(), n, name: format!("name {n}"), town: "t".into() }
}

/// Each command that read, with the address that it went to.
type Sent = Arc<Mutex<Vec<(String, Document)>>>;

/// A database over a client that tells what it sends.
async fn open(server: &PrivateMongo, concern: Option<ReadConcern>) -> (Database, Sent) {
    let mut options = ClientOptions::parse(server.url("stale")).await.expect("the server's own URL");
    options.read_concern = concern;
    options.server_selection_timeout = Some(Duration::from_secs(2));
    let sent = Sent::default();
    let kept = sent.clone();
    options.command_event_handler = Some(EventHandler::callback(move |event| {
        if let CommandEvent::Started(started) = event
            && ["find", "aggregate", "getMore"].contains(&started.command_name.as_str())
        {
            kept.lock().unwrap().push((started.connection.address.to_string(), started.command));
        }
    }));
    let client = Client::with_options(options).expect("the options are taken");
    let backend = MongoDb::from_database(client.database("stale"));
    let db = Database::builder().backend(backend).timeout(Duration::from_secs(20)).open().await;
    (db.expect("the server answers"), sent)
}

/// The commands since the last time, but for those that look at what is defined.
fn taken(sent: &Sent) -> Vec<(String, Document)> {
    let sent = std::mem::take(&mut *sent.lock().unwrap());
    let of_places = |command: &Document| {
        ["find", "aggregate", "collection"].iter().any(|name| command.get_str(name).is_ok_and(|of| of == "places"))
    };
    sent.into_iter().filter(|(_, command)| of_places(command)).collect()
}

/// Has every kind of read done, each of which finds the records sooner or later.
async fn read_all(near: &reposit::StaleDatabase) -> Result<bool> {
    let name = &place(1).name;
    Ok(Place::get("p", 1).stale().exec(near).await?.is_some()
        & Place::get_many([("p", 1)]).stale().exec(near).await?[0].is_some()
        & Place::find_by_name(name).stale().exec(near).await?.is_some()
        & Place::find_many_by_name([name]).stale().exec(near).await?[0].is_some()
        & (Place::query("p").stale().all(near).await?.len() == 3)
        & (Place::find_by_town("t").limit(2).stale().exec(near).await?.items.len() == 2)
        & Place::find_by_town("t").stale().first(near).await?.is_some()
        & (Place::query("p").stale().count(near).await? == 3)
        & (Place::scan().stale().count(near).await? == 3)
        & (Place::scan().stale().all(near).await?.len() == 3))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stale_reads_go_where_they_are_sent() {
    let server = private_mongodb(3).await;
    let primary = server.addresses()[server.primary().await].clone();
    let (db, sent) = open(&server, Some(ReadConcern::linearizable())).await;
    db.define::<Place>().await.expect("an empty database takes any model");
    Place::put_many(&[place(1), place(2), place(3)]).exec(&db).await.expect("a put of many");
    let near = db.stale_reads(StaleReads::secondary()).expect("a preference");
    let began = std::time::Instant::now();
    while !read_all(&near).await.expect("the secondaries answer") {
        assert!(began.elapsed() < Duration::from_secs(30), "the secondaries do not follow");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let commands = taken(&sent);
    assert!(commands.len() >= 10, "{commands:?}");
    for (address, command) in commands {
        assert_ne!(address, primary, "{command}");
        let preference = command.get_document("$readPreference").expect("a preference");
        assert_eq!(preference.get_str("mode").ok(), Some("secondary"), "{command}");
        let level = command.get_document("readConcern").expect("a concern").get_str("level");
        assert_eq!(level.ok(), Some("majority"), "a secondary does not know the latest");
    }

    // What does not say so reads the primary, consistent or not, and so does what a write reads.
    assert!(Place::get("p", 1).exec(&db).await.expect("a get").is_some());
    assert!(Place::get("p", 1).consistent().exec(&db).await.expect("a get").is_some());
    assert_eq!(Place::query("p").count(&db).await.expect("a count"), 3);
    assert_eq!(Place::update("p", 9).set(Place::TOWN, "u").exec(&db).await.unwrap_err().kind(), ErrorKind::NotFound);
    let commands = taken(&sent);
    assert!(commands.len() >= 4 && commands.iter().all(|(address, _)| *address == primary), "{commands:?}");

    // Tags that no member has.
    let tagged = || StaleReads::secondary().tagged([("region", "nowhere")]);
    let nowhere = db.stale_reads(tagged()).expect("a preference");
    let error = Place::get("p", 1).stale().exec(&nowhere).await.expect_err("no such member");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    let anywhere = db.stale_reads(tagged().tagged::<&str, &str>([]).max_staleness(Duration::from_secs(90)));
    let found = Place::get("p", 1).stale().exec(&anywhere.expect("a preference")).await;
    assert!(found.expect("any secondary").is_some());
    let (address, command) = taken(&sent).pop().expect("a find");
    assert_ne!(address, primary);
    let preference = command.get_document("$readPreference").expect("a preference");
    assert_eq!(preference.get_i32("maxStalenessSeconds").ok(), Some(90), "{command}");
    report::ran("stale_members::stale_reads_go_where_they_are_sent", "mongodb");
}

/// Over a connection to one member alone, that one answers, whatever it is.
#[tokio::test]
async fn the_only_member_that_is_known_answers() {
    let server = private_mongodb(1).await;
    assert!(server.url("stale").contains("directConnection"));
    let (db, sent) = open(&server, None).await;
    db.define::<Place>().await.expect("an empty database takes any model");
    for reads in [StaleReads::secondary(), StaleReads::secondary_preferred(), StaleReads::nearest()] {
        let near = db.stale_reads(reads).expect("a preference");
        assert_eq!(Place::get("p", 1).stale().exec(&near).await.expect("it answers"), None);
    }
    assert_eq!(taken(&sent).len(), 3);
    report::ran("stale_members::the_only_member_that_is_known_answers", "mongodb");
}
