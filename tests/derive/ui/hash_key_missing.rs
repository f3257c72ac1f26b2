use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    id: String,
    #[index]
    team: String,
}

fn main() {
    // What can be known of the model stands, so that its uses are no errors.
    let user = User { id: "u1".to_owned(), team: "core".to_owned() };
    let _ = User::create(&user);
    let _ = User::get("u1");
    let _ = User::update("u1").set(User::TEAM, "ops");
    let _ = User::find_by_team("core");
    let _ = User::TEAM.eq("core");
}
