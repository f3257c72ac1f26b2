use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[created_at]
    joined: String,
    #[updated_at]
    touched: bool,
}

fn main() {}
