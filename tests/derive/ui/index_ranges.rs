use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Address {
    #[hash_key]
    id: String,
    #[index(range = ["city", "street", "house", "floor", "door", "name"])]
    country: String,
    city: String,
    street: String,
    house: u32,
    floor: u32,
    door: u32,
    name: String,
}

fn main() {}
