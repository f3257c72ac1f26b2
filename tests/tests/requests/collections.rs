//! What changes of lists, maps and sets send.

use std::collections::{BTreeMap, BTreeSet};

use reposit::operation::Upsert;
use reposit::{Embedded, Repository};
use serde::{Deserialize, Serialize};

use crate::counted::{Counted, sends};

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, Embedded)]
struct Inner {
    tags: BTreeSet<String>,
}

/// A record with lists, maps and sets.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, Repository)]
struct Club {
    #[hash_key]
    id: String,
    roles: BTreeSet<String>,
    list: Vec<String>,
    map: BTreeMap<String, u32>,
    inner: Inner,
    #[serde(default)]
    spare: Vec<String>,
}

/// Changes of collections, each of which is one request but for that of a set within another value on DynamoDB.
pub(crate) async fn send(c: &Counted, write: &'static str, reads_nested: bool) {
    let db = c.db.clone();
    db.define::<Club>().await.unwrap();
    let roles: BTreeSet<String> = ["a", "b"].map(str::to_owned).into();
    let list = ["x", "y", "z"].map(str::to_owned).to_vec();
    Club::create(&Club { id: "c".into(), roles: roles.clone(), list, ..Club::default() }).exec(&db).await.unwrap();
    let update = || Club::update("c");
    sends!(c, "prepend", update().prepend(Club::LIST, ["w"]).exec(&db), [(write, 1)]);
    sends!(c, "remove_at", update().remove_at(Club::LIST, 0).remove_at(Club::LIST, 2).exec(&db), [(write, 1)]);
    sends!(c, "remove of an entry", update().remove(Club::MAP.entry("k")).exec(&db), [(write, 1)]);
    sends!(c, "set_option", update().set_if_some(Club::MAP.entry("k"), Some(1)).exec(&db), [(write, 1)]);
    sends!(c, "an upsert that prepends", upsert().prepend(Club::LIST, ["v"]).exec(&db), [(write, 1)]);
    let both = || update().insert(Club::ROLES, ["c", "d"]);
    sends!(c, "insert", both().exec(&db), [(write, 1)]);
    sends!(c, "discard", update().discard(Club::ROLES, ["c", "d"]).exec(&db), [(write, 1)]);
    sends!(
        c,
        "an upsert that inserts",
        upsert().default(Club::LIST, &[]).insert(Club::ROLES, ["a"]).exec(&db),
        [(write, 1)]
    );
    sends!(c, "insert if a set is another", both().only_if(Club::ROLES.eq(&roles)).exec(&db), [(write, 1)]);
    sends!(c, "insert unless it is", both().only_if(Club::ROLES.ne(&roles)).exec(&db), [(write, 1)]);
    sends!(c, "insert if a member is there", both().only_if(Club::ROLES.contains("a")).exec(&db), [(write, 1)]);
    sends!(c, "insert if there are few", both().only_if(Club::ROLES.size().lt(9)).exec(&db), [(write, 1)]);
    let out = upsert().default(Club::LIST, &[]).append(Club::SPARE, ["s"]).exec(&db);
    sends!(c, "an upsert that appends", out, [(write, 1)]);
    let out = upsert().default(Club::LIST, &[]).remove_at(Club::SPARE, 0).exec(&db);
    match reads_nested {
        true => sends!(c, "an upsert that takes an item out", out, [("GetItem", 1), (write, 1)]),
        false => sends!(c, "an upsert that takes an item out", out, [(write, 1)]),
    }
    let nested = update().insert(Club::INNER.at(Inner::TAGS), ["t"]).exec(&db);
    match reads_nested {
        true => sends!(c, "insert into a nested set", nested, [("GetItem", 1), (write, 1)]),
        false => sends!(c, "insert into a nested set", nested, [(write, 1)]),
    }
}

fn upsert() -> Upsert<Club> {
    Club::upsert("c").default(Club::MAP, &BTreeMap::new()).default(Club::INNER, &Inner::default())
}
