use std::time::Duration;

use reposit::Repository;
use serde::{Deserialize, Serialize};

use crate::harness::{START, Test};

const MODULE: &str = module_path!();

cases!(an_automatic_key_is_filled_in, times_are_filled_in_on_every_write_path);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Post {
    #[hash_key(auto)]
    id: String,
    text: String,
    #[created_at]
    created: chrono::DateTime<chrono::Utc>,
    #[updated_at]
    updated: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Upload {
    #[hash_key(auto)]
    id: uuid::Uuid,
    #[updated_at]
    updated: Option<std::time::SystemTime>,
    #[version]
    version: u32,
}

fn post(text: &str) -> Post {
    Post { id: String::new(), text: text.into(), created: chrono::DateTime::UNIX_EPOCH, updated: 0 }
}

async fn an_automatic_key_is_filled_in(t: Test) {
    let db = t.with::<Post>().await;
    let a = Post::create(&post("a")).exec_returning(db).await.unwrap();
    t.clock.advance(Duration::from_millis(1));
    let b = Post::create(&post("b")).exec_returning(db).await.unwrap();
    assert_eq!(a.id.len(), 26);
    assert!(a.id < b.id, "ULIDs sort by time");
    assert_eq!(Post::get(&a.id).exec(db).await.unwrap(), Some(a));
    let own = Post { id: "mine".into(), ..post("c") };
    assert_eq!(Post::put(&own).exec_returning(db).await.unwrap().id, "mine");

    let db = t.with::<Upload>().await;
    let mut upload = Upload { id: uuid::Uuid::nil(), updated: None, version: 0 };
    Upload::save(&mut upload).exec(db).await.unwrap();
    assert_eq!((upload.id.get_version_num(), upload.version), (7, 1));
    assert_eq!(Upload::get(upload.id).exec(db).await.unwrap(), Some(upload));
}

async fn times_are_filled_in_on_every_write_path(t: Test) {
    let db = t.with::<Post>().await;
    let a = Post::create(&post("a")).exec_returning(db).await.unwrap();
    assert_eq!((a.created.timestamp(), a.updated), (START, START));
    t.clock.advance(Duration::from_secs(5));
    let a = Post::update(&a.id).set(Post::TEXT, "b").exec(db).await.unwrap();
    assert_eq!((a.created.timestamp(), a.updated), (START, START + 5));
    t.clock.advance(Duration::from_secs(5));
    Post::put(&a).exec(db).await.unwrap();
    let a = Post::get(&a.id).exec(db).await.unwrap().unwrap();
    assert_eq!((a.created.timestamp(), a.updated), (START, START + 10));
    t.clock.advance(Duration::from_secs(5));
    let batch = [a.clone(), Post { id: "b".into(), ..post("b") }];
    Post::put_many(&batch).exec(db).await.unwrap();
    let got = Post::get_many([a.id.as_str(), "b"]).exec(db).await.unwrap();
    let times: Vec<_> = got.into_iter().flatten().map(|p| (p.created.timestamp(), p.updated)).collect();
    assert_eq!(times, [(START, START + 15), (START + 15, START + 15)]);
    t.clock.advance(Duration::from_secs(5));
    let made = Post::upsert("c").set(Post::TEXT, "c").exec(db).await.unwrap();
    assert_eq!((made.created.timestamp(), made.updated), (START + 20, START + 20));
    t.clock.advance(Duration::from_secs(5));
    let changed = Post::upsert("c").set(Post::TEXT, "d").exec(db).await.unwrap();
    assert_eq!((changed.created.timestamp(), changed.updated), (START + 20, START + 25));
}
