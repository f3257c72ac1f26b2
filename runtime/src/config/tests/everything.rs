//! What a URL says can be said in code too: each option has a method or a field of its name.

use std::time::Duration;

use super::*;
use crate::backend::Limits;
use crate::config::{MemorySettings, Resend, Target};
use crate::open::Builder;
use crate::{Database, Error};

const SECONDS: Duration = Duration::from_secs(3);

/// An option of every backend, and its methods.
type Common = (&'static str, &'static str, fn(Config) -> Config, fn(Builder) -> Builder);

const COMMON: [Common; 5] = [
    ("timeout", "3s", |config| config.timeout(SECONDS), |builder| builder.timeout(SECONDS)),
    ("connect_timeout", "3s", |config| config.connect_timeout(SECONDS), |builder| builder.connect_timeout(SECONDS)),
    ("define_timeout", "3s", |config| config.define_timeout(SECONDS), |builder| builder.define_timeout(SECONDS)),
    ("table_prefix", "a-", |config| config.table_prefix("a-"), |builder| builder.table_prefix("a-")),
    ("cursor_key", "sesame", |config| config.cursor_key("sesame"), |builder| builder.cursor_key("sesame")),
];

/// The options that a URL may have, which the error of an unknown one lists.
fn known(url: &str) -> Vec<String> {
    let error: Error = Config::from_url(&format!("{url}?zzzz=1")).unwrap_err();
    let (_, known) = error.message().split_once("known are ").expect("a list");
    known.split(", ").map(str::to_owned).collect()
}

#[test]
fn common_options_are_methods_of_the_configuration_and_the_builder() {
    let plain = Config::from_url("memory:").unwrap();
    for (name, value, of_config, of_builder) in COMMON {
        let by_url = Config::from_url(&format!("memory:?{name}={value}")).unwrap();
        let by_code = of_config(plain.clone());
        assert_eq!(format!("{:?}", by_url.options), format!("{:?}", by_code.options), "{name}");
        assert_eq!(by_url.cursor_key.expose(), by_code.cursor_key.expose(), "{name}");
        let builder = of_builder(Database::builder());
        assert!(format!("{builder:?}").contains(&format!("{:?}", by_url.options)), "{name}: {builder:?}");
        let changes = name == "cursor_key" || format!("{:?}", by_url.options) != format!("{:?}", plain.options);
        assert!(changes, "{name}");
    }
}

#[test]
fn options_of_a_backend_are_fields_of_its_settings() {
    let secrets = Scratch::new("credentials", "[default]\n");
    let file = secrets.path();
    let settings = |change: &dyn Fn(&mut DynamoDbSettings)| {
        let mut settings = DynamoDbSettings { region: Some("r".into()), ..DynamoDbSettings::default() };
        change(&mut settings);
        settings
    };
    let keys = |settings: &mut DynamoDbSettings| {
        (settings.access_key, settings.secret_key) = (Some("k".into()), Some("s".into()));
        settings.session_token = Some("t".into());
    };
    let path = file.display();
    let of_dynamodb = [
        ("endpoint=http://h:1".to_owned(), settings(&|settings| settings.endpoint = Some("http://h:1".into()))),
        ("resend=idempotent".to_owned(), settings(&|settings| settings.resend = Resend::Idempotent)),
        ("profile=p".to_owned(), settings(&|settings| settings.profile = Some("p".into()))),
        (format!("credentials_file={path}"), settings(&|settings| settings.credentials_file = Some(file.into()))),
        ("access_key=k&secret_key=s&session_token=t".to_owned(), settings(&keys)),
    ];
    let mut told: Vec<_> = COMMON.iter().map(|(name, ..)| (*name).to_owned()).collect();
    for (query, settings) in of_dynamodb {
        let config = Config::from_url(&format!("dynamodb://r?{query}")).unwrap();
        let by_url = dynamodb_of(&config);
        assert_eq!(format!("{by_url:?}"), format!("{settings:?}"), "{query}");
        let secrets = |of: &DynamoDbSettings| {
            [&of.access_key, &of.secret_key, &of.session_token]
                .map(|key| key.as_ref().map(|key| key.expose().to_owned()))
        };
        assert_eq!(secrets(by_url), secrets(&settings), "{query}");
        told.extend(query.split('&').filter_map(|option| option.split('=').next()).map(str::to_owned));
    }
    let missing = |url: &str| known(url).into_iter().filter(|name| !told.contains(name)).collect::<Vec<_>>();
    assert_eq!(missing("dynamodb://r"), Vec::<String>::new());
    let none = Config::from_url("memory:?limits=none").unwrap();
    let by_hand = MemorySettings { limits: Limits::NONE };
    assert_eq!(none.target().downcast_ref::<MemorySettings>().unwrap().limits, by_hand.limits);
    assert_eq!(missing("memory:"), ["limits"]);
    // MongoDB's own are handed to the driver, as they are in the settings.
    let config = Config::from_url("mongodb://h/d?replicaSet=rs0&timeout=3s").unwrap();
    assert_eq!(mongodb_of(&config).uri.expose(), "mongodb://h/d?replicaSet=rs0");
    assert_eq!(Target::name(mongodb_of(&config)), "mongodb");
}

#[test]
fn a_table_prefix_is_checked_where_it_is_read() {
    for url in ["memory:", "dynamodb://us-east-1", "mongodb://localhost/users", "postgres://localhost/users"] {
        let config = Config::from_url(&format!("{url}?table_prefix=staging-")).unwrap();
        assert_eq!(config.options.table_prefix, "staging-");
        for (wrong, word) in
            [("a%20b", "letters, digits"), ("system.x", "MongoDB"), ("_reposit", "for itself"), ("", "empty")]
        {
            refused(Config::from_url(&format!("{url}?table_prefix={wrong}")), &["table_prefix", word]);
        }
        let long = "x".repeat(243);
        refused(Config::from_url(&format!("{url}?table_prefix={long}")), &["at most 242"]);
    }
    let file = r#"{ "backend": "memory", "table_prefix": "staging-" }"#;
    assert_eq!(read("a.json", file).unwrap().options.table_prefix, "staging-");
    let file = r#"{ "url": "memory:?table_prefix=a-", "table_prefix": "b-" }"#;
    assert_eq!(read("a.json", file).unwrap().options.table_prefix, "b-", "what stands beside the URL goes first");
    refused(
        read("a.json", r#"{ "backend": "memory", "table_prefix": 1 }"#),
        &["a.json", "table_prefix has to be text"],
    );
}
