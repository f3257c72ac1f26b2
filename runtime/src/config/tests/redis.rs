//! Configurations of Redis.

use super::{read, refused};
use crate::config::{Config, RedisSettings};
use crate::limits::Limits;

fn redis_of(config: &Config) -> &RedisSettings {
    config.target().downcast_ref().expect("the settings of Redis")
}

fn password(settings: &RedisSettings) -> Option<&str> {
    settings.password.as_ref().map(|password| password.expose())
}

#[test]
fn urls_name_the_server_and_the_database() {
    for (url, host, port, database) in [
        ("redis://localhost", "localhost", 6379, 0),
        ("redis://localhost/3", "localhost", 6379, 3),
        ("redis://10.0.0.1:7000/0?timeout=2s", "10.0.0.1", 7000, 0),
        ("rediss://[::1]:1/15", "::1", 1, 15),
    ] {
        let config = Config::from_url(url).unwrap();
        let settings = redis_of(&config);
        assert_eq!((settings.hosts.as_slice(), settings.database), (&[(host.to_owned(), port)][..], database), "{url}");
        assert_eq!(settings.tls, url.starts_with("rediss"));
    }
    let config = Config::from_url("redis://ada:s%40same@h?prefix=shop:&wait=2&limits=none").unwrap();
    let settings = redis_of(&config);
    assert_eq!((settings.user.as_deref(), password(settings)), (Some("ada"), Some("s@same")));
    assert_eq!((settings.prefix.as_str(), settings.wait, settings.cluster), ("shop:", 2, false));
    assert_ne!(settings.limits, Limits::DYNAMODB);
    assert!(!format!("{config:?}").contains("same"));
    let config = Config::from_url("redis://:sesame@h1:1,h2:2?cluster=true").unwrap();
    let settings = redis_of(&config);
    assert_eq!((settings.user.as_deref(), password(settings), settings.hosts.len()), (None, Some("sesame"), 2));
}

#[test]
fn what_is_wrong_is_named() {
    refused(Config::from_url("redis://h:x"), &["the host is not of the form host:port"]);
    refused(Config::from_url("redis://h/users"), &["not the number of a database"]);
    refused(Config::from_url("redis://h1,h2"), &["several hosts", "cluster"]);
    refused(Config::from_url("redis://h/1?cluster=true"), &["no database but 0"]);
    refused(Config::from_url("redis://h?prefix={a}"), &["braces"]);
    refused(Config::from_url("redis://ada@h"), &["a user, but no password"]);
    refused(Config::from_url("redis://h?limits=some"), &["limits is neither"]);
    refused(Config::from_url("redis://h?wait=all"), &["wait"]);
    refused(Config::from_url("redis://h?perfix=a"), &["`perfix`", "`prefix`"]);
}

#[test]
fn files_have_the_same_properties() {
    let file = r#"{ "backend": "redis", "host": "h:1", "database": 2, "user": "ada", "password": "sesame", "tls": true,
        "prefix": "shop:", "wait": 1 }"#;
    let config = read("config.json", file).unwrap();
    let settings = redis_of(&config);
    assert_eq!((settings.hosts.as_slice(), settings.database), (&[("h".to_owned(), 1)][..], 2));
    assert_eq!((settings.user.as_deref(), password(settings), settings.tls), (Some("ada"), Some("sesame"), true));
    assert_eq!((settings.prefix.as_str(), settings.wait), ("shop:", 1));
    refused(read("config.json", r#"{ "backend": "redis" }"#), &["host is missing"]);
}
