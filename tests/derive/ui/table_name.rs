use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(name = "")]
struct Empty {
    #[hash_key]
    id: String,
}

#[derive(Serialize, Deserialize, Repository)]
#[repository(name = "my users")]
struct Spaced {
    #[hash_key]
    id: String,
}

#[derive(Serialize, Deserialize, Repository)]
#[repository(name = "system.users")]
struct System {
    #[hash_key]
    id: String,
}

#[derive(Serialize, Deserialize, Repository)]
#[repository(name = "users.unique")]
struct Guards {
    #[hash_key]
    id: String,
}

#[derive(Serialize, Deserialize, Repository)]
#[repository(name = "_reposit")]
struct Schemas {
    #[hash_key]
    id: String,
}

#[derive(Serialize, Deserialize, Repository)]
struct Ab {
    #[hash_key]
    id: String,
}

fn main() {}
