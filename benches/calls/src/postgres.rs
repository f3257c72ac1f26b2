//! The calls against PostgreSQL, written by hand on tokio-postgres: prepared statements, and a column for each field.

use bench_harness::user::{TEAM, id};
use bench_harness::worker::Calls;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Row, Statement};

use crate::user::{Address, User, user};
use crate::{address, fresh_id, runtime};

const TABLE: &str = "DROP TABLE IF EXISTS users_by_hand; \
                     CREATE TABLE users_by_hand (id TEXT PRIMARY KEY, team TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, \
                     about TEXT NOT NULL, age BIGINT NOT NULL, score DOUBLE PRECISION NOT NULL, active BOOLEAN NOT NULL, tags TEXT[] NOT NULL, \
                     street TEXT NOT NULL, city TEXT NOT NULL, postcode TEXT NOT NULL, country TEXT NOT NULL); \
                     CREATE INDEX ON users_by_hand (team)";
const INSERT: &str = "INSERT INTO users_by_hand VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
const BY_ID: &str = "SELECT * FROM users_by_hand WHERE id = $1";
const BY_TEAM: &str = "SELECT * FROM users_by_hand WHERE team = $1";

/// The address of the server, without options.
fn server() -> String {
    let url = address("BENCH_POSTGRES");
    url.split('?').next().unwrap_or(&url).to_owned()
}

pub(crate) fn url() -> String {
    format!("{}?schema=bench{}", server(), std::process::id())
}

struct ByHand {
    client: Client,
    insert: Statement,
    by_id: Statement,
    by_team: Statement,
}

pub(crate) fn calls(row: &str) -> Option<Box<dyn Calls>> {
    let runtime = runtime();
    let by_hand = runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(&server(), NoTls).await.expect("the server answers");
        tokio::spawn(connection);
        client.batch_execute(TABLE).await.expect("the table is made");
        let prepare = async |statement| client.prepare(statement).await.expect("a statement");
        let (insert, by_id, by_team) = (prepare(INSERT).await, prepare(BY_ID).await, prepare(BY_TEAM).await);
        let by_hand = ByHand { client, insert, by_id, by_team };
        for n in 0..TEAM {
            by_hand.create(&user(id(n), "core")).await;
        }
        by_hand
    });
    match row {
        "get" => crate::calls(runtime, by_hand, |by_hand, _| async {
            let row = by_hand.client.query_one(&by_hand.by_id, &[&id(0)]).await.expect("a record");
            assert_eq!(read(&row).tags.len(), 4);
        }),
        "create" => crate::calls(runtime, by_hand, |by_hand, n| async move {
            by_hand.create(&user(fresh_id(n), "new")).await;
        }),
        "query-100" => crate::calls(runtime, by_hand, |by_hand, _| async {
            let rows = by_hand.client.query(&by_hand.by_team, &[&"core"]).await.expect("an answer");
            let users: Vec<User> = rows.iter().map(read).collect();
            assert_eq!(users.len(), TEAM);
        }),
        _ => None,
    }
}

impl ByHand {
    async fn create(&self, user: &User) {
        let (age, address) = (i64::from(user.age), &user.address);
        let values: [&(dyn ToSql + Sync); 13] = [
            &user.id,
            &user.team,
            &user.name,
            &user.email,
            &user.about,
            &age,
            &user.score,
            &user.active,
            &user.tags,
            &address.street,
            &address.city,
            &address.postcode,
            &address.country,
        ];
        self.client.execute(&self.insert, &values).await.expect("it is new");
    }
}

fn read(row: &Row) -> User {
    User {
        id: row.get(0),
        team: row.get(1),
        name: row.get(2),
        email: row.get(3),
        about: row.get(4),
        age: u32::try_from(row.get::<_, i64>(5)).expect("an age"),
        score: row.get(6),
        active: row.get(7),
        tags: row.get(8),
        address: Address { street: row.get(9), city: row.get(10), postcode: row.get(11), country: row.get(12) },
    }
}
