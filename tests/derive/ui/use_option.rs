use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    age: Option<u32>,
    nickname: Option<String>,
}

fn main() {
    let _ = User::update("u1").set(User::NICKNAME, None);
    let _ = User::update("u1").set(User::NICKNAME, Some("ada"));
    let _ = User::update("u1").set(User::AGE, Some(37));
    let _ = User::upsert("u1").set(User::AGE, None);
    let _ = User::upsert("u1").default(User::AGE, Some(37));
    let _ = User::NICKNAME.eq(None);
    let _ = User::NICKNAME.ne(None);
    let _ = User::AGE.eq(Some(37));
}
