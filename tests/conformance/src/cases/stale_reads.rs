//! Reads that may be stale: each finds what is there, on a handle of its own.

use std::time::Duration;

use futures_util::TryStreamExt;
use reposit::layer::Cache;
use reposit::{ErrorKind, Projection, StaleReads};
use serde::Deserialize;

use crate::Capability;
use crate::models::{Event, Note, Token, User, event, note, token, user};
use crate::test::{START, Test};

cases!(
    each_read_finds_what_is_there,
    a_staleness_is_bounded_or_refused: BoundedStaleness,
    no_cache_is_asked_or_filled,
);

#[derive(Debug, PartialEq, Deserialize, Projection)]
#[projection(of = User)]
struct Named {
    id: String,
}

async fn each_read_finds_what_is_there(t: Test) {
    t.with::<Event>().await;
    t.with::<Token>().await;
    let db = t.with::<User>().await;
    let users: Vec<_> = (0..3).map(|n| User { revision: 1, ..user(&format!("u{n}"), "core", n) }).collect();
    User::create_many(&users).exec(db).await.unwrap();
    let events: Vec<_> = (0..5).map(|seq| event("s", seq, 0)).collect();
    Event::put_many(&events).exec(db).await.unwrap();
    Token::create(&token("t", START)).exec(db).await.unwrap();
    // There is one member alone, the primary.
    let members = [StaleReads::secondary_preferred(), StaleReads::primary_preferred(), StaleReads::nearest()];
    for reads in members.into_iter().chain([StaleReads::nearest().tagged([("of", "none")]).tagged::<&str, &str>([])]) {
        let near = &db.stale_reads(reads).unwrap();
        assert_eq!(User::get("u1").stale().exec(near).await.unwrap().as_ref(), Some(&users[1]));
        assert_eq!(User::get("none").stale().exec(near).await.unwrap(), None);
        let many = User::get_many(["u2", "none"]).stale().exec(near).await.unwrap();
        assert_eq!(many, [Some(users[2].clone()), None]);
        let found = User::find_by_email(&users[0].email).stale().exec(near).await.unwrap();
        assert_eq!(found.as_ref(), Some(&users[0]));
        let found = User::find_many_by_email([&users[1].email]).stale().exec(near).await.unwrap();
        assert_eq!(found, [Some(users[1].clone())]);
        let team = || User::find_by_team("core").stale();
        assert_eq!(team().all(near).await.unwrap(), users);
        assert_eq!(team().first(near).await.unwrap().as_ref(), Some(&users[0]));
        assert_eq!(team().count(near).await.unwrap(), 3);
        assert_eq!(team().stream(near).try_collect::<Vec<_>>().await.unwrap(), users);
        let page = Event::query("s").range(1..).descending().limit(2).stale().exec(near).await.unwrap();
        assert_eq!(page.items, [events[4].clone(), events[3].clone()]);
        let rest = Event::query("s").range(1..).descending().after(page.next).stale().all(near).await.unwrap();
        assert_eq!(rest, [events[2].clone(), events[1].clone()]);
        let scan = || Event::scan().filter(Event::SEQ.gt(2)).stale();
        assert_eq!(scan().count(near).await.unwrap(), 2);
        assert_eq!(scan().all(near).await.unwrap().len(), 2);
        assert_eq!(scan().exec(near).await.unwrap().items.len(), 2);
        assert!(scan().first(near).await.unwrap().is_some());
        assert_eq!(scan().stream(near).try_collect::<Vec<_>>().await.unwrap().len(), 2);
        let ids = User::find_by_team("core").select::<Named>().stale().all(near).await.unwrap();
        assert_eq!(ids.iter().map(|named| &*named.id).collect::<Vec<_>>(), ["u0", "u1", "u2"]);
        if t.can(Capability::Explain) {
            assert!(!User::get("u1").stale().explain(near).unwrap().is_empty());
        }
        assert!(Token::get("t").stale().exec(near).await.unwrap().is_some());
    }
    let near = &db.stale_reads(StaleReads::nearest()).unwrap();
    t.clock.advance(Duration::from_secs(86_400));
    assert_eq!(Token::get("t").stale().exec(near).await.unwrap(), None, "by the clock of the database");
}

async fn a_staleness_is_bounded_or_refused(t: Test) {
    let db = t.with::<User>().await;
    User::create(&user("a", "core", 1)).exec(db).await.unwrap();
    let bounded = |seconds| db.stale_reads(StaleReads::nearest().max_staleness(Duration::from_secs(seconds)));
    let shortest = t.shortest_staleness().as_secs();
    if shortest > 0 {
        let error = bounded(shortest - 1).unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidInput, Some("stale_reads")));
    }
    for seconds in [shortest.max(1), 3600] {
        assert!(User::get("a").stale().exec(&bounded(seconds).unwrap()).await.unwrap().is_some(), "{seconds}");
    }
}

async fn no_cache_is_asked_or_filled(t: Test) {
    let db = t.with::<Note>().await;
    let (old, new) = (note("a"), Note { title: "new".into(), ..note("a") });
    Note::create(&old).exec(db).await.unwrap();
    t.clock.advance(Duration::from_secs(60));
    let cached = db.layer(Cache::new().ttl(Duration::from_secs(600)));
    let near = cached.stale_reads(StaleReads::nearest()).unwrap();
    // What is read here is not kept.
    assert_eq!(Note::get("a").stale().exec(&near).await.unwrap().as_ref(), Some(&old));
    Note::put(&new).exec(db).await.unwrap();
    assert_eq!(Note::get("a").exec(&cached).await.unwrap().as_ref(), Some(&new));
    Note::put(&old).exec(db).await.unwrap();
    assert_eq!(Note::get("a").exec(&cached).await.unwrap().as_ref(), Some(&new), "it is kept");
    assert_eq!(Note::get("a").stale().exec(&near).await.unwrap().as_ref(), Some(&old), "nothing that is kept is given");
    let gathered = db.coalesced(Duration::from_millis(1)).stale_reads(StaleReads::nearest()).unwrap();
    assert_eq!(Note::get("a").stale().exec(&gathered).await.unwrap().as_ref(), Some(&old));
}
