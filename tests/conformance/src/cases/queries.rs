use std::ops::Bound;

use futures_util::TryStreamExt;
use reposit::Repository;
use serde::{Deserialize, Serialize};

use crate::models::{Event, User, event, user};
use crate::test::Test;

cases!(
    an_index_is_in_the_order_of_its_range,
    every_rust_range,
    an_empty_range_is_empty,
    text_ranges_and_prefixes,
    a_filter_is_applied_before_the_limit,
    a_filter_may_name_the_keys,
    first_count_and_all,
    a_stream_gives_everything_once,
    the_primary_key_is_queried,
    a_local_index_is_queried,
    a_limit_of_zero_is_refused,
    scans_read_everything_once,
    projected_indexes_give_whole_records,
    an_index_follows_its_record,
);

async fn team_of(t: &Test, size: i64) -> &reposit::Database {
    let db = t.with::<User>().await;
    for n in (0..size).rev() {
        User::create(&User { age: (n % 10) as u32, ..user(&format!("u{n:03}"), "core", n * 10) })
            .exec(db)
            .await
            .unwrap();
    }
    User::create(&user("other", "else", 15)).exec(db).await.unwrap();
    db
}

fn joined(users: &[User]) -> Vec<i64> {
    users.iter().map(|u| u.joined_at).collect()
}

async fn an_index_is_in_the_order_of_its_range(t: Test) {
    let db = team_of(&t, 5).await;
    let page = User::find_by_team("core").exec(db).await.unwrap();
    assert_eq!(joined(&page.items), [0, 10, 20, 30, 40]);
    assert_eq!(page.next, None);
    let page = User::find_by_team("core").descending().exec(db).await.unwrap();
    assert_eq!(joined(&page.items), [40, 30, 20, 10, 0]);
}

async fn every_rust_range(t: Test) {
    let db = team_of(&t, 5).await;
    let q = || User::find_by_team("core");
    assert_eq!(joined(&q().range(10..30).all(db).await.unwrap()), [10, 20]);
    assert_eq!(joined(&q().range(10..=30).all(db).await.unwrap()), [10, 20, 30]);
    assert_eq!(joined(&q().range(10..).all(db).await.unwrap()), [10, 20, 30, 40]);
    assert_eq!(joined(&q().range(..30).all(db).await.unwrap()), [0, 10, 20]);
    assert_eq!(joined(&q().range(..=30).all(db).await.unwrap()), [0, 10, 20, 30]);
    assert_eq!(joined(&q().range(..).all(db).await.unwrap()), [0, 10, 20, 30, 40]);
    assert_eq!(joined(&q().range(20..=20).all(db).await.unwrap()), [20]);
    let open = (Bound::Excluded(10), Bound::Excluded(40));
    assert_eq!(joined(&q().range(open).all(db).await.unwrap()), [20, 30]);
    let half = (Bound::Excluded(10), Bound::Included(40));
    assert_eq!(joined(&q().range(half).descending().all(db).await.unwrap()), [40, 30, 20]);
    let above = (Bound::Excluded(30), Bound::Unbounded);
    assert_eq!(joined(&q().range(above).all(db).await.unwrap()), [40]);
}

#[allow(clippy::reversed_empty_ranges, reason = "that is what is asked")]
async fn an_empty_range_is_empty(t: Test) {
    let db = team_of(&t, 3).await;
    let q = || User::find_by_team("core");
    assert_eq!(q().range(30..10).all(db).await.unwrap(), []);
    assert_eq!(q().range(10..10).all(db).await.unwrap(), []);
    assert_eq!(q().range(20..=10).count(db).await.unwrap(), 0);
    assert_eq!(q().range((Bound::Excluded(10), Bound::Excluded(11))).all(db).await.unwrap(), []);
    assert_eq!(q().range((Bound::Excluded(i64::MAX), Bound::Unbounded)).first(db).await.unwrap(), None);
    assert_eq!(q().range(..i64::MIN).first(db).await.unwrap(), None);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct File {
    #[hash_key]
    disk: String,
    #[range_key]
    path: String,
    #[index(range = "path", name = "by_owner", projection = "keys_only")]
    owner: String,
    size: u64,
}

fn file(path: &str, size: u64) -> File {
    File { disk: "c".into(), path: path.into(), owner: "ada".into(), size }
}

async fn text_ranges_and_prefixes(t: Test) {
    let db = t.with::<File>().await;
    let paths = ["a", "a/b", "a/b/c", "a0", "ab", "b", "a\u{10ffff}", "a\u{10ffff}z", "Ä", "z"];
    for path in paths {
        File::create(&file(path, 1)).exec(db).await.unwrap();
    }
    let found = async |q: reposit::operation::Query<File, String, _>| -> Vec<String> {
        q.all(db).await.unwrap().into_iter().map(|f| f.path).collect()
    };
    let mut sorted = paths.map(String::from).to_vec();
    sorted.sort();
    assert_eq!(found(File::query("c")).await, sorted);
    assert_eq!(found(File::query("c").begins_with("a/")).await, ["a/b", "a/b/c"]);
    assert_eq!(found(File::query("c").begins_with("a\u{10ffff}")).await, ["a\u{10ffff}", "a\u{10ffff}z"]);
    assert_eq!(found(File::query("c").begins_with("a").descending().limit(2)).await, ["a\u{10ffff}z", "a\u{10ffff}"]);
    assert_eq!(found(File::query("c").begins_with("")).await, sorted);
    assert_eq!(found(File::query("c").begins_with("q")).await, [""; 0]);
    assert_eq!(found(File::query("c").range("a/b".."ab")).await, ["a/b", "a/b/c", "a0"]);
    assert_eq!(found(File::query("c").range("z"..)).await, ["z", "Ä"]);
}

async fn a_filter_is_applied_before_the_limit(t: Test) {
    let db = team_of(&t, 40).await;
    let q = || User::find_by_team("core").filter(User::AGE.eq(9));
    let page = q().limit(3).exec(db).await.unwrap();
    assert_eq!(joined(&page.items), [90, 190, 290]);
    let rest = q().limit(3).after(page.next.unwrap()).exec(db).await.unwrap();
    assert_eq!(joined(&rest.items), [390]);
    assert_eq!(rest.next, None);
    assert_eq!(joined(&q().descending().limit(1).all(db).await.unwrap()), [390]);
    let none = User::find_by_team("core").filter(User::AGE.gt(10)).limit(5).exec(db).await.unwrap();
    assert_eq!((none.items.len(), none.next), (0, None));
}

async fn a_filter_may_name_the_keys(t: Test) {
    let db = team_of(&t, 10).await;
    let found = User::find_by_team("core")
        .filter(User::ID.gt("u004") & User::JOINED_AT.ne(60) & User::AGE.lt(8))
        .all(db)
        .await
        .unwrap();
    assert_eq!(joined(&found), [50, 70]);
    let found =
        User::find_by_team("core").filter(User::TEAM.eq("x") | User::JOINED_AT.eq(10)).limit(1).exec(db).await.unwrap();
    assert_eq!(joined(&found.items), [10]);
    let db = t.with::<Event>().await;
    for n in 0..6 {
        Event::create(&event("s", n, 0)).exec(db).await.unwrap();
    }
    let found = Event::query("s").filter(Event::SEQ.is_in([1, 4]) & Event::STREAM.eq("s")).all(db).await.unwrap();
    assert_eq!(found, [event("s", 1, 0), event("s", 4, 0)]);
    assert_eq!(Event::query("s").filter(Event::SEQ.gt(3)).count(db).await.unwrap(), 2);
}

async fn first_count_and_all(t: Test) {
    let db = team_of(&t, 12).await;
    let q = || User::find_by_team("core");
    assert_eq!(q().first(db).await.unwrap().map(|u| u.joined_at), Some(0));
    assert_eq!(q().descending().first(db).await.unwrap().map(|u| u.joined_at), Some(110));
    assert_eq!(q().filter(User::AGE.gt(100)).first(db).await.unwrap(), None);
    assert_eq!(q().count(db).await.unwrap(), 12);
    assert_eq!(q().range(50..).filter(User::AGE.ne(5)).count(db).await.unwrap(), 6);
    assert_eq!(q().limit(5).count(db).await.unwrap(), 5);
    assert_eq!(q().all(db).await.unwrap().len(), 12);
    assert_eq!(q().limit(7).all(db).await.unwrap().len(), 7);
    assert_eq!(User::find_by_team("nobody").count(db).await.unwrap(), 0);
}

async fn a_stream_gives_everything_once(t: Test) {
    let db = t.with::<Event>().await;
    let events: Vec<_> = (0..230).map(|n| event("s", n, 0)).collect();
    Event::put_many(&events).exec(db).await.unwrap();
    let streamed: Vec<Event> = Event::query("s").stream(db).try_collect().await.unwrap();
    assert_eq!(streamed, events);
    let streamed: Vec<Event> = Event::query("s").descending().limit(105).stream(db).try_collect().await.unwrap();
    assert_eq!(streamed, events.iter().rev().take(105).cloned().collect::<Vec<_>>());
    let mut all: Vec<Event> = Event::scan().stream(db).try_collect().await.unwrap();
    all.sort_by_key(|e| e.seq);
    assert_eq!(all, events);
}

async fn the_primary_key_is_queried(t: Test) {
    let db = t.with::<Event>().await;
    for n in [3, 1, 2] {
        Event::create(&event("s", n, 0)).exec(db).await.unwrap();
        Event::create(&event("s2", n, 0)).exec(db).await.unwrap();
    }
    let found = Event::query("s").consistent().all(db).await.unwrap();
    assert_eq!(found.iter().map(|e| e.seq).collect::<Vec<_>>(), [1, 2, 3]);
    let found = Event::query("s").range(2..).descending().all(db).await.unwrap();
    assert_eq!(found, [event("s", 3, 0), event("s", 2, 0)]);
    assert_eq!(Event::query("nothing").all(db).await.unwrap(), []);
}

async fn a_local_index_is_queried(t: Test) {
    let db = t.with::<Event>().await;
    for (seq, severity) in [(1, 5), (2, -3), (3, 5), (4, 0)] {
        Event::create(&event("s", seq, severity)).exec(db).await.unwrap();
    }
    Event::create(&event("t", 1, 1)).exec(db).await.unwrap();
    let found = Event::find_by_severity("s").consistent().all(db).await.unwrap();
    assert_eq!(found.iter().map(|e| e.severity).collect::<Vec<_>>(), [-3, 0, 5, 5]);
    let found = Event::find_by_severity("s").range(..=0).descending().all(db).await.unwrap();
    assert_eq!(found, [event("s", 4, 0), event("s", 2, -3)]);
}

async fn a_limit_of_zero_is_refused(t: Test) {
    let db = t.with::<Event>().await;
    let refused = Event::query("s").limit(0).exec(db).await;
    assert_eq!(crate::test::kind(refused), reposit::ErrorKind::InvalidInput);
    let refused = Event::scan().segments(0).all(db).await;
    assert_eq!(crate::test::kind(refused), reposit::ErrorKind::InvalidInput);
}

async fn scans_read_everything_once(t: Test) {
    let db = team_of(&t, 30).await;
    for segments in [1, 4] {
        let mut ids: Vec<_> =
            User::scan().segments(segments).all(db).await.unwrap().into_iter().map(|u| u.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 31);
        assert_eq!(User::scan().segments(segments).count(db).await.unwrap(), 31);
    }
    assert_eq!(User::scan().filter(User::TEAM.eq("else")).all(db).await.unwrap().len(), 1);
    assert!(User::scan().first(db).await.unwrap().is_some());
}

async fn projected_indexes_give_whole_records(t: Test) {
    let db = t.with::<File>().await;
    for n in 0..7 {
        File::create(&file(&format!("f{n}"), n)).exec(db).await.unwrap();
    }
    let found = File::find_by_owner("ada").filter(File::SIZE.ge(2)).limit(3).exec(db).await.unwrap();
    assert_eq!(found.items, [file("f2", 2), file("f3", 3), file("f4", 4)]);
    let rest =
        File::find_by_owner("ada").filter(File::SIZE.ge(2)).limit(3).after(found.next.unwrap()).exec(db).await.unwrap();
    assert_eq!(rest.items, [file("f5", 5), file("f6", 6)]);
    assert_eq!(File::find_by_owner("ada").filter(File::SIZE.lt(2)).count(db).await.unwrap(), 2);
}

async fn an_index_follows_its_record(t: Test) {
    let db = team_of(&t, 2).await;
    User::update("u000").set(User::TEAM, "else").set(User::JOINED_AT, 99).exec(db).await.unwrap();
    assert_eq!(joined(&User::find_by_team("core").all(db).await.unwrap()), [10]);
    assert_eq!(joined(&User::find_by_team("else").all(db).await.unwrap()), [15, 99]);
    User::delete("u001").exec(db).await.unwrap();
    assert_eq!(User::find_by_team("core").all(db).await.unwrap(), []);
}
