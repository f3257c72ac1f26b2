use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[serde(rename_all = "camelCase")]
#[repository(index(name = "by_age", hash = "ages"), index(name = "lost", range = "age"), index(hash = "joinedAt"))]
struct User {
    #[hash_key]
    id: String,
    #[index(range = "joined")]
    team: String,
    #[index(range = ["age", "xyzzy"], projection = ["nickname", "ag"])]
    city: String,
    joined_at: i64,
    age: u32,
}

fn main() {
    let _ = User::find_by_team("core");
}
