//! Invitations: one for each address at a time, accepted once, gone after a week.

use reposit::{Database, DropForGood, ErrorKind, Repository, Result};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "recipe_invitations")]
struct Invitation {
    #[hash_key]
    code: String,
    /// Free again once the invitation is accepted, or has expired.
    #[index(unique)]
    email: String,
    team: String,
    #[ttl(seconds = 604800)]
    sent: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "recipe_members")]
struct Member {
    #[hash_key]
    team: String,
    #[range_key]
    email: String,
}

/// Accepts an invitation. None if there is none of this code: it was accepted, has expired, or never was.
async fn accept(db: &Database, code: &str) -> Result<Option<Member>> {
    let Some(Invitation { email, team, .. }) = Invitation::get(code).consistent().exec(db).await? else {
        return Ok(None);
    };
    let member = Member { team, email };
    let accepted = db
        .transaction()
        // Of two that accept at once, both may delete; but the member is made once.
        .add(Invitation::delete(code).only_if(Invitation::EMAIL.eq(&member.email)))
        .add(Member::create(&member))
        .commit();
    match accepted.await {
        Ok(_) => Ok(Some(member)),
        // Somebody else was quicker with the same code.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(error),
    }
}

pub async fn run(db: &Database) -> Result<()> {
    db.define::<(Invitation, Member)>().await?;
    db.truncate::<Invitation>(DropForGood).await?;
    db.truncate::<Member>(DropForGood).await?;
    // Far ahead, so that no server takes the records away meanwhile.
    let sent = 4_000_000_000;
    let invitation = |code: &str| Invitation { code: code.into(), email: "ada@x.org".into(), team: "t".into(), sent };
    Invitation::create(&invitation("c1")).exec(db).await?;
    let second = Invitation::create(&invitation("c2")).exec(db).await.unwrap_err();
    println!("  a second one: {}", second.kind());
    println!("  accepted: {:?}", accept(db, "c1").await?.map(|member| member.email));
    println!("  again: {:?}", accept(db, "c1").await?);
    println!("  the address is free: {}", Invitation::create(&invitation("c3")).exec(db).await.is_ok());
    Ok(())
}
