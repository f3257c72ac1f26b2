//! What other programs break of DynamoDB's guards of uniqueness is found by `verify`, and put right by `repair`.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use reposit::{Database, ErrorKind, Repository};
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "clerks")]
struct Clerk {
    #[hash_key]
    id: String,
    #[index(unique)]
    desk: String,
    #[index(unique)]
    phone: Option<String>,
}

type Item = HashMap<String, AttributeValue>;

const GUARDS: &str = "clerks.unique";

fn clerk(id: &str, desk: &str) -> Clerk {
    Clerk { id: id.into(), desk: desk.into(), phone: None }
}

async fn open(target: Target) -> (Database, Client, String) {
    let (url, label) = target.fresh().await;
    let db = Database::open(&url).await.expect("the server answers");
    db.define::<Clerk>().await.expect("an empty database takes any model");
    let client = db.raw::<Client>().expect("DynamoDB's client").clone();
    (db, client, label)
}

/// The keys of all guards.
async fn guards(client: &Client) -> Vec<Item> {
    let items = client.scan().table_name(GUARDS).consistent_read(true).send().await.expect("a scan").items;
    let described = client.describe_table().table_name(GUARDS).send().await.expect("the table");
    let key = described.table.expect("a table").key_schema.expect("a key")[0].attribute_name.clone();
    let only_key = |mut item: Item| {
        item.retain(|name, _| *name == key);
        item
    };
    // A key of one byte is no value's: there the table keeps which indexes it is for.
    let is_guard = |item: &Item| item.values().any(|key| key.as_b().is_ok_and(|key| key.as_ref().len() > 1));
    items.unwrap_or_default().into_iter().map(only_key).filter(is_guard).collect()
}

async fn delete_guards(client: &Client) {
    for key in guards(client).await {
        client.delete_item().table_name(GUARDS).set_key(Some(key)).send().await.expect("a delete");
    }
}

async fn put_by_hand(client: &Client, id: &str, desk: &str) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = client.put_item().table_name("clerks").item("id", text(id)).item("desk", text(desk));
    put.send().await.expect("a put");
}

/// Something is found; once mended, nothing is.
async fn repairs(db: &Database, lines: usize) -> Vec<String> {
    let found = db.verify::<Clerk>().await.expect("a check");
    assert_eq!(found.len(), lines, "{found:?}");
    assert_eq!(db.verify::<Clerk>().await.expect("a check"), found, "a check changes nothing");
    db.repair::<Clerk>().await.expect("a mend");
    assert_eq!(db.verify::<Clerk>().await.expect("a check"), Vec::<String>::new());
    found
}

async fn lost_guards_come_back(target: Target) {
    let (db, client, label) = open(target).await;
    let ada = Clerk { phone: Some("1".into()), ..clerk("ada", "d1") };
    Clerk::create(&ada).exec(&db).await.expect("a create");
    delete_guards(&client).await;
    repairs(&db, 2).await;
    let clash = Clerk::create(&clerk("eve", "d1")).exec(&db).await.expect_err("the desk is taken");
    assert_eq!((clash.kind(), clash.index()), (ErrorKind::UniqueViolation, Some("by_desk")));
    assert_eq!(Clerk::find_by_desk("d1").consistent().exec(&db).await.expect("a find"), Some(ada));
    report::ran("repair::lost_guards_come_back", &label);
}

async fn a_record_written_past_the_library_gets_its_guards(target: Target) {
    let (db, client, label) = open(target).await;
    put_by_hand(&client, "bob", "d2").await;
    let found = repairs(&db, 1).await;
    assert!(found[0].contains("d2") && found[0].contains("by_desk"), "{found:?}");
    let clash = Clerk::create(&clerk("eve", "d2")).exec(&db).await.expect_err("the desk is taken");
    assert_eq!(clash.kind(), ErrorKind::UniqueViolation);
    report::ran("repair::a_record_written_past_the_library_gets_its_guards", &label);
}

async fn guards_of_a_record_taken_away_are_freed(target: Target) {
    let (db, client, label) = open(target).await;
    Clerk::create(&clerk("ada", "d1")).exec(&db).await.expect("a create");
    let key = AttributeValue::S("ada".into());
    client.delete_item().table_name("clerks").key("id", key).send().await.expect("a delete");
    let found = repairs(&db, 1).await;
    assert!(found[0].contains("ada"), "{found:?}");
    assert_eq!(guards(&client).await, []);
    Clerk::create(&clerk("eve", "d1")).exec(&db).await.expect("the desk is free");
    report::ran("repair::guards_of_a_record_taken_away_are_freed", &label);
}

async fn a_value_changed_past_the_library_moves_its_guard(target: Target) {
    let (db, client, label) = open(target).await;
    Clerk::create(&clerk("ada", "d1")).exec(&db).await.expect("a create");
    put_by_hand(&client, "ada", "d9").await;
    repairs(&db, 2).await;
    Clerk::create(&clerk("eve", "d1")).exec(&db).await.expect("the old desk is free");
    let clash = Clerk::create(&clerk("bob", "d9")).exec(&db).await.expect_err("the new one is taken");
    assert_eq!(clash.kind(), ErrorKind::UniqueViolation);
    report::ran("repair::a_value_changed_past_the_library_moves_its_guard", &label);
}

/// Nobody but their owner can say which of two records is to have a value: it is told, and both are left alone.
async fn two_records_of_one_value_are_told(target: Target) {
    let (db, client, label) = open(target).await;
    Clerk::create(&clerk("ada", "d1")).exec(&db).await.expect("a create");
    put_by_hand(&client, "eve", "d1").await;
    for _ in 0..2 {
        let found = db.repair::<Clerk>().await.expect("a mend");
        assert!(found.iter().any(|line| line.contains("ada") && line.contains("eve")), "{found:?}");
    }
    assert_eq!(Clerk::scan().count(&db).await.expect("a count"), 2);
    assert_eq!(Clerk::find_by_desk("d1").consistent().exec(&db).await.expect("a find"), Some(clerk("ada", "d1")));
    Clerk::update("eve").set(Clerk::DESK, "d2").exec(&db).await.expect("the owner puts it right");
    assert_eq!(db.verify::<Clerk>().await.expect("a check"), Vec::<String>::new());
    report::ran("repair::two_records_of_one_value_are_told", &label);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "shifts")]
struct Shift {
    #[hash_key]
    id: u64,
    #[index(unique)]
    desk: String,
    #[ttl]
    until: i64,
}

const SOON: i64 = 4_000_000_000;

/// Writers move values, extend lives, delete and create, while others mend again and again what one
/// writer of another program breaks: no guard that was good is broken.
async fn a_repair_beside_writers_breaks_nothing(target: Target) {
    let (db, client, label) = open(target).await;
    db.define::<Shift>().await.expect("a new model");
    let desk = |n: u64| format!("d{n}");
    for id in 0..4 {
        Shift::create(&Shift { id, desk: desk(id), until: SOON }).exec(&db).await.expect("a create");
    }
    let done = std::sync::atomic::AtomicBool::new(false);
    let writer = |id: u64| {
        let (db, desk) = (&db, &desk);
        async move {
            for round in 1..=12_u64 {
                let place = desk(id + 4 * round);
                Shift::update(id).set(Shift::DESK, &place).exec(db).await.expect("nobody else wants it");
                Shift::update(id).add(Shift::UNTIL, 10).exec(db).await.expect("it is live");
                if round % 4 == 0 {
                    assert!(Shift::delete(id).exec(db).await.expect("a delete"));
                    let back = Shift { id, desk: place, until: SOON };
                    Shift::create(&back).exec(db).await.expect("its value is free again");
                }
            }
        }
    };
    let writers = async {
        futures_util::future::join_all((0..4).map(writer)).await;
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    };
    let mender = || async {
        while !done.load(std::sync::atomic::Ordering::Relaxed) {
            db.repair::<Shift>().await.expect("a mend");
        }
    };
    let breaker = async {
        for n in 100..110_u64 {
            let item = client.put_item().table_name("shifts").item("id", AttributeValue::N(n.to_string()));
            item.item("desk", AttributeValue::S(desk(n * 1000))).send().await.expect("a put");
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(writers, mender(), mender(), breaker);
    db.repair::<Shift>().await.expect("a mend");
    assert_eq!(db.verify::<Shift>().await.expect("a check"), Vec::<String>::new());
    for id in 0..4 {
        let shift = Shift::get(id).consistent().exec(&db).await.expect("a get").expect("a shift");
        let found = Shift::find_by_desk(&shift.desk).consistent().exec(&db).await.expect("a find");
        assert_eq!(found.as_ref(), Some(&shift));
        let other = Shift { id: id + 1000, ..shift };
        let clash = Shift::create(&other).exec(&db).await.expect_err("the desk is taken");
        assert_eq!(clash.kind(), ErrorKind::UniqueViolation);
        // What it held before is free.
        let free = Shift { desk: desk(id + 4), ..other };
        Shift::create(&free).exec(&db).await.expect("no guard is left over");
    }
    report::ran("repair::a_repair_beside_writers_breaks_nothing", &label);
}

/// On MongoDB an index can be dropped by hand: nothing would keep values apart then.
#[tokio::test]
async fn a_unique_index_dropped_by_others_comes_back() {
    let (url, label) = Target::Mongodb.fresh().await;
    let db = Database::open(&url).await.expect("the server answers");
    let undefined = db.verify::<Clerk>().await.expect_err("there is no collection");
    assert_eq!(undefined.kind(), ErrorKind::SchemaMismatch);
    db.define::<Clerk>().await.expect("an empty database takes any model");
    assert_eq!(db.verify::<Clerk>().await.expect("a check"), Vec::<String>::new());
    let clerks = db.raw::<mongodb::Database>().expect("MongoDB's").collection::<mongodb::bson::Document>("clerks");
    clerks.drop_index("by_desk").await.expect("a drop");
    for id in ["ada", "eve"] {
        Clerk::create(&clerk(id, "d1")).exec(&db).await.expect("nothing hinders it");
    }
    for _ in 0..2 {
        let found = db.repair::<Clerk>().await.expect("a mend");
        assert!(found.len() == 2 && found.iter().all(|line| line.contains("by_desk")), "{found:?}");
    }
    Clerk::update("eve").set(Clerk::DESK, "d2").exec(&db).await.expect("the owner puts it right");
    let found = db.repair::<Clerk>().await.expect("a mend");
    assert_eq!(found, ["by_desk: the unique index is missing"]);
    assert_eq!(db.verify::<Clerk>().await.expect("a check"), Vec::<String>::new());
    let clash = Clerk::create(&clerk("bob", "d1")).exec(&db).await.expect_err("the desk is taken");
    assert_eq!((clash.kind(), clash.index()), (ErrorKind::UniqueViolation, Some("by_desk")));
    report::ran("repair::a_unique_index_dropped_by_others_comes_back", &label);
}

reposit_tests::on_backends!(
    dynamodb #[tokio::test]
    lost_guards_come_back: super::lost_guards_come_back,
    a_record_written_past_the_library_gets_its_guards: super::a_record_written_past_the_library_gets_its_guards,
    guards_of_a_record_taken_away_are_freed: super::guards_of_a_record_taken_away_are_freed,
    a_value_changed_past_the_library_moves_its_guard: super::a_value_changed_past_the_library_moves_its_guard,
    two_records_of_one_value_are_told: super::two_records_of_one_value_are_told,
    a_repair_beside_writers_breaks_nothing: super::a_repair_beside_writers_breaks_nothing,
);
