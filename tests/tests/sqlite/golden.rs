//! A file that an earlier build made is read as it was written.

use std::path::{Path, PathBuf};

use reposit::{Config, Database};
use reposit_tests::report;
use reposit_tests::servers::fresh_file;
use reposit_tests::sqlite_load::{Kept, Letter, Member, Tally, letter, member};

use crate::child::url;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sqlite/golden/format-1.db")
}

async fn fill(db: &Database) {
    db.define::<(Letter, Member, Tally, Kept)>().await.unwrap();
    for name in ["a", "bb", "ccc"] {
        Letter::create(&letter(name)).exec(db).await.unwrap();
        Member::create(&member(name)).exec(db).await.unwrap();
    }
    Tally::create(&Tally { id: "all".into(), count: i64::MIN }).exec(db).await.unwrap();
    Kept::create(&Kept { id: "long".into(), until: 4_000_000_000 }).exec(db).await.unwrap();
}

/// `REPOSIT_BLESS=1` writes the file where there is none: one of a format that was released never changes.
async fn bless() {
    if std::env::var_os("REPOSIT_BLESS").is_some() && !golden().exists() {
        let db = Database::open(&url(&fresh_file(), "commit")).await.unwrap();
        fill(&db).await;
        db.compact().await.unwrap();
        db.backup(golden()).await.unwrap();
    }
}

#[tokio::test]
async fn a_file_of_format_1_is_read() {
    bless().await;
    let file = fresh_file();
    std::fs::copy(golden(), &file).expect("the file is in the repository");
    let db = Config::from_url(&url(&file, "commit")).unwrap().open().await.unwrap();
    // Before anything is defined by this process.
    assert_eq!(Letter::get("bb").exec(&db).await.unwrap(), Some(letter("bb")));
    assert_eq!(Member::find_by_email("ccc@example.com").exec(&db).await.unwrap(), Some(member("ccc")));
    assert_eq!(Member::find_by_team("team 1").all(&db).await.unwrap(), [member("a")]);
    assert_eq!(Tally::get("all").exec(&db).await.unwrap().unwrap().count, i64::MIN);
    assert_eq!(Kept::get("long").exec(&db).await.unwrap().unwrap().until, 4_000_000_000);
    let plans = db.plan::<(Letter, Member, Tally, Kept)>().await.unwrap();
    assert!(plans.iter().all(|plan| plan.is_empty()), "{plans:?}");
    let taken = Member::create(&reposit_tests::sqlite_load::Member { id: "d".into(), ..member("a") }).exec(&db).await;
    assert_eq!(taken.unwrap_err().kind(), reposit::ErrorKind::UniqueViolation);
    report::ran("sqlite::a_file_of_format_1_is_read", "sqlite");
}
