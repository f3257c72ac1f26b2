use super::*;

/// The properties of a service's database, as its documentation has them.
fn text(name: &str, credentials: &Path) -> String {
    format!(
        r#"{{ "dbName": {name:?}, "dbInfo": {{ "credentials": {credentials:?}, "endpoint": "http://dynamo:8000",
            "awsRegion": "us-east-1", "host": "mongo:27017", "database": "users", "user": "restapi", "pass": "restapi" }} }}"#
    )
}

#[test]
fn the_name_alone_switches() {
    let credentials = Scratch::new("aws-credentials", "[default]\n");
    for wrapped in [true, false] {
        let file = |name: &str| match text(name, credentials.path()) {
            text if wrapped => format!(r#"{{ "service": {{ "name": "x" }}, "version": "1", "database": {text} }}"#),
            text => text,
        };
        let config = read("config.json", &file("dynamodb")).unwrap();
        let settings = dynamodb_of(&config);
        assert_eq!(settings.credentials_file.as_deref(), Some(credentials.path()));
        assert_eq!(settings.endpoint.as_deref(), Some("http://dynamo:8000"));
        assert_eq!(settings.region.as_deref(), Some("us-east-1"));

        let config = read("config.json", &file("mongodb")).unwrap();
        let settings = mongodb_of(&config);
        assert_eq!(settings.uri.expose(), "mongodb://mongo:27017/users");
        assert_eq!(settings.user.as_deref(), Some("restapi"));
        assert_eq!(settings.password.as_ref().unwrap().expose(), "restapi");
        assert_eq!(settings.database, "users");
        assert_eq!(settings.auth_fallback.as_deref(), Some("admin"));

        #[cfg(feature = "postgres")]
        {
            let config = read("config.json", &file("postgres")).unwrap();
            let settings = postgres_of(&config);
            assert_eq!(settings.hosts, [("mongo".to_owned(), 27017)]);
            assert_eq!((settings.database.as_str(), settings.user.as_deref()), ("users", Some("restapi")));
            assert_eq!(settings.password.as_ref().unwrap().expose(), "restapi");
        }
        assert_eq!(read("config.json", &file("memory")).unwrap().target().name(), "memory");
    }
}

#[test]
fn keys_are_found_as_go_finds_them() {
    let text = r#"{ "Database": { "DBNAME": "mongodb", "DbInfo": { "HOST": "h1:27017, h2:27018", "Database": "users",
                    "user": "a", "USER": "b", "Pass": "ses@me", "Host2": 1 } } }"#;
    let config = read("config.json", text).unwrap();
    let settings = mongodb_of(&config);
    assert_eq!(settings.uri.expose(), "mongodb://h1:27017,h2:27018/users");
    assert_eq!(settings.user.as_deref(), Some("a"));
    assert_eq!(settings.password.as_ref().unwrap().expose(), "ses@me");
    assert!(!format!("{config:?}").contains("ses@me"));
}

#[test]
fn static_keys_and_empty_properties() {
    let text = r#"{ "dbName": "dynamodb", "dbInfo": { "credentials": "", "endpoint": null, "awsRegion": "us-east-1",
                    "awsSecretKeyId": "KEY", "awsSecretAccessKey": "sesame", "awsSessionToken": "sesame2", "host": 1 } }"#;
    let config = read("config.json", text).unwrap();
    let settings = dynamodb_of(&config);
    assert_eq!(settings.access_key.as_ref().unwrap().expose(), "KEY");
    assert_eq!(settings.session_token.as_ref().unwrap().expose(), "sesame2");
    assert_eq!((&settings.endpoint, &settings.credentials_file), (&None, &None));
    assert_hidden(&format!("{config:?}"));

    let text = r#"{ "dbName": "mongodb", "dbInfo": { "host": "h", "database": "d", "user": "", "pass": "" } }"#;
    let config = read("config.json", text).unwrap();
    assert_eq!(mongodb_of(&config).uri.expose(), "mongodb://h/d");
    assert_eq!(mongodb_of(&config).auth_fallback, None);
}

#[test]
fn what_is_wrong_is_named_as_the_file_names_it() {
    let of = |name: &str, info: &str| {
        read("config.json", &format!(r#"{{ "database": {{ "dbName": "{name}", "dbInfo": {{ {info} }} }} }}"#))
    };
    let file = "config.json: database.dbInfo.";
    let named = |name: &str| format!("{file}{name}");
    refused(of("mongodb", r#""database": "d""#), &[&named("host is missing")]);
    refused(of("mongodb", r#""host": "h""#), &[&named("database is missing")]);
    refused(of("mongodb", r#""host": "h", "database": "d", "user": "u""#), &[&named("pass is missing")]);
    refused(of("mongodb", r#""host": "h", "database": "d", "pass": "sesame""#), &[&named("user is missing")]);
    refused(of("mongodb", r#""host": "mongodb://u:sesame@h", "database": "d""#), &[&named("host")]);
    refused(of("mongodb", r#""host": "h", "database": "a b""#), &[&named("database")]);
    refused(of("mongodb", r#""host": 27017, "database": "d""#), &[&named("host has to be text")]);
    refused(of("dynamodb", r#""credentials": "/x""#), &[&named("awsRegion is missing")]);
    refused(of("dynamodb", r#""awsRegion": "us-east-1""#), &[&named("credentials is missing"), "awsSecretKeyId"]);
    refused(
        of("dynamodb", r#""awsRegion": "us-east-1", "awsSecretKeyId": "SESAME""#),
        &[&named("awsSecretAccessKey is missing")],
    );
    refused(
        of("dynamodb", r#""awsRegion": "us-east-1", "awsSecretAccessKey": "SESAME""#),
        &[&named("awsSecretKeyId is missing")],
    );
    refused(
        of("dynamodb", r#""awsRegion": "us-east-1", "credentials": "/no/such/file""#),
        &[&named("credentials"), "/no/such/file"],
    );
    refused(
        of("dynamodb", r#""awsRegion": "us-east-1", "credentials": "/x", "endpoint": "dynamo""#),
        &[&named("endpoint")],
    );
    refused(of("mongo", ""), &["config.json: database.dbName", "`mongo`", "did you mean `mongodb`?"]);

    refused(read("config.json", r#"{ "dbName": "mongodb" }"#), &["config.json: dbInfo.host is missing"]);
    refused(read("config.json", r#"{ "dbInfo": {} }"#), &["config.json: dbName is missing"]);
    refused(read("config.json", r#"{ "database": {} }"#), &["config.json: database.dbName is missing"]);
    refused(read("config.json", r#"{ "dbName": "mongodb", "dbInfo": "sesame" }"#), &["dbInfo has to be a map"]);
}
