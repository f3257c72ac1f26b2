use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(nmae = "users", read_capacity = 5)]
struct User {
    #[hash_key]
    id: f64,
    #[hash_key]
    email: String,
    #[index(range = "joined")]
    team: String,
    #[ttl(seconds = 0)]
    joined_at: i64,
    #[version]
    revision: String,
}

fn main() {
    let _ = User::get(1.5);
    let _ = User::find_by_team("core");
    let _ = User::scan();
}
