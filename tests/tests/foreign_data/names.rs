//! Names that other programs gave. Those that the model has are found as they are; those that no model can have (with a `.`, or with a `$` at
//! their beginning) stay in the records, whatever the library writes beside them.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue as A;
use mongodb::bson::{Document, doc};
use reposit::{Database, Repository};
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "Prod.named-things_v2", keep_unknown)]
struct Thing {
    #[hash_key]
    #[serde(rename = "the key")]
    id: String,
    #[index(name = "-._", finder = "by_owner", range = "size")]
    #[serde(rename = "#owner:x")]
    owner: String,
    #[serde(rename = "SIZE")]
    size: i64,
    #[index(unique, name = "E-Mail.v1", finder = "by_mail")]
    #[serde(rename = "é-mail [1]")]
    mail: String,
    #[serde(rename = "select * from \"users\"")]
    text: Option<String>,
}

fn thing(n: i64) -> Thing {
    Thing { id: format!("t{n}"), owner: "o.$".into(), size: n, mail: format!("m{n}"), text: Some("a".into()) }
}

/// What every backend does with such names, where two things are there already, with names beside that no model has.
async fn change_all(db: &Database) {
    assert_eq!(Thing::get("t1").exec(db).await.expect("a get"), Some(thing(1)));
    assert_eq!(Thing::find_by_mail("m2").exec(db).await.expect("a find"), Some(thing(2)));
    let by_owner = Thing::find_by_owner("o.$").range(1..).descending().filter(Thing::TEXT.begins_with("a"));
    assert_eq!(by_owner.all(db).await.expect("a query"), [thing(2), thing(1)]);
    let changed =
        Thing::update("t1").add(Thing::SIZE, 10).remove(Thing::TEXT).only_if(Thing::MAIL.eq("m1")).exec(db).await;
    assert_eq!(changed.expect("an update"), Thing { size: 11, text: None, ..thing(1) });
    Thing::put(&Thing { mail: "other".into(), ..thing(2) }).exec(db).await.expect("a put");
    let third = thing(3);
    let transaction = db.transaction().add(Thing::create(&third)).add(Thing::update("t2").set(Thing::MAIL, "m2"));
    transaction.commit().await.expect("both");
    Thing::put_many(&[thing(1), thing(4)]).exec(db).await.expect("a batch");
    assert_eq!(Thing::get_many(["t1", "t2"]).exec(db).await.expect("a get"), [Some(thing(1)), Some(thing(2))]);
    assert_eq!(Thing::scan().filter(Thing::TEXT.exists()).count(db).await.expect("a count"), 4);
    assert!(db.plan::<Thing>().await.expect("a plan")[0].is_empty());
}

#[tokio::test]
async fn names_that_no_model_has_stay_on_mongodb() {
    let (url, label) = Target::Mongodb.fresh().await;
    let db = Database::open(&url).await.expect("the server answers");
    db.define::<Thing>().await.expect("an empty database takes any model");
    let raw = db.raw::<mongodb::Database>().expect("MongoDB's").collection::<Document>("Prod.named-things_v2");
    let document = |n: i64| {
        doc! {
            "_id": format!("t{n}"), "#owner:x": "o.$", "SIZE": n, "é-mail [1]": format!("m{n}"), "select * from \"users\"": "a",
            "a.b": 1, "a": { "b": 2, "c.d": 3, "$e": 4 }, "$price": 5, "": 6, "x$": 7, "_repo": 8,
        }
    };
    raw.insert_many([document(1), document(2)]).await.expect("what was there");
    change_all(&db).await;
    for n in [1, 2] {
        let mut stored = raw.find_one(doc! { "_id": format!("t{n}") }).await.expect("a find").expect("it");
        stored.remove("_reposit_stamp");
        let mut names: Vec<_> = stored.keys().cloned().collect();
        let mut expected: Vec<_> = document(n).keys().cloned().collect();
        names.sort();
        expected.sort();
        assert_eq!(names, expected);
        assert!(document(n).iter().all(|(name, value)| stored.get(name) == Some(value)), "{stored}");
    }
    report::ran("foreign_data::names_that_no_model_has_stay", &label);
}

async fn names_stay_on_dynamodb(target: Target) {
    let (url, label) = target.fresh().await;
    let db = Database::open(&url).await.expect("the server answers");
    db.define::<Thing>().await.expect("an empty database takes any model");
    let client = db.raw::<Client>().expect("DynamoDB's client").clone();
    let text = |text: &str| A::S(text.to_owned());
    let number = |n: i64| A::N(n.to_string());
    let item = |n: i64| -> HashMap<String, A> {
        let within = [("b", number(2)), ("c.d", number(3)), ("$e", number(4)), ("#f", A::Null(true))];
        let own = [
            ("the key", text(&format!("t{n}"))),
            ("#owner:x", text("o.$")),
            ("SIZE", number(n)),
            ("é-mail [1]", text(&format!("m{n}"))),
            ("select * from \"users\"", text("a")),
            ("a.b", number(1)),
            ("a", A::M(within.map(|(name, value)| (name.to_owned(), value)).into())),
            ("$price", number(5)),
            (" ", number(6)),
            ("x[0]", number(7)),
            ("_repo", number(8)),
        ];
        own.map(|(name, value)| (name.to_owned(), value)).into()
    };
    for n in [1, 2] {
        client.put_item().table_name("Prod.named-things_v2").set_item(Some(item(n))).send().await.expect("a put");
    }
    // What others wrote holds its unique values once it was looked for.
    db.repair::<Thing>().await.expect("a repair");
    change_all(&db).await;
    for n in [1, 2] {
        let get = client.get_item().table_name("Prod.named-things_v2").key("the key", text(&format!("t{n}")));
        let mut stored = get.consistent_read(true).send().await.expect("a get").item.expect("it");
        stored.remove("_reposit_stamp");
        assert_eq!(stored, item(n));
    }
    report::ran("foreign_data::names_that_no_model_has_stay", &label);
}

reposit_tests::on_backends!(
    dynamodb #[tokio::test]
    names_that_no_model_has_stay: super::names_stay_on_dynamodb,
);
