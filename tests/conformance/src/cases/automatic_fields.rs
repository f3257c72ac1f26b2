use std::time::Duration;

use reposit::{Key, Repository};
use serde::{Deserialize, Serialize};

use crate::test::{START, Test};

cases!(
    an_automatic_key_is_filled_in,
    an_automatic_range_key_is_filled_in,
    times_are_filled_in_on_every_write_path,
    saves_and_transactions_fill_in_too,
    keys_of_every_path_are_new_and_sort_by_time,
    what_the_caller_sets_stays,
);

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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Key)]
struct EntryId(String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Entry {
    #[hash_key]
    log: String,
    #[range_key(auto)]
    id: EntryId,
    text: String,
}

/// Both parts are filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Pair {
    #[hash_key(auto)]
    hash: Box<str>,
    #[range_key(auto)]
    range: uuid::Uuid,
}

async fn an_automatic_range_key_is_filled_in(t: Test) {
    let db = t.with::<Entry>().await;
    let entry = |text: &str| Entry { log: "main".into(), id: EntryId(String::new()), text: text.into() };
    // In one millisecond, by every write that stores a whole record.
    let first = Entry::create(&entry("0")).exec_returning(db).await.unwrap();
    Entry::put(&entry("1")).exec(db).await.unwrap();
    Entry::put_many(&[entry("2"), entry("3")]).exec(db).await.unwrap();
    db.transaction().add(Entry::create(&entry("4"))).add(Entry::create(&entry("5"))).commit().await.unwrap();
    t.advance(1);
    Entry::create(&entry("6")).exec(db).await.unwrap();
    let entries = Entry::query("main").all(db).await.unwrap();
    let texts: Vec<&str> = entries.iter().map(|entry| &*entry.text).collect();
    assert_eq!(texts, ["0", "1", "2", "3", "4", "5", "6"], "in the order in which they were written");
    assert!(entries.iter().all(|entry| entry.id.0.len() == 26));
    assert_eq!(Entry::get("main", &first.id).exec(db).await.unwrap(), Some(first));
    let own = Entry { id: EntryId("mine".into()), ..entry("7") };
    assert_eq!(Entry::create(&own).exec_returning(db).await.unwrap(), own);

    let db = t.with::<Pair>().await;
    let pair = Pair { hash: "".into(), range: uuid::Uuid::nil() };
    let made = Pair::create(&pair).exec_returning(db).await.unwrap();
    assert_eq!((made.hash.len(), made.range.get_version_num()), (26, 7));
    assert_eq!(Pair::get(&made.hash, made.range).exec(db).await.unwrap(), Some(made));
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Key)]
struct DocumentId(uuid::Uuid);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Document {
    #[hash_key(auto)]
    id: DocumentId,
    text: String,
    #[created_at]
    created: Option<std::time::SystemTime>,
    #[updated_at]
    updated: time::OffsetDateTime,
    #[version]
    version: u64,
}

fn document(text: &str) -> Document {
    Document {
        id: DocumentId(uuid::Uuid::nil()),
        text: text.into(),
        created: None,
        updated: time::OffsetDateTime::UNIX_EPOCH,
        version: 0,
    }
}

/// The times of a document, in milliseconds after the start.
fn times(document: &Document) -> (i128, i128) {
    let created = document.created.unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
    let start = i128::from(START) * 1000;
    (created.as_millis() as i128 - start, document.updated.unix_timestamp_nanos() / 1_000_000 - start)
}

async fn saves_and_transactions_fill_in_too(t: Test) {
    let db = t.with::<Document>().await;
    t.db.define::<Post>().await.unwrap();
    let mut saved = document("saved");
    Document::save(&mut saved).exec(db).await.unwrap();
    assert_eq!(times(&saved), (0, 0));
    assert_eq!(saved.id.0.get_version_num(), 7);
    t.clock.advance(Duration::from_millis(1_500));
    Document::save(&mut saved).exec(db).await.unwrap();
    assert_eq!(times(&saved), (0, 1_500), "the struct carries what was filled in");
    assert_eq!(Document::get(&saved.id).exec(db).await.unwrap().as_ref(), Some(&saved));

    t.clock.advance(Duration::from_millis(500));
    let (mut second, mut first) = (document("second"), saved.clone());
    db.transaction()
        .add(Document::save(&mut second))
        .add(Document::save(&mut first))
        .add(Post::put(&Post { id: "put".into(), ..post("put") }))
        .add(Post::create(&Post { id: "made".into(), ..post("made") }))
        .add(Post::upsert("upserted").set(Post::TEXT, "u"))
        .commit()
        .await
        .unwrap();
    assert_eq!((times(&second), times(&first)), ((2_000, 2_000), (0, 2_000)));
    assert_eq!((second.version, first.version), (1, 3));
    assert_eq!(Document::get(&second.id).exec(db).await.unwrap(), Some(second.clone()));
    for id in ["put", "made", "upserted"] {
        let stored = Post::get(id).exec(db).await.unwrap().unwrap();
        assert_eq!((stored.created.timestamp(), stored.updated), (START + 2, START + 2), "{id}");
    }
    t.clock.advance(Duration::from_secs(1));
    db.transaction()
        .add(Document::update(&second.id).set(Document::TEXT, "x"))
        .add(Post::update("put").set(Post::TEXT, "y"))
        .add(Post::upsert("upserted").set(Post::TEXT, "z"))
        .commit()
        .await
        .unwrap();
    let updated = Document::get(&second.id).exec(db).await.unwrap().unwrap();
    assert_eq!((times(&updated), updated.version), ((2_000, 3_000), 2));
    for id in ["put", "upserted"] {
        let stored = Post::get(id).exec(db).await.unwrap().unwrap();
        assert_eq!((stored.created.timestamp(), stored.updated), (START + 2, START + 3), "{id}");
    }
}

async fn keys_of_every_path_are_new_and_sort_by_time(t: Test) {
    let db = t.with::<Post>().await;
    let posts: Vec<_> = (0..40).map(|n| post(&n.to_string())).collect();
    Post::put_many(&posts).exec(db).await.unwrap();
    t.clock.advance(Duration::from_millis(1));
    db.transaction().add(Post::create(&post("t1"))).add(Post::put(&post("t2"))).commit().await.unwrap();
    t.clock.advance(Duration::from_millis(1));
    Post::put(&post("last")).exec(db).await.unwrap();
    let mut stored = Post::scan().all(db).await.unwrap();
    assert_eq!(stored.len(), 43, "no two have the same key");
    stored.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(stored[42].text, "last");
    let between: Vec<_> = stored[40..42].iter().map(|post| post.text.as_str()).collect();
    assert!(between.contains(&"t1") && between.contains(&"t2"), "{between:?}");
    assert!(stored.iter().all(|post| post.id.len() == 26));
}

async fn what_the_caller_sets_stays(t: Test) {
    let db = t.with::<Post>().await;
    let made = chrono::DateTime::from_timestamp_millis(5).unwrap();
    let own = Post { id: "own".into(), created: made, updated: 9, ..post("own") };
    let stored = Post::create(&own).exec_returning(db).await.unwrap();
    assert_eq!((stored.created, stored.updated), (made, START));
    let changed = Post::update("own").set(Post::UPDATED, 7).set(Post::CREATED, made).exec(db).await.unwrap();
    assert_eq!((changed.created, changed.updated), (made, 7));
    let changed = Post::upsert("own").set(Post::TEXT, "x").default(Post::CREATED, made).exec(db).await.unwrap();
    assert_eq!((changed.created, changed.updated), (made, START));
    assert!(Post::upsert("").set(Post::TEXT, "x").exec(db).await.is_err(), "an upsert names its key");
}
