use reposit::{Embedded, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[index]
    team: String,
    age: u32,
    tags: Vec<String>,
    nickname: Option<String>,
    address: Address,
}

#[derive(Clone, Serialize, Deserialize, Embedded)]
struct Address {
    city: String,
}

#[derive(Clone, Serialize, Deserialize, Embedded)]
struct Route {
    road: String,
}

#[derive(Serialize, Deserialize, Repository)]
struct Team {
    #[hash_key]
    id: String,
    members: u32,
    names: Vec<String>,
    motto: Option<String>,
}

fn main() {
    let _ = User::update("u1").set(Team::MEMBERS, 5);
    let _ = User::update("u1").add(Team::MEMBERS, 5);
    let _ = User::update("u1").append(Team::NAMES, ["a"]);
    let _ = User::update("u1").remove(Team::MOTTO);
    let _ = User::update("u1").only_if(Team::MEMBERS.lt(5));
    let _ = User::upsert("u1").set(Team::MEMBERS, 5);
    let _ = User::upsert("u1").default(Team::MEMBERS, 5);
    let _ = User::delete("u1").only_if(Team::MEMBERS.lt(5));
    let _ = User::check("u1").only_if(Team::MEMBERS.lt(5));
    let _ = User::find_by_team("core").filter(Team::MEMBERS.lt(5));
    let _ = User::scan().filter(Team::MEMBERS.lt(5));
    let _ = User::AGE.lt(5).and(Team::MEMBERS.lt(5));
    let _ = User::AGE.lt(5) | Team::MEMBERS.lt(5);
    let _ = User::ADDRESS.at(Route::ROAD);
    let _ = User::AGE.at(Address::CITY);
}
