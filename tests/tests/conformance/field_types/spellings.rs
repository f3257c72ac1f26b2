//! Sets of days, local times and addresses, as the servers' own clients see them.

use ::mongodb::bson::{Bson, Document, doc};
use aws_sdk_dynamodb::types::AttributeValue;
use reposit_conformance::Test;
use reposit_conformance::cases::field_types::spellings::{Spelled, spelled};

reposit_conformance::cases!(sets_of_them_are_kept_as_sets);

/// The fields that are sets.
const SETS: [&str; 8] = ["days", "times", "time_days", "civils", "civil_times", "addresses", "v4s", "v6s"];

async fn sets_of_them_are_kept_as_sets(t: Test) {
    let db = t.with::<Spelled>().await;
    Spelled::create(&spelled(2)).exec(db).await.unwrap();
    if let Some(client) = t.db.raw::<aws_sdk_dynamodb::Client>() {
        let key = AttributeValue::N("2".to_owned());
        let item = client.get_item().table_name("spellings").key("id", key).send().await.unwrap().item.unwrap();
        for name in SETS {
            assert!(item[name].is_ss(), "{name}");
        }
        assert_eq!(item["days"].as_ss().unwrap().len(), 2);
    }
    if let Some(database) = t.db.raw::<::mongodb::Database>() {
        let document =
            database.collection::<Document>("spellings").find_one(doc! { "_id": 2_i64 }).await.unwrap().unwrap();
        for name in SETS {
            let texts: Vec<_> = document[name].as_array().unwrap().iter().filter_map(Bson::as_str).collect();
            assert!(!texts.is_empty() && texts.is_sorted(), "{name}: {texts:?}");
        }
    }
}
