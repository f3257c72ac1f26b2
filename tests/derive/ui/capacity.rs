use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(read_capacity = 5)]
struct Half {
    #[hash_key]
    id: String,
}

#[derive(Serialize, Deserialize, Repository)]
#[repository(read_capacity = 0, write_capacity = 5)]
struct Zero {
    #[hash_key]
    id: String,
}

#[derive(Serialize, Deserialize, Repository)]
struct OnDemand {
    #[hash_key]
    id: String,
    #[index(read_capacity = 1, write_capacity = 1)]
    team: String,
}

fn main() {}
