use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Task {
    #[hash_key]
    owner: String,
    #[range_key]
    done: bool,
}

fn main() {
    let _ = Task::get("ada", true);
    let _ = Task::query("ada");
}
