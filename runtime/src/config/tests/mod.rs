mod dynamodb;
mod everything;
mod file;
mod microkubes;
mod mongodb;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "sqlite")]
mod sqlite;
mod url;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Config, DynamoDbSettings, MongoDbSettings};
use crate::ErrorKind;

/// A file that is gone when the test is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("reposit-config-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

fn read(name: &str, text: &str) -> crate::Result<Config> {
    Config::from_file(Scratch::new(name, text).path())
}

fn mongodb_of(config: &Config) -> &MongoDbSettings {
    config.target().downcast_ref().expect("the settings of MongoDB")
}

fn dynamodb_of(config: &Config) -> &DynamoDbSettings {
    config.target().downcast_ref().expect("the settings of DynamoDB")
}

#[cfg(feature = "postgres")]
fn postgres_of(config: &Config) -> &super::PostgresSettings {
    config.target().downcast_ref().expect("the settings of PostgreSQL")
}

/// The configuration is refused, with all of these words and without the secrets of the tests.
fn refused(config: crate::Result<Config>, words: &[&str]) {
    let error = config.expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    let shown = format!("{error}\n{error:?}");
    for word in words {
        assert!(shown.contains(word), "`{word}` is not in: {shown}");
    }
    assert_hidden(&shown);
}

fn assert_hidden(shown: &str) {
    for secret in ["sesame", "SESAME"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
