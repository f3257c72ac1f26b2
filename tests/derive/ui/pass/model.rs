use reposit::{Projection, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(index(name = "by_team", hash = "team", range = "joined", projection = ["email"]))]
struct User {
    #[hash_key]
    id: String,
    team: String,
    joined: i64,
    email: String,
    age: u32,
}

#[derive(Deserialize, Projection)]
#[projection(of = User)]
struct Contact {
    id: String,
    email: String,
}

fn main() {
    let contact = Contact { id: String::new(), email: String::new() };
    let _ = (contact.id, contact.email);
    let _ = User::find_by_team("core").range(1..).select::<Contact>();
}
