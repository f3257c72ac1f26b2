//! Files that cannot be opened: each is a clear error, and left as it is.

use std::path::Path;

use reposit::{Config, Database, Error, ErrorKind};
use reposit_tests::report;
use reposit_tests::servers::fresh_file;
use reposit_tests::sqlite_load::{Letter, letter};

use crate::child::url;

async fn refused(file: &Path, words: &[&str]) {
    let error: Error = Database::open(&url(file, "commit")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    for word in words {
        assert!(error.message().contains(word), "`{word}` is not in: {error}");
    }
}

#[tokio::test]
async fn files_that_are_none_of_ours_are_left_as_they_are() {
    let text = fresh_file();
    std::fs::write(&text, "no database at all, but long enough to have a head of a hundred bytes: ".repeat(30))
        .unwrap();
    let foreign = fresh_file();
    let connection = reposit::rusqlite::Connection::open(&foreign).unwrap();
    connection.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)").unwrap();
    drop(connection);
    for (file, words) in [(&text, "is no SQLite database"), (&foreign, "of another program")] {
        let before = std::fs::read(file).unwrap();
        refused(file, &[words, "left as it is"]).await;
        assert_eq!(std::fs::read(file).unwrap(), before);
    }
    report::ran("sqlite::a_file_of_others_is_refused", "sqlite");
}

#[tokio::test]
async fn a_file_of_a_later_format_is_refused() {
    let file = fresh_file();
    let db = Database::open(&url(&file, "commit")).await.unwrap();
    db.define::<Letter>().await.unwrap();
    Letter::create(&letter("a")).exec(&db).await.unwrap();
    let other = reposit::rusqlite::Connection::open(&file).unwrap();
    other.pragma_update(None, "user_version", 2).unwrap();
    refused(&file, &["is of format 2", "works with format 1", "or a later one"]).await;
    other.pragma_update(None, "user_version", 1).unwrap();
    let db = Database::open(&url(&file, "commit")).await.unwrap();
    assert!(Letter::get("a").exec(&db).await.unwrap().is_some(), "nothing is lost");
    report::ran("sqlite::a_file_of_a_later_format_is_refused", "sqlite");
}

#[tokio::test]
async fn places_where_no_file_can_be_are_named() {
    let missing = fresh_file().join("folder").join("data.db");
    refused(&missing, &["cannot be opened", "its folder is missing", "data.db"]).await;
    // A folder in which nobody may make a file, not even the one who may everything.
    refused(Path::new("/proc/data.db"), &["/proc/data.db", "cannot be opened"]).await;
    let folder = fresh_file();
    std::fs::create_dir(&folder).unwrap();
    refused(&folder, &["cannot be opened"]).await;
    report::ran("sqlite::places_where_no_file_can_be_are_named", "sqlite");
}

#[tokio::test]
async fn urls_that_are_wrong() {
    for (url, words) in [
        ("sqlite:", "a file is needed"),
        ("sqlite:data.db?durability=some", "durability is neither `commit` nor `os`"),
        ("sqlite:data.db?limits=some", "limits is neither"),
        ("sqlite:data.db?durabilty=os", "did you mean `durability`?"),
        ("sqlite::ram:", "`:memory:`"),
        ("sqlite:file:data.db", "give the path alone"),
    ] {
        let error = Config::from_url(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains(words), "{url}: {error}");
    }
    for url in ["sqlite::memory:", "sqlite::memory:?durability=os", "sqlite://:memory:"] {
        let db = Database::open(url).await.unwrap();
        db.define::<Letter>().await.unwrap();
        Letter::create(&letter("a")).exec(&db).await.unwrap();
        assert!(Letter::get("a").exec(&db).await.unwrap().is_some(), "{url}");
    }
    report::ran("sqlite::urls_that_are_wrong", "sqlite");
}
