//! The servers of the suite: found, started, shared, killed, ended.

use mongodb::Client;
use mongodb::bson::{Document, doc};
use reposit_tests::raw::{create_table, dynamo};
use reposit_tests::servers::{self, Server, fresh_name};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn tables(server: &Server, database: &str) -> Value {
    dynamo(&server.address(database), database, "ListTables", &json!({})).await["TableNames"].clone()
}

/// The same table name in two databases is two tables.
async fn databases_are_apart(server: &Server) {
    let (first, second) = (fresh_name(), fresh_name());
    create_table(&server.address(&first), &first, "users").await;
    assert_eq!(tables(server, &first).await, json!(["users"]));
    assert_eq!(tables(server, &second).await, json!([]));
    assert!(server.url(&first).starts_with(&format!("dynamodb://{first}:secret@us-east-1?endpoint=http://127.0.0.1:")));
    assert!(server.url(&first).ends_with(&server.address(&first)));
}

#[tokio::test]
async fn dynamodb_local_keeps_databases_apart() {
    let server = servers::dynamodb_local().await;
    databases_are_apart(&server).await;
}

#[tokio::test]
async fn dynoxide_keeps_databases_apart() {
    let server = servers::dynoxide().await;
    databases_are_apart(&server).await;
}

#[tokio::test]
async fn mongodb_is_a_replica_set_with_transactions() {
    let server = servers::mongodb().await;
    let (database, other) = (fresh_name(), fresh_name());
    let client = Client::with_uri_str(server.url(&database)).await.expect("a client");
    let users = client.database(&database).collection::<Document>("users");
    let mut session = client.start_session().await.expect("a session");
    session.start_transaction().await.expect("a transaction");
    users.insert_one(doc! { "_id": 1 }).session(&mut session).await.expect("an insert");
    session.commit_transaction().await.expect("a commit");
    assert_eq!(users.count_documents(doc! {}).await.expect("a count"), 1);
    let apart = client.database(&other).collection::<Document>("users");
    assert_eq!(apart.count_documents(doc! {}).await.expect("a count"), 0);
    assert_eq!(server.url(&other), server.url_via(&other, &server.address(&other)));
}

#[tokio::test]
async fn mongodb_removes_expired_documents_within_seconds() {
    let server = servers::mongodb().await;
    let database = fresh_name();
    let client = Client::with_uri_str(server.url(&database)).await.expect("a client");
    let tokens = client.database(&database).collection::<Document>("tokens");
    let index = doc! {
        "createIndexes": "tokens",
        "indexes": [{ "key": { "at": 1 }, "name": "at", "expireAfterSeconds": 0 }],
    };
    client.database(&database).run_command(index).await.expect("an index");
    tokens.insert_one(doc! { "at": mongodb::bson::DateTime::from_millis(1) }).await.expect("an insert");
    let began = Instant::now();
    while tokens.count_documents(doc! {}).await.expect("a count") > 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "the TTL monitor does not run");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn mongodb_with_a_password_refuses_without() {
    let server = servers::mongodb_with_password().await;
    let database = fresh_name();
    let ping = async |url: String| {
        let client = Client::with_uri_str(url).await.expect("a client");
        client.database(&database).collection::<Document>("users").count_documents(doc! {}).await
    };
    let with = server.url(&database);
    assert_eq!(ping(with.clone()).await.expect("the right password is let in"), 0);
    let scheme_to_host = &with[.."mongodb://".len()];
    let without = format!("{scheme_to_host}{}/{database}?directConnection=true", server.address(&database));
    assert!(ping(without).await.expect_err("no password").to_string().contains("requires authentication"));
}

#[tokio::test]
async fn a_killed_member_comes_back_with_its_data() {
    let mut set = servers::private_mongodb(1).await;
    let database = fresh_name();
    let write = async |set: &servers::PrivateMongo, id: i32| {
        let client = Client::with_uri_str(set.url(&database)).await.expect("a client");
        let users = client.database(&database).collection::<Document>("users");
        users.insert_one(doc! { "_id": id }).await.expect("an insert");
        users.count_documents(doc! {}).await.expect("a count")
    };
    assert_eq!(write(&set, 1).await, 1);
    set.kill(0);
    let set = set.restart(0).await;
    assert_eq!(write(&set, 2).await, 2);
}

#[tokio::test]
async fn a_set_of_three_finds_another_primary() {
    let mut set = servers::private_mongodb(3).await;
    let database = fresh_name();
    let client = Client::with_uri_str(set.url(&database)).await.expect("a client");
    let users = client.database(&database).collection::<Document>("users");
    users.insert_one(doc! { "_id": 1 }).await.expect("an insert");
    let first = set.primary().await;
    set.kill(first);
    let second = set.primary().await;
    assert_ne!(first, second);
    users.insert_one(doc! { "_id": 2 }).await.expect("an insert at the new primary");
    assert_eq!(users.count_documents(doc! {}).await.expect("a count"), 2);
}

#[tokio::test]
async fn a_killed_dynamodb_local_comes_back_with_its_tables() {
    let mut server = servers::private_dynamodb_local().await;
    create_table(&server.address(), "k1", "users").await;
    server.kill();
    let server = server.restart().await;
    let answer = dynamo(&server.address(), "k1", "ListTables", &json!({})).await;
    assert_eq!(answer["TableNames"], json!(["users"]));
}

async fn postgres_client(url: &str) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    // The schema is reposit's option, which the driver's own URL does not know.
    let (address, _) = url.split_once('?').expect("a schema");
    let (client, connection) = tokio_postgres::connect(address, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Writes a number into a table of the schema, and gives how many are there.
async fn note_in_postgres(url: &str, schema: &str, id: i32) -> i64 {
    let client = postgres_client(url).await.expect("a client");
    let sql = format!(
        "CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE IF NOT EXISTS {schema}.notes (id int PRIMARY KEY); \
         INSERT INTO {schema}.notes VALUES ({id});"
    );
    client.batch_execute(&sql).await.expect("an insert");
    let row = client.query_one(&format!("SELECT count(*) FROM {schema}.notes"), &[]).await.expect("a count");
    row.get(0)
}

#[tokio::test]
async fn postgres_keeps_schemas_apart() {
    let server = servers::postgres().await;
    let (first, second) = (fresh_name(), fresh_name());
    assert_eq!(note_in_postgres(&server.url(&first), &first, 1).await, 1);
    assert_eq!(note_in_postgres(&server.url(&second), &second, 1).await, 1);
    assert!(server.url(&first).ends_with(&format!("{}/postgres?schema={first}", server.address(&first))));
    assert_eq!(server.url(&first), server.url_via(&first, &server.address(&first)));
}

#[tokio::test]
async fn postgres_with_a_password_refuses_without() {
    let server = servers::postgres_with_password().await;
    let database = fresh_name();
    let with = server.url(&database);
    assert_eq!(note_in_postgres(&with, &database, 1).await, 1);
    let without = format!("postgres://reposit:another@{}/postgres?schema={database}", server.address(&database));
    let refused = postgres_client(&without).await.expect_err("another password");
    assert_eq!(refused.code(), Some(&tokio_postgres::error::SqlState::INVALID_PASSWORD), "{refused}");
}

#[tokio::test]
async fn a_killed_postgres_comes_back_with_its_rows() {
    let mut server = servers::private_postgres().await;
    assert_eq!(note_in_postgres(&server.url("k1"), "k1", 1).await, 1);
    server.kill();
    let server = server.restart().await;
    assert_eq!(note_in_postgres(&server.url("k1"), "k1", 2).await, 2);
    assert_eq!(server.label(), servers::postgres().await.label());
}

/// Writes a key under the prefix of a URL, and gives how many are there.
fn note_in_redis(url: &str, id: i32) -> usize {
    let (address, prefix) = url.split_once("?prefix=").expect("a prefix");
    let client = redis::Client::open(address).expect("an address");
    let mut connection = client.get_connection().expect("a connection");
    redis::cmd("SET").arg(format!("{prefix}{id}")).arg(id).exec(&mut connection).expect("a write");
    let keys: Vec<String> = redis::cmd("KEYS").arg(format!("{prefix}*")).query(&mut connection).expect("the keys");
    keys.len()
}

#[tokio::test]
async fn redis_keeps_prefixes_apart() {
    let server = servers::redis().await;
    let (first, second) = (fresh_name(), fresh_name());
    assert_eq!(note_in_redis(&server.url(&first), 1), 1);
    assert_eq!(note_in_redis(&server.url(&second), 1), 1);
    assert_eq!(server.url(&first), format!("redis://{}/0?prefix={first}:", server.address(&first)));
    assert_eq!(server.url(&first), server.url_via(&first, &server.address(&first)));
}

#[tokio::test]
async fn a_killed_redis_comes_back_with_its_keys() {
    let mut server = servers::private_redis().await;
    assert_eq!(note_in_redis(&server.url("k1"), 1), 1);
    server.kill();
    let server = server.restart().await;
    assert_eq!(note_in_redis(&server.url("k1"), 2), 2);
    assert_eq!(server.label(), servers::redis().await.label());
}

#[test]
fn database_names_are_fresh() {
    let names: std::collections::HashSet<String> = (0..1000).map(|_| fresh_name()).collect();
    assert_eq!(names.len(), 1000);
    assert!(names.iter().all(|name| name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric())));
}
