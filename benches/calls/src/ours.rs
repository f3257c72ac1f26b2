//! The calls through reposit.

use bench_harness::user::{TEAM, id, records, team, team_of_ten};
use bench_harness::worker::Calls;
use reposit::Database;

use crate::user::{User, user};
use crate::{calls, fresh_id, runtime};

/// A call on a server.
pub(crate) fn on_server(url: &str, row: &str) -> Option<Box<dyn Calls>> {
    let runtime = runtime();
    let db = runtime.block_on(async {
        let db = Database::open(url).await.expect("the server answers");
        // The canned servers of the other two have every table there is.
        if std::env::var("BENCH_REAL").is_ok() || !["dynamodb", "mongodb"].contains(&db.backend_name()) {
            db.define::<User>().await.expect("it can be defined");
        }
        for n in 0..TEAM {
            // On MongoDB, the canned server remembers inserts alone.
            let user = user(id(n), "core");
            match User::create(&user).exec(&db).await {
                Err(error) if error.kind() != reposit::ErrorKind::AlreadyExists => panic!("{error}"),
                _ => {}
            }
        }
        db
    });
    calls_of(runtime, db, row)
}

/// A call on an embedded store, which is empty at first.
pub(crate) fn embedded(url: &str, row: &str) -> Option<Box<dyn Calls>> {
    let runtime = runtime();
    let db = runtime.block_on(async {
        let db = Database::open(url).await.expect("it opens");
        db.define::<User>().await.expect("it can be defined");
        let users: Vec<_> = (0..records()).map(|n| user(id(n), &team(n))).collect();
        User::put_many(&users).exec(&db).await.expect("they are put");
        db
    });
    calls_of(runtime, db, row)
}

fn calls_of(runtime: tokio::runtime::Runtime, db: Database, row: &str) -> Option<Box<dyn Calls>> {
    match row {
        "get" => calls(runtime, db, |db, _| async {
            let user = User::get(&id(0)).exec(db).await.expect("an answer").expect("a record");
            assert_eq!(user.tags.len(), 4);
        }),
        // Each call gets another record.
        "get-any" => calls(runtime, db, |db, n| async move {
            let user = User::get(&id(n * 7919 % records())).exec(db).await.expect("an answer").expect("a record");
            assert_eq!(user.tags.len(), 4);
        }),
        "create" => calls(runtime, db, |db, n| async move {
            User::create(&user(fresh_id(n), "new")).exec(db).await.expect("it is new");
        }),
        "query-100" => calls(runtime, db, |db, _| async {
            let users: Vec<User> = User::find_by_team("core").all(db).await.expect("an answer");
            assert_eq!(users.len(), TEAM);
        }),
        "find-10" => calls(runtime, db, |db, n| async move {
            let users: Vec<User> = User::find_by_team(&team_of_ten(n)).all(db).await.expect("an answer");
            assert_eq!(users.len(), 10);
        }),
        "update" => calls(runtime, db, |db, n| async move {
            User::update(&id(n * 7919 % records())).add(User::AGE, 1).exec(db).await.expect("it is there");
        }),
        _ => None,
    }
}
