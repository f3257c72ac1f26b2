//! Users and tokens on the embedded store, or wherever the address in the first argument says:
//!
//! ```text
//! cargo run --bin quickstart
//! cargo run --bin quickstart -- mongodb://localhost:27017/quickstart
//! cargo run --bin quickstart -- dynamodb://us-east-1?endpoint=http://localhost:8000
//! ```

use std::time::{SystemTime, UNIX_EPOCH};

use reposit::{Database, ErrorKind, Repository, Result};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "users", read_capacity = 5, write_capacity = 5)]
struct User {
    #[hash_key]
    id: String,
    #[index(unique)]
    email: String,
    #[index(range = "joined_at")]
    team: String,
    joined_at: i64,
    age: u32,
    tags: Vec<String>,
    nickname: Option<String>,
    #[version]
    revision: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "tokens")]
struct Token {
    #[hash_key]
    token: String,
    user_id: String,
    #[ttl(seconds = 86400)]
    created_at: i64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "memory:".to_owned());
    let db = Database::open(&url).await?;
    println!("opened the {} backend", db.backend_name());
    db.define::<User>().await?;
    db.define::<Token>().await?;
    // So that the example can be run again on a server.
    for id in ["ada", "grace"] {
        User::delete(id).exec(&db).await?;
    }

    users(&db).await?;
    tokens(&db).await
}

async fn users(db: &Database) -> Result<()> {
    let ada = user("ada", "core", 1_700_000_000);
    User::create(&ada).exec(db).await?;
    User::create(&user("grace", "core", 1_700_000_100)).exec(db).await?;
    println!("created ada and grace");

    let found = User::find_by_email("ada@example.com").exec(db).await?;
    println!("found by e-mail: {}", found.map_or("nobody".to_owned(), |user| user.id));

    let page = User::find_by_team("core").range(1_700_000_000..).descending().limit(20).exec(db).await?;
    println!("the team, last to join first: {:?}", page.items.iter().map(|user| &user.id).collect::<Vec<_>>());

    let ada = User::update("ada")
        .set(User::AGE, 37)
        .append(User::TAGS, ["founder"])
        .only_if(User::AGE.lt(37))
        .exec(db)
        .await?;
    println!("ada is {} now, tagged {:?}, at version {}", ada.age, ada.tags, ada.revision);

    let again = User::update("ada").set(User::AGE, 37).only_if(User::AGE.lt(37)).exec(db).await;
    println!("a second time: {}", told(again, ErrorKind::ConditionFailed)?);

    let taken = User { email: ada.email.clone(), ..user("eve", "core", 1_700_000_200) };
    println!("eve with ada's e-mail: {}", told(User::create(&taken).exec(db).await, ErrorKind::UniqueViolation)?);

    let mut stale = ada.clone();
    let mut fresh = ada;
    User::save(&mut fresh).exec(db).await?;
    println!("a stale save: {}", told(User::save(&mut stale).exec(db).await, ErrorKind::VersionConflict)?);

    println!("grace was there: {}", User::delete("grace").exec(db).await?);
    println!("users left: {}", User::scan().count(db).await?);
    Ok(())
}

async fn tokens(db: &Database) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    let live = Token { token: "t1".into(), user_id: "ada".into(), created_at: now };
    let dead = Token { token: "t2".into(), user_id: "ada".into(), created_at: now - 86_400 };
    Token::put_many(&[live, dead]).exec(db).await?;
    let found = Token::get_many(["t1", "t2"]).exec(db).await?;
    println!("the fresh token: {}", if found[0].is_some() { "valid" } else { "gone" });
    println!("yesterday's token: {}", if found[1].is_some() { "valid" } else { "expired" });
    Ok(())
}

fn user(id: &str, team: &str, joined_at: i64) -> User {
    User {
        id: id.into(),
        email: format!("{id}@example.com"),
        team: team.into(),
        joined_at,
        age: 36,
        tags: vec![],
        nickname: None,
        revision: 0,
    }
}

/// The refusal that is expected here, as text; any other outcome is an error of the example.
fn told<T>(result: Result<T>, expected: ErrorKind) -> Result<String> {
    match result {
        Err(error) if error.kind() == expected => Ok(format!("refused ({error})")),
        Err(error) => Err(error),
        Ok(_) => Ok("accepted".to_owned()),
    }
}
