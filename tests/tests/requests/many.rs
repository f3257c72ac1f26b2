//! What operations on many records send.

use std::collections::BTreeMap;

use reposit::Repository;
use reposit_tests::harness::START;
use reposit_tests::models::{Note, Token, User, note, token, user};
use serde::{Deserialize, Serialize};

use crate::counted::{Counted, sends};

/// A record under a version.
#[derive(Debug, Clone, Serialize, Deserialize, Repository)]
#[repository(name = "drafts")]
struct Draft {
    #[hash_key]
    id: String,
    #[version]
    revision: u64,
}

/// DynamoDB's batches know no conditions: a request for each record, and no read before it.
pub(crate) async fn on_dynamodb(c: &Counted) {
    let db = &c.db;
    db.define::<Draft>().await.unwrap();
    let new: Vec<_> = (100..120).map(|n| note(&n.to_string())).collect();
    sends!(c, "create_many", Note::create_many(&new).exec(db), [("PutItem", 20)]);
    let mut users: Vec<_> = (100..105).map(|n| user(&n.to_string(), "core", n)).collect();
    sends!(c, "create_many with a unique field", User::create_many(&users).exec(db), [("TransactWriteItems", 5)]);
    let mut drafts: Vec<_> = (0..20).map(|n| Draft { id: n.to_string(), revision: 0 }).collect();
    sends!(c, "save_many, new", Draft::save_many(&mut drafts).exec(db), [("PutItem", 20)]);
    sends!(c, "save_many", Draft::save_many(&mut drafts).exec(db), [("PutItem", 20)]);
    drafts[0].revision = 1;
    let stale = async { Ok::<_, ()>(Draft::save_many(&mut drafts[..5]).exec(db).await.unwrap_err()) };
    sends!(c, "save_many with a stale one", stale, [("PutItem", 5)]);
    users.iter_mut().for_each(|user| user.revision = 1);
    let saved = User::save_many(&mut users).exec(db);
    sends!(c, "save_many with a unique field", saved, [("BatchGetItem", 1), ("PutItem", 5)]);
    let deleted = Draft::delete_many(drafts.iter().map(|draft| &draft.id)).any_version();
    sends!(c, "delete_many of any version", deleted.exec(db), [("BatchWriteItem", 1)]);
    let emails: Vec<_> = (100..105).map(|n| format!("{n}@example.com")).chain(["none".to_owned()]).collect();
    let found = User::find_many_by_email(&emails);
    sends!(c, "find_many by a unique field", found.exec(db), [("BatchGetItem", 2)]);
    let none = User::find_many_by_email(["none", "neither"]);
    sends!(c, "find_many of what is not there", none.exec(db), [("BatchGetItem", 1)]);
}

/// A command for a thousand, and a read of those that were not found.
pub(crate) async fn on_mongodb(c: &Counted) {
    let db = &c.db;
    db.define::<Draft>().await.unwrap();
    let new: Vec<_> = (1000..2000).map(|n| note(&n.to_string())).collect();
    sends!(c, "create_many", Note::create_many(&new).exec(db), [("insert", 1)]);
    let again = async { Ok::<_, ()>(Note::create_many(&new).exec(db).await.unwrap_err()) };
    sends!(c, "create_many of what is there", again, [("insert", 1)]);
    let tokens: Vec<_> = (0..20).map(|n| token(&n.to_string(), START)).collect();
    sends!(c, "create_many with a ttl", Token::create_many(&tokens).exec(db), [("update", 1)]);
    let users: Vec<_> = (100..105).map(|n| user(&n.to_string(), "core", n)).collect();
    sends!(c, "create_many with a unique field", User::create_many(&users).exec(db), [("insert", 1)]);
    let mut drafts: Vec<_> = (0..1000).map(|n| Draft { id: n.to_string(), revision: 0 }).collect();
    sends!(c, "save_many, new", Draft::save_many(&mut drafts).exec(db), [("insert", 1)]);
    drafts[7] = Draft { id: "new".to_owned(), revision: 0 };
    sends!(c, "save_many, one of them new", Draft::save_many(&mut drafts).exec(db), [("update", 1)]);
    drafts[..20].iter_mut().for_each(|draft| draft.revision = 1);
    drafts[7].revision = 5;
    let stale = async { Ok::<_, ()>(Draft::save_many(&mut drafts).exec(db).await.unwrap_err()) };
    sends!(c, "save_many with stale ones", stale, [("update", 1), ("find", 1)]);
    let deleted = Draft::delete_many(drafts.iter().map(|draft| &draft.id)).any_version();
    sends!(c, "delete_many of any version", deleted.exec(db), [("delete", 1)]);
    let emails = (0..1000).map(|n| format!("{n}@example.com"));
    let found = User::find_many_by_email(emails);
    sends!(c, "find_many by a unique field", found.exec(db), [("find", 1)]);
}

/// A script for a hundred, and one that reads before it where each has a version or a condition.
pub(crate) async fn on_redis(c: &Counted) {
    let db = &c.db;
    db.define::<Draft>().await.unwrap();
    let (read, write) = ("EVALSHA_RO read", "EVALSHA write");
    let new: Vec<_> = (1000..1200).map(|n| note(&n.to_string())).collect();
    sends!(c, "create_many", Note::create_many(&new).exec(db), [(write, 2)]);
    let again = async { Ok::<_, ()>(Note::create_many(&new).exec(db).await.unwrap_err()) };
    sends!(c, "create_many of what is there", again, [(write, 2)]);
    let tokens: Vec<_> = (0..20).map(|n| token(&n.to_string(), START)).collect();
    sends!(c, "create_many with a ttl", Token::create_many(&tokens).exec(db), [(write, 1)]);
    let users: Vec<_> = (100..105).map(|n| user(&n.to_string(), "core", n)).collect();
    sends!(c, "create_many with a unique field", User::create_many(&users).exec(db), [(write, 1)]);
    let mut drafts: Vec<_> = (0..100).map(|n| Draft { id: n.to_string(), revision: 0 }).collect();
    sends!(c, "save_many, new", Draft::save_many(&mut drafts).exec(db), [(write, 1)]);
    sends!(c, "save_many", Draft::save_many(&mut drafts).exec(db), [(read, 1), (write, 1)]);
    drafts[7].revision = 1;
    let stale = async { Ok::<_, ()>(Draft::save_many(&mut drafts).exec(db).await.unwrap_err()) };
    sends!(c, "save_many with a stale one", stale, [(read, 1), (write, 1)]);
    let deleted = Draft::delete_many(drafts.iter().map(|draft| &draft.id)).any_version();
    sends!(c, "delete_many of any version", deleted.exec(db), [(write, 1)]);
    let emails = (0..500).map(|n| format!("{n}@example.com"));
    sends!(c, "find_many by a unique field", User::find_many_by_email(emails).exec(db), [("EVALSHA_RO find", 1)]);
}
