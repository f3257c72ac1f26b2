//! Gets on a handle that gathers them: each has its own record, its own error, and depends on no other.

use std::time::Duration;

use futures_util::future::join_all;
use reposit::{Error, ErrorKind, Repository};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::Capability;
use crate::models::{Event, Note, Token, event, note, token};
use crate::test::{START, Test, kind};

cases!(
    gets_at_the_same_time_have_each_their_own_record,
    the_gets_of_two_models_are_kept_apart,
    a_get_that_is_dropped_takes_no_other_with_it,
    an_error_of_all_is_that_of_each_get_alone,
    an_error_of_one_is_not_that_of_the_others,
    every_other_operation_is_as_it_is,
);

const WINDOW: Duration = Duration::from_millis(5);

async fn gets_at_the_same_time_have_each_their_own_record(t: Test) {
    let db = t.with::<Token>().await;
    for n in 0..10 {
        Token::create(&token(&n.to_string(), START + n)).exec(db).await.unwrap();
    }
    let gathered = db.coalesced(WINDOW);
    let ids: Vec<String> = (0..10).chain([3, 3, 99]).map(|n| n.to_string()).collect();
    for consistent in [false, true] {
        let get = |id: &String| if consistent { Token::get(id).consistent() } else { Token::get(id) };
        let records = join_all(ids.iter().map(|id| get(id).exec(&gathered))).await;
        for (id, record) in ids.iter().zip(records) {
            assert_eq!(record.unwrap(), get(id).exec(db).await.unwrap(), "{id}");
        }
        // Some of them have expired then.
        t.advance(86_405);
    }
    let records = join_all(ids.iter().map(|id| Token::get(id).exec(&gathered))).await;
    assert!(records.into_iter().all(|got| got.unwrap().is_none()), "all have expired");
}

async fn the_gets_of_two_models_are_kept_apart(t: Test) {
    t.with::<Event>().await;
    let db = t.with::<Note>().await;
    Note::create(&note("s")).exec(db).await.unwrap();
    for seq in 0..3 {
        Event::create(&event("s", seq, 0)).exec(db).await.unwrap();
    }
    let db = db.coalesced(WINDOW);
    let (one, first, second, latest, none) = tokio::join!(
        Note::get("s").exec(&db),
        Event::get("s", 1).exec(&db),
        Event::get("s", 2).exec(&db),
        Event::get("s", 0).consistent().exec(&db),
        Event::get("s", 9).exec(&db),
    );
    assert_eq!(one.unwrap(), Some(note("s")));
    assert_eq!((first.unwrap(), second.unwrap()), (Some(event("s", 1, 0)), Some(event("s", 2, 0))));
    assert_eq!((latest.unwrap(), none.unwrap()), (Some(event("s", 0, 0)), None));
}

async fn a_get_that_is_dropped_takes_no_other_with_it(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    let db = db.coalesced(Duration::from_millis(3));
    for n in 0..40 {
        // Dropped while the others join, while the request is under way, or not at all.
        let first = timeout(Duration::from_micros(n * n * 10), Note::get("n").exec(&db));
        let others = join_all((0..5).map(|_| Note::get("n").exec(&db)));
        let both = async { tokio::join!(first, others) };
        let (first, others) = timeout(Duration::from_secs(30), both).await.expect("none hangs");
        assert!(first.is_err() || first.unwrap().unwrap() == Some(note("n")));
        assert!(others.into_iter().all(|got| got.unwrap() == Some(note("n"))), "{n}");
    }
}

fn told<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.expect_err("an error").to_string()
}

async fn an_error_of_all_is_that_of_each_get_alone(t: Test) {
    // The repository was never defined.
    let alone = told(Note::get("n").exec(&t.db).await);
    let db = t.db.coalesced(WINDOW);
    for got in join_all((0..3).map(|_| Note::get("n").exec(&db))).await {
        assert_eq!(told(got), alone);
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "boards")]
struct Board {
    #[hash_key]
    id: String,
    size: u64,
}

/// What another program stores as a board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "boards")]
struct Plank {
    #[hash_key]
    id: String,
    size: String,
}

async fn an_error_of_one_is_not_that_of_the_others(t: Test) {
    let db = t.with::<Board>().await;
    let board = Board { id: "b".into(), size: 3 };
    Board::create(&board).exec(db).await.unwrap();
    Plank::create(&Plank { id: "p".into(), size: "long".into() }).exec(db).await.unwrap();
    let gathered = db.coalesced(WINDOW);
    let (one, other, empty) =
        tokio::join!(Board::get("b").exec(&gathered), Board::get("p").exec(&gathered), Board::get("").exec(&gathered));
    assert_eq!(one.unwrap(), Some(board));
    assert_eq!(told(other), told(Board::get("p").exec(db).await));
    assert_eq!(kind(empty), ErrorKind::InvalidInput);
}

async fn every_other_operation_is_as_it_is(t: Test) {
    let plain = t.with::<Note>().await;
    let db = plain.coalesced(WINDOW);
    assert_eq!(db.backend_name(), plain.backend_name());
    if t.can(Capability::Explain) {
        assert_eq!(Note::get("n").explain(&db).unwrap(), Note::get("n").explain(plain).unwrap());
    }
    db.ping().await.unwrap();
    Note::create(&note("n")).exec(&db).await.unwrap();
    assert_eq!(kind(Note::create(&note("n")).exec(&db).await), ErrorKind::AlreadyExists);
    assert_eq!(Note::update("n").add(Note::COUNT, 1).exec(&db).await.unwrap().count, note("n").count + 1);
    // An update without changes is a read.
    assert_eq!(Note::update("n").exec(&db).await.unwrap().count, note("n").count + 1);
    assert_eq!(kind(Note::update("none").exec(&db).await), ErrorKind::NotFound);
    Note::put_many(&[note("a"), note("b")]).exec(&db).await.unwrap();
    assert_eq!(Note::get_many(["a", "none"]).exec(&db).await.unwrap(), [Some(note("a")), None]);
    assert_eq!(Note::scan().all(&db).await.unwrap().len(), 3);
    db.transaction().add(Note::delete("a")).add(Note::put(&note("c"))).commit().await.unwrap();
    if t.can(Capability::Snapshot) {
        assert_eq!(db.snapshot((Note::get("a"), Note::get("c"))).await.unwrap(), (None, Some(note("c"))));
    }
}
