//! Copies and compaction, while others write.

use reposit::backend::sqlite::Sqlite;
use reposit::{Database, ErrorKind};
use reposit_tests::report;
use reposit_tests::servers::{Target, fresh_file};
use reposit_tests::sqlite_load::{Letter, Told, letter, sound};

use crate::child::{Writer, url};
use crate::kills::open;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_whole_while_others_write() {
    let url_of = url(&fresh_file(), "os");
    let writer = Writer::start(&url_of, 0, 4, 0, None);
    assert!(writer.is_ready());
    let db = open(&url_of).await;
    for _ in 0..5 {
        let copy = fresh_file();
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let before = Letter::scan().count(&db).await.unwrap();
        db.backup(&copy).await.unwrap();
        assert_eq!(sound(&copy), ["ok"]);
        let copied = open(&url(&copy, "os")).await;
        assert!(Letter::scan().count(&copied).await.unwrap() >= before);
        // Pairs are whole and indexes fit, as of one moment.
        Told::default().check(&copied).await;
        let again = db.backup(&copy).await.unwrap_err();
        assert_eq!(again.kind(), ErrorKind::InvalidInput, "{again}");
    }
    let nowhere = db.backup(fresh_file().join("no").join("copy.db")).await.unwrap_err();
    assert_eq!(nowhere.kind(), ErrorKind::Unavailable, "{nowhere}");
    let mut told = Told::default();
    writer.kill(&mut told);
    told.check(&db).await;
    report::ran("sqlite::a_copy_is_whole_while_others_write", "sqlite");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compacted_file_is_small_and_keeps_what_is_there() {
    let file = fresh_file();
    let db = open(&url(&file, "os")).await;
    db.define::<Letter>().await.unwrap();
    let letters: Vec<_> = (0..3000).map(|n| letter(&n.to_string())).collect();
    Letter::put_many(&letters).exec(&db).await.unwrap();
    Letter::delete_many(letters.iter().skip(10).map(|letter| letter.id.clone())).exec(&db).await.unwrap();
    db.compact().await.unwrap();
    let size = std::fs::metadata(db.raw::<Sqlite>().unwrap().path()).unwrap().len();
    assert!(size < 100_000, "{size} bytes");
    assert_eq!(Letter::scan().all(&db).await.unwrap().len(), 10);
    report::ran("sqlite::a_compacted_file_is_small", "sqlite");
}

#[tokio::test]
async fn what_is_no_file_is_neither_copied_nor_compacted() {
    for &target in Target::ALL.iter().filter(|target| **target != Target::Sqlite) {
        let (url, label) = target.fresh().await;
        let db = Database::open(&url).await.unwrap();
        let copy = fresh_file();
        assert_eq!(db.backup(&copy).await.unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(db.compact().await.unwrap_err().kind(), ErrorKind::Unsupported);
        assert!(!copy.exists());
        report::ran("sqlite::what_is_no_file_is_neither_copied_nor_compacted", &label);
    }
}
