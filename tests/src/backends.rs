//! The backends that the suite runs on: the one list of them.
//!
//! A backend of the list has a line: the module of its tests, its [`Target`](crate::servers::Target), and what it offers. `every`
//! stands in each line; `embedded` is a store within the process, `server` one behind a network, which has a function of the
//! module's name in [`servers`](crate::servers); `mongodb`, `dynamodb`, `postgres` and `redis` are the
//! protocols that a server answers.

/// Hands the list of backends to a macro, after `@backends` and what is given with it.
#[macro_export]
macro_rules! with_backends {
    ([$($then:tt)+] $given:tt) => {
        $($then)+ {
            @backends $given
            memory Memory "memory" [every embedded]
            sqlite Sqlite "sqlite" [every embedded]
            mongodb Mongodb "mongodb" [every server mongodb]
            dynamodb_local DynamodbLocal "dynamodb-local" [every server dynamodb]
            dynoxide Dynoxide "dynoxide" [every server dynamodb]
            redis Redis "redis" [every server redis]
            postgres Postgres "postgres" [every server postgres]
        }
    };
}

/// Expands to what is in the braces if a backend offers the thing.
#[doc(hidden)]
#[macro_export]
macro_rules! if_offered {
    (every [every $($more:ident)*] { $($then:tt)* }) => { $($then)* };
    (embedded [every embedded] { $($then:tt)* }) => { $($then)* };
    (server [every server $($more:ident)*] { $($then:tt)* }) => { $($then)* };
    (mongodb [every server mongodb] { $($then:tt)* }) => { $($then)* };
    (dynamodb [every server dynamodb] { $($then:tt)* }) => { $($then)* };
    (postgres [every server postgres] { $($then:tt)* }) => { $($then)* };
    (redis [every server redis] { $($then:tt)* }) => { $($then)* };
    ($offer:ident [$($offers:ident)+] $then:tt) => {};
}
