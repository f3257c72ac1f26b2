//! What deletes and updates of all that is found send.

use std::collections::BTreeMap;

use reposit::Repository;
use reposit_tests::models::{Event, User, event, user};
use serde::{Deserialize, Serialize};

use crate::counted::{Counted, sends};

/// A record of many under one key.
#[derive(Debug, Clone, Serialize, Deserialize, Repository)]
#[repository(name = "steps")]
struct Step {
    #[hash_key]
    walk: String,
    #[range_key]
    at: u64,
    seen: bool,
}

async fn with_steps(c: &Counted, count: u64) {
    let steps: Vec<_> = (0..count).map(|at| Step { walk: "w".into(), at, seen: at % 2 == 0 }).collect();
    Step::put_many(&steps).exec(&c.db).await.unwrap();
    let users: Vec<_> = (0..5).map(|n| user(&format!("bulk{n}"), "bulk", n)).collect();
    User::create_many(&users).exec(&c.db).await.unwrap();
    let events: Vec<_> = (0..10).map(|seq| event("bulk", seq, 0)).collect();
    Event::put_many(&events).exec(&c.db).await.unwrap();
}

/// Without a condition a batch takes a delete; with one, each is a request, and none is read before it.
pub(crate) async fn on_dynamodb(c: &Counted) {
    let db = &c.db;
    db.define::<Step>().await.unwrap();
    with_steps(c, 50).await;
    let steps = Step::query("w");
    let update = steps.clone().update_all(db, |step| step.set(Step::SEEN, true));
    sends!(c, "update_all", update, [("Query", 1), ("UpdateItem", 50)]);
    let filtered = steps.clone().filter(Step::AT.ge(40)).delete_all(db);
    sends!(c, "delete_all, filtered", filtered, [("Query", 1), ("DeleteItem", 10)]);
    sends!(c, "delete_all", steps.clone().delete_all(db), [("Query", 1), ("BatchWriteItem", 2)]);
    sends!(c, "delete_all of nothing", steps.delete_all(db), [("Query", 1)]);
    let none = Event::query("bulk").update_all(db, |event| event.set_if_some(Event::TEXT, None));
    sends!(c, "update_all without changes", none, [("Query", 1)]);
    let found = User::find_by_team("bulk").update_all(db, |user| user.set(User::AGE, 1));
    sends!(c, "update_all of no unique field", found, [("Query", 1), ("UpdateItem", 5)]);
    let found = User::find_by_team("bulk").delete_all(db);
    sends!(c, "delete_all, unique", found, [("Query", 1), ("BatchGetItem", 1), ("TransactWriteItems", 5)]);
}

/// A command for a thousand; what did not find its record is read, to see why.
pub(crate) async fn on_mongodb(c: &Counted) {
    let db = &c.db;
    db.define::<Step>().await.unwrap();
    with_steps(c, 1_500).await;
    let steps = Step::query("w");
    let update = steps.clone().update_all(db, |step| step.set(Step::SEEN, true));
    sends!(c, "update_all", update, [("find", 2), ("update", 2)]);
    let filtered = steps.clone().filter(Step::AT.ge(1_000)).delete_all(db);
    sends!(c, "delete_all, filtered", filtered, [("find", 1), ("delete", 1)]);
    sends!(c, "delete_all", steps.clone().delete_all(db), [("find", 1), ("delete", 1)]);
    sends!(c, "delete_all of nothing", steps.delete_all(db), [("find", 1)]);
    let none = Event::query("bulk").update_all(db, |event| event.set_if_some(Event::TEXT, None));
    sends!(c, "update_all without changes", none, [("find", 1)]);
    let found = User::find_by_team("bulk").delete_all(db);
    sends!(c, "delete_all, unique", found, [("find", 1), ("delete", 1)]);
}
