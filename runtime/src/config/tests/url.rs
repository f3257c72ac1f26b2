use std::time::Duration;

use super::*;
use crate::backend::Limits;

fn limits(config: &Config) -> Limits {
    config.target().downcast_ref::<super::super::MemorySettings>().expect("the settings of memory").limits
}

#[test]
fn memory() {
    for url in ["memory:", "memory://", "memory:?timeout=1s&limits=dynamodb"] {
        let config = Config::from_url(url).unwrap();
        assert_eq!(limits(&config), Limits::DYNAMODB, "{url}");
    }
    let config = Config::from_url("memory:?limits=none").unwrap();
    assert_eq!(limits(&config), Limits::NONE);
    refused(Config::from_url("memory:users"), &["memory: takes no address"]);
    refused(Config::from_url("memory://users"), &["memory: takes no address"]);
    refused(Config::from_url("memory:?limits=some"), &["limits"]);
}

#[test]
fn common_options() {
    for url in ["memory:", "dynamodb://us-east-1", "mongodb://localhost/users", "postgres://localhost/users"] {
        let url = format!("{url}?timeout=2m&connect_timeout=500ms&define_timeout=1h&cursor_key=se%73ame");
        let config = Config::from_url(&url).unwrap();
        assert_eq!(config.options.timeout, Duration::from_secs(120));
        assert_eq!(config.options.connect_timeout, Duration::from_millis(500));
        assert_eq!(config.options.define_timeout, Duration::from_secs(3600));
        assert_eq!(config.cursor_key.expose(), "sesame");
        assert_hidden(&format!("{config:?}"));
    }
    for wrong in ["timeout=10", "timeout=0s", "timeout=-1s", "timeout=soon", "timeout="] {
        refused(Config::from_url(&format!("memory:?{wrong}")), &["timeout"]);
    }
}

#[test]
fn unknown_options() {
    refused(Config::from_url("memory:?timeot=1s"), &["`timeot`", "did you mean `timeout`?"]);
    refused(Config::from_url("dynamodb://us-east-1?endpiont=x"), &["`endpiont`", "did you mean `endpoint`?"]);
    refused(Config::from_url("mongodb://h/d?replicaset_=x"), &["`replicaset_`", "did you mean `replicaSet`?"]);
    refused(Config::from_url("mongodb://h/d?timeot=1s"), &["`timeot`", "did you mean `timeout`?"]);
    refused(Config::from_url("mongodb://h/d?colour=red"), &["option 1 is unknown", "MongoDB's own"]);
    refused(Config::from_url("memory:?timeout=1s&colour=red"), &["option 2", "is unknown; known are limits, timeout"]);
    refused(Config::from_url("memory:?x=1&x=2"), &["option 1 is unknown"]);
    refused(Config::from_url("memory:?timeout=1s&timeout=2s"), &["timeout", "twice"]);
    refused(Config::from_url("memory:?timeout"), &["no value"]);
    refused(Config::from_url("memory:?timeout=%zz"), &["hexadecimal"]);
    refused(Config::from_url("memory:?timeout=%ff"), &["UTF-8"]);
}

#[test]
fn unknown_schemes() {
    for url in [
        "mysql://ada:sesame@host/users",
        "",
        "users",
        "localhost:27017",
        "ada:sesame@host/users",
        "://x",
        "sesame word://x",
    ] {
        refused(Config::from_url(url), &["memory:", "mongodb://", "mongodb+srv://", "dynamodb://"]);
    }
    refused(Config::from_url("mysql://x"), &["unknown scheme `mysql`"]);
    refused(Config::from_url("mongo://x/y"), &["`mongo`", "did you mean `mongodb`?"]);
    refused(Config::from_url("dynamo://x"), &["`dynamo`", "did you mean `dynamodb`?"]);
}

#[test]
fn a_password_that_is_not_encoded_is_refused_and_not_shown() {
    for url in [
        "mongodb://ada:pa/sesame@host/users",
        "mongodb://ada:12/sesame@host/users",
        "mongodb://ada:pa?sesame@host/users",
        "mongodb://ada:12?sesame=@host/users",
        "mongodb://ada:pa?sesame=x@host/users",
        "mongodb://ada:pa#sesame@host/users",
        "mongodb://ada:pa@sesame@host/users",
        "mongodb://ada:pa:sesame@host/users",
        "mongodb://ada:pa%sesame@host/users",
        "mongodb://ada:sesame",
        "mongodb://ada:sesame/users",
        "mongodb://ada:sesame@",
        "mongodb://ada:sesame@host",
        "mongodb://ada:sesame@/users",
        "mongodb://:sesame@host/users",
        "mongodb://ada:sesame@host:99999/users",
        "mongodb://ada:sesame@host/users?timeout=x",
        "mongodb://ada:sesame@host/users?colour=x",
        "dynamodb://KEY:sesame/x@us-east-1",
        "dynamodb://KEY:sesame@us-east-1/x",
        "dynamodb://KEY:sesame@localhost:8000",
        "dynamodb://KEY:sesame@US",
        "dynamodb://KEY:pa/sesame@us-east-1?endpoint=http://localhost",
        "dynamodb://us-east-1?endpoint=http://ada:sesame@localhost",
        "dynamodb://us-east-1?access_key=sesame",
        "dynamodb://us-east-1?secret_key=sesame",
        "memory:ada:sesame@host",
    ] {
        refused(Config::from_url(url), &["the URL"]);
    }
}

#[test]
fn the_rest_of_a_secret_that_is_not_encoded_is_not_shown() {
    for url in [
        "dynamodb://us-east-1?access_key=KEY&secret_key=pa&sesame=x",
        "dynamodb://us-east-1?access_key=KEY&secret_key=pa&sesame",
        "dynamodb://us-east-1?access_key=KEY&secret_key=pa&ss;sesame=x",
        "dynamodb://us-east-1?access_key=KEY&secret_key=pa&sesame=x&sesame=y",
        "dynamodb://us-east-1?secret_key=pa%26&access_key=KEY&session_token=a&sesame==",
        "memory:?cursor_key=a&sesame=b",
        "mongodb://h/d?cursor_key=a&sesame=b",
        "mongodb://h/d?authMechanismProperties=TOKEN:a&sesame=b",
        "mongodb://h/d?proxyPassword=a&sesame=b",
        "mongodb://ada%3Asesame/users",
        "mongodb://ada:sesame%40host/users",
    ] {
        refused(Config::from_url(url), &["the URL"]);
    }
    // What resembles an option is shown, but not behind a secret.
    refused(Config::from_url("memory:?limits=none&timeot=1s"), &["`timeot`"]);
    let error = Config::from_url("memory:?cursor_key=a&timeot=1s").unwrap_err();
    assert!(!error.message().contains("timeot`") && error.message().contains("%26"), "{error}");
}
