//! Tables on DynamoDB of a release that marked its records with the expiry, under one that lets the field itself say it.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    TimeToLiveSpecification, TimeToLiveStatus,
};
use reposit::{Config, Database, ErrorKind, Repository};
use reposit_tests::proxy::{Fault, Proxy, Rule};
use reposit_tests::servers::{Target, fresh_name};
use serde::{Deserialize, Serialize};

use crate::fixture::{Fixture, START, refused};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "visits")]
struct Visit {
    #[hash_key]
    id: String,
    n: i64,
    #[ttl]
    until: Option<i64>,
}

const MARK: &str = "_reposit_expires";

type Item = HashMap<String, AttributeValue>;

fn client(db: &Database) -> &Client {
    db.raw().expect("DynamoDB's client")
}

/// The table as the older release made it.
async fn make_table(client: &Client, expires_by: &str) {
    let attribute = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    let table = client.create_table().table_name("visits").billing_mode(BillingMode::PayPerRequest);
    let table = table.attribute_definitions(attribute.build().unwrap()).key_schema(key.build().unwrap());
    table.send().await.expect("a table");
    let ttl = TimeToLiveSpecification::builder().attribute_name(expires_by).enabled(true).build().unwrap();
    client.update_time_to_live().table_name("visits").time_to_live_specification(ttl).send().await.expect("its ttl");
}

/// A record as the older release wrote it.
async fn put(client: &Client, id: &str, until: i64, mark: Option<i64>) {
    let number = |n: i64| AttributeValue::N(n.to_string());
    let put = client.put_item().table_name("visits").item("id", AttributeValue::S(id.into())).item("n", number(1));
    let put = put.item("until", number(until)).set_item_with(mark.map(|mark| (MARK, number(mark))));
    put.send().await.expect("a put");
}

trait SetItemWith: Sized {
    fn set_item_with(self, more: Option<(&str, AttributeValue)>) -> Self;
}

impl SetItemWith for aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder {
    fn set_item_with(self, more: Option<(&str, AttributeValue)>) -> Self {
        match more {
            Some((name, value)) => self.item(name, value),
            None => self,
        }
    }
}

async fn stored(client: &Client, id: &str) -> Item {
    let get = client.get_item().table_name("visits").key("id", AttributeValue::S(id.into())).consistent_read(true);
    get.send().await.expect("a get").item.expect("an item")
}

async fn lifetime(client: &Client) -> Option<String> {
    let told = client.describe_time_to_live().table_name("visits").send().await.expect("an answer");
    let told = told.time_to_live_description?;
    let is_on = matches!(told.time_to_live_status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling));
    told.attribute_name.filter(|_| is_on)
}

async fn ids(db: &Database) -> Vec<String> {
    let mut ids: Vec<_> = Visit::scan().all(db).await.expect("a scan").into_iter().map(|visit| visit.id).collect();
    ids.sort();
    assert_eq!(Visit::scan().count(db).await.expect("a count"), ids.len() as u64);
    ids
}

async fn a_table_of_marks_moves(target: Target) {
    let (fixture, _) = Fixture::on(target).await;
    let (db, client) = (&fixture.db, client(&fixture.db));
    make_table(client, MARK).await;
    for id in ["changed", "kept", "prolonged"] {
        put(client, id, START + 10, Some(START + 10)).await;
    }
    let plan = db.plan::<Visit>().await.expect("a plan").remove(0).to_string();
    assert!(plan.contains("time to live by until, in the place of that by _reposit_expires"), "{plan}");
    // Before the table is defined anew, all is read and written as it is.
    Visit::update("changed").set(Visit::N, 2).exec(db).await.expect("an update");
    Visit::update("prolonged").set(Visit::UNTIL, START + 100).exec(db).await.expect("an update of the field");
    assert!(!stored(client, "prolonged").await.contains_key(MARK), "the server would delete it by this");
    db.define::<Visit>().await.expect("the table moves");
    assert_eq!(lifetime(client).await.as_deref(), Some("until"));
    assert!(db.plan::<Visit>().await.expect("a plan").remove(0).is_empty());
    db.define::<Visit>().await.expect("it is as it should be");

    Visit::create(&Visit { id: "new".into(), n: 1, until: Some(START + 20) }).exec(db).await.expect("a create");
    let added = Visit::update("kept").add(Visit::UNTIL, 5).exec(db).await.expect("a sum");
    assert_eq!(added.until, Some(START + 15));
    let defaulted = Visit::upsert("changed").default(Visit::UNTIL, START + 99).add(Visit::N, 1).exec(db).await;
    assert_eq!(defaulted.expect("an upsert").until, Some(START + 10));
    for id in ["new", "kept", "changed"] {
        assert!(!stored(client, id).await.contains_key(MARK), "{id}");
    }
    fixture.clock.advance(Duration::from_secs(10));
    assert_eq!(ids(db).await, ["kept", "new", "prolonged"]);
    refused(Visit::update("changed").set(Visit::N, 5).exec(db).await, ErrorKind::NotFound, "");
    fixture.clock.advance(Duration::from_secs(10));
    assert_eq!(ids(db).await, ["prolonged"]);
    Visit::update("prolonged").remove(Visit::UNTIL).exec(db).await.expect("an update");
    fixture.clock.advance(Duration::from_secs(1000));
    assert_eq!(ids(db).await, ["prolonged"]);
}

/// The older release works beside us, and others change its fields.
async fn a_mark_that_is_stale_says_nothing(target: Target) {
    let (fixture, _) = Fixture::on(target).await;
    let (db, client) = (&fixture.db, client(&fixture.db));
    make_table(client, "until").await;
    assert!(db.plan::<Visit>().await.expect("a plan").remove(0).is_empty(), "another turned it on");
    db.define::<Visit>().await.expect("it is as it should be");
    put(client, "early", START + 100, Some(START - 1)).await;
    put(client, "late", START - 1, Some(START + 100)).await;
    put(client, "plain", START + 5, None).await;
    assert_eq!(ids(db).await, ["early", "plain"]);
    assert!(Visit::get("early").exec(db).await.expect("a get").is_some());
    assert_eq!(Visit::get_many(["late"]).exec(db).await.expect("a get"), [None]);
    Visit::update("early").set(Visit::N, 7).exec(db).await.expect("an update");
    refused(Visit::update("late").set(Visit::N, 7).exec(db).await, ErrorKind::NotFound, "");
    let late = Visit { id: "late".into(), n: 2, until: Some(START + 50) };
    Visit::create(&late).exec(db).await.expect("a create over what has expired");
    assert!(!stored(client, "late").await.contains_key(MARK));
    let together = db.transaction().add(Visit::check("early")).add(Visit::update("plain").add(Visit::UNTIL, 10));
    together.commit().await.expect("a transaction");
    fixture.clock.advance(Duration::from_secs(10));
    assert_eq!(ids(db).await, ["early", "late", "plain"]);
}

async fn a_table_that_expires_by_another_attribute_is_refused(target: Target) {
    let (fixture, _) = Fixture::on(target).await;
    let db = &fixture.db;
    make_table(client(db), "other").await;
    refused(db.define::<Visit>().await, ErrorKind::SchemaMismatch, "the time to live is on for other, not for until");
}

async fn a_move_that_is_under_way_is_told(target: Target) {
    let (server, name) = (target.server().await.expect("a server"), fresh_name());
    let (proxy, url) = Proxy::before(target, &server, &name).await;
    let config = Config::from_url(&url).expect("the server's own URL").connect_timeout(Duration::from_secs(60));
    let db = config.timeout(Duration::from_secs(60)).open().await.expect("the proxy answers");
    make_table(client(&db), MARK).await;
    // DynamoDB takes the first change, and the second an hour later.
    proxy.fault(Rule::on("UpdateTimeToLive", Fault::TooSoon).after(1).times(2));
    refused(db.define::<Visit>().await, ErrorKind::Throttled, "up to an hour");
    refused(db.define::<Visit>().await, ErrorKind::Throttled, "is being moved to until");
    db.define::<Visit>().await.expect("an hour later");
    assert_eq!(lifetime(client(&db)).await.as_deref(), Some("until"));
}

reposit_tests::on_backends!(
    dynamodb #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    moves: crate::own_expiry::a_table_of_marks_moves,
    stale_marks: crate::own_expiry::a_mark_that_is_stale_says_nothing,
    another_attribute: crate::own_expiry::a_table_that_expires_by_another_attribute_is_refused,
    under_way: crate::own_expiry::a_move_that_is_under_way_is_told,
);
