use std::collections::{BTreeMap, BTreeSet};

use reposit::{FieldType, Repository};
use serde::{Deserialize, Serialize};

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, FieldType)]
struct Point {
    x: i32,
}

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    tags: Vec<String>,
    roles: BTreeSet<String>,
    points: BTreeSet<Point>,
    name: String,
    age: u32,
    labels: BTreeMap<String, String>,
}

fn main() {
    let _ = User::update("u1").insert(User::TAGS, ["a"]);
    let _ = User::update("u1").discard(User::NAME, ["a"]);
    let _ = User::update("u1").append(User::ROLES, ["a"]);
    let _ = User::update("u1").remove_at(User::ROLES, 0);
    let _ = User::update("u1").insert(User::POINTS, [&Point { x: 1 }]);
    let _ = User::update("u1").insert(User::ROLES, [1]);
    let _ = User::update("u1").append(User::TAGS, "a");
    let _ = User::AGE.is_in(["a"]);
    let _ = User::update("u1").set_option(User::AGE, Some(1));
    let _ = User::ROLES.contains(1);
}
