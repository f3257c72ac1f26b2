//! What Redis alone does: keys that a person can look at, entries that lead nowhere, indexes that are added beside
//! writers, servers that are a cluster, have no replicas, or no room.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reposit::redis::aio::MultiplexedConnection;
use reposit::redis::{Client, cmd};
use reposit::{Config, Database, ErrorKind, Repository};
use reposit_conformance::Trial;
use reposit_tests::harness::{START, Test, kind};
use reposit_tests::models::{Note, Token, User, note, token, user};
use reposit_tests::report;
use reposit_tests::servers::{self, PrivateRedis, Target};
use serde::{Deserialize, Serialize};

/// Its tests.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::new("redis_only::keys_are_as_they_are_drawn", keys_are_as_they_are_drawn),
        Trial::new("redis_only::what_expires_does_so_on_the_server", what_expires_does_so_on_the_server),
        Trial::new("redis_only::entries_that_lead_nowhere_are_taken_away", entries_that_lead_nowhere_are_taken_away),
        Trial::new("redis_only::what_an_expired_record_had_is_anothers", what_an_expired_record_had_is_anothers),
        Trial::new("redis_only::an_index_is_added_beside_writers", an_index_is_added_beside_writers),
        Trial::new("redis_only::a_forgotten_script_is_sent_whole", a_forgotten_script_is_sent_whole),
        Trial::new("redis_only::a_cluster_keeps_a_repository_together", a_cluster_keeps_a_repository_together),
        Trial::new("redis_only::replicas_that_are_not_there_are_told", replicas_that_are_not_there_are_told),
        Trial::new("redis_only::a_server_without_room_is_told", a_server_without_room_is_told),
        Trial::new(
            "redis_only::keys_of_a_repository_begin_with_the_prefix",
            keys_of_a_repository_begin_with_the_prefix,
        ),
    ]
}

async fn connection(db: &Database) -> MultiplexedConnection {
    db.raw::<Client>().expect("the client").get_multiplexed_async_connection().await.expect("a connection")
}

/// What stands before each key of a database.
fn prefix(url: &str) -> String {
    let (_, rest) = url.split_once("prefix=").expect("a prefix");
    rest.split('&').next().unwrap_or(rest).to_owned()
}

async fn open(server: &PrivateRedis, options: &str) -> Result<Database, reposit::Error> {
    Database::open(&format!("{}&{options}", server.url("alone"))).await
}

async fn keys_are_as_they_are_drawn() {
    let (t, label) = Test::on(Target::Redis).await;
    let (db, prefix) = (t.with::<User>().await, prefix(&t.url));
    User::create(&user("u1", "core", 7)).exec(db).await.unwrap();
    let mut redis = connection(db).await;
    let key = |end: &str| format!("{prefix}{{users}}:{end}");
    let fields: Vec<String> = cmd("HKEYS").arg(key("r:@u1\0")).query_async(&mut redis).await.unwrap();
    assert!(
        ["r", "s", "i:by_team", "u:by_email"].iter().all(|name| fields.contains(&(*name).to_owned())),
        "{fields:?}"
    );
    let primaries: Vec<String> = cmd("ZRANGE").arg(key("keys")).arg(0).arg(-1).query_async(&mut redis).await.unwrap();
    assert_eq!(primaries, ["@u1\0"]);
    let holder: String = cmd("GET").arg(key("u:by_email:@u1@example.com\0")).query_async(&mut redis).await.unwrap();
    assert_eq!(holder, "@u1\0");
    let team = ["[@core\0", "(@core\u{1}"];
    let range = cmd("ZRANGE").arg(key("i:by_team")).arg(team[0]).arg(team[1]).arg("BYLEX").to_owned();
    let entries: Vec<Vec<u8>> = range.query_async(&mut redis).await.unwrap();
    assert!(entries.len() == 1 && entries[0].ends_with(b"@u1\0"), "{entries:?}");
    let names: Vec<String> =
        cmd("SMEMBERS").arg(format!("{prefix}reposit:repositories")).query_async(&mut redis).await.unwrap();
    assert_eq!(names, ["users"]);
    User::delete("u1").exec(db).await.unwrap();
    let left: Vec<Vec<u8>> = cmd("KEYS").arg(key("[rui]:*")).query_async(&mut redis).await.unwrap();
    assert!(left.is_empty(), "{left:?}");
    report::ran("redis_only::keys_are_as_they_are_drawn", &label);
}

async fn what_expires_does_so_on_the_server() {
    let (t, label) = Test::on(Target::Redis).await;
    let (db, prefix) = (t.with::<Token>().await, prefix(&t.url));
    let one = token("t", START);
    Token::create(&one).exec(db).await.unwrap();
    let mut redis = connection(db).await;
    let key = format!("{prefix}{{tokens}}:r:@t\0");
    let expiry: i64 = cmd("HGET").arg(&key).arg("x").query_async(&mut redis).await.unwrap();
    let deleted: i64 = cmd("PEXPIRETIME").arg(&key).query_async(&mut redis).await.unwrap();
    assert_eq!(deleted, (expiry + 10) * 1000, "ten seconds later, as clocks differ");
    // An answer to a write is kept for seconds, by the server's own clock.
    let answers: Vec<Vec<u8>> =
        cmd("KEYS").arg(format!("{prefix}{{tokens}}:w:*")).query_async(&mut redis).await.unwrap();
    for answer in &answers {
        let left: i64 = cmd("PTTL").arg(answer).query_async(&mut redis).await.unwrap();
        assert!((1..=70_000).contains(&left), "{left} ms");
    }
    assert_eq!(answers.len(), 1);
    report::ran("redis_only::what_expires_does_so_on_the_server", &label);
}

async fn entries_that_lead_nowhere_are_taken_away() {
    let (t, label) = Test::on(Target::Redis).await;
    let (db, prefix) = (t.with::<User>().await, prefix(&t.url));
    for n in 0..5 {
        User::create(&user(&format!("u{n}"), "core", n)).exec(db).await.unwrap();
    }
    // As the server does with a record whose time has come.
    let mut redis = connection(db).await;
    let key = |end: &str| format!("{prefix}{{users}}:{end}");
    for n in 1..4 {
        let _: u64 = cmd("DEL").arg(key(&format!("r:@u{n}\0"))).query_async(&mut redis).await.unwrap();
    }
    assert_eq!(User::find_by_email("u1@example.com").exec(db).await.unwrap(), None);
    let page = User::find_by_team("core").limit(2).exec(db).await.unwrap();
    assert_eq!(page.items.iter().map(|user| user.id.as_str()).collect::<Vec<_>>(), ["u0", "u4"]);
    assert_eq!(User::scan().all(db).await.unwrap().len(), 2);
    for zset in ["keys", "i:by_team"] {
        let count: u64 = cmd("ZCARD").arg(key(zset)).query_async(&mut redis).await.unwrap();
        assert_eq!(count, 2, "{zset}");
    }
    let heir = User { id: "heir".into(), email: "u1@example.com".into(), ..user("u1", "core", 9) };
    User::create(&heir).exec(db).await.expect("its value is free");
    t.is_sound::<User>().await;
    report::ran("redis_only::entries_that_lead_nowhere_are_taken_away", &label);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "seats")]
struct Seat {
    #[hash_key]
    id: u32,
    #[index(unique)]
    place: String,
    #[ttl]
    until: i64,
}

/// A transaction that gives up what an expired record had frees nothing of who has it now.
async fn what_an_expired_record_had_is_anothers() {
    let (t, label) = Test::on(Target::Redis).await;
    let db = t.with::<Seat>().await;
    let seat = |id: u32, place: &str, until: i64| Seat { id, place: place.into(), until };
    Seat::create(&seat(1, "window", START + 10)).exec(db).await.unwrap();
    t.advance(20);
    Seat::create(&seat(2, "window", START + 100)).exec(db).await.unwrap();
    let (moved, third) = (seat(1, "aisle", START + 100), seat(3, "window", START + 100));
    let both = db.transaction().add(Seat::put(&moved)).add(Seat::create(&third)).commit().await.unwrap_err();
    assert_eq!((both.kind(), both.position()), (ErrorKind::UniqueViolation, Some(1)), "{both}");
    assert_eq!(Seat::find_by_place("window").exec(db).await.unwrap().map(|seat| seat.id), Some(2));
    t.is_sound::<Seat>().await;
    report::ran("redis_only::what_an_expired_record_had_is_anothers", &label);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "crew")]
struct Plain {
    #[hash_key]
    id: u32,
    team: String,
    email: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "crew")]
struct Indexed {
    #[hash_key]
    id: u32,
    #[index]
    team: String,
    #[index(unique)]
    email: String,
}

async fn an_index_is_added_beside_writers() {
    let (t, label) = Test::on(Target::Redis).await;
    let db = t.with::<Plain>().await;
    let plain = |id: u32| Plain { id, team: "core".into(), email: format!("{id}@example.com") };
    Plain::put_many(&(0..1000).map(plain).collect::<Vec<_>>()).exec(db).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4_u32)
        .map(|writer| {
            let (db, stop) = (db.clone(), stop.clone());
            tokio::spawn(async move {
                let mut last = 0;
                for round in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let id = 10_000 * (writer + 1) + round;
                    Plain::create(&Plain { id, team: "core".into(), email: format!("{id}@example.com") })
                        .exec(&db)
                        .await
                        .unwrap();
                    Plain::delete(round * 4 + writer).exec(&db).await.unwrap();
                    last = round;
                }
                last
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    // Another process, which begins with the new model.
    let other = t.under("").await;
    other.define::<Indexed>().await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        assert!(writer.await.unwrap() > 0, "each has written");
    }
    let all = Plain::scan().all(db).await.unwrap();
    assert_eq!(Indexed::find_by_team("core").all(&other).await.unwrap().len(), all.len());
    for plain in &all {
        let found = Indexed::find_by_email(&plain.email).exec(&other).await.unwrap();
        assert_eq!(found.map(|found| found.id), Some(plain.id));
    }
    assert_eq!(other.verify::<Indexed>().await.unwrap(), Vec::<String>::new());
    let taken = Plain { id: 1_000_000, ..all[0].clone() };
    assert_eq!(kind(Plain::create(&taken).exec(db).await), ErrorKind::UniqueViolation);
    report::ran("redis_only::an_index_is_added_beside_writers", &label);
}

async fn a_forgotten_script_is_sent_whole() {
    let server = servers::private_redis().await;
    let db = open(&server, "timeout=20s").await.unwrap();
    db.define::<Note>().await.unwrap();
    Note::create(&note("n")).exec(&db).await.unwrap();
    let _: () = cmd("SCRIPT").arg("FLUSH").query_async(&mut connection(&db).await).await.unwrap();
    Note::update("n").add(Note::COUNT, 1).exec(&db).await.unwrap();
    assert_eq!(Note::scan().all(&db).await.unwrap().len(), 1);
    assert_eq!(Note::get("n").exec(&db).await.unwrap().unwrap().count, note("n").count + 1);
    report::ran("redis_only::a_forgotten_script_is_sent_whole", &server.label());
}

async fn a_cluster_keeps_a_repository_together() {
    let server = servers::private_redis_cluster().await;
    let refused = open(&server, "timeout=20s").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Config);
    assert!(refused.message().contains("cluster=true"), "{refused}");
    let db = open(&server, "cluster=true&timeout=20s").await.unwrap();
    db.define::<(User, Note)>().await.unwrap();
    let ada = User::create(&user("u1", "core", 1)).exec_returning(&db).await.unwrap();
    assert_eq!(User::find_by_email("u1@example.com").exec(&db).await.unwrap(), Some(ada.clone()));
    assert_eq!(User::find_by_team("core").all(&db).await.unwrap(), [ada]);
    User::update("u1").add(User::AGE, 1).exec(&db).await.unwrap();
    let (a, b) = (note("a"), note("b"));
    db.transaction().add(Note::create(&a)).add(Note::create(&b)).commit().await.unwrap();
    assert_eq!(db.snapshot((Note::get("a"), Note::get("b"))).await.unwrap(), (Some(a.clone()), Some(b)));
    let both = db.transaction().add(Note::put(&a)).add(User::delete("u1")).commit().await.unwrap_err();
    assert_eq!(both.kind(), ErrorKind::Unsupported);
    assert!(both.message().contains("different servers"), "{both}");
    assert_eq!(kind(db.snapshot((Note::get("a"), User::get("u1"))).await), ErrorKind::Unsupported);
    let mut names = db.repositories().await.unwrap();
    names.sort();
    assert_eq!(names, ["note", "users"]);
    report::ran("redis_only::a_cluster_keeps_a_repository_together", &server.label());
}

async fn replicas_that_are_not_there_are_told() {
    let server = servers::private_redis().await;
    open(&server, "timeout=20s").await.unwrap().define::<Note>().await.unwrap();
    let db = open(&server, "wait=1&timeout=1s").await.unwrap();
    let error = Note::create(&note("n")).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert!(error.message().contains("0 replicas"), "{error}");
    assert!(Note::get("n").exec(&db).await.unwrap().is_some());
    report::ran("redis_only::replicas_that_are_not_there_are_told", &server.label());
}

async fn a_server_without_room_is_told() {
    let server = servers::private_redis().await;
    let db = open(&server, "timeout=1s").await.unwrap();
    db.define::<Note>().await.unwrap();
    Note::create(&note("n")).exec(&db).await.unwrap();
    let mut redis = connection(&db).await;
    let set = async |redis: &mut MultiplexedConnection, name: &str, value: &str| {
        let _: () = cmd("CONFIG").arg("SET").arg(name).arg(value).query_async(redis).await.unwrap();
    };
    set(&mut redis, "maxmemory", "1").await;
    assert_eq!(kind(Note::create(&note("m")).exec(&db).await), ErrorKind::Throttled);
    assert!(Note::get("n").exec(&db).await.unwrap().is_some());
    set(&mut redis, "maxmemory", "1000000000").await;
    set(&mut redis, "maxmemory-policy", "allkeys-lru").await;
    let evicts = Config::from_url(&server.url("alone")).unwrap().open().await.unwrap_err();
    assert_eq!(evicts.kind(), ErrorKind::Config);
    assert!(evicts.message().contains("noeviction"), "{evicts}");
    set(&mut redis, "maxmemory-policy", "noeviction").await;
    set(&mut redis, "maxmemory", "0").await;
    Note::create(&note("m")).exec(&db).await.unwrap();
    report::ran("redis_only::a_server_without_room_is_told", &server.label());
}

async fn keys_of_a_repository_begin_with_the_prefix() {
    let (t, label) = Test::on_under(Target::Redis, "blue-").await;
    let (db, prefix) = (t.with::<User>().await, prefix(&t.url));
    User::create(&user("u1", "core", 7)).exec(db).await.unwrap();
    let mut redis = connection(db).await;
    let keys: Vec<Vec<u8>> = cmd("KEYS").arg(format!("{prefix}*")).query_async(&mut redis).await.unwrap();
    let of_users = format!("{prefix}{{blue-users}}:").into_bytes();
    // The names of all repositories stand in one set.
    let all = format!("{prefix}reposit:repositories").into_bytes();
    assert!(keys.len() > 5 && keys.iter().all(|key| key.starts_with(&of_users) || *key == all), "{keys:?}");
    let names: Vec<String> = cmd("SMEMBERS").arg(all).query_async(&mut redis).await.unwrap();
    assert_eq!(names, ["blue-users"]);
    report::ran("redis_only::keys_of_a_repository_begin_with_the_prefix", &label);
}
