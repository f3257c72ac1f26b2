use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[index(unique)]
    email: String,
    #[index(range = "joined_at")]
    team: String,
    joined_at: i64,
    age: u32,
    name: String,
    nickname: Option<String>,
    tags: Vec<String>,
    #[version]
    revision: u64,
}

#[derive(Serialize, Deserialize, Repository)]
struct Team {
    #[hash_key]
    id: String,
    #[range_key]
    year: u32,
    members: u32,
}

fn replace(user: &User) {
    let _ = User::put(user);
}

async fn replace_many(db: &reposit::Database, users: &[User]) -> reposit::Result<()> {
    User::put(&users[0]).exec(db).await?;
    User::put_many(users).exec(db).await?;
    User::delete_many(["u1", "u2"]).exec(db).await
}

fn main() {
    let _ = Team::delete("core", 2024).version(5);
    let _ = Team::delete_many([("core", 2024)]).any_version();
    let _ = replace;
    let _ = replace_many;
}
