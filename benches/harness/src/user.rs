//! The record of the benchmarks, as plain data: ten fields, a nested struct and a list, about 500 bytes.
//!
//! Each contestant has a model of its own with these fields, since each derives something else.

use std::sync::LazyLock;

/// How many records a team has, which a query of 100 returns.
pub const TEAM: usize = 100;

/// How many records the embedded stores have. Under callgrind they are fewer, as it is fifty times slower.
pub fn records() -> usize {
    static RECORDS: LazyLock<usize> =
        LazyLock::new(|| std::env::var("BENCH_RECORDS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000));
    *RECORDS
}

/// The team of one of the records of an embedded store: the first hundred are one team, then each ten are.
pub fn team(n: usize) -> String {
    if n < TEAM { "core".to_owned() } else { format!("team-{:05}", n / 10) }
}

/// A team of ten, another for each call.
pub fn team_of_ten(call: usize) -> String {
    team(TEAM + call * 10 % (records() - TEAM))
}

/// The key of one of the records that are there from the start.
pub fn id(n: usize) -> String {
    format!("user-{n:08}")
}

pub const NAME: &str = "Ada Augusta King, Countess of Lovelace";
pub const STREET: &str = "12 Saint James's Square";
pub const CITY: &str = "London";
pub const POSTCODE: &str = "SW1Y 4JH";
pub const COUNTRY: &str = "United Kingdom";
pub const ABOUT: &str = "Wrote the first program that was published, for a machine that was never built: a table of the steps by which the \
                         engine would reckon the numbers of Bernoulli.";
pub const AGE: u32 = 36;
pub const SCORE: f64 = 97.25;

/// The address of one record; each has its own.
pub fn email(id: &str) -> String {
    format!("{id}@analytical.example.com")
}

/// The list.
pub fn tags() -> Vec<String> {
    ["mathematics", "engines", "poetry", "music"].map(str::to_owned).to_vec()
}

/// The record of a contestant: a struct `User` and a struct `Address` with these fields.
#[macro_export]
macro_rules! user {
    ($id:expr, $team:expr) => {{
        let id: String = $id;
        User {
            team: String::from($team),
            name: $crate::user::NAME.to_owned(),
            email: $crate::user::email(&id),
            about: $crate::user::ABOUT.to_owned(),
            age: $crate::user::AGE,
            score: $crate::user::SCORE,
            active: true,
            tags: $crate::user::tags(),
            address: Address {
                street: $crate::user::STREET.to_owned(),
                city: $crate::user::CITY.to_owned(),
                postcode: $crate::user::POSTCODE.to_owned(),
                country: $crate::user::COUNTRY.to_owned(),
            },
            id,
        }
    }};
}
