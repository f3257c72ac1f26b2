//! The names under a table prefix, as the servers' own clients see them.

use reposit::Database;
use reposit_conformance::Test;
use reposit_conformance::cases::prefixes::{Rent, Tenant, tenant};

reposit_conformance::cases!(every_name_that_is_made_begins_with_the_prefix);

/// Those that the backend's own client finds.
async fn raw_names(db: &Database) -> Vec<String> {
    if let Some(mongodb) = db.raw::<reposit::mongodb::Database>() {
        return mongodb.list_collection_names().await.unwrap();
    }
    let Some(client) = db.raw::<aws_sdk_dynamodb::Client>() else { return Vec::new() };
    client.list_tables().send().await.unwrap().table_names.unwrap_or_default()
}

async fn every_name_that_is_made_begins_with_the_prefix(test: Test) {
    let db = test.under("blue-").await;
    db.define::<(Tenant, Rent)>().await.unwrap();
    db.define_locks().await.unwrap();
    Tenant::create(&tenant(1, "blue")).exec(&db).await.unwrap();
    let names = raw_names(&db).await;
    assert!(names.iter().all(|name| name.starts_with("blue-")), "{names:?}");
    let none = test.under("").await;
    none.define::<Rent>().await.unwrap();
    let others: Vec<_> = raw_names(&none).await.into_iter().filter(|name| !name.starts_with("blue-")).collect();
    let expected: &[&str] = match db.backend_name() {
        "mongodb" => &["_reposit", "rents"],
        "dynamodb" => &["rents", "rents.unique"],
        _ => &[],
    };
    assert!(
        others.len() == expected.len() && expected.iter().all(|name| others.contains(&(*name).into())),
        "{others:?}"
    );
}
