use reposit::{Database, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    age: u32,
}

#[derive(Serialize, Deserialize, Repository)]
struct Team {
    #[hash_key]
    id: String,
    members: u32,
}

#[derive(Serialize, Deserialize, Repository)]
struct Page {
    #[hash_key]
    path: String,
    #[version]
    revision: u64,
}

async fn wrong(db: &Database, user: &User, page: &Page) -> reposit::Result<()> {
    let _ = User::put(user).only_if(Team::MEMBERS.lt(5));
    let _ = User::replace(user).only_if(Team::MEMBERS.lt(5));
    let _ = User::upsert("u1").only_if(Team::MEMBERS.lt(5));
    let _ = User::update("u1").version(5);
    let _ = Page::update("/").version("5");
    let _ = Page::replace(page);
    User::replace(user).await?;
    Ok(())
}

fn main() {
    let _ = wrong;
}
