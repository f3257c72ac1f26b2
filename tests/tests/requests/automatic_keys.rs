//! What writes send of records whose range key is filled in: what they send of others.

use std::collections::BTreeMap;

use reposit::Repository;
use reposit_tests::proxy::Names;
use reposit_tests::report;
use reposit_tests::servers::{Protocol, Target};
use serde::{Deserialize, Serialize};

use crate::counted::{Counted, sends};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "entries")]
struct Entry {
    #[hash_key]
    log: String,
    #[range_key(auto)]
    id: String,
    text: String,
}

pub(crate) async fn automatic_keys_cost_nothing(target: Target) {
    let (c, label) = Counted::on(target).await;
    let db = c.db.clone();
    db.define::<Entry>().await.unwrap();
    let entry = |text: &str| Entry { log: "l".into(), id: String::new(), text: text.into() };
    let Names { create, put, put_many, .. } = Names::of(target);
    // Of DynamoDB and PostgreSQL each is a request: what one statement does for many knows no conditions.
    let is_each = target.is_dynamodb() || target.protocol() == Some(Protocol::Postgres);
    let many = [(create, if is_each { 25 } else { 1 }), (put_many, 1)];
    let one = entry("0");
    sends!(c, "create", Entry::create(&one).exec(&db), [(create, 1)]);
    sends!(c, "create, returning", Entry::create(&one).exec_returning(&db), [(create, 1)]);
    sends!(c, "put", Entry::put(&one).exec(&db), [(put, 1)]);
    let entries = [(); 25].map(|()| entry("1"));
    sends!(c, "create_many", Entry::create_many(&entries).exec(&db), [many[0]]);
    sends!(c, "put_many", Entry::put_many(&entries).exec(&db), [many[1]]);
    let mut both = db.transaction();
    let made = both.add_returning(Entry::create(&one));
    both = both.add(Entry::put(&one));
    let commit = async { both.commit().await.map(|results| assert_eq!(results.get(made).unwrap().id.len(), 26)) };
    match target.protocol() {
        Some(Protocol::Mongodb) => {
            sends!(c, "a transaction", commit, [("insert", 1), ("update", 1), ("commitTransaction", 1)]);
        }
        Some(Protocol::Dynamodb) => sends!(c, "a transaction", commit, [("TransactWriteItems", 1)]),
        Some(Protocol::Postgres) => {
            let sent = [("BEGIN", 1), ("SELECT", 2), ("INSERT", 2), ("COMMIT", 1)];
            sends!(c, "a transaction", commit, sent);
        }
        _ => sends!(c, "a transaction", commit, [(put, 1)]),
    }
    // The key is made once, before anything is sent: none is there twice.
    assert_eq!(Entry::query("l").consistent().count(&db).await.unwrap(), 55);
    report::ran("requests::automatic_keys_cost_nothing", &label);
}
