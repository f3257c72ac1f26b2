use std::time::Duration;

use super::*;

#[test]
fn json_and_toml_by_extension_or_by_trying() {
    let json = r#"{ "url": "memory:", "timeout": "2s" }"#;
    let toml = "url = 'memory:'\ntimeout = '2s'\n";
    for (name, text) in [("a.json", json), ("a.JSON", json), ("a.toml", toml), ("a.conf", json), ("a", toml)] {
        let config = read(name, text).unwrap();
        assert_eq!(config.target().name(), "memory", "{name}");
        assert_eq!(config.options.timeout, Duration::from_secs(2), "{name}");
    }
    refused(read("a.json", toml), &["a.json", "is not JSON (line 1, column 1)"]);
    refused(read("a.toml", json), &["a.toml", "is not TOML (line 1"]);
    refused(read("a.conf", "{ sesame"), &["a.conf", "is not JSON", "is not TOML"]);
}

#[test]
fn a_broken_file_is_named_and_not_shown() {
    refused(Config::from_file("/no/such/file.json"), &["/no/such/file.json", "cannot be read"]);
    refused(Config::from_file(std::env::temp_dir()), &["cannot be read"]);
    for text in [
        r#"{ "backend": "mongodb", "password": "sesame" "host": "h" }"#,
        r#"{ "password": sesame }"#,
        r#"{ "password": "sesame"#,
        "",
        r#""sesame""#,
        "[1, 2]",
    ] {
        refused(read("a.json", text), &["a.json"]);
    }
    for text in [
        "password = sesame",
        "password = 'sesame",
        "password = \"\"sesame",
        "password = 'a'\npassword = 'sesame'",
        "[sesame",
    ] {
        refused(read("a.toml", text), &["a.toml", "is not TOML (line "]);
    }
    refused(read("a.toml", "url = 'memory:'\n  password = sesame"), &["line 2, column 14"]);
}

#[test]
fn a_url_and_more() {
    let config = read(
        "a.json",
        r#"{ "url": "memory:?timeout=1s", "timeout": "3s", "connect_timeout": "4s", "cursor_key": "sesame" }"#,
    );
    let config = config.unwrap();
    assert_eq!(
        (config.options.timeout, config.options.connect_timeout),
        (Duration::from_secs(3), Duration::from_secs(4))
    );
    assert_eq!(config.cursor_key.expose(), "sesame");
    refused(read("a.json", r#"{ "url": "mongodb://ada:sesame@h" }"#), &["a.json", "url", "names no database"]);
    refused(read("a.json", r#"{ "url": "memory:", "backend": "memory" }"#), &["url", "backend"]);
    refused(read("a.json", r#"{ "url": "memory:", "timeuot": "1s" }"#), &["`timeuot`", "did you mean `timeout`?"]);
    refused(read("a.json", r#"{ "url": 1 }"#), &["url", "text"]);
    refused(read("a.json", "{}"), &["a.json", "neither url nor backend"]);
    refused(read("a.json", r#"{ "ulr": "memory:" }"#), &["did you mean `url`?"]);
    refused(read("a.json", r#"{ "backend": "memory", "timeout": 10 }"#), &["timeout", "10s"]);
    refused(read("a.json", r#"{ "backend": "mongo" }"#), &["`mongo`", "did you mean `mongodb`?"]);
    refused(read("a.json", r#"{ "backend": "oracle" }"#), &["`oracle`", "memory, sqlite, mongodb, dynamodb"]);
}

#[test]
fn mongodb() {
    let text = r#"{ "backend": "mongodb", "hosts": ["h1:27017", "h2"], "database": "users", "user": "a:da", "password": "ses@ame",
                    "options": { "replicaSet": "rs 0", "tls": true, "maxPoolSize": 5 } }"#;
    let config = read("a.json", text).unwrap();
    let settings = mongodb_of(&config);
    assert_eq!(settings.uri.expose(), "mongodb://h1:27017,h2/users?maxPoolSize=5&replicaSet=rs%200&tls=true");
    assert_eq!(settings.user.as_deref(), Some("a:da"));
    assert_eq!(settings.password.as_ref().unwrap().expose(), "ses@ame");
    assert_eq!(settings.auth_fallback, None);
    assert!(!format!("{config:?}").contains("ses@ame"));

    let toml = "backend = 'mongodb'\nhost = 'h1'\ndatabase = 'users'\n[options]\ndirectConnection = true\n";
    assert_eq!(mongodb_of(&read("a.toml", toml).unwrap()).uri.expose(), "mongodb://h1/users?directConnection=true");

    let with = |rest: &str| read("a.json", &format!(r#"{{ "backend": "mongodb", {rest} }}"#));
    refused(with(r#""database": "d""#), &["host is missing"]);
    refused(with(r#""host": "h""#), &["database is missing"]);
    refused(with(r#""host": "h", "hosts": "h", "database": "d""#), &["host and hosts"]);
    refused(with(r#""hosts": [1], "database": "d""#), &["hosts"]);
    refused(with(r#""host": "ada:sesame@h", "database": "d""#), &["host"]);
    refused(with(r#""host": "h", "database": "d", "password": "sesame""#), &["user is missing"]);
    refused(with(r#""host": "h", "database": "d", "pasword": "sesame""#), &["`pasword`", "did you mean `password`?"]);
    refused(
        with(r#""host": "h", "database": "d", "options": { "replicasett": 1 }"#),
        &["options", "did you mean `replicaSet`?"],
    );
    refused(with(r#""host": "h", "database": "d", "options": { "tls": null }"#), &["options: tls"]);
    refused(with(r#""host": "h", "database": "d", "options": "tls=true""#), &["options"]);
}

#[test]
fn dynamodb() {
    let credentials = Scratch::new("credentials", "[local]\n");
    let text = format!(
        r#"{{ "backend": "dynamodb", "region": "eu-west-1", "endpoint": "https://h", "credentials_file": {:?}, "profile": "local" }}"#,
        credentials.path()
    );
    let config = read("a.json", &text).unwrap();
    let settings = dynamodb_of(&config);
    assert_eq!(settings.region.as_deref(), Some("eu-west-1"));
    assert_eq!(settings.endpoint.as_deref(), Some("https://h"));
    assert_eq!(settings.credentials_file.as_deref(), Some(credentials.path()));
    assert_eq!(settings.profile.as_deref(), Some("local"));

    let keys = "backend = 'dynamodb'\naccess_key = 'KEY'\nsecret_key = 'sesame'\nsession_token = 'sesame2'";
    let config = read("a.toml", keys).unwrap();
    assert_eq!(dynamodb_of(&config).secret_key.as_ref().unwrap().expose(), "sesame");
    assert_hidden(&format!("{config:?}"));

    let with = |rest: &str| read("a.json", &format!(r#"{{ "backend": "dynamodb", {rest} }}"#));
    refused(with(r#""credentials_file": "/no/such/file""#), &["a.json", "credentials_file", "/no/such/file"]);
    refused(with(r#""regoin": "x""#), &["did you mean `region`?"]);
    refused(with(r#""region": "us east""#), &["region"]);
    refused(with(r#""region": """#), &["region is empty"]);
    refused(with(r#""endpoint": "h:8000""#), &["endpoint"]);
    refused(with(r#""endpoint": "http://ada:sesame@h:8000""#), &["endpoint"]);
    refused(with(r#""access_key": "SESAME""#), &["secret_key is missing"]);
}

#[test]
fn a_byte_order_mark_is_read_over() {
    for (name, text) in [
        ("a.json", r#"{ "url": "memory:" }"#),
        ("a.toml", "url = 'memory:'"),
        ("a.conf", r#"{ "url": "memory:" }"#),
        ("b.conf", "url = 'memory:'"),
        ("c.json", r#"{ "database": { "dbName": "memory" } }"#),
    ] {
        assert_eq!(read(name, &format!("\u{feff}{text}")).unwrap().target().name(), "memory", "{name}");
    }
}

#[test]
fn a_url_in_the_wrong_place_is_found() {
    for text in [
        r#"{ "database": { "url": "mongodb://ada:sesame@h/d" } }"#,
        r#"{ "Database": { "url": "mongodb://ada:sesame@h/d", "timeout": "1s" } }"#,
        r#"{ "database": { "dbInfo": { "url": "mongodb://ada:sesame@h/d" } } }"#,
        r#"{ "store": { "main": { "url": "mongodb://ada:sesame@h/d" } } }"#,
    ] {
        refused(read("a.json", text), &["a.json: `url` stands inside another property", "top of the file"]);
    }
    refused(read("a.toml", "[database]\nurl = 'mongodb://ada:sesame@h/d'"), &["a.toml: `url` stands inside"]);
    refused(read("a.toml", "[database]\nbackend = 'memory'"), &["a.toml: `backend` stands inside"]);
    // What belongs to something else is left alone.
    let text = r#"{ "database": { "dbName": "memory" }, "server": { "url": "http://h" } }"#;
    assert_eq!(read("a.json", text).unwrap().target().name(), "memory");
    let text = r#"{ "url": "memory:", "timeout": "1s" }"#;
    assert_eq!(read("a.json", text).unwrap().target().name(), "memory");
}

#[test]
fn a_name_that_may_be_a_secret_is_told_by_its_line() {
    let text = "{ \"backend\": \"memory\",\n  \"sesame\": 1 }";
    refused(read("a.json", text), &["a.json: the property in line 2 is unknown; known are"]);
    refused(read("a.toml", "backend = 'memory'\n\nsesame = 1"), &["a.toml: the property in line 3 is unknown"]);
    refused(read("a.json", r#"{ "backend": "mongodb://ada:sesame@h/d" }"#), &["a.json", "a URL stands in `url`"]);
    refused(read("a.json", r#"{ "dbName": "mongodb://ada:sesame@h/d" }"#), &["a.json", "dbName", "that is none"]);
    refused(read("a.json", r#"{ "sesame": 1 }"#), &["a.json", "neither url nor backend"]);
}

#[test]
fn a_configuration_is_a_part_of_another() {
    let of_json = |text: &str| serde_json::from_str::<Config>(text).map_err(|error| error.to_string());
    assert_eq!(of_json(r#""memory:?timeout=3s""#).unwrap().options.timeout, Duration::from_secs(3));
    let map = of_json(r#"{ "backend": "dynamodb", "region": "eu-west-1", "endpoint": null }"#).unwrap();
    assert_eq!(map.target().name(), "dynamodb");
    let services = of_json(r#"{ "database": { "dbName": "memory" } }"#).unwrap();
    assert_eq!(services.target().name(), "memory");
    for (wrong, expected) in [
        (r#"{ "backend": "mongodb", "host": "h", "database": "d", "pasword": "sesame" }"#, "did you mean `password`"),
        (r#"{ "backend": "memroy" }"#, "did you mean `memory`"),
        (r#""mongodb://ada:sesame@h""#, "names no database"),
        (r#"["sesame"]"#, "neither a URL nor a map"),
        ("{}", "configuration: it names no database"),
    ] {
        let error = of_json(wrong).unwrap_err();
        assert!(error.contains(expected) && !error.contains("sesame"), "{wrong}: {error}");
    }
}
