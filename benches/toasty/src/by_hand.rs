//! The calls against SQLite, in memory and on a file, written by hand on rusqlite: prepared statements, and a column for each field.

use bench_harness::user::{TEAM, id, records, team, team_of_ten};
use bench_harness::worker::Calls;
use rusqlite::{Connection, Row, params};

use crate::fresh_id;

struct User {
    id: String,
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

struct Address {
    street: String,
    city: String,
    postcode: String,
    country: String,
}

const TABLE: &str = "CREATE TABLE users (id TEXT PRIMARY KEY, team TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, about TEXT NOT NULL, \
                     age INTEGER NOT NULL, score REAL NOT NULL, active INTEGER NOT NULL, tags TEXT NOT NULL, street TEXT NOT NULL, \
                     city TEXT NOT NULL, postcode TEXT NOT NULL, country TEXT NOT NULL) WITHOUT ROWID; \
                     CREATE INDEX by_team ON users (team)";
const INSERT: &str = "INSERT INTO users VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
const BY_ID: &str = "SELECT * FROM users WHERE id = ?1";
const BY_TEAM: &str = "SELECT * FROM users WHERE team = ?1";
const UPDATE: &str = "UPDATE users SET age = age + 1 WHERE id = ?1 RETURNING *";

pub(crate) fn calls(store: &str, row: &str) -> Option<Box<dyn Calls>> {
    let db = if store == "memory" { Connection::open_in_memory() } else { Connection::open(crate::file()) };
    let db = db.expect("it opens");
    db.execute_batch(TABLE).expect("the table is made");
    db.execute_batch("BEGIN").expect("it begins");
    for n in 0..records() {
        create(&db, &bench_harness::user!(id(n), team(n)));
    }
    db.execute_batch("COMMIT").expect("it is written");
    let mut made = 0;
    let call: fn(&Connection, usize) = match row {
        "get" => |db, _| assert_eq!(one(db, BY_ID, &id(0)).tags.len(), 4),
        "get-any" => |db, n| assert_eq!(one(db, BY_ID, &id(n * 7919 % records())).tags.len(), 4),
        "create" => |db, n| create(db, &bench_harness::user!(fresh_id(n), "new")),
        "query-100" => |db, _| assert_eq!(many(db, "core").len(), TEAM),
        "find-10" => |db, n| assert_eq!(many(db, &team_of_ten(n)).len(), 10),
        "update" => |db, n| assert_eq!(one(db, UPDATE, &id(n * 7919 % records())).tags.len(), 4),
        _ => return None,
    };
    Some(Box::new(move |n: u32| {
        for _ in 0..n {
            call(&db, made);
            made += 1;
        }
    }))
}

fn create(db: &Connection, user: &User) {
    let tags = serde_json::to_string(&user.tags).expect("a list of text");
    let address = &user.address;
    let values = params![
        user.id,
        user.team,
        user.name,
        user.email,
        user.about,
        user.age,
        user.score,
        user.active,
        tags,
        address.street,
        address.city,
        address.postcode,
        address.country
    ];
    db.prepare_cached(INSERT).and_then(|mut insert| insert.execute(values)).expect("it is new");
}

fn one(db: &Connection, statement: &str, id: &str) -> User {
    db.prepare_cached(statement).and_then(|mut statement| statement.query_row([id], read)).expect("a record")
}

fn many(db: &Connection, team: &str) -> Vec<User> {
    let mut find = db.prepare_cached(BY_TEAM).expect("a statement");
    let users = find.query_map([team], read).expect("an answer");
    users.collect::<Result<_, _>>().expect("users")
}

fn read(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get(0)?,
        team: row.get(1)?,
        name: row.get(2)?,
        email: row.get(3)?,
        about: row.get(4)?,
        age: row.get(5)?,
        score: row.get(6)?,
        active: row.get(7)?,
        tags: serde_json::from_str(row.get_ref(8)?.as_str()?).unwrap_or_default(),
        address: Address { street: row.get(9)?, city: row.get(10)?, postcode: row.get(11)?, country: row.get(12)? },
    })
}
