//! Writes over what other programs stored: what they tell of the record before and after, and what their conditions
//! mean. Such a record has no stamp of the library's. Nobody else writes Redis's, which are in a form of the library's own.

use std::collections::HashMap;

use ::mongodb::bson::{Document, doc, oid::ObjectId};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue as A;
use reposit::{Database, ErrorKind, Repository};
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "visitors")]
struct Visitor {
    #[hash_key]
    id: String,
    hits: Option<i64>,
    ratio: Option<f64>,
    name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "members")]
struct Member {
    #[hash_key]
    id: String,
    #[index(unique)]
    card: Option<String>,
    hits: Option<i64>,
}

fn visitor(id: &str, hits: i64) -> Visitor {
    Visitor { id: id.into(), hits: Some(hits), ratio: Some(0.5), name: None }
}

async fn open(target: Target) -> (Database, String, String) {
    let (url, label) = target.fresh().await;
    let db = Database::open(&url).await.expect("the server answers");
    db.define::<(Visitor, Member)>().await.expect("an empty database takes any model");
    (db, url, label)
}

/// Stores visitors with five hits as another program does, with a name that no text is read from where `is_odd`.
async fn store(db: &Database, url: &str, table: &str, ids: &[&str], is_odd: bool) {
    for id in ids {
        if let Some(client) = db.raw::<Client>() {
            let text = |text: &str| A::S(text.to_owned());
            let mut item = HashMap::from([("id".to_owned(), text(id)), ("hits".to_owned(), A::N("5".into()))]);
            item.insert("ratio".to_owned(), A::N("0.5".into()));
            let name = if is_odd { A::Ss(vec!["a".into()]) } else { A::Null(true) };
            item.insert("name".to_owned(), name);
            client.put_item().table_name(table).set_item(Some(item)).send().await.expect("a put");
        } else if let Some(raw) = db.raw::<::mongodb::Database>() {
            let mut document = doc! { "_id": *id, "hits": 5_i64, "ratio": 0.5, "name": null };
            if is_odd {
                document.insert("name", ObjectId::new());
            }
            raw.collection::<Document>(table).insert_one(document).await.expect("an insert");
        } else {
            let pool = db.raw::<reposit::deadpool_postgres::Pool>().expect("one of the three");
            let schema = url.split_once("schema=").expect("a schema").1;
            let name = if is_odd { "{\"$oid\": \"a\"}" } else { "null" };
            let doc = format!("{{\"id\": \"{id}\", \"hits\": 5, \"ratio\": 0.5, \"name\": {name}}}");
            let insert = format!("INSERT INTO \"{schema}\".\"{table}\" (h, doc) VALUES ('{id}', '{doc}')");
            pool.get().await.expect("a connection").batch_execute(&insert).await.expect("an insert");
        }
    }
}

pub(crate) async fn told(target: Target) {
    let (db, url, label) = open(target).await;
    store(&db, &url, "visitors", &["before", "float", "delete", "unit", "tx", "gone", "upsert"], false).await;
    store(&db, &url, "members", &["m", "n", "o"], false).await;
    let before = Visitor::update("before").add(Visitor::HITS, 1).exec_previous(&db).await.unwrap();
    assert_eq!(before, visitor("before", 5));
    let before = Visitor::update("float").add(Visitor::RATIO, 0.25).exec_previous(&db).await.unwrap();
    assert_eq!(before, visitor("float", 5));
    let before = Member::update("m").set(Member::CARD, "c").exec_previous(&db).await.unwrap();
    assert_eq!(before, Member { id: "m".into(), card: None, hits: Some(5) });
    assert_eq!(Visitor::delete("delete").exec_returning(&db).await.unwrap(), Some(visitor("delete", 5)));
    let deleted = Member::delete("n").exec_returning(&db).await.unwrap();
    assert_eq!(deleted, Some(Member { id: "n".into(), card: None, hits: Some(5) }));
    Visitor::update("unit").add(Visitor::HITS, 1).exec_unit(&db).await.unwrap();
    assert_eq!(Visitor::get("unit").exec(&db).await.unwrap(), Some(visitor("unit", 6)));
    let mut tx = db.transaction();
    let updated = tx.add_returning(Visitor::update("tx").add(Visitor::HITS, 2).only_if(Visitor::NAME.missing()));
    let gone = tx.add_returning(Visitor::delete("gone"));
    let upserted = tx.add_returning(Visitor::upsert("upsert").add(Visitor::HITS, 3).default(Visitor::RATIO, 1.0));
    let member = tx.add_returning(Member::update("o").set(Member::CARD, "d"));
    let done = tx.commit().await.unwrap();
    assert_eq!(done.get(updated).unwrap(), visitor("tx", 7));
    assert!(done.get(gone).unwrap());
    assert_eq!(done.get(upserted).unwrap(), visitor("upsert", 8));
    assert_eq!(done.get(member).unwrap().card, Some("d".into()));
    report::ran("told_writes::told", &label);
}

pub(crate) async fn conditions(target: Target) {
    let (db, url, label) = open(target).await;
    store(&db, &url, "visitors", &["put", "replace", "upsert"], false).await;
    store(&db, &url, "visitors", &["odd", "odd-upsert"], true).await;
    let is_five = || Visitor::HITS.eq(5) & Visitor::NAME.missing();
    Visitor::put(&visitor("put", 6)).only_if(is_five()).exec(&db).await.unwrap();
    Visitor::replace(&visitor("replace", 6)).only_if(is_five()).exec(&db).await.unwrap();
    let upsert = |id: &str| Visitor::upsert(id).add(Visitor::HITS, 1);
    assert_eq!(upsert("upsert").only_if(is_five()).exec(&db).await.unwrap().hits, Some(6));
    for id in ["put", "replace", "upsert"] {
        let refused = Visitor::put(&visitor(id, 7)).only_if(is_five()).exec(&db).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConditionFailed);
    }
    // What no text is read from is no text, and no condition says that it were.
    let odd = || Visitor::NAME.eq("a");
    let errors = [
        Visitor::put(&visitor("odd", 7)).only_if(odd()).exec(&db).await.unwrap_err(),
        Visitor::replace(&visitor("odd", 7)).only_if(odd()).exec(&db).await.unwrap_err(),
        upsert("odd-upsert").only_if(odd()).exec(&db).await.unwrap_err(),
        db.transaction().add(Visitor::put(&visitor("odd", 7)).only_if(odd())).commit().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Codec, "{error}");
        assert!(error.message().contains("name"), "{error}");
    }
    Visitor::put(&visitor("odd", 7)).only_if(Visitor::NAME.exists()).exec(&db).await.unwrap();
    assert_eq!(Visitor::get("odd").exec(&db).await.unwrap(), Some(visitor("odd", 7)));
    report::ran("told_writes::conditions", &label);
}

reposit_tests::on_backends!(mongodb #[tokio::test] told: crate::told_writes::told, conditions: crate::told_writes::conditions);
reposit_tests::on_backends!(dynamodb #[tokio::test] told: crate::told_writes::told, conditions: crate::told_writes::conditions);
reposit_tests::on_backends!(postgres #[tokio::test] told: crate::told_writes::told, conditions: crate::told_writes::conditions);
