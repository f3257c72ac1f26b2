use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[version]
    revision: String,
}

fn main() {
    let mut user = User { id: "u1".to_owned(), revision: String::new() };
    let _ = User::save(&mut user);
}
