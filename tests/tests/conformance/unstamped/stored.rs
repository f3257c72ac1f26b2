//! What is stored of models without stamps, as the servers' own clients see it.

use ::mongodb::bson::{Document, doc};
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::TryStreamExt;
use reposit::{Database, ErrorKind, Repository};
use reposit_conformance::cases::unstamped::expiry::{Stay, Visit, stay, visit};
use reposit_conformance::{Capability, START, Test};
use serde::{Deserialize, Serialize};

reposit_conformance::cases!(
    nothing_but_the_models_own_is_stored,
    what_another_model_left_goes,
    an_expiry_that_needs_a_mark_is_refused,
);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "notes", stamp = false)]
struct Note {
    #[hash_key]
    id: String,
    #[index(unique)]
    slug: String,
    text: String,
}

fn note(id: &str) -> Note {
    Note { id: id.into(), slug: id.into(), text: "first".into() }
}

/// What is written under a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "logs", stamp = false)]
struct Log {
    #[hash_key]
    id: String,
    #[version]
    revision: u64,
}

fn log(id: &str) -> Log {
    Log { id: id.into(), revision: 0 }
}

/// The same as `Note`, with stamps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "notes")]
struct Marked {
    #[hash_key]
    id: String,
    #[index(unique)]
    slug: String,
    text: String,
}

/// The names of all that a table's records hold, each once; nothing where no client can look.
async fn names(db: &Database, table: &str) -> Option<Vec<String>> {
    let mut names: Vec<String> = match db.backend_name() {
        "dynamodb" => dynamodb_items(db, table).await.into_iter().flatten().collect(),
        "mongodb" => mongodb_documents(db, table).await.into_iter().flatten().collect(),
        _ => return None,
    };
    names.sort();
    names.dedup();
    Some(names)
}

async fn dynamodb_items(db: &Database, table: &str) -> Vec<Vec<String>> {
    let client = db.raw::<aws_sdk_dynamodb::Client>().expect("DynamoDB's client");
    let found = client.scan().table_name(table).consistent_read(true).send().await.expect("a scan");
    let named = |item: std::collections::HashMap<String, AttributeValue>| item.into_keys().collect();
    found.items.unwrap_or_default().into_iter().map(named).collect()
}

async fn mongodb_documents(db: &Database, table: &str) -> Vec<Vec<String>> {
    let collection = db.raw::<::mongodb::Database>().expect("MongoDB's database").collection::<Document>(table);
    let found: Vec<Document> =
        collection.find(doc! {}).await.expect("a find").try_collect().await.expect("the documents");
    let own = |name: &String| if name == "_id" { "id".to_owned() } else { name.clone() };
    found.iter().map(|document| document.keys().map(own).collect()).collect()
}

async fn is_bare(db: &Database, after: &str) {
    if let Some(names) = names(db, "notes").await {
        assert_eq!(names, ["id", "slug", "text"], "after {after}");
    }
}

async fn nothing_but_the_models_own_is_stored(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("a")).exec(db).await.unwrap();
    is_bare(db, "create").await;
    Note::put(&note("a")).exec(db).await.unwrap();
    is_bare(db, "put").await;
    Note::put(&Note { slug: "other".into(), ..note("a") }).exec(db).await.unwrap();
    is_bare(db, "put of another unique value").await;
    Note::update("a").set(Note::TEXT, "second").exec(db).await.unwrap();
    is_bare(db, "update").await;
    Note::update("a").set(Note::SLUG, "third").exec(db).await.unwrap();
    is_bare(db, "update of a unique value").await;
    Note::upsert("a").set(Note::SLUG, "third").set(Note::TEXT, "x").exec(db).await.unwrap();
    Note::upsert("b").set(Note::SLUG, "b").set(Note::TEXT, "x").exec(db).await.unwrap();
    is_bare(db, "upsert").await;
    Note::replace(&note("b")).exec(db).await.unwrap();
    is_bare(db, "replace").await;
    Note::put_many(&[note("c"), note("d")]).exec(db).await.unwrap();
    Note::create_many(&[note("e"), note("f")]).exec(db).await.unwrap();
    is_bare(db, "writes of many").await;
    let (new, old) = (note("g"), note("d"));
    let together = db.transaction().add(Note::create(&new)).add(Note::update("c").set(Note::TEXT, "y"));
    together.add(Note::put(&old)).commit().await.unwrap();
    is_bare(db, "a transaction").await;
    Note::scan().update_all(db, |found| found.set(Note::TEXT, "z")).await.unwrap();
    is_bare(db, "update_all").await;
    Note::delete_many(["c", "d"]).exec(db).await.unwrap();
    is_bare(db, "deletes").await;
    t.is_sound::<Note>().await;

    let db = t.with::<Log>().await;
    let mut saved = log("a");
    Log::save(&mut saved).exec(db).await.unwrap();
    Log::save(&mut saved).exec(db).await.unwrap();
    Log::save_many(&mut [log("b"), log("c")]).exec(db).await.unwrap();
    if let Some(names) = names(db, "logs").await {
        assert_eq!(names, ["id", "revision"]);
    }

    if !t.can(Capability::UnstampedSeconds) {
        return;
    }
    let db = t.with::<Visit>().await;
    Visit::put(&visit("a", Some(START + 10))).exec(db).await.unwrap();
    Visit::update("a").add(Visit::UNTIL, 10).exec(db).await.unwrap();
    if let Some(names) = names(db, "visits").await {
        assert_eq!(names, ["id", "place", "until"]);
    }
}

async fn what_another_model_left_goes(t: Test) {
    let db = t.with::<Marked>().await;
    let marked = |id: &str| Marked { id: id.into(), slug: id.into(), text: "x".into() };
    Marked::put_many(&[marked("a"), marked("b")]).exec(db).await.unwrap();
    Note::update("a").set(Note::TEXT, "y").exec(db).await.unwrap();
    Note::put(&note("b")).exec(db).await.unwrap();
    is_bare(db, "writes over stamps").await;
}

async fn an_expiry_that_needs_a_mark_is_refused(t: Test) {
    if t.can(Capability::UnstampedInstants) {
        return;
    }
    let db = &t.db;
    let refused = |result: reposit::Result<String>| {
        let error = result.expect_err("a refusal");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        let message = error.to_string();
        assert!(message.contains("since") && message.contains("stored(as = \"seconds\")"), "{message}");
    };
    fn told<T: std::fmt::Debug>(result: reposit::Result<T>) -> reposit::Result<String> {
        result.map(|answer| format!("{answer:?}"))
    }
    let mine = stay("a", START);
    refused(told(db.define::<Stay>().await));
    refused(told(db.plan::<Stay>().await));
    refused(told(Stay::create(&mine).exec(db).await));
    refused(told(Stay::put(&mine).exec(db).await));
    refused(told(Stay::replace(&mine).exec(db).await));
    refused(told(Stay::update("a").set(Stay::SINCE, mine.since).exec(db).await));
    refused(told(Stay::upsert("a").set(Stay::SINCE, mine.since).exec(db).await));
    refused(told(Stay::delete("a").exec(db).await));
    refused(told(Stay::put_many(std::slice::from_ref(&mine)).exec(db).await));
    refused(told(Stay::delete_many(["a", "b"]).exec(db).await));
    refused(told(db.transaction().add(Stay::put(&mine)).commit().await));
    refused(told(Stay::put(&mine).explain(db)));
}
