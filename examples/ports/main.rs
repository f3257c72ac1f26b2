//! Ports: three programs for three other libraries, as the guide's page on porting shows them, on the embedded store
//! or wherever the address says:
//!
//! ```text
//! cargo run --bin ports                                       # all of them
//! cargo run --bin ports -- add-user
//! cargo run --bin ports -- add-user mongodb://localhost:27017/ports
//! ```

mod add_user;
mod microkubes;
mod ticket;

use std::error::Error;

use reposit::Database;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().unwrap_or_else(|| "all".to_owned());
    let url = arguments.next().unwrap_or_else(|| "memory:".to_owned());
    let wanted = |name: &str| {
        let is_wanted = port == "all" || port == name;
        if is_wanted {
            println!("{name}:");
        }
        is_wanted
    };
    let db = Database::open(&url).await?;
    let mut known = false;
    if wanted("add-user") {
        add_user::run(&db).await?;
        known = true;
    }
    if wanted("ticket") {
        ticket::run(&db).await?;
        known = true;
    }
    if wanted("microkubes") {
        microkubes::run(&url).await?;
        known = true;
    }
    match known {
        true => Ok(()),
        false => Err(format!("there is no port {port}").into()),
    }
}
