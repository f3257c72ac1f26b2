use super::*;

#[test]
fn everything_of_mongodb_is_passed_on() {
    let url = "mongodb://a%40da:ses%3Aame%2F@h1:27017,h2,[::1]:27018/users?replicaSet=rs0&tls=true&timeout=1s&authSource=admin&w=majority";
    let config = Config::from_url(url).unwrap();
    let settings = mongodb_of(&config);
    assert_eq!(settings.hosts, "h1:27017,h2,[::1]:27018");
    assert_eq!(settings.database, "users");
    assert_eq!(settings.user.as_deref(), Some("a@da"));
    assert_eq!(settings.password.as_ref().unwrap().expose(), "ses:ame/");
    assert_eq!(settings.auth_fallback, None);
    assert_eq!(
        settings.uri.expose(),
        "mongodb://h1:27017,h2,[::1]:27018/users?replicaSet=rs0&tls=true&authSource=admin&w=majority"
    );
    assert_hidden(&format!("{config:?}").replace("ses:ame", "sesame"));
}

#[test]
fn without_a_user() {
    let looked_up = Config::from_url("mongodb+srv://cluster.example.org/users");
    if cfg!(feature = "mongodb-srv") {
        let config = looked_up.unwrap();
        assert_eq!(mongodb_of(&config).uri.expose(), "mongodb+srv://cluster.example.org/users");
        assert_eq!(mongodb_of(&config).user, None);
    } else {
        refused(looked_up, &["mongodb-srv"]);
    }
    let config = Config::from_url("mongodb://%2Ftmp%2Fmongodb-27017.sock/users").unwrap();
    assert_eq!(mongodb_of(&config).hosts, "%2Ftmp%2Fmongodb-27017.sock");
    let config = Config::from_url("mongodb://CN=ada@host/users?authMechanism=MONGODB-X509&tls=true").unwrap();
    assert_eq!(mongodb_of(&config).user.as_deref(), Some("CN=ada"));
    assert_eq!(mongodb_of(&config).password, None);
}

#[test]
fn option_names_are_in_any_case() {
    let config = Config::from_url("mongodb://host/users?REPLICASET=rs0").unwrap();
    assert_eq!(mongodb_of(&config).uri.expose(), "mongodb://host/users?REPLICASET=rs0");
}

#[test]
fn what_is_wrong_is_named() {
    for url in ["mongodb://host", "mongodb://host/", "mongodb://host:27017?replicaSet=x", "mongodb+srv://host/"] {
        refused(Config::from_url(url), &["names no database"]);
    }
    for url in [
        "mongodb:///users",
        "mongodb://host:/users",
        "mongodb://host:0/users",
        "mongodb://host:x/users",
        "mongodb://a,,b/users",
        "mongodb://[::x]/users",
        "mongodb+srv://host:27017/users",
        "mongodb+srv://a,b/users",
    ] {
        refused(Config::from_url(url), &["host"]);
    }
    for url in ["mongodb://host/a.b", "mongodb://host/a%20b", "mongodb://host/%24x", "mongodb://host/a%2Fb"] {
        refused(Config::from_url(url), &["database"]);
    }
}

#[test]
fn options_that_would_break_a_promise_are_refused() {
    let url = |query: &str| Config::from_url(&format!("mongodb://h/d?{query}"));
    for (query, words) in [
        ("readPreference=secondary", ["the option readPreference is not `primary`", "just written"]),
        ("READPREFERENCE=nearest", ["the option readPreference is not `primary`", "just written"]),
        ("readPreference=secondaryPreferred", ["the option readPreference is not `primary`", "just written"]),
        ("readPreferenceTags=dc:1", ["readPreferenceTags", "secondaries"]),
        ("readPreference=primary&maxStalenessSeconds=90", ["maxStalenessSeconds", "secondaries"]),
        ("readConcernLevel=available", ["readConcernLevel", "majority"]),
        ("readConcernLevel=snapshot", ["readConcernLevel", "majority"]),
        ("w=0", ["the option w is 0", "acknowledged"]),
        ("w=%30", ["the option w is 0", "acknowledged"]),
        ("w=00", ["the option w is 0", "acknowledged"]),
    ] {
        refused(url(query), &words);
    }
    for query in [
        "readPreference=primary",
        "readPreference=Primary&maxStalenessSeconds=-1",
        "readConcernLevel=linearizable",
        "w=1",
        "w=majority",
        "journal=false",
        "retryWrites=false",
    ] {
        assert!(url(query).is_ok(), "{query}");
    }
    let of_file = |options: &str| {
        let text = format!(r#"{{ "backend": "mongodb", "host": "h", "database": "d", "options": {{ {options} }} }}"#);
        read("a.json", &text)
    };
    refused(of_file(r#""w": 0"#), &["a.json", "options: w is 0"]);
    refused(of_file(r#""readPreference": "nearest""#), &["a.json", "options: readPreference is not `primary`"]);
    refused(of_file(r#""sesame": 1"#), &["a.json", "options: one of them is unknown"]);
}
