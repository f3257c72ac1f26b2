use reposit::{Database, Projection, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[index]
    team: String,
    age: u32,
}

#[derive(Serialize, Deserialize, Repository)]
struct Team {
    #[hash_key]
    id: String,
    members: u32,
}

#[derive(Deserialize, Projection)]
#[projection(of = User)]
struct Contact {
    id: String,
}

async fn bulk(db: &Database) -> reposit::Result<()> {
    User::find_by_team("core").select::<Contact>().delete_all(db).await?;
    User::scan().select::<Contact>().update_all(db, |user| user.set(User::AGE, 5)).await?;
    User::find_by_team("core").update_all(db, |user| user.set(Team::MEMBERS, 5)).await?;
    User::find_by_team("core").update_all(db, |user| user.set(User::ID, "u1")).await?;
    User::scan().update_all(db, |user| user.set(User::AGE, 5).exec(db)).await?;
    User::scan().delete_all(db).exec(db).await?;
    Ok(())
}

fn main() {
    let _ = bulk;
}
