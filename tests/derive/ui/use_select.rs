use reposit::{Projection, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(index(name = "by_team", hash = "team", projection = "keys_only"))]
struct User {
    #[hash_key]
    id: String,
    team: String,
    email: String,
}

#[derive(Deserialize, Projection)]
#[projection(of = User)]
struct Contact {
    id: String,
    email: String,
}

fn main() {
    let _ = User::find_by_team("core").select::<Contact>();
}
