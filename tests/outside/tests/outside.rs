//! A backend outside the library is opened and used like those of the library.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Once;
use std::time::Duration;

use reposit::clock::ManualClock;
use reposit::config::{self, Config};
use reposit::{Database, Error, ErrorKind, Repository, Result};
use reposit_outside::OutsideSettings;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Book {
    #[hash_key]
    isbn: String,
    #[index(unique)]
    title: String,
    #[index]
    author: String,
    copies: u32,
}

fn book(isbn: &str, title: &str, copies: u32) -> Book {
    Book { isbn: isbn.into(), title: title.into(), author: "Le Guin".into(), copies }
}

fn registered() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| reposit_outside::register().expect("the name is free"));
}

async fn open(url: &str) -> Database {
    registered();
    Database::open(url).await.expect("the store opens")
}

fn refused<T: std::fmt::Debug>(result: Result<T>, words: &[&str]) -> Error {
    let error = result.expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    for word in words {
        assert!(error.message().contains(word), "`{word}` is not in: {error}");
    }
    assert!(!format!("{error:?}").contains("sesame"), "{error:?}");
    error
}

/// What a user does with any backend.
async fn works(db: &Database) -> Result<()> {
    db.define::<Book>().await?;
    for book in [book("1", "The Dispossessed", 2), book("2", "Rocannon's World", 1)] {
        Book::create(&book).exec(db).await?;
    }
    let again = Book::create(&book("3", "The Dispossessed", 1)).exec(db).await.expect_err("the title is taken");
    assert_eq!((again.kind(), again.index()), (ErrorKind::UniqueViolation, Some("by_title")));
    let one = Book::update("1").add(Book::COPIES, 1).exec(db).await?;
    assert_eq!(one.copies, 3);
    let of_author = Book::find_by_author("Le Guin").filter(Book::COPIES.gt(1)).all(db).await?;
    assert_eq!(of_author, [book("1", "The Dispossessed", 3)]);
    let moved = book("3", "Rocannon's World", 5);
    db.transaction().add(Book::delete("2")).add(Book::create(&moved)).commit().await?;
    assert_eq!(Book::find_by_title("Rocannon's World").exec(db).await?, Some(moved));
    let (one, two) = db.snapshot((Book::get("1"), Book::get("2"))).await?;
    assert_eq!((one.map(|book| book.copies), two), (Some(3), None));
    Ok(())
}

#[tokio::test]
async fn by_url() {
    let db = open("outside://by-url?limits=none&timeout=2s").await;
    assert_eq!(db.backend_name(), "outside");
    works(&db).await.unwrap();
    let again = open("outside://by-url").await;
    assert_eq!(Book::scan().count(&again).await.unwrap(), 2, "what was written is there, and what was defined");
    let taken = Book::create(&book("4", "The Dispossessed", 1)).exec(&again).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::UniqueViolation);
    let other = open("outside://another").await;
    other.define::<Book>().await.unwrap();
    assert_eq!(Book::scan().count(&other).await.unwrap(), 0, "another name is another store");
}

#[tokio::test]
async fn prefixes_share_a_store_and_nothing_in_it() {
    let (one, other) = (open("outside://shared?table_prefix=a-").await, open("outside://shared?table_prefix=b-").await);
    for db in [&one, &other] {
        works(db).await.unwrap();
    }
    assert_eq!(
        (one.repositories().await.unwrap(), other.repositories().await.unwrap()),
        (vec!["book".into()], vec!["book".into()])
    );
    let none = open("outside://shared").await;
    assert_eq!(none.repositories().await.unwrap(), ["a-book", "b-book"]);
    assert_eq!(Book::get("1").exec(&none).await.unwrap_err().kind(), ErrorKind::SchemaMismatch);
}

#[tokio::test]
async fn an_option_that_is_unknown_is_refused() {
    registered();
    refused(Config::from_url("outside://x?limit=none"), &["the URL: unknown option `limit`; did you mean `limits`?"]);
    refused(Config::from_url("outside://x?sesame=1"), &["option 1 is unknown; known are limits, timeout"]);
    refused(Config::from_url("outside://x?limits=sesame"), &["limits is neither"]);
    refused(Config::from_url("outside://"), &["a store is to be named"]);
    refused(Config::from_url("outside://ada:sesame@x"), &["takes no user name"]);
    refused(Config::from_url("outside://x/sesame"), &["takes no path"]);
    refused(Config::from_url("outside://x?timeout=2"), &["timeout is no duration"]);
}

#[tokio::test]
async fn a_name_that_is_unknown_is_refused() {
    registered();
    refused(Database::open("outsider://x").await, &["unknown scheme `outsider`; did you mean `outside`?"]);
    refused(Database::open("inner://ada:sesame@x").await, &["unknown scheme `inner`", "memory:", "outside://"]);
    refused(reposit_outside::register(), &["`outside`", "already"]);
    let settings = |_: &mut config::Settings| Ok(config::MemorySettings::default());
    refused(config::register("memory", settings), &["`memory`"]);
}

/// A file that is gone when the test is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("reposit-outside-{}-{name}", std::process::id()));
        std::fs::write(&path, text).expect("a file can be written");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn by_file() {
    registered();
    let json = Scratch::new("a.json", r#"{ "backend": "outside", "host": "by-json", "limits": "none" }"#);
    works(&Database::from_file(&json.0).await.unwrap()).await.unwrap();
    let toml = Scratch::new("b.toml", "backend = 'outside'\nhost = 'by-toml'\ntimeout = '2s'\n");
    works(&Database::from_file(&toml.0).await.unwrap()).await.unwrap();
    let url = Scratch::new("c.json", r#"{ "url": "outside://by-file", "timeout": "2s" }"#);
    works(&Database::from_file(&url.0).await.unwrap()).await.unwrap();
    let wrong = Scratch::new("d.json", "{ \"backend\": \"outside\",\n \"host\": \"x\",\n \"limit\": \"none\" }");
    refused(Database::from_file(&wrong.0).await, &["d.json", "unknown property `limit`; did you mean `limits`?"]);
    let wrong = Scratch::new("e.json", r#"{ "backend": "outsid", "host": "x" }"#);
    refused(Database::from_file(&wrong.0).await, &["unknown backend `outsid`; did you mean `outside`?"]);
    let wrong = Scratch::new("f.json", r#"{ "backend": "outside", "host": "x", "password": "sesame" }"#);
    refused(
        Database::from_file(&wrong.0).await,
        &["the property in line 1 is unknown; known are url, backend, host, limits"],
    );
}

/// The environment belongs to the process: this test runs itself once more for each.
#[tokio::test]
async fn by_environment() {
    const INSIDE: &str = "REPOSIT_OUTSIDE_TEST";
    if std::env::var_os(INSIDE).is_some() {
        registered();
        let db = Database::from_env().await.unwrap();
        assert_eq!(db.backend_name(), "outside");
        return works(&db).await.unwrap();
    }
    let file = Scratch::new("g.json", r#"{ "backend": "outside", "host": "by-environment" }"#);
    for (variable, value) in
        [("REPOSIT_URL", "outside://by-environment"), ("REPOSIT_CONFIG", &file.0.to_string_lossy())]
    {
        let mut test = Command::new(std::env::current_exe().unwrap());
        test.args(["--exact", "by_environment"]).env_remove("REPOSIT_URL").env_remove("REPOSIT_CONFIG");
        let output = test.env(INSIDE, "1").env(variable, value).output().unwrap();
        assert!(output.status.success(), "{variable}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

#[tokio::test]
async fn by_hand() {
    let settings = OutsideSettings { store: "by-hand".into(), limits: reposit::backend::Limits::DYNAMODB };
    let config = Config::new(settings).timeout(Duration::from_secs(2));
    assert_eq!(config.target().downcast_ref::<OutsideSettings>().map(|settings| &*settings.store), Some("by-hand"));
    let db = config.clock(ManualClock::at_millis(0)).open().await.unwrap();
    works(&db).await.unwrap();
}
