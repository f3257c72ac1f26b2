//! What drops, truncations and the list of repositories send.

use std::collections::BTreeMap;

use reposit::DropForGood;
use reposit_tests::models::{Event, User, event, user};
use reposit_tests::report;
use reposit_tests::servers::{Protocol, Target};

use crate::counted::{Counted, sends};

/// What is taken away for good.
pub(crate) async fn removals_send_the_least(target: Target) {
    let (c, label) = Counted::on(target).await;
    let db = c.db.clone();
    db.define::<(User, Event)>().await.unwrap();
    Event::put_many(&(0..60).map(|n| event("s", n, 0)).collect::<Vec<_>>()).exec(&db).await.unwrap();
    User::create(&user("u1", "core", 1)).exec(&db).await.unwrap();
    if target.protocol() == Some(Protocol::Redis) {
        // The server keeps each script that it has run once.
        db.truncate::<User>(DropForGood).await.unwrap();
        // One look at each of the two names, in one request for all.
        sends!(c, "repositories", db.repositories(), [("SMEMBERS", 1), ("EXISTS", 2)]);
        sends!(c, "truncate", db.truncate::<Event>(DropForGood), [("EVALSHA clear", 1)]);
        let drop = db.drop_repository::<Event>(DropForGood);
        sends!(c, "drop", drop, [("HGETALL", 1), ("EVALSHA clear", 1), ("SREM", 1)]);
    } else if target.protocol() == Some(Protocol::Postgres) {
        sends!(c, "repositories", db.repositories(), [("SELECT", 2)]);
        sends!(c, "truncate", db.truncate::<Event>(DropForGood), [("DELETE", 1)]);
        // Under a lock, in a transaction of one text.
        sends!(c, "drop", db.drop_repository::<Event>(DropForGood), [("SELECT", 3), ("BEGIN", 1)]);
    } else if target.is_mongodb() {
        sends!(c, "repositories", db.repositories(), [("find", 1), ("listCollections", 1)]);
        sends!(c, "truncate", db.truncate::<Event>(DropForGood), [("delete", 1)]);
        sends!(c, "drop", db.drop_repository::<Event>(DropForGood), [("drop", 1), ("delete", 1)]);
    } else {
        sends!(c, "repositories", db.repositories(), [("ListTables", 1)]);
        sends!(c, "truncate", db.truncate::<Event>(DropForGood), [("Scan", 1), ("BatchWriteItem", 3)]);
        // The second is of its unique values.
        sends!(c, "with a unique field", db.truncate::<User>(DropForGood), [("Scan", 2), ("BatchWriteItem", 2)]);
        let drop = db.drop_repository::<Event>(DropForGood);
        sends!(c, "drop", drop, [("DeleteTable", 2), ("DescribeTable", 1)]);
    }
    report::ran("requests::removals_send_the_least", &label);
}
