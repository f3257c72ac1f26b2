use reposit::{Database, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    age: u32,
}

async fn wrong(db: &Database, user: &User) -> reposit::Result<()> {
    let _ = db.transaction().add(User::delete("u1").exec_returning(db));
    let _ = db.transaction().add(User::update("u1").add(User::AGE, 1).exec_previous(db));
    let mut transaction = db.transaction();
    let _ = transaction.add_returning(User::create(user).exec_returning(db));
    let _ = transaction.add_returning(User::get("u1"));
    let age = transaction.add_returning(User::update("u1").add(User::AGE, 1));
    let results = transaction.commit().await?;
    let _: bool = results.get(age)?;
    let _ = results.get(User::update("u1"));
    Ok(())
}

fn main() {
    let _ = wrong;
}
