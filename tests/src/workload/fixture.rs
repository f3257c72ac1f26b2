//! A server, the way to it that is sound, and ways to it behind a proxy.

use std::time::Duration;

use crate::proxy::Proxy;
use crate::servers::{Server, Target, fresh_name};
use reposit::{Config, Database};

use super::models::{Entry, Letter, Line, Page, Person, Post, StoredLock, Thing};
use super::unstamped::{BarePage, BarePerson, BareThing};

/// An empty database of a server, with the models of the operations.
pub struct Fixture {
    /// Where it is.
    pub target: Target,
    /// The server.
    pub server: Server,
    name: String,
    /// The way that nothing goes wrong on.
    pub direct: Database,
}

impl Fixture {
    /// A database that nobody else has.
    pub async fn on(target: Target) -> Self {
        let server = target.server().await.expect("a server");
        let name = fresh_name();
        let direct = Database::open(&server.url(&name)).await.expect("the server answers");
        define(&direct).await;
        Self { target, server, name, direct }
    }

    /// The same database behind a proxy of its own.
    pub async fn behind(&self, timeout: Duration) -> (Proxy, Database) {
        self.behind_with(|config| config.timeout(timeout)).await
    }

    /// The same, with an option of the URL.
    pub async fn behind_as(&self, option: Option<&str>, timeout: Duration) -> (Proxy, Database) {
        self.open_behind(option, |config| config.timeout(timeout)).await
    }

    /// The same, with more settings.
    pub async fn behind_with(&self, set: impl FnOnce(Config) -> Config) -> (Proxy, Database) {
        self.open_behind(None, set).await
    }

    async fn open_behind(&self, option: Option<&str>, set: impl FnOnce(Config) -> Config) -> (Proxy, Database) {
        let (proxy, mut url) = Proxy::before(self.target, &self.server, &self.name).await;
        if let Some(option) = option {
            url = format!("{url}&{option}");
        }
        let config = set(Config::from_url(&url).expect("the server's own URL"));
        let db = config.connect_timeout(Duration::from_secs(30)).open().await.expect("the proxy answers");
        if !self.target.is_dynamodb() {
            // So that the first call is not one that looks whether the models are defined.
            define(&db).await;
        }
        (proxy, db)
    }
}

/// Defines the models of the operations.
pub async fn define(db: &Database) {
    db.define::<Thing>().await.expect("an empty database takes any model");
    db.define::<Person>().await.expect("an empty database takes any model");
    db.define::<Page>().await.expect("an empty database takes any model");
    db.define::<Post>().await.expect("an empty database takes any model");
    db.define::<Letter>().await.expect("an empty database takes any model");
    db.define::<Line>().await.expect("an empty database takes any model");
    db.define::<Entry>().await.expect("an empty database takes any model");
    db.define::<StoredLock>().await.expect("an empty database takes any model");
    db.define::<(BareThing, BarePerson, BarePage)>().await.expect("they are of the same tables");
}
