use reposit::{Key, Repository};
use serde::{Deserialize, Serialize};

#[derive(Repository)]
struct User {
    #[hash_key]
    id: String,
    #[index]
    team: String,
}

#[derive(Clone, Key)]
struct Isbn(String);

#[derive(Serialize, Deserialize, Key)]
struct Shelf(u64);

fn main() {
    let _ = User::get("u1");
}
