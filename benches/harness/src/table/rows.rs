//! The rows of the table, and who takes part in each.

/// A kind of call.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// Each with the program that makes its calls.
    pub(crate) contestants: &'static [(&'static str, &'static str)],
    /// How many calls callgrind counts.
    pub(crate) counted: u32,
    /// Whether all threads of the process count: a contestant may have threads of its own.
    pub(crate) whole: bool,
}

const CALLS: &str = "bench-calls";
const TOASTY: &str = "bench-toasty";

const ON_DYNAMODB: &[(&str, &str)] =
    &[("reposit", CALLS), ("by hand", CALLS), ("hyper + sigv4", CALLS), ("serde_dynamo", CALLS), ("toasty", TOASTY)];
const ON_MONGODB: &[(&str, &str)] = &[("reposit", CALLS), ("by hand", CALLS), ("raw", CALLS), ("documents", CALLS)];
const IN_MEMORY: &[(&str, &str)] = &[("reposit", CALLS), ("rusqlite", TOASTY), ("toasty", TOASTY)];
const ON_FILE: &[(&str, &str)] = &[("reposit", CALLS), ("rusqlite", TOASTY), ("toasty", TOASTY)];
const BY_HAND: &[(&str, &str)] = &[("reposit", CALLS), ("by hand", CALLS)];

pub(crate) const ROWS: &[Row] = &[
    Row { name: "dynamodb/get", title: "DynamoDB: get", contestants: ON_DYNAMODB, counted: 100, whole: false },
    Row {
        name: "dynamodb/create",
        title: "DynamoDB: create, to an unconditional put",
        contestants: ON_DYNAMODB,
        counted: 100,
        whole: false,
    },
    Row {
        name: "dynamodb/query-100",
        title: "DynamoDB: query of 100",
        contestants: ON_DYNAMODB,
        counted: 20,
        whole: false,
    },
    Row { name: "mongodb/get", title: "MongoDB: get", contestants: ON_MONGODB, counted: 100, whole: false },
    Row { name: "mongodb/create", title: "MongoDB: create", contestants: ON_MONGODB, counted: 100, whole: false },
    Row {
        name: "mongodb/query-100",
        title: "MongoDB: find of 100",
        contestants: ON_MONGODB,
        counted: 20,
        whole: false,
    },
    Row { name: "memory/get", title: "in memory: get", contestants: IN_MEMORY, counted: 200, whole: false },
    Row { name: "memory/create", title: "in memory: create", contestants: IN_MEMORY, counted: 200, whole: false },
    Row {
        name: "memory/find-10",
        title: "in memory: find of 10 by an index",
        contestants: IN_MEMORY,
        counted: 100,
        whole: false,
    },
    Row { name: "sqlite/get", title: "SQLite: get", contestants: ON_FILE, counted: 200, whole: true },
    Row { name: "sqlite/create", title: "SQLite: create", contestants: ON_FILE, counted: 200, whole: true },
    Row {
        name: "sqlite/find-10",
        title: "SQLite: find of 10 by an index",
        contestants: ON_FILE,
        counted: 100,
        whole: true,
    },
    Row { name: "postgres/get", title: "PostgreSQL: get", contestants: BY_HAND, counted: 100, whole: true },
    Row { name: "postgres/create", title: "PostgreSQL: create", contestants: BY_HAND, counted: 100, whole: true },
    Row {
        name: "postgres/query-100",
        title: "PostgreSQL: find of 100",
        contestants: BY_HAND,
        counted: 20,
        whole: true,
    },
    Row { name: "redis/get", title: "Redis: get", contestants: BY_HAND, counted: 100, whole: true },
    Row { name: "redis/create", title: "Redis: create", contestants: BY_HAND, counted: 100, whole: true },
    Row { name: "redis/query-100", title: "Redis: find of 100", contestants: BY_HAND, counted: 20, whole: true },
];

/// The contestant that is 1.00 in a row.
pub(crate) fn reference(row: &str) -> &'static str {
    if row.starts_with("memory/") || row.starts_with("sqlite/") { "toasty" } else { "by hand" }
}

/// What a row is called on the page.
pub(crate) fn title(row: &str) -> &str {
    let real = row.strip_prefix("real/").unwrap_or(row);
    ROWS.iter().find(|known| known.name == real).map_or(row, |known| known.title)
}
