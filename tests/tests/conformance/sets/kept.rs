//! What is stored of sets, as the servers' own clients see it.

use std::collections::{BTreeSet, HashSet};

use ::mongodb::bson::{Bson, Document, doc};
use aws_sdk_dynamodb::types::AttributeValue;
use reposit_conformance::Test;
use reposit_conformance::cases::sets::{Guest, empty, full, texts};

reposit_conformance::cases!(nothing_is_stored_of_an_empty_set, sets_are_kept_as_such);

/// The attributes of a record by name.
async fn stored_names(t: &Test, id: &str) -> Option<Vec<String>> {
    if let Some(client) = t.db.raw::<aws_sdk_dynamodb::Client>() {
        let key = AttributeValue::S(id.to_owned());
        let found = client.get_item().table_name("guests_with_sets").key("id", key).send().await.unwrap();
        return Some(found.item.unwrap().into_keys().collect());
    }
    let database = t.db.raw::<::mongodb::Database>()?;
    let guests = database.collection::<Document>("guests_with_sets");
    Some(guests.find_one(doc! { "_id": id }).await.unwrap().unwrap().into_iter().map(|(name, _)| name).collect())
}

async fn nothing_is_stored_of_an_empty_set(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&empty("e")).exec(db).await.unwrap();
    let is_there = |names: &[String], name: &str| names.iter().any(|other| other == name);
    if let Some(names) = stored_names(&t, "e").await {
        assert!(!is_there(&names, "roles") && !is_there(&names, "numbers") && is_there(&names, "inner"), "{names:?}");
    }
    // An option of a set is none if nothing is stored.
    let some = Guest { maybe: Some(BTreeSet::new()), ..empty("s") };
    Guest::create(&some).exec(db).await.unwrap();
    assert_eq!(Guest::get("s").exec(db).await.unwrap(), Some(empty("s")));
    // A set that is set to an empty one is taken away.
    Guest::create(&full("f")).exec(db).await.unwrap();
    let none = HashSet::new();
    let changed = Guest::update("f").set(Guest::ROLES, &BTreeSet::new()).set(Guest::NUMBERS, &none).exec(db).await;
    let expected = Guest { roles: BTreeSet::new(), numbers: none, ..full("f") };
    assert_eq!(changed.unwrap(), expected);
    if let Some(names) = stored_names(&t, "f").await {
        assert!(!is_there(&names, "roles") && is_there(&names, "large"), "{names:?}");
    }
}

async fn sets_are_kept_as_such(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&full("a")).exec(db).await.unwrap();
    let inserted = Guest::update("a").insert(Guest::ROLES, ["c"]).discard(Guest::NUMBERS, [10]).exec(db).await.unwrap();
    assert_eq!(inserted.roles, texts::<BTreeSet<_>>(&["b", "a", "", "ä", "a b", "c"]));
    if let Some(client) = t.db.raw::<aws_sdk_dynamodb::Client>() {
        let key = AttributeValue::S("a".to_owned());
        let found = client.get_item().table_name("guests_with_sets").key("id", key).send().await.unwrap();
        let item = found.item.unwrap();
        for (name, count) in [("roles", 6), ("levels", 2), ("badges", 2), ("ids", 2), ("maybe", 1)] {
            assert_eq!(item[name].as_ss().map(Vec::len).ok(), Some(count), "{name}");
        }
        for (name, count) in [("numbers", 5), ("large", 3), ("small", 3), ("seen", 3)] {
            assert_eq!(item[name].as_ns().map(Vec::len).ok(), Some(count), "{name}");
        }
        for (name, count) in [("data", 4), ("pairs", 2)] {
            assert_eq!(item[name].as_bs().map(Vec::len).ok(), Some(count), "{name}");
        }
        let inner = item["inner"].as_m().unwrap();
        assert!(inner["tags"].is_ss() && inner["marks"].is_ns());
        let listed = item["listed"].as_l().unwrap();
        assert!(listed[0].is_ns() && listed[1].is_l() && listed[2].is_ns());
        assert!(item["named"].as_m().unwrap()["x.$"].is_ss());
    }
    if let Some(database) = t.db.raw::<::mongodb::Database>() {
        let guests = database.collection::<Document>("guests_with_sets");
        let document = guests.find_one(doc! { "_id": "a" }).await.unwrap().unwrap();
        let texts = |items: &[&str]| Bson::from(items.iter().map(|item| Bson::from(*item)).collect::<Vec<_>>());
        assert_eq!(document["roles"], texts(&["", "a", "a b", "b", "c", "ä"]), "sorted, also by the server");
        assert_eq!(document["levels"], texts(&["HIGH", "Low"]));
        assert_eq!(document["seen"].as_array().unwrap().len(), 3);
        assert!(document["seen"].as_array().unwrap().iter().all(|at| matches!(at, Bson::DateTime(_))));
        let numbers: Vec<_> = document["numbers"].as_array().unwrap().iter().filter_map(Bson::as_i64).collect();
        assert_eq!(numbers, [i64::MIN, -1, 0, 3, i64::MAX]);
    }
}
