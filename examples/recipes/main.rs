//! Recipes: what programs often need, each in a file of its own, on the embedded store or wherever the address says:
//!
//! ```text
//! cargo run --bin recipes                                     # all of them
//! cargo run --bin recipes -- queue
//! cargo run --bin recipes -- queue mongodb://localhost:27017/recipes
//! cargo run --release --bin recipes -- measure-queue mongodb://localhost:27017/recipes
//! ```

mod audit_log;
mod clock;
mod invitations;
mod leaderboard;
mod money;
mod pop;
mod queue;
mod rate_limit;
mod soft_delete;

use std::error::Error;

use reposit::Database;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let recipe = arguments.next().unwrap_or_else(|| "all".to_owned());
    let url = arguments.next().unwrap_or_else(|| "memory:".to_owned());
    if recipe == "measure-queue" {
        return Ok(queue::measure(&Database::open(&url).await?).await?);
    }
    let mut known = false;
    let mut wanted = |name: &str| {
        let is_wanted = recipe == "all" || recipe == name;
        known |= is_wanted;
        if is_wanted {
            println!("{name}:");
        }
        is_wanted
    };
    let db = Database::open(&url).await?;
    if wanted("queue") {
        queue::run(&db).await?;
    }
    if wanted("pop") {
        pop::run(&db).await?;
    }
    if wanted("rate-limit") {
        rate_limit::run(&db).await?;
    }
    if wanted("leaderboard") {
        leaderboard::run(&db).await?;
    }
    if wanted("soft-delete") {
        soft_delete::run(&db).await?;
    }
    if wanted("money") {
        money::run(&db).await?;
    }
    if wanted("invitations") {
        invitations::run(&db).await?;
    }
    if wanted("audit-log") {
        audit_log::run(&db).await?;
    }
    if wanted("clock") {
        clock::run(&url).await?;
    }
    match known {
        true => Ok(()),
        false => Err(format!("there is no recipe {recipe}").into()),
    }
}
