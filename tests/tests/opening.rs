//! Opening a database: the configurations that must work, and the errors of those that cannot.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use mongodb::bson::doc;
use reposit::{Config, Database, Error, ErrorKind};
use reposit_tests::models::{Note, note};
use reposit_tests::report;
use reposit_tests::servers::{self, Target, fresh_name};

/// The services' configuration as they write it, with only the hosts changed.
fn seeds(db_name: &str, credentials: &str, endpoint: &str, host: &str, wrapped: bool) -> String {
    let database = format!(
        r#"{{ "dbName": "{db_name}", "dbInfo": {{ "credentials": "{credentials}", "endpoint": "{endpoint}",
  "awsRegion": "us-east-1", "host": "{host}", "database": "users", "user": "restapi", "pass": "restapi" }} }}"#
    );
    if wrapped { format!(r#"{{ "database": {database} }}"#) } else { database }
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("reposit-{}", fresh_name()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A user as the services make it: in the database itself.
async fn make_user(url: &str) {
    let client = mongodb::Client::with_uri_str(url).await.unwrap();
    let roles = mongodb::bson::bson!([{ "role": "readWrite", "db": "users" }, { "role": "dbAdmin", "db": "users" }]);
    let made =
        client.database("users").run_command(doc! { "createUser": "restapi", "pwd": "restapi", "roles": roles }).await;
    if let Err(error) = made {
        assert!(error.to_string().contains("already exists"), "{error}");
    }
}

async fn works(db: &Database) {
    db.define::<Note>().await.unwrap();
    Note::put(&note("n")).exec(db).await.unwrap();
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(note("n")));
    Note::delete("n").exec(db).await.unwrap();
}

#[tokio::test]
async fn the_services_json_opens_both_backends_and_the_name_alone_switches() {
    let mongo = servers::mongodb_with_password().await;
    let dynamo = servers::dynamodb_local().await;
    make_user(&mongo.url("users")).await;
    let folder = Folder::new();
    let key = fresh_name();
    let credentials = format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = hiddenSecret\n");
    let credentials = folder.file("aws-credentials", &credentials);
    let endpoint = format!("http://{}", dynamo.address(&key));
    let host = mongo.address("users");
    for (name, wrapped) in [("mongodb", true), ("dynamodb", true), ("mongodb", false), ("dynamodb", false)] {
        let file = folder.file("config.json", &seeds(name, &credentials, &endpoint, &host, wrapped));
        let db = Database::from_file(&file).await.unwrap();
        assert_eq!(db.backend_name(), name);
        works(&db).await;
        let debug = format!("{db:?} {:?}", Config::from_file(&file).unwrap());
        assert!(!debug.contains(&key) && !debug.contains("hiddenSecret"), "{debug}");
    }
    let go_case = seeds("mongodb", &credentials, &endpoint, &host, true)
        .replace("dbInfo", "DBINFO")
        .replace("\"host\"", "\"Host\"");
    works(&Database::from_file(folder.file("go.json", &go_case)).await.unwrap()).await;
    report::ran("opening::the_services_json", &mongo.label());
    report::ran("opening::the_services_json", &dynamo.label());
}

#[tokio::test]
async fn a_url_in_a_file_opens_what_it_names() {
    for &target in Target::ALL {
        let (url, label) = target.fresh().await;
        let folder = Folder::new();
        let json = folder.file("c.json", &format!(r#"{{ "url": "{url}", "timeout": "8s" }}"#));
        works(&Database::from_file(json).await.unwrap()).await;
        let toml = folder.file("c.toml", &format!("url = \"{url}\"\n"));
        works(&Database::from_file(toml).await.unwrap()).await;
        report::ran("opening::a_url_in_a_file", &label);
    }
}

/// Everything that an error says, its sources too.
fn told(error: &Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let _ = write!(text, " {inner} {inner:?}");
        source = inner.source();
    }
    text
}

#[tokio::test]
async fn a_wrong_password_is_told_without_it() {
    let mongo = servers::mongodb_with_password().await;
    let url = format!("mongodb://reposit:wr0ngSecret@{}/x?directConnection=true&authSource=admin", mongo.address("x"));
    let error = Database::open(&url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
    assert!(error.message().contains("authentication"), "{error}");
    assert!(!told(&error).contains("wr0ngSecret"), "{}", told(&error));
    let none = format!("mongodb://{}/x?directConnection=true", mongo.address("x"));
    let error = match Database::open(&none).await {
        Ok(db) => db.define::<Note>().await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
    report::ran("opening::a_wrong_password", &mongo.label());
}

#[tokio::test]
async fn a_wrong_password_of_postgres_is_told_without_it() {
    let server = servers::postgres_with_password().await;
    works(&Database::open(&server.fresh_url()).await.unwrap()).await;
    let address = server.address("x");
    for (user, database) in [("reposit:wr0ngSecret", "postgres"), ("reposit", "postgres"), ("nobody:wr0ngSecret", "x")]
    {
        let error = Database::open(&format!("postgres://{user}@{address}/{database}")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
        assert!(!told(&error).contains("wr0ngSecret"), "{}", told(&error));
    }
    let url = server.fresh_url().replace("/postgres?", "/no_such_database?");
    let error = Database::open(&url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
    assert!(error.message().contains("no_such_database"), "{error}");
    report::ran("opening::a_wrong_password", &server.label());
}

#[tokio::test]
async fn a_redis_that_refuses_the_password_is_told_without_it() {
    let redis = servers::redis().await;
    let url = format!("redis://nobody:wr0ngSecret@{}/0", redis.address("x"));
    let error = Database::open(&url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
    assert!(error.message().contains("refuses the user or the password"), "{error}");
    assert!(!told(&error).contains("wr0ngSecret"), "{}", told(&error));
    report::ran("opening::a_wrong_password", &redis.label());
}

#[tokio::test]
async fn the_services_json_opens_redis_too() {
    let redis = servers::redis().await;
    let folder = Folder::new();
    let json = |number: u32| {
        format!(
            r#"{{ "database": {{ "dbName": "redis", "dbInfo": {{ "host": "{}", "database": "{number}" }} }} }}"#,
            redis.address("x")
        )
    };
    // The prefix is no property of the services: what is stored here has a name that nobody else uses.
    let db = Database::from_file(folder.file("config.json", &json(0))).await.unwrap();
    assert_eq!(db.backend_name(), "redis");
    db.ping().await.unwrap();
    let error = Database::from_file(folder.file("config.json", &json(99_999))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
    report::ran("opening::the_services_json", &redis.label());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_within_the_deadline() {
    // A port that was free a moment ago: nobody listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for url in [
        format!("mongodb://user:hiddenSecret@127.0.0.1:{port}/x"),
        format!("dynamodb://key:hiddenSecret@us-east-1?endpoint=http://127.0.0.1:{port}"),
        format!("postgres://user:hiddenSecret@127.0.0.1:{port}/x"),
        format!("redis://user:hiddenSecret@127.0.0.1:{port}/0"),
    ] {
        let started = Instant::now();
        let config = Config::from_url(&url).unwrap().connect_timeout(Duration::from_secs(1));
        let error = config.open().await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout), "{error:?}");
        assert!(error.to_string().contains(&port.to_string()), "it names the address: {error}");
        assert!(!told(&error).contains("hiddenSecret"), "{}", told(&error));
        assert!(started.elapsed() < Duration::from_secs(30), "the deadline is not waited over");
    }
}

#[tokio::test]
async fn a_wrong_configuration_names_the_property_and_the_file() {
    let folder = Folder::new();
    let cases = [
        (r#"{ "dbName": "mongodb", "dbInfo": { "database": "users" } }"#, "host"),
        (r#"{ "dbName": "mongodb", "dbInfo": { "host": "h:1" } }"#, "database"),
        (
            r#"{ "dbName": "dynamodb", "dbInfo": { "credentials": "/nowhere/keys", "awsRegion": "us-east-1" } }"#,
            "credentials",
        ),
        (r#"{ "dbName": "dynamodb", "dbInfo": { "credentials": "/nowhere/keys" } }"#, "awsRegion"),
        (r#"{ "dbName": "oracle", "dbInfo": {} }"#, "dbName"),
        (r#"{ "database": { "dbInfo": {} } }"#, "dbName"),
        (r#"{ "url": 3 }"#, "url"),
        (r#"{ "url": "#, "config.json"),
        (r#"{ }"#, "url"),
    ];
    for (text, property) in cases {
        let file = folder.file("config.json", text);
        let error = Database::from_file(&file).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{text}: {error:?}");
        assert!(error.message().contains(property), "{text}: {error}");
        assert!(error.message().contains("config.json"), "{text}: {error}");
    }
    let missing = Database::from_file("/nowhere/config.json").await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Config);
    assert!(missing.message().contains("/nowhere/config.json"), "{missing}");
    for url in [
        "",
        "oracle://h/x",
        "mongodb://h",
        "dynamodb://",
        "memory:?what=1",
        "mongodb://u:p4ss@h:no/x",
        "postgres://u:p4ss@h:no/x",
    ] {
        let error = Database::open(url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{url}: {error:?}");
        assert!(!told(&error).contains("p4ss"), "{}", told(&error));
    }
}

#[tokio::test]
async fn credentials_that_are_refused_or_missing_are_told() {
    let dynamo = servers::dynamodb_local().await;
    let folder = Folder::new();
    let empty = folder.file("empty", "");
    let url = format!("dynamodb://us-east-1?endpoint=http://{}&credentials_file={empty}", dynamo.address("x"));
    let error = Database::open(&url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
    assert!(told(&error).contains("credentials"), "{error}");
    report::ran("opening::credentials", &dynamo.label());
}

#[tokio::test]
async fn what_is_wrong_with_credentials_is_told() {
    let dynamo = servers::dynamodb_local().await;
    let folder = Folder::new();
    let key = fresh_name();
    let opened = |query: String| {
        let url = format!("dynamodb://us-east-1?endpoint=http://{}&{query}", dynamo.address(&key));
        async move { Database::open(&url).await }
    };
    let lines = format!("aws_access_key_id = {key}\naws_secret_access_key = hiddenSecret\n");
    // A byte order mark is read over.
    let marked = folder.file("marked", &format!("\u{feff}[default]\n{lines}"));
    works(&opened(format!("credentials_file={marked}")).await.unwrap()).await;
    let indented = folder.file("indented", &format!("[default]\n{}", lines.replace("\naws_", "\n  aws_")));
    let first = folder.file("first", &format!("[default]\n {lines}"));
    for (query, words) in [
        ("profile=no-such-profile".to_owned(), "there is no profile no-such-profile in "),
        (format!("credentials_file={marked}&profile=other"), "there is no profile [other] in it"),
        (format!("credentials_file={indented}"), "line 3 begins with a blank"),
        (format!("credentials_file={first}"), "line 2 begins with a blank"),
    ] {
        let error = opened(query.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{query}: {error:?}");
        assert!(error.message().contains(words), "{query}: {error}");
        assert!(!told(&error).contains("hiddenSecret"), "{}", told(&error));
    }
    report::ran("opening::what_is_wrong_with_credentials", &dynamo.label());
}

#[tokio::test]
async fn options_that_would_break_a_promise_are_refused_before_anything_is_sent() {
    for (option, words) in [
        ("readPreference=secondary", "readPreference is not `primary`"),
        ("readConcernLevel=available", "readConcernLevel"),
        ("w=0", "the option w is 0"),
    ] {
        let error = Database::open(&format!("mongodb://127.0.0.1:1/x?{option}")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{option}: {error:?}");
        assert!(error.message().contains(words), "{error}");
    }
}
