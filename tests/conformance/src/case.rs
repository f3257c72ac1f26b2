//! A case: what it is called, what it needs of a backend, and what it does.

use std::future::Future;
use std::pin::Pin;

use crate::capabilities::Capability;
use crate::refused;
use crate::test::Test;

/// What a case does, on the thread that it begins on.
pub type Run = fn(Test) -> Pin<Box<dyn Future<Output = ()>>>;

/// A case of the suite. [`cases!`](crate::cases!) makes it of a function.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    path: &'static str,
    needs: &'static [Capability],
    run: Run,
}

/// Modules of which every third case is under a table prefix: none of them names a table to the server itself.
const PREFIXED: [&str; 24] = [
    "automatic_fields",
    "batches",
    "bulk_writes",
    "claims",
    "conditional_writes",
    "create_get_delete",
    "cursors",
    "error_messages",
    "expired",
    "expired_records",
    "keys",
    "locks",
    "many",
    "pages",
    "queries",
    "removal",
    "schema",
    "transaction_results",
    "transactions",
    "transfer",
    "ttl_field",
    "values",
    "versions",
    "what_was_there",
];

impl Case {
    /// A case of a path that its module begins: `crate::module::name`, or `crate::cases::module::name`.
    pub const fn new(path: &'static str, needs: &'static [Capability], run: Run) -> Self {
        Self { path, needs, run }
    }

    /// Its module and its name: `pages::pages_follow_one_another`.
    pub fn path(&self) -> &'static str {
        let within = self.path.split_once("::").map_or(self.path, |(_, path)| path);
        within.strip_prefix("cases::").unwrap_or(within)
    }

    /// Its path with the name of the backend before its own: `pages::memory::pages_follow_one_another`.
    pub fn path_on(&self, backend: &str) -> String {
        match self.path().rsplit_once("::") {
            Some((module, name)) => format!("{module}::{backend}::{name}"),
            None => format!("{backend}::{}", self.path()),
        }
    }

    /// What it needs of a backend.
    pub fn needs(&self) -> &'static [Capability] {
        self.needs
    }

    /// The table prefix that it runs under.
    pub fn prefix(&self) -> &'static str {
        let may_be = self.path().split("::").any(|module| PREFIXED.contains(&module));
        let sum: usize = self.path().bytes().map(usize::from).sum();
        if may_be && sum.is_multiple_of(3) { "staging-" } else { "" }
    }

    /// Runs it, and panics where something is not as promised. If the backend lacks something that the case needs, that is
    /// looked at: it must be refused.
    pub async fn run(&self, test: Test) {
        match self.needs.iter().find(|need| !test.can(**need)) {
            None => (self.run)(test).await,
            Some(need) => refused::is_refused(*need, &test).await,
        }
    }
}

/// Lists the cases of a module: functions of a [`Test`](crate::Test), with what each needs of the backend if not every backend has it.
///
/// ```
/// use reposit_conformance::{Case, Test, cases};
///
/// cases!(it_answers, it_explains_what_it_reads: Explain Snapshot);
///
/// async fn it_answers(t: Test) {
///     t.db.ping().await.unwrap();
/// }
///
/// async fn it_explains_what_it_reads(t: Test) {
///     // …
/// }
///
/// # fn main() {
/// assert_eq!(CASES.len(), 2);
/// # }
/// ```
#[macro_export]
macro_rules! cases {
    ($($name:ident $(: $($need:ident)+)?),+ $(,)?) => {
        /// The cases of this module.
        pub(crate) const CASES: &[$crate::Case] = &[$(
            $crate::Case::new(
                concat!(module_path!(), "::", stringify!($name)),
                &[$($($crate::Capability::$need),+)?],
                |test| Box::pin($name(test)),
            ),
        )+];
    };
}
