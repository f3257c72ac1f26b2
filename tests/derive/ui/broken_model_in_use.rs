use reposit::{Database, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Wrong {
    #[hash_key]
    id: f64,
    #[range_key]
    done: Option<bool>,
    #[index(range = "score")]
    team: Vec<String>,
    score: f32,
    #[ttl]
    until: String,
}

#[derive(Serialize, Deserialize, Repository)]
struct Keyless {
    id: String,
    #[index]
    team: String,
}

#[derive(Serialize, Deserialize, Repository)]
struct Unknown {
    #[hash_key]
    id: Strng,
    #[index]
    team: Intt,
}

async fn uses(db: &Database, wrong: &Wrong, keyless: &Keyless) -> reposit::Result<()> {
    db.define::<Wrong>().await?;
    db.define::<Keyless>().await?;
    db.define::<Unknown>().await?;
    Wrong::create(wrong).exec(db).await?;
    Wrong::get(1.0, true).exec(db).await?;
    Wrong::query(1.0).range(true..).all(db).await?;
    Wrong::find_by_team(&[]).range(1.0..).all(db).await?;
    Wrong::get_many([wrong.key()]).exec(db).await?;
    Wrong::update(1.0, true).set(Wrong::SCORE, 2.0).only_if(Wrong::ID.eq(1.0)).exec(db).await?;
    Keyless::create(keyless).exec(db).await?;
    Keyless::get("a").exec(db).await?;
    Keyless::get_many(["a"]).exec(db).await?;
    Keyless::find_by_team("a").all(db).await?;
    Keyless::update("a").set(Keyless::TEAM, "b").exec(db).await?;
    Unknown::scan().all(db).await?;
    Ok(())
}

fn main() {
    let _ = uses;
}
