use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(nmae = "users", read_capcity = 5, tabel = "x", colour = "red")]
struct User {
    #[hash_key(autom)]
    id: String,
    #[index(uniqe)]
    email: String,
    #[index(sort_key = "age", projection = "key_only")]
    team: String,
    age: u32,
    #[ttl(second = 60)]
    expires: i64,
    #[version(start = 1)]
    revision: u64,
}

fn main() {}
