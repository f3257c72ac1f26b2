use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(index(name = "by_city", hash = "city"))]
struct User {
    #[hash_key]
    id: String,
    #[index]
    team: String,
    #[index(range = "joined_at")]
    club: String,
    joined_at: i64,
    city: String,
}

#[derive(Serialize, Deserialize, Repository)]
struct Event {
    #[hash_key]
    stream: String,
    #[range_key]
    seq: u64,
}

fn main() {
    let _ = User::find_by_team("core").range(1_700_000_000..);
    let _ = User::find_by_team("core").range("a".."b").descending().limit(5);
    let _ = User::find_by_city("Graz").range(..);
    let _ = User::find_by_team("core").begins_with("a");
    let _ = User::find_by_club("chess").begins_with("17");
    let _ = Event::query("s").begins_with("1");
    let _ = User::find_by_club("chess").range("a"..);
}
