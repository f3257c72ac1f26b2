//! A server, the way to it that is sound, and ways to it behind a proxy.

use std::time::Duration;

use reposit::{Config, Database};
use reposit_tests::proxy::{Dynamo, Fired, Mongo, Request, Rule};
use reposit_tests::servers::{Server, Target, fresh_name};

use crate::models::{Line, Page, Person, StoredLock, Thing};

pub(crate) struct Stand {
    pub(crate) target: Target,
    pub(crate) server: Server,
    name: String,
    /// The way that nothing goes wrong on.
    pub(crate) truth: Database,
}

impl Stand {
    pub(crate) async fn on(target: Target) -> Self {
        let server = target.server().await.expect("a server");
        let name = fresh_name();
        let truth = Database::open(&server.url(&name)).await.expect("the server answers");
        define(&truth).await;
        Self { target, server, name, truth }
    }

    /// The same database behind a proxy of its own.
    pub(crate) async fn behind(&self, timeout: Duration) -> (Proxy, Database) {
        self.behind_with(|config| config.timeout(timeout)).await
    }

    /// The same, with more settings.
    pub(crate) async fn behind_with(&self, set: impl FnOnce(Config) -> Config) -> (Proxy, Database) {
        let upstream = self.server.address(&self.name);
        let proxy = match self.target {
            Target::Mongodb => Proxy::Mongo(Mongo::start(&upstream).await),
            _ => Proxy::Dynamo(Dynamo::start(&upstream).await),
        };
        let url = self.server.url_via(&self.name, proxy.address());
        let config = set(Config::from_url(&url).expect("the server's own URL"));
        let db = config.connect_timeout(Duration::from_secs(30)).open().await.expect("the proxy answers");
        if self.target == Target::Mongodb {
            // So that the first call is not one that looks whether the models are defined.
            define(&db).await;
        }
        (proxy, db)
    }
}

pub(crate) async fn define(db: &Database) {
    db.define::<Thing>().await.expect("an empty database takes any model");
    db.define::<Person>().await.expect("an empty database takes any model");
    db.define::<Page>().await.expect("an empty database takes any model");
    db.define::<Line>().await.expect("an empty database takes any model");
    db.define::<StoredLock>().await.expect("an empty database takes any model");
}

/// Either proxy.
pub(crate) enum Proxy {
    Dynamo(Dynamo),
    Mongo(Mongo),
}

impl Proxy {
    fn address(&self) -> &str {
        match self {
            Self::Dynamo(proxy) => proxy.address(),
            Self::Mongo(proxy) => proxy.address(),
        }
    }

    pub(crate) fn fault(&self, rule: Rule) -> Fired {
        match self {
            Self::Dynamo(proxy) => proxy.fault(rule),
            Self::Mongo(proxy) => proxy.fault(rule),
        }
    }

    #[allow(dead_code, reason = "only the run against damaged answers ends faults")]
    pub(crate) fn clear_faults(&self) {
        match self {
            Self::Dynamo(proxy) => proxy.clear_faults(),
            Self::Mongo(proxy) => proxy.clear_faults(),
        }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        match self {
            Self::Dynamo(proxy) => proxy.requests(),
            Self::Mongo(proxy) => proxy.requests(),
        }
    }
}
