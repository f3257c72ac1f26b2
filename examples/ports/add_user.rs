//! A user with two unique names, as keyvaluestore's example adds one.

use reposit::{Database, ErrorKind, Repository, Result};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[index(unique)]
    email: String,
    #[index(unique)]
    username: String,
}

#[derive(Debug, PartialEq)]
enum Added {
    Yes,
    IdTaken,
    EmailTaken,
    UsernameTaken,
}

async fn add_user(db: &Database, user: &User) -> Result<Added> {
    match User::create(user).exec(db).await {
        Ok(_) => Ok(Added::Yes),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Added::IdTaken),
        Err(error) if error.index() == Some("by_email") => Ok(Added::EmailTaken),
        Err(error) if error.index() == Some("by_username") => Ok(Added::UsernameTaken),
        Err(error) => Err(error),
    }
}

pub(crate) async fn run(db: &Database) -> Result<()> {
    db.define::<User>().await?;
    // Of an earlier run.
    User::delete("u1").exec(db).await?;

    let ada = User { id: "u1".into(), email: "ada@example.com".into(), username: "ada".into() };
    assert_eq!(add_user(db, &ada).await?, Added::Yes);
    assert_eq!(add_user(db, &ada).await?, Added::IdTaken);
    assert_eq!(add_user(db, &User { id: "u2".into(), username: "a".into(), ..ada.clone() }).await?, Added::EmailTaken);
    assert_eq!(add_user(db, &User { id: "u2".into(), email: "a".into(), ..ada.clone() }).await?, Added::UsernameTaken);
    assert_eq!(User::find_by_username("ada").exec(db).await?, Some(ada));

    let moved = User::update("u1").set(User::EMAIL, "ada@example.org").exec(db).await?;
    println!("  moved: {}, {}", moved.username, moved.email);
    println!("  the address before: {:?}", User::find_by_email("ada@example.com").consistent().exec(db).await?);
    println!("  the address now: {:?}", User::find_by_email("ada@example.org").consistent().exec(db).await?);
    Ok(())
}
