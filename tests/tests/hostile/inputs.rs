//! Inputs that need no server: cursors and configurations that are nearly right, or nothing at all.

use std::time::{Duration, Instant};

use fastrand::Rng;
use reposit::{Config, Cursor, Database, ErrorKind};
use reposit_tests::report;
use reposit_tests::servers::fresh_name;

use crate::{panics, seed};
use reposit_tests::workload::models::Line;

/// How many of each kind.
fn many() -> u64 {
    if seed::is_long() { 200_000 } else { 4_000 }
}

/// The text with something changed in it: a character, a part that is gone, doubled, or strange.
fn mutated(text: &str, rng: &mut Rng) -> String {
    const STRANGE: [&str; 16] = [
        "%",
        "%zz",
        "%00",
        "&",
        "=",
        "?",
        "://",
        "@",
        "\u{0}",
        "\u{FEFF}",
        "\u{1F980}",
        "\"",
        "{",
        "]",
        "\n",
        "99999999999999999999",
    ];
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..rng.usize(1..4) {
        let at = rng.usize(..=letters.len());
        let until = (at + rng.usize(..6)).min(letters.len());
        match rng.u8(..5) {
            0 => drop(letters.drain(at..until)),
            1 => {
                let part: Vec<char> = letters[at..until].to_vec();
                letters.splice(at..at, part);
            }
            2 => drop(letters.splice(at..at, STRANGE[rng.usize(..STRANGE.len())].chars())),
            3 if at < letters.len() => letters[at] = rng.char(' '..='~'),
            _ => letters.truncate(at.max(1)),
        }
    }
    letters.into_iter().collect()
}

#[tokio::test]
async fn a_cursor_that_was_changed_is_refused() {
    panics::watch();
    let seed = seed::seed("cursors");
    let db = Database::open("memory:?cursor_key=k").await.unwrap();
    db.define::<Line>().await.unwrap();
    let lines: Vec<_> = ["a", "b"].iter().flat_map(|id| (0..5).map(|n| Line { id: (*id).into(), n })).collect();
    Line::put_many(&lines).exec(&db).await.unwrap();
    let page = Line::query("a").limit(2).exec(&db).await.unwrap();
    let cursor = page.next.unwrap().to_string();
    let scanned = Line::scan().limit(2).exec(&db).await.unwrap().next.unwrap().to_string();
    for number in 0..many() {
        let mut rng = seed::part(seed, number);
        let text = mutated(if number % 2 == 0 { &cursor } else { &scanned }, &mut rng);
        let after = || Cursor::from(text.as_str());
        let query = Line::query("a").limit(2).after(after()).exec(&db).await;
        let scan = Line::scan().limit(2).after(after()).exec(&db).await;
        for (own, result) in [(&cursor, query), (&scanned, scan)] {
            match result {
                Ok(_) => assert_eq!(&text, own, "{number}"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::InvalidInput, "{number}: {text}: {error}"),
            }
        }
    }
    panics::assert_none();
    report::ran("hostile::a_cursor_that_was_changed_is_refused", "memory");
}

const URLS: [&str; 6] = [
    "memory:?timeout=5s&limits=none&cursor_key=s3cr3t",
    "mongodb://user:s3cr3t@[::1]:27017,example.com/db?replicaSet=rs0&authSource=admin&timeout=250ms",
    "mongodb+srv://user:s3cr3t@example.com/db?tls=true",
    "dynamodb://eu-west-1?access_key=a&secret_key=s3cr3t&session_token=s3cr3t",
    "dynamodb://local?endpoint=http://127.0.0.1:8000&timeout=1m",
    "dynamodb://us-east-1?profile=p&credentials_file=/nowhere",
];

const FILES: [(&str, &str); 4] = [
    ("json", r#"{ "dbName": "mongodb", "dbInfo": { "host": "h:1", "database": "d", "user": "u", "pass": "s3cr3t" } }"#),
    ("json", r#"{ "database": { "url": "mongodb://u:s3cr3t@h/d", "timeout": "5s" } }"#),
    ("toml", "[database]\nurl = \"dynamodb://eu-west-1?secret_key=s3cr3t&access_key=a\"\ntimeout = \"5s\"\n"),
    ("toml", "backend = \"dynamodb\"\nregion = \"eu-west-1\"\naccess_key = \"a\"\nsecret_key = \"s3cr3t\"\n"),
];

/// What is read, or refused as a configuration and in few words.
fn judged(what: &str, result: Result<Config, reposit::Error>) {
    match result {
        Ok(config) => assert!(!config.target().name().is_empty(), "{what}"),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Config, "{what}: {error}");
            let length = format!("{error} {error:?}").len();
            assert!(length < 16 * 1024, "{what}: {length} bytes");
        }
    }
}

#[test]
fn configurations_are_read_or_refused() {
    panics::watch();
    let seed = seed::seed("configurations");
    let file = std::env::temp_dir().join(format!("reposit-{}", fresh_name()));
    for number in 0..many() {
        let mut rng = seed::part(seed, number);
        let url = mutated(URLS[rng.usize(..URLS.len())], &mut rng);
        judged(&format!("{number}: {url}"), Config::from_url(&url));
        if number % 4 == 0 {
            let (kind, text) = FILES[rng.usize(..FILES.len())];
            let text = mutated(text, &mut rng);
            let path = file.with_extension(kind);
            std::fs::write(&path, &text).unwrap();
            judged(&format!("{number}: {kind}: {text}"), Config::from_file(&path));
            let _ = std::fs::remove_file(&path);
        }
    }
    panics::assert_none();
    report::ran("hostile::configurations_are_read_or_refused", "memory");
}

#[test]
fn configurations_without_an_end_are_refused() {
    panics::watch();
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    let long = "x".repeat(1 << 20);
    let file = std::env::temp_dir().join(format!("reposit-{}", fresh_name()));
    let texts = [
        ("json", deep("[", "]")),
        ("json", deep("{\"database\":", "}")),
        ("json", format!("{{\"database\":{{\"url\":\"{long}\"}}}}")),
        ("toml", format!("a = {}", deep("[", "]"))),
        ("toml", format!("a = {}", deep("{a = ", "}"))),
        ("toml", format!("[{}a]", "a.".repeat(10_000))),
        ("toml", format!("{long} = 1")),
    ];
    for (kind, text) in texts {
        let path = file.with_extension(kind);
        std::fs::write(&path, &text).unwrap();
        let (began, start) = (Instant::now(), text.chars().take(20).collect::<String>());
        judged(&format!("{kind}: {start}"), Config::from_file(&path));
        assert!(began.elapsed() < Duration::from_secs(20), "{kind}: {start}");
        let _ = std::fs::remove_file(&path);
    }
    let began = Instant::now();
    judged("a long URL", Config::from_url(&format!("mongodb://{long}/{long}?{long}={long}")));
    assert!(began.elapsed() < Duration::from_secs(20), "a long URL");
    panics::assert_none();
    report::ran("hostile::configurations_without_an_end_are_refused", "memory");
}
