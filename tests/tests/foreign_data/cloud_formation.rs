//! A table as a CloudFormation template makes it: provisioned, with a stream, tags, encryption, protection against deletion, a time to live
//! and indexes of every projection. A model takes those of its indexes that it names, and `define` leaves the rest alone and says so.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue as A, TableDescription};
use reposit::backend::Unused;
use reposit::{Database, ErrorKind, Repository};
use reposit_tests::raw;
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Part of what is in the table: two of its global indexes and its local one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "shop.Orders-v2", keep_unknown, stamp = false)]
#[serde(rename_all = "camelCase")]
struct Order {
    #[hash_key]
    customer_id: String,
    #[range_key]
    order_id: String,
    #[index(name = "status-createdAt-index", finder = "by_status", range = "created_at", projection = ["total"])]
    status: String,
    created_at: u64,
    #[index(name = "GSI2", finder = "by_sku", projection = "keys_only")]
    sku: Option<String>,
    #[index(local, name = "by.total", finder = "by_total", projection = "keys_only")]
    total: u64,
    lines: Vec<String>,
}

/// The same, with one index less than it holds, and one more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "shop.Orders-v2")]
#[serde(rename_all = "camelCase")]
struct Whole {
    #[hash_key]
    customer_id: String,
    #[range_key]
    order_id: String,
    #[index(name = "status-createdAt-index", finder = "by_status", range = "created_at")]
    status: String,
    created_at: u64,
    #[index(unique, name = "GSI2", finder = "by_sku")]
    sku: String,
    total: u64,
}

/// The same table by a program that wants what the template's time to live says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "shop.Orders-v2", keep_unknown, stamp = false)]
#[serde(rename_all = "camelCase")]
struct Expiring {
    #[hash_key]
    customer_id: String,
    #[range_key]
    order_id: String,
    #[index(name = "GSI2", finder = "by_sku", projection = "keys_only")]
    sku: String,
    #[ttl]
    #[serde(rename = "expires_at")]
    expires: Option<u64>,
}

/// What `AWS::DynamoDB::Table` asks DynamoDB for.
async fn make_orders(url: &str, client: &Client) {
    let attribute = |name: &str, kind: &str| json!({ "AttributeName": name, "AttributeType": kind });
    let key = |hash: &str, range: Option<&str>| {
        let hash = json!({ "AttributeName": hash, "KeyType": "HASH" });
        let range = range.map(|range| json!({ "AttributeName": range, "KeyType": "RANGE" }));
        std::iter::once(hash).chain(range).collect::<Vec<_>>()
    };
    let units = json!({ "ReadCapacityUnits": 7, "WriteCapacityUnits": 3 });
    let index = |name: &str, key: Vec<serde_json::Value>, projection: serde_json::Value| json!({ "IndexName": name, "KeySchema": key, "Projection": projection, "ProvisionedThroughput": units });
    let include = |names: &[&str]| json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": names });
    let table = json!({
        "TableName": "shop.Orders-v2",
        "KeySchema": key("customerId", Some("orderId")),
        "AttributeDefinitions": [
            attribute("customerId", "S"), attribute("orderId", "S"), attribute("status", "S"), attribute("createdAt", "N"),
            attribute("sku", "S"), attribute("total", "N"), attribute("warehouse", "S"),
        ],
        "GlobalSecondaryIndexes": [
            index("status-createdAt-index", key("status", Some("createdAt")), include(&["total", "carrier"])),
            index("GSI2", key("sku", None), json!({ "ProjectionType": "KEYS_ONLY" })),
            index("GSI3", key("warehouse", Some("createdAt")), json!({ "ProjectionType": "ALL" })),
        ],
        "LocalSecondaryIndexes": [{
            "IndexName": "by.total", "KeySchema": key("customerId", Some("total")), "Projection": { "ProjectionType": "KEYS_ONLY" },
        }],
        "BillingMode": "PROVISIONED", "ProvisionedThroughput": units,
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
        "SSESpecification": { "Enabled": true },
        "DeletionProtectionEnabled": true,
        "Tags": [{ "Key": "aws:cloudformation:stack-name", "Value": "shop" }],
    });
    let (address, access_key) = place(url);
    // One of the servers takes fewer of these settings than DynamoDB does.
    let mut table = table;
    for more in ["", "SSESpecification", "DeletionProtectionEnabled", "Tags"] {
        table.as_object_mut().expect("a table").remove(more);
        let (status, answer) = raw::try_dynamo(&address, &access_key, "CreateTable", &table).await.expect("an answer");
        if status == 200 {
            break;
        }
        assert_ne!(more, "Tags", "{answer}");
    }
    let lifetime = json!({
        "TableName": "shop.Orders-v2", "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "expires_at" },
    });
    raw::dynamo(&address, &access_key, "UpdateTimeToLive", &lifetime).await;
    for n in 1..=4 {
        client.put_item().table_name("shop.Orders-v2").set_item(Some(item(n))).send().await.expect("a put");
    }
}

/// Where the server is, and under whose name its tables are.
fn place(url: &str) -> (String, String) {
    let query = |name: &str| {
        let rest = url.split_once(&format!("{name}=")).expect("it is in the URL").1;
        rest.split('&').next().unwrap_or(rest).to_owned()
    };
    let key = url.split_once("://").and_then(|(_, rest)| rest.split_once([':', '@'])).map(|(key, _)| key.to_owned());
    (query("endpoint").trim_start_matches("http://").to_owned(), key.expect("a key"))
}

fn text(text: impl ToString) -> A {
    A::S(text.to_string())
}

fn number(n: u64) -> A {
    A::N(n.to_string())
}

fn item(n: u64) -> HashMap<String, A> {
    let attributes = [
        ("customerId", text("c1")),
        ("orderId", text(format!("o{n}"))),
        ("status", text("open")),
        ("createdAt", number(1_709_208_000 + n)),
        ("sku", text(format!("s{}", n % 2))),
        ("total", number(100 - n)),
        ("lines", A::L(vec![text("line")])),
        ("carrier", text("theirs")),
        ("warehouse", text("w1")),
        ("expires_at", number(4_000_000_000)),
    ];
    attributes.map(|(name, value)| (name.to_owned(), value)).into()
}

fn order(n: u64) -> Order {
    Order {
        customer_id: "c1".into(),
        order_id: format!("o{n}"),
        status: "open".into(),
        created_at: 1_709_208_000 + n,
        sku: Some(format!("s{}", n % 2)),
        total: 100 - n,
        lines: vec!["line".into()],
    }
}

/// What another program sees of the table.
async fn described(client: &Client) -> TableDescription {
    let table = client.describe_table().table_name("shop.Orders-v2").send().await.expect("an answer");
    let mut table = table.table.expect("the table");
    // It counts what is stored.
    (table.item_count, table.table_size_bytes) = (None, None);
    for index in table.global_secondary_indexes.iter_mut().flatten() {
        (index.item_count, index.index_size_bytes) = (None, None);
    }
    for index in table.local_secondary_indexes.iter_mut().flatten() {
        (index.item_count, index.index_size_bytes) = (None, None);
    }
    table
}

async fn a_table_of_a_template(target: Target) {
    let (url, label) = target.fresh().await;
    let db = Database::open(&url).await.expect("the server answers");
    let client = db.raw::<Client>().expect("DynamoDB's client").clone();
    make_orders(&url, &client).await;
    let before = described(&client).await;

    let plan = db.plan::<Order>().await.expect("a plan").remove(0);
    assert!(plan.is_empty(), "{plan}");
    assert_eq!(plan.unused(), [Unused::Index("GSI3".into())]);
    let told = plan.left_alone();
    for what in [
        "the time to live by expires_at: DynamoDB deletes what it says",
        "a provisioned capacity of 7 read and 3 write capacity units",
        "a stream of NEW_AND_OLD_IMAGES",
    ] {
        assert!(told.iter().any(|told| told == what), "{what}: {told:?}");
    }
    let is_protected = before.deletion_protection_enabled() == Some(true);
    assert_eq!(told.iter().any(|told| told == "protection against deletion"), is_protected, "{told:?}");
    db.define::<Order>().await.expect("all is there");
    assert_eq!(described(&client).await, before, "it is as the template made it");
    let lifetime = client.describe_time_to_live().table_name("shop.Orders-v2").send().await.expect("an answer");
    let lifetime = lifetime.time_to_live_description.and_then(|lifetime| lifetime.attribute_name);
    assert_eq!(lifetime.as_deref(), Some("expires_at"));
    assert_eq!(db.repositories().await.expect("the tables"), ["shop.Orders-v2"]);

    // Every index gives whole records, whatever it holds.
    let by_status = Order::find_by_status("open").range(order(2).created_at..).all(&db).await;
    assert_eq!(by_status.expect("a query"), [2, 3, 4].map(order));
    let mut by_sku = Order::find_by_sku("s1").all(&db).await.expect("a query");
    by_sku.sort_by_key(|order| order.created_at);
    assert_eq!(by_sku, [1, 3].map(order));
    let by_total = Order::find_by_total("c1").range(..=98).consistent().all(&db).await.expect("a query");
    assert_eq!(by_total, [4, 3, 2].map(order));
    let page = Order::find_by_total("c1").limit(2).exec(&db).await.expect("a page");
    assert_eq!(page.items, [4, 3].map(order));

    // What is changed is changed, and nothing else.
    let moved = Order::update("c1", "o1").set(Order::STATUS, "sent").remove(Order::SKU).exec(&db).await;
    assert_eq!(moved.expect("an update"), Order { status: "sent".into(), sku: None, ..order(1) });
    Order::put(&Order { total: 7, ..order(2) }).exec(&db).await.expect("a put");
    let transaction = db.transaction().add(Order::delete("c1", "o3"));
    transaction.add(Order::create(&Order { order_id: "o9".into(), ..order(4) })).commit().await.expect("both");
    let mut expected = [item(1), item(2), item(4)];
    expected[0].insert("status".into(), text("sent"));
    expected[0].remove("sku");
    expected[1].insert("total".into(), number(7));
    for expected in expected {
        let keys = ["customerId", "orderId"].map(|name| (name.to_owned(), expected[name].clone()));
        let get = client.get_item().table_name("shop.Orders-v2").set_key(Some(keys.into())).consistent_read(true);
        assert_eq!(get.send().await.expect("a get").item, Some(expected));
    }
    // By an index of the other program's alone: what the model made has no warehouse.
    let query = client.query().table_name("shop.Orders-v2").index_name("GSI3");
    let query = query.key_condition_expression("warehouse = :w").expression_attribute_values(":w", text("w1"));
    assert_eq!(query.send().await.expect("a query").count(), 3);

    // To a model with this ttl what has expired is gone, also by an index that does not hold the time.
    let plan = db.plan::<Expiring>().await.expect("a plan").remove(0);
    assert!(plan.is_empty() && !plan.to_string().contains("expires_at"), "{plan}");
    db.define::<Expiring>().await.expect("all is there");
    let found = Expiring::find_by_sku("s0").count(&db).await.expect("a count");
    Expiring::update("c1", "o2").set(Expiring::EXPIRES, 1_000).exec(&db).await.expect("an update");
    assert_eq!(Expiring::get("c1", "o2").exec(&db).await.expect("a get"), None);
    assert_eq!(Expiring::find_by_sku("s0").all(&db).await.expect("a query").len() as u64 + 1, found);
    assert_eq!(Expiring::find_by_sku("s0").count(&db).await.expect("a count") + 1, found);

    let error = db.define::<Whole>().await.expect_err("the indexes do not hold so much");
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    for what in [
        "the index status-createdAt-index does not hold all fields: name what it holds in the model, by projection = [\"total\"]",
        "the index GSI2 is not unique, which the model's is",
        "the index GSI2 does not hold all fields: a unique index holds all fields, so give the model's another name",
    ] {
        assert!(error.message().contains(what), "{error}");
    }
    if is_protected {
        let error = db.drop_repository::<Order>(reposit::DropForGood).await.expect_err("it is protected");
        assert!(error.message().contains("is protected against deletion: turn that off there first"), "{error}");
    }
    assert_eq!(described(&client).await, before, "it is as the template made it");
    report::ran("foreign_data::a_table_of_a_template", &label);
}

reposit_tests::on_backends!(
    dynamodb #[tokio::test]
    a_table_of_a_template: super::a_table_of_a_template,
);
