//! The user and token repositories of the Microkubes services.

use reposit::{Database, ErrorKind, Repository, Result};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "users", read_capacity = 5, write_capacity = 5)]
#[serde(rename_all = "camelCase")]
struct User {
    #[hash_key(auto)]
    id: String,
    #[index(unique)]
    email: String,
    active: bool,
    external_id: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    organizations: Vec<String>,
    #[serde(default)]
    namespaces: Vec<String>,
    password: Option<String>,
    /// For the verification of the address.
    #[index(unique)]
    token: Option<String>,
    #[created_at]
    created_at: i64,
    #[updated_at]
    modified_at: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "tokens", read_capacity = 5, write_capacity = 5)]
struct Token {
    #[hash_key]
    token: String,
    #[index]
    email: String,
    #[ttl(seconds = 86400)]
    created_at: i64,
}

async fn set_up(url: &str) -> Result<Database> {
    // The configuration of the services is read as it is: `Database::from_file("config.json")`.
    let db = Database::open(url).await?;
    db.define::<(User, Token)>().await?;
    Ok(db)
}

/// Removes what an earlier run left.
async fn clear(db: &Database) -> Result<()> {
    if let Some(user) = User::find_by_email("ada@example.com").consistent().exec(db).await? {
        User::delete(&user.id).exec(db).await?;
    }
    Token::delete_many(["t2", "t3"]).exec(db).await
}

pub(crate) async fn run(url: &str) -> Result<()> {
    let db = &set_up(url).await?;
    clear(db).await?;
    let sign_up = User {
        id: String::new(),
        email: "ada@example.com".into(),
        active: false,
        external_id: None,
        roles: vec!["user".into()],
        organizations: vec![],
        namespaces: vec![],
        password: None,
        token: Some("t1".into()),
        created_at: 0,
        modified_at: 0,
    };

    let ada = User::create(&sign_up).exec_returning(db).await?;
    assert!(!ada.id.is_empty());
    // The address is verified: once, and with the token that was sent.
    let found = User::find_by_token("t1").exec(db).await?.expect("a user");
    let verified = User::update(&found.id).set(User::ACTIVE, true).remove(User::TOKEN).exec(db).await?;
    assert!(verified.active && verified.token.is_none());
    // A second sign-up with the address is refused.
    assert_eq!(User::create(&sign_up).exec(db).await.unwrap_err().kind(), ErrorKind::UniqueViolation);

    let active = User::scan().filter(User::ACTIVE.eq(true) & User::ROLES.contains("user")).first(db).await?;
    println!("  found by a filter: {}", active.is_some_and(|user| user == verified));
    println!("  by the token: {:?}", User::find_by_token("t1").consistent().exec(db).await?);

    // A token lives for a day. This one is made far ahead, so that no server takes it away meanwhile.
    let token = |token: &str, created_at| Token { token: token.into(), email: ada.email.clone(), created_at };
    Token::create(&token("t2", 4_000_000_000)).exec(db).await?;
    Token::create(&token("t3", 0)).exec(db).await?;
    println!("  of the address: {:?}", Token::find_by_email(&ada.email).all(db).await?);
    println!("  of the year 1970: {:?}", Token::get("t3").consistent().exec(db).await?);
    println!("  deleted: {}, and again: {}", Token::delete("t2").exec(db).await?, Token::delete("t2").exec(db).await?);
    println!("  the user too: {}", User::delete(&ada.id).exec(db).await?);
    Ok(())
}
