//! A database behind a proxy that counts, and what one operation sends.

use std::collections::BTreeMap;

use reposit::Database;
use reposit_tests::proxy::Proxy;
use reposit_tests::servers::{Target, fresh_name};

/// A database behind a proxy that counts.
pub(crate) struct Counted {
    pub(crate) db: Database,
    pub(crate) proxy: Proxy,
}

impl Counted {
    pub(crate) async fn on(target: Target) -> (Self, String) {
        let server = target.server().await.expect("a server");
        let name = fresh_name();
        let (proxy, url) = Proxy::before(target, &server, &name).await;
        let db = Database::open(&url).await.expect("the server answers");
        (Self { db, proxy }, server.label())
    }

    /// The requests since the last look, by name.
    pub(crate) fn taken(&self) -> BTreeMap<String, usize> {
        self.proxy.take_counts()
    }
}

/// Asserts what one operation sent.
macro_rules! sends {
    ($counted:ident, $what:literal, $operation:expr, $expected:expr) => {{
        $counted.taken();
        $operation.await.unwrap();
        let expected: &[(&str, usize)] = &$expected;
        let expected: BTreeMap<String, usize> = expected.iter().map(|(name, n)| (name.to_string(), *n)).collect();
        assert_eq!($counted.taken(), expected, $what);
    }};
}
pub(crate) use sends;
