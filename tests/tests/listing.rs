//! The list of repositories where it takes more than one page, and what others made is among it.

use reposit::{Config, Database};
use reposit_tests::models::Note;
use reposit_tests::servers::{Target, fresh_name};
use reposit_tests::{raw, report};

/// More than DynamoDB lists in one answer.
const TABLES: usize = 103;

async fn every_page_of_tables_is_listed(target: Target) {
    let server = target.server().await.expect("a server");
    let name = fresh_name();
    let address = server.address(&name);
    for n in 0..TABLES {
        raw::create_table(&address, &name, &format!("big.table{n:03}")).await;
    }
    let open = |prefix: &str| Config::from_url(&server.url(&name)).unwrap().table_prefix(prefix).open();
    let db = open("big.").await.unwrap();
    let expected: Vec<_> = (0..TABLES).map(|n| format!("table{n:03}")).collect();
    assert_eq!(db.repositories().await.unwrap(), expected);
    assert_eq!(open("small.").await.unwrap().repositories().await.unwrap(), Vec::<String>::new());
    assert_eq!(open("").await.unwrap().repositories().await.unwrap().len(), TABLES);
    report::ran("listing::every_page_of_tables_is_listed", &server.label());
}

/// What others write into the database does not come into the list, nor stop it.
async fn other_collections_are_not_listed(target: Target) {
    use mongodb::bson::{Document, doc};

    let (url, label) = target.fresh().await;
    let db = Database::open(&url).await.unwrap();
    db.define::<Note>().await.unwrap();
    let own = db.repositories().await.unwrap();
    let driver = db.raw::<mongodb::Database>().unwrap();
    driver.collection::<Document>("theirs").insert_one(doc! { "_id": 1 }).await.unwrap();
    let catalogue = driver.collection::<Document>("_reposit");
    catalogue.insert_many([doc! { "_id": 7 }, doc! { "_id": "never_made" }]).await.unwrap();
    assert_eq!((db.repositories().await.unwrap(), own.len()), (own, 1));
    report::ran("listing::other_collections_are_not_listed", &label);
}

mod tables {
    reposit_tests::on_backends!(
        dynamodb #[tokio::test]
        every_page_of_tables_is_listed: crate::every_page_of_tables_is_listed,
    );
}

mod collections {
    reposit_tests::on_backends!(
        mongodb #[tokio::test]
        other_collections_are_not_listed: crate::other_collections_are_not_listed,
    );
}
