use reposit::{Database, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[index(unique)]
    email: String,
    #[index]
    team: String,
    age: u32,
}

#[derive(Serialize, Deserialize, Repository)]
struct Page {
    #[hash_key]
    path: String,
    #[version]
    revision: u64,
}

async fn forgotten(db: &Database, user: &User, page: &mut Page) -> reposit::Result<()> {
    let _: Option<User> = User::get("u1").await?;
    User::create(user).await?;
    User::put(user).await?;
    Page::save(page).await?;
    let _ = User::update("u1").add(User::AGE, 1).await?.age;
    let _ = User::upsert("u1").add(User::AGE, 1).await?;
    let _ = User::delete("u1").await?;
    let _ = User::check("u1").await;
    let _ = User::get_many(["u1"]).await?.len();
    User::put_many(&[]).await?;
    User::delete_many(["u1"]).await?;
    User::create_many(&[]).await?;
    Page::save_many(std::slice::from_mut(page)).await?;
    let _ = User::find_many_by_email(["ada@example.com"]).await?.len();
    let _ = User::find_by_email("ada@example.com").await?;
    let _ = User::find_by_team("core").limit(5).await?.items;
    let _ = User::scan().await?;
    db.transaction().add(User::create(user)).await?;
    let _ = db.lock("report").await?;
    Ok(())
}

fn main() {
    let _ = forgotten;
}
