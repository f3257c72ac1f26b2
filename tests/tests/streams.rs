//! What a stream, `all` and `first` ask of a backend, page by page, and what they make of its answers: on a backend that is told
//! what to answer.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use futures_util::{StreamExt, TryStreamExt};
use reposit::backend::memory::Memory;
use reposit::backend::{Backend, Call, Forward, Query, RecordPage, Reply};
use reposit::config::MemorySettings;
use reposit::{Database, Error, ErrorKind, Repository, Result, Value};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "events")]
struct Event {
    #[hash_key]
    stream: String,
    #[range_key]
    seq: u64,
    #[index]
    kind: String,
}

fn event(seq: u64) -> Event {
    Event { stream: "s".into(), seq, kind: "k".into() }
}

/// What becomes of a page.
enum Answer {
    Whole,
    Fails(ErrorKind),
    /// The record at this position is no event.
    Broken(usize),
    /// More records than were asked for.
    TooMany,
    /// The first page, whichever was asked for.
    First,
}

/// What was asked for a page: how many records, and whether the next page is wanted.
type Asked = (usize, bool);

#[derive(Debug)]
struct Told {
    inner: Arc<dyn Backend>,
    script: Arc<Script>,
}

#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Asked>>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Script")
    }
}

impl Script {
    fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        *self.answers.lock().unwrap() = answers.into_iter().collect();
    }

    fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl Told {
    async fn page(&self, call: Call, mut query: Query) -> Result<RecordPage> {
        // An answer that takes a moment, as that of a server does.
        tokio::task::yield_now().await;
        self.script.asked.lock().unwrap().push((query.limit, query.wants_next));
        let answer = self.script.answers.lock().unwrap().pop_front().unwrap_or(Answer::Whole);
        if matches!(answer, Answer::TooMany) {
            query.limit += 5;
        }
        if matches!(answer, Answer::First) {
            query.after = None;
        }
        let mut page = self.inner.query(call, query).await?;
        match answer {
            Answer::Fails(kind) => return Err(Error::new(kind, "as told")),
            Answer::Broken(at) => page.records[at].set("seq", Value::from("seven")),
            Answer::Whole | Answer::TooMany | Answer::First => {}
        }
        Ok(page)
    }
}

impl Forward for Told {
    fn inner(&self) -> &dyn Backend {
        &*self.inner
    }

    fn name(&self) -> &'static str {
        "told"
    }

    fn query(&self, call: Call, query: Query) -> Reply<'_, RecordPage> {
        Reply::later(self.page(call, query))
    }

    fn count(&self, call: Call, query: Query) -> Reply<'_, u64> {
        self.script.asked.lock().unwrap().push((query.limit, query.wants_next));
        self.inner.count(call, query)
    }
}

/// A database with so many events, and what tells its backend.
async fn events(count: u64) -> (Database, Arc<Script>) {
    let script = Arc::new(Script::default());
    let db = Database::with_backend(Told {
        inner: Arc::new(Memory::new(&MemorySettings::default())),
        script: script.clone(),
    });
    db.define::<Event>().await.unwrap();
    Event::put_many(&(0..count).map(event).collect::<Vec<_>>()).exec(&db).await.unwrap();
    (db, script)
}

#[tokio::test]
async fn the_records_before_an_error_come_first_and_nothing_after_it() {
    let (db, script) = events(250).await;
    script.answer([Answer::Whole, Answer::Broken(3)]);
    let mut stream = Event::query("s").stream(&db);
    for seq in 0..103 {
        assert_eq!(stream.next().await.unwrap().unwrap(), event(seq));
    }
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.repository(), error.operation()),
        (ErrorKind::Codec, Some("events"), Some("query"))
    );
    for _ in 0..3 {
        assert!(stream.next().await.is_none());
    }
}

#[tokio::test]
async fn an_error_of_the_first_page_ends_a_stream() {
    let (db, script) = events(5).await;
    script.answer([Answer::Fails(ErrorKind::Timeout)]);
    let mut stream = Event::find_by_kind("k").stream(&db);
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::Timeout, Some("by_kind")));
    assert!(stream.next().await.is_none());
    script.answer([Answer::Fails(ErrorKind::Timeout)]);
    let error = Event::scan().stream(&db).try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Timeout, Some("scan")));
}

/// Who consumes slowly polls seldom, and the deadline of what is read ahead passes meanwhile.
#[tokio::test]
async fn a_page_that_was_read_ahead_in_vain_is_read_when_its_turn_comes() {
    let (db, script) = events(250).await;
    let fails = || Answer::Fails(ErrorKind::Timeout);
    script.answer([Answer::Whole, fails(), Answer::Whole, fails(), Answer::Whole]);
    let found: Vec<Event> = Event::query("s").stream(&db).try_collect().await.unwrap();
    assert_eq!(found, (0..250).map(event).collect::<Vec<_>>());
    // What fails again then, or in a way that does not pass, is told.
    script.answer([Answer::Whole, fails(), fails()]);
    let stream = Event::query("s").stream(&db);
    let results: Vec<_> = stream.collect().await;
    assert_eq!((results.len(), results[100].as_ref().unwrap_err().kind()), (101, ErrorKind::Timeout));
    script.answer([Answer::Whole, Answer::Fails(ErrorKind::Backend), Answer::Whole]);
    let results: Vec<_> = Event::query("s").stream(&db).collect().await;
    assert_eq!((results.len(), results[100].as_ref().unwrap_err().kind()), (101, ErrorKind::Backend));
}

#[tokio::test]
async fn no_more_is_asked_for_than_is_wanted() {
    let (db, script) = events(250).await;
    script.asked();
    Event::query("s").first(&db).await.unwrap().unwrap();
    assert_eq!(script.asked(), [(1, false)]);
    Event::scan().first(&db).await.unwrap().unwrap();
    assert_eq!(script.asked(), [(1, false)]);
    assert_eq!(Event::query("s").limit(7).all(&db).await.unwrap().len(), 7);
    assert_eq!(script.asked(), [(7, false)]);
    Event::query("s").limit(7).exec(&db).await.unwrap();
    assert_eq!(script.asked(), [(7, true)], "a page says where the next begins");
    let stream = Event::query("s").limit(150).stream(&db);
    assert_eq!(stream.try_collect::<Vec<_>>().await.unwrap().len(), 150);
    assert_eq!(script.asked(), [(100, true), (50, false)]);
    Event::query("s").limit(3).count(&db).await.unwrap();
    Event::query("s").count(&db).await.unwrap();
    assert_eq!(script.asked().iter().map(|(limit, _)| *limit).collect::<Vec<_>>(), [3, usize::MAX]);
    drop(Event::query("s").stream(&db));
    assert_eq!(script.asked(), [], "a stream that nobody polls reads nothing");
}

#[tokio::test]
async fn a_backend_that_gives_too_much_is_held_to_the_limit() {
    let (db, script) = events(250).await;
    script.answer([Answer::TooMany]);
    assert_eq!(Event::query("s").limit(3).all(&db).await.unwrap().len(), 3);
    script.answer([Answer::TooMany]);
    assert_eq!(Event::query("s").limit(3).stream(&db).try_collect::<Vec<_>>().await.unwrap().len(), 3);
}

#[tokio::test]
async fn pages_that_do_not_move_on_come_to_an_end() {
    let (db, script) = events(2500).await;
    let stuck = || (0..100).map(|_| Answer::First);
    script.answer(stuck());
    let error = Event::query("s").all(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Backend, Some("query")));
    assert!(error.message().contains("do not move on"), "{error}");
    assert_eq!(script.asked().len(), 2, "the second page is where the first was");
    script.answer(stuck());
    let results: Vec<_> = Event::scan().stream(&db).collect().await;
    assert_eq!((results.len(), results[200].as_ref().unwrap_err().kind()), (201, ErrorKind::Backend));
}
