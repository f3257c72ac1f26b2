//! The calls against MongoDB's driver: with `Collection<T>`, through documents and serde, and with raw documents read by hand.

use bench_harness::user::{TEAM, id};
use bench_harness::worker::Calls;
use futures_util::TryStreamExt as _;
use mongodb::bson::{
    Document, RawDocument, RawDocumentBuf, deserialize_from_document, doc, rawdoc, serialize_to_document,
};
use mongodb::{Client, Collection};
use serde::{Deserialize, Serialize};

use crate::user::Address;
use crate::{address, fresh_id, runtime, table};

/// The same record as MongoDB's own mapping wants it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct User {
    #[serde(rename = "_id")]
    id: String,
    team: String,
    name: String,
    email: String,
    about: String,
    age: u32,
    score: f64,
    active: bool,
    tags: Vec<String>,
    address: Address,
}

fn user(id: String, team: &str) -> User {
    bench_harness::user!(id, team)
}

fn host() -> String {
    address("BENCH_MONGODB")
}

pub(crate) fn url() -> String {
    let database = std::env::var("BENCH_DATABASE").unwrap_or_else(|_| "bench".to_owned());
    format!("{}/{database}?directConnection=true&heartbeatFrequencyMS=600000", host())
}

struct Driver {
    users: Collection<User>,
    documents: Collection<Document>,
    raw: Collection<RawDocumentBuf>,
}

pub(crate) fn calls(row: &str, contestant: &str) -> Option<Box<dyn Calls>> {
    let runtime = runtime();
    let driver = runtime.block_on(async {
        let database = Client::with_uri_str(url()).await.expect("an address").default_database().expect("a database");
        let table = table(contestant);
        let driver = Driver {
            users: database.collection(&table),
            documents: database.collection(&table),
            raw: database.collection(&table),
        };
        for n in 0..TEAM {
            // On a real server another contestant has put it there already.
            let _ = driver.users.insert_one(user(id(n), "core")).await;
        }
        driver
    });
    match contestant {
        "by hand" => typed(runtime, driver, row),
        "documents" => through_documents(runtime, driver, row),
        "raw" => raw(runtime, driver, row),
        _ => None,
    }
}

fn typed(runtime: tokio::runtime::Runtime, driver: Driver, row: &str) -> Option<Box<dyn Calls>> {
    match row {
        "get" => crate::calls(runtime, driver, |driver, _| async {
            let found = driver.users.find_one(doc! { "_id": id(0) }).await.expect("an answer");
            assert_eq!(found.expect("a record").tags.len(), 4);
        }),
        "create" => crate::calls(runtime, driver, |driver, n| async move {
            driver.users.insert_one(user(fresh_id(n), "new")).await.expect("it is new");
        }),
        "query-100" => crate::calls(runtime, driver, |driver, _| async {
            let found = driver.users.find(doc! { "team": "core" }).await.expect("an answer");
            let users: Vec<User> = found.try_collect().await.expect("users");
            assert_eq!(users.len(), TEAM);
        }),
        _ => None,
    }
}

fn through_documents(runtime: tokio::runtime::Runtime, driver: Driver, row: &str) -> Option<Box<dyn Calls>> {
    match row {
        "get" => crate::calls(runtime, driver, |driver, _| async {
            let found = driver.documents.find_one(doc! { "_id": id(0) }).await.expect("an answer");
            let user: User = deserialize_from_document(found.expect("a record")).expect("a user");
            assert_eq!(user.tags.len(), 4);
        }),
        "create" => crate::calls(runtime, driver, |driver, n| async move {
            let document = serialize_to_document(&user(fresh_id(n), "new")).expect("a document");
            driver.documents.insert_one(document).await.expect("it is new");
        }),
        "query-100" => crate::calls(runtime, driver, |driver, _| async {
            let found = driver.documents.find(doc! { "team": "core" }).await.expect("an answer");
            let found: Vec<Document> = found.try_collect().await.expect("documents");
            let users = found.into_iter().map(deserialize_from_document::<User>);
            assert_eq!(users.collect::<Result<Vec<_>, _>>().expect("users").len(), TEAM);
        }),
        _ => None,
    }
}

fn raw(runtime: tokio::runtime::Runtime, driver: Driver, row: &str) -> Option<Box<dyn Calls>> {
    match row {
        "get" => crate::calls(runtime, driver, |driver, _| async {
            let found = driver.raw.find_one(doc! { "_id": id(0) }).await.expect("an answer");
            assert_eq!(read(&found.expect("a record")).expect("a user").tags.len(), 4);
        }),
        "create" => crate::calls(runtime, driver, |driver, n| async move {
            driver.raw.insert_one(write(&user(fresh_id(n), "new"))).await.expect("it is new");
        }),
        "query-100" => crate::calls(runtime, driver, |driver, _| async {
            let mut found = driver.raw.find(doc! { "team": "core" }).await.expect("an answer");
            let mut users = Vec::new();
            while found.advance().await.expect("a document") {
                users.push(read(found.current()).expect("a user"));
            }
            assert_eq!(users.len(), TEAM);
        }),
        _ => None,
    }
}

fn write(user: &User) -> RawDocumentBuf {
    let mut tags = mongodb::bson::RawArrayBuf::new();
    user.tags.iter().for_each(|tag| tags.push(tag.as_str()));
    rawdoc! {
        "_id": user.id.as_str(),
        "team": user.team.as_str(),
        "name": user.name.as_str(),
        "email": user.email.as_str(),
        "about": user.about.as_str(),
        "age": i64::from(user.age),
        "score": user.score,
        "active": user.active,
        "tags": tags,
        "address": {
            "street": user.address.street.as_str(),
            "city": user.address.city.as_str(),
            "postcode": user.address.postcode.as_str(),
            "country": user.address.country.as_str(),
        },
    }
}

/// Reads the fields in one pass, in whatever order they come.
fn read(document: &RawDocument) -> Option<User> {
    let mut user = User {
        id: String::new(),
        team: String::new(),
        name: String::new(),
        email: String::new(),
        about: String::new(),
        age: 0,
        score: 0.0,
        active: false,
        tags: Vec::new(),
        address: Address {
            street: String::new(),
            city: String::new(),
            postcode: String::new(),
            country: String::new(),
        },
    };
    for entry in document {
        let (name, value) = entry.ok()?;
        match name.as_str() {
            "_id" => user.id = value.as_str()?.to_owned(),
            "team" => user.team = value.as_str()?.to_owned(),
            "name" => user.name = value.as_str()?.to_owned(),
            "email" => user.email = value.as_str()?.to_owned(),
            "about" => user.about = value.as_str()?.to_owned(),
            "age" => user.age = value.as_i64().or(value.as_i32().map(i64::from))?.try_into().ok()?,
            "score" => user.score = value.as_f64()?,
            "active" => user.active = value.as_bool()?,
            "tags" => {
                for tag in value.as_array()? {
                    user.tags.push(tag.ok()?.as_str()?.to_owned());
                }
            }
            "address" => user.address = read_address(value.as_document()?)?,
            _ => {}
        }
    }
    Some(user)
}

fn read_address(document: &RawDocument) -> Option<Address> {
    let mut address =
        Address { street: String::new(), city: String::new(), postcode: String::new(), country: String::new() };
    for entry in document {
        let (name, value) = entry.ok()?;
        let text = value.as_str()?.to_owned();
        match name.as_str() {
            "street" => address.street = text,
            "city" => address.city = text,
            "postcode" => address.postcode = text,
            "country" => address.country = text,
            _ => {}
        }
    }
    Some(address)
}
