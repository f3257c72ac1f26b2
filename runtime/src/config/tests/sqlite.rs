use std::path::Path;

use super::*;
use crate::backend::Limits;
use crate::config::{Durability, SqliteSettings};

fn sqlite_of(config: &Config) -> &SqliteSettings {
    config.target().downcast_ref().expect("the settings of SQLite")
}

#[test]
fn urls() {
    for (url, path) in [
        ("sqlite:./data.db", "./data.db"),
        ("sqlite:data.db", "data.db"),
        ("sqlite:/srv/data.db", "/srv/data.db"),
        ("sqlite:///srv/data.db", "/srv/data.db"),
        ("sqlite::memory:", ":memory:"),
        ("sqlite:a%20b%3f.db?timeout=1s", "a b?.db"),
    ] {
        let config = Config::from_url(url).unwrap();
        let settings = sqlite_of(&config);
        assert_eq!((settings.path.as_path(), settings.durability), (Path::new(path), Durability::Commit), "{url}");
        assert_eq!(settings.limits, Limits::DYNAMODB);
    }
    let config = Config::from_url("sqlite:data.db?durability=os&limits=none").unwrap();
    assert_eq!((sqlite_of(&config).durability, sqlite_of(&config).limits), (Durability::Os, Limits::NONE));
    refused(Config::from_url("sqlite:"), &["a file is needed"]);
    refused(Config::from_url("sqlite:?durability=os"), &["a file is needed"]);
    refused(Config::from_url("sqlite::ram:"), &["begins with a colon"]);
    refused(Config::from_url("sqlite:file:x.db"), &["`file:` URI"]);
    refused(Config::from_url("sqlite:x.db?durability=never"), &["durability is neither `commit` nor `os`"]);
    refused(Config::from_url("sqlite:x.db?limits=some"), &["limits is neither"]);
    refused(Config::from_url("sqlite:x.db?journal_mode=off"), &["is unknown; known are durability, limits"]);
}

#[test]
fn files() {
    let config = read("config.json", r#"{ "backend": "sqlite", "path": "./data.db", "durability": "os" }"#).unwrap();
    assert_eq!(
        (sqlite_of(&config).path.as_path(), sqlite_of(&config).durability),
        (Path::new("./data.db"), Durability::Os)
    );
    refused(read("config.json", r#"{ "backend": "sqlite" }"#), &["path is missing"]);
    refused(read("config.json", r#"{ "backend": "sqlite", "path": "x", "host": "h" }"#), &["unknown"]);

    let of = |info: &str| read("config.json", &format!(r#"{{ "dbName": "sqlite", "dbInfo": {{ {info} }} }}"#));
    assert_eq!(
        sqlite_of(&of(r#""database": "/srv/data.db", "host": "mongo""#).unwrap()).path.as_path(),
        Path::new("/srv/data.db")
    );
    refused(of(r#""host": "mongo""#), &["dbInfo.database is missing"]);
    refused(of(r#""database": ":x""#), &["dbInfo.database", "begins with a colon"]);
}
