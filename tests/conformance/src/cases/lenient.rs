//! Reads that go on after a record which does not fit the model.

use futures_util::StreamExt;
use reposit::{Error, ErrorKind, Projection, Repository};
use serde::{Deserialize, Serialize};

use crate::test::{Test, kind};

cases!(
    what_does_not_fit_is_an_error_of_its_own,
    a_stream_goes_on_after_what_does_not_fit,
    pages_and_projections_are_lenient_too,
    what_cannot_be_read_at_all_ends_the_read,
);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "members")]
struct Member {
    #[hash_key]
    club: String,
    #[range_key]
    id: u32,
    #[index]
    team: String,
    age: u32,
}

/// The same records as another program has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "members")]
struct Theirs {
    #[hash_key]
    club: String,
    #[range_key]
    id: u32,
    #[index]
    team: String,
    age: String,
}

#[derive(Debug, PartialEq, Deserialize, Projection)]
#[projection(of = Member)]
struct Place {
    id: u32,
    team: String,
}

fn member(id: u32) -> Member {
    Member { club: "c".into(), id, team: "t".into(), age: 30 + id }
}

/// Five records, of which those with an odd number do not fit.
async fn with_members(t: &Test) {
    let db = t.with::<Member>().await;
    for id in 0..5 {
        match id % 2 {
            0 => Member::create(&member(id)).exec(db).await.unwrap(),
            _ => {
                let theirs = Theirs { club: "c".into(), id, team: "t".into(), age: "young".into() };
                Theirs::create(&theirs).exec(db).await.unwrap();
            }
        }
    }
}

#[track_caller]
fn told<M: std::fmt::Debug>(result: &Result<M, Error>) -> (ErrorKind, u32) {
    let error = result.as_ref().unwrap_err();
    assert_eq!(error.repository(), Some("members"));
    assert!(error.message().contains("age") && error.message().contains("stored as text"), "{error}");
    let key = error.key().unwrap();
    assert_eq!(key.hash(), &reposit::Value::from("c"));
    (error.kind(), u32::try_from(key.range().unwrap().as_int().unwrap()).unwrap())
}

async fn what_does_not_fit_is_an_error_of_its_own(t: Test) {
    with_members(&t).await;
    let db = &t.db;
    assert_eq!(kind(Member::query("c").all(db).await), ErrorKind::Codec);
    let all = Member::query("c").descending().lenient().all(db).await.unwrap();
    assert_eq!(all.len(), 5);
    for (result, id) in all.iter().zip((0..5).rev()) {
        match id % 2 {
            0 => assert_eq!(result.as_ref().unwrap(), &member(id)),
            _ => assert_eq!(told(result), (ErrorKind::Codec, id)),
        }
    }
    let found = Member::find_by_team("t").lenient().all(db).await.unwrap();
    assert_eq!(found.iter().filter(|result| result.is_ok()).count(), 3);
    assert!(found.iter().any(|result| result.as_ref().is_err_and(|error| error.index() == Some("by_team"))));
    for segments in [1, 3] {
        let mut scanned = Member::scan().segments(segments).lenient().all(db).await.unwrap();
        scanned.retain(Result::is_err);
        let mut broken: Vec<_> = scanned.iter().map(|result| told(result).1).collect();
        broken.sort_unstable();
        assert_eq!(broken, [1, 3]);
    }
}

async fn a_stream_goes_on_after_what_does_not_fit(t: Test) {
    with_members(&t).await;
    let db = &t.db;
    let strict: Vec<_> = Member::query("c").stream(db).collect().await;
    assert_eq!(strict.len(), 2, "one record, and the error that ends it");
    let all: Vec<_> = Member::query("c").lenient().stream(db).collect().await;
    assert_eq!(all.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true, false, true]);
    assert_eq!(told(&all[1]), (ErrorKind::Codec, 1));
    let scanned: Vec<_> = Member::scan().lenient().stream(db).collect().await;
    assert_eq!(scanned.iter().filter(|result| result.is_ok()).count(), 3);
}

async fn pages_and_projections_are_lenient_too(t: Test) {
    with_members(&t).await;
    let db = &t.db;
    let (mut after, mut seen) = (None::<reposit::Cursor>, Vec::new());
    loop {
        let page = Member::query("c").limit(2).after(&after).lenient().exec(db).await.unwrap();
        assert!(page.items.len() <= 2);
        seen.extend(page.items.into_iter().map(|item| item.is_ok()));
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    assert_eq!(seen, [true, false, true, false, true]);
    let scanned = Member::scan().limit(5).lenient().exec(db).await.unwrap();
    assert_eq!(scanned.items.iter().filter(|item| item.is_err()).count(), 2);
    // What is not read need not fit.
    let places = Member::query("c").select::<Place>().lenient().all(db).await.unwrap();
    let places: Vec<_> = places.into_iter().map(Result::unwrap).collect();
    assert_eq!(places[1], Place { id: 1, team: "t".into() });
}

async fn what_cannot_be_read_at_all_ends_the_read(t: Test) {
    with_members(&t).await;
    let db = &t.db;
    assert_eq!(kind(Member::query("").lenient().all(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Member::query("c").limit(0).lenient().exec(db).await), ErrorKind::InvalidInput);
    let refused: Vec<_> = Member::query("c").after("no cursor").lenient().stream(db).collect().await;
    assert_eq!(refused.len(), 1);
    assert_eq!(kind(refused.into_iter().next().unwrap()), ErrorKind::InvalidInput);
}
