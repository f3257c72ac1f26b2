use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[index(range = "joined_at")]
    team: String,
    joined_at: i64,
    #[index]
    city: String,
}

fn main() {
    let _ = User::find_by_team("core").begins_with("2024");
    let _ = User::find_by_team("core").range("a".."b");
    let _ = User::find_by_city("Paris").range("a"..);
    let _ = User::find_by_city("Paris").begins_with("a");
}
