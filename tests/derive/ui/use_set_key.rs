use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Team {
    #[hash_key]
    id: String,
    #[range_key]
    year: u32,
    members: u32,
    #[version]
    revision: u64,
}

#[derive(Serialize, Deserialize, Repository)]
struct List {
    #[hash_key]
    id: Vec<u8>,
    text: String,
}

fn main() {
    let _ = Team::update("core", 2024).set(Team::ID, "other");
    let _ = Team::update("core", 2024).set(Team::REVISION, 5);
    let _ = Team::update("core", 2024).add(Team::YEAR, 1);
    let _ = Team::upsert("core", 2024).set(Team::YEAR, 1);
    let _ = Team::upsert("core", 2024).default(Team::ID, "other");
    let _ = Team::update("core", 2024).remove(Team::YEAR);
    let _ = List::update(b"a").append(List::ID, [1]);
}
