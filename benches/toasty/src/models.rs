//! The calls through toasty.

use bench_harness::user::{TEAM, id, records, team, team_of_ten};
use bench_harness::worker::Calls;
use toasty::Db;
use tokio::runtime::{Builder, Runtime};

use crate::fresh_id;

#[derive(Debug, toasty::Model)]
// The canned server keeps what was put last into each table, so no two contestants may share one.
#[table = "users_toasty"]
struct User {
    #[key]
    id: String,
    #[index]
    team: String,
    name: String,
    email: String,
    about: String,
    age: u32,
    score: f64,
    active: bool,
    tags: Vec<String>,
    address: Address,
}

#[derive(Debug, toasty::Embed)]
struct Address {
    street: String,
    city: String,
    postcode: String,
    country: String,
}

pub(crate) fn calls(store: &str, row: &str) -> Option<Box<dyn Calls>> {
    // Everything runs on this one thread, so that its CPU time is the call's.
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let db = match store {
        "memory" => runtime.block_on(on_sqlite("sqlite::memory:")),
        "sqlite" => runtime.block_on(on_sqlite(&format!("sqlite:{}", crate::file().display()))),
        "dynamodb" => runtime.block_on(on_dynamodb()),
        _ => return None,
    };
    calls_of(runtime, db, row)
}

async fn on_sqlite(url: &str) -> Db {
    let mut db = Db::builder().models(toasty::models!(User)).connect(url).await.expect("it opens");
    db.push_schema().await.expect("the tables are made");
    for n in 0..records() {
        create(&mut db, id(n), &team(n)).await;
    }
    db
}

/// Its address and credentials come from the environment.
async fn on_dynamodb() -> Db {
    let mut db = Db::builder().models(toasty::models!(User)).connect("dynamodb://local").await.expect("it opens");
    for n in 0..TEAM {
        create(&mut db, id(n), "core").await;
    }
    db
}

async fn create(db: &mut Db, id: String, team: &str) {
    let user: User = bench_harness::user!(id, team);
    let create = User::create().id(user.id).team(user.team).name(user.name).email(user.email).about(user.about);
    let create = create.age(user.age).score(user.score).active(user.active).tags(user.tags).address(user.address);
    create.exec(db).await.expect("it is new");
}

fn calls_of(runtime: Runtime, mut db: Db, row: &str) -> Option<Box<dyn Calls>> {
    let mut made = 0;
    let row = row.to_owned();
    if !["get", "get-any", "create", "query-100", "find-10"].contains(&row.as_str()) {
        return None;
    }
    Some(Box::new(move |n: u32| {
        runtime.block_on(async {
            for _ in 0..n {
                call(&mut db, &row, made).await;
                made += 1;
            }
        });
    }))
}

async fn call(db: &mut Db, row: &str, n: usize) {
    match row {
        "get" => {
            let user = User::get_by_id(db, &id(0)).await.expect("a record");
            assert_eq!(user.tags.len(), 4);
        }
        "get-any" => {
            let user = User::get_by_id(db, &id(n * 7919 % records())).await.expect("a record");
            assert_eq!(user.tags.len(), 4);
        }
        "create" => create(db, fresh_id(n), "new").await,
        "query-100" => {
            let users: Vec<User> = User::filter_by_team("core").exec(db).await.expect("an answer");
            assert_eq!(users.len(), TEAM);
        }
        _ => {
            let users: Vec<User> = User::filter_by_team(team_of_ten(n)).exec(db).await.expect("an answer");
            assert_eq!(users.len(), 10);
        }
    }
}
