//! Gets that are gathered, over an embedded store that answers as late as a server.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout};

use crate::backend::memory::Memory;
use crate::backend::{Attempt, Backend, Call, Forward, Get, GetMany, Layer, Reply, Watch};
use crate::config::MemorySettings;
use crate::error::{Error, ErrorKind, Result};
use crate::{Database, Record};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, reposit_macros::Repository)]
#[repository(crate = "crate", name = "parcels")]
struct Parcel {
    #[hash_key]
    id: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, reposit_macros::Repository)]
#[repository(crate = "crate", name = "letters")]
struct Letter {
    #[hash_key]
    id: u64,
}

/// A backend that answers late, and counts what it is asked.
#[derive(Debug, Clone)]
struct Slow {
    inner: Arc<dyn Backend>,
    delay: Duration,
    /// What a read of many ends with: an error, or a panic.
    failure: Option<ErrorKind>,
    panics: bool,
    asked: Arc<Asked>,
}

#[derive(Debug, Default)]
struct Asked {
    gets: AtomicU64,
    many: Mutex<Vec<usize>>,
}

impl Slow {
    fn new(delay: u64) -> Self {
        let inner = Arc::new(Memory::new(&MemorySettings::default()));
        Self { inner, delay: Duration::from_millis(delay), failure: None, panics: false, asked: Arc::default() }
    }

    async fn open(&self) -> Database {
        let db = Database::with_backend(self.clone());
        db.define::<(Parcel, Letter)>().await.unwrap();
        for id in 0..100 {
            Parcel::put(&Parcel { id }).exec(&db).await.unwrap();
        }
        Letter::put(&Letter { id: 1 }).exec(&db).await.unwrap();
        db
    }

    /// The gets, and how many keys each read of many had.
    fn asked(&self) -> (u64, Vec<usize>) {
        (self.asked.gets.load(Ordering::SeqCst), self.asked.many.lock().unwrap().clone())
    }
}

impl Forward for Slow {
    fn inner(&self) -> &dyn Backend {
        &*self.inner
    }

    fn is_embedded(&self) -> bool {
        false
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        Reply::later(async move {
            self.asked.gets.fetch_add(1, Ordering::SeqCst);
            if !self.delay.is_zero() {
                sleep(self.delay).await;
            }
            call.report_attempt(&Attempt::new("get"));
            self.inner().get(call, get).await
        })
    }

    fn get_many(&self, call: Call, get: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        Reply::later(async move {
            self.asked.many.lock().unwrap().push(get.keys.len());
            sleep(self.delay).await;
            assert!(!self.panics, "as a backend may");
            call.report_attempt(&Attempt::new("get_many"));
            match self.failure {
                Some(kind) => Err(Error::new(kind, "as it may be")),
                None => self.inner().get_many(call, get).await,
            }
        })
    }
}

const WINDOW: Duration = Duration::from_millis(5);

async fn get(db: &Database, id: u64) -> Result<Option<Parcel>> {
    Parcel::get(id).exec(db).await
}

fn found(id: u64) -> Option<Parcel> {
    Some(Parcel { id })
}

#[tokio::test]
async fn gets_at_the_same_time_are_one_request_and_each_has_its_own_record() {
    let slow = Slow::new(1);
    let db = slow.open().await.coalesced(WINDOW);
    let wanted: Vec<u64> = (0..97).chain([3, 3, 1000]).collect();
    let records = join_all(wanted.iter().map(|id| get(&db, *id))).await;
    for (id, record) in wanted.iter().zip(records) {
        assert_eq!(record.unwrap(), if *id < 100 { found(*id) } else { None });
    }
    assert_eq!(slow.asked(), (0, vec![100]));
    join_all((0..101).map(|id| get(&db, id % 100))).await;
    assert_eq!(slow.asked(), (1, vec![100, 100]), "the one that is left over is alone");
}

#[tokio::test]
async fn each_model_and_each_consistency_has_its_own_request() {
    let slow = Slow::new(1);
    let db = slow.open().await.coalesced(WINDOW);
    let (a, b, c, d, e) = tokio::join!(
        get(&db, 1),
        get(&db, 2),
        Letter::get(1).exec(&db),
        Parcel::get(1).consistent().exec(&db),
        Parcel::get(2).consistent().exec(&db),
    );
    assert_eq!((a.unwrap(), b.unwrap(), c.unwrap()), (found(1), found(2), Some(Letter { id: 1 })));
    assert_eq!((d.unwrap(), e.unwrap()), (found(1), found(2)));
    assert_eq!(slow.asked(), (1, vec![2, 2]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn gets_on_many_threads_are_gathered() {
    let slow = Slow::new(1);
    let db = slow.open().await.coalesced(Duration::from_millis(1));
    let spawn = |id: u64| {
        let db = db.clone();
        tokio::spawn(async move {
            for turn in 0..50 {
                assert_eq!(get(&db, (id + turn) % 100).await.unwrap(), found((id + turn) % 100));
                if (id + turn).is_multiple_of(3) {
                    let _ = timeout(Duration::from_micros(turn * 100), get(&db, turn)).await;
                }
            }
        })
    };
    let tasks: Vec<_> = (0..32).map(spawn).collect();
    for task in tasks {
        timeout(Duration::from_secs(30), task).await.expect("none hangs").unwrap();
    }
    let (gets, many) = slow.asked();
    assert!(gets + (many.len() as u64) < 1600 / 2, "{gets} {many:?}");
}

#[tokio::test]
async fn without_a_window_what_is_asked_in_one_turn_is_gathered() {
    let slow = Slow::new(1);
    let db = slow.open().await.coalesced(Duration::ZERO);
    join_all((0..20).map(|id| get(&db, id))).await;
    let tasks: Vec<_> = (0..20)
        .map(|id| {
            tokio::spawn({
                let db = db.clone();
                async move { get(&db, id).await }
            })
        })
        .collect();
    for (id, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap().unwrap(), found(id as u64));
    }
    assert_eq!(slow.asked(), (0, vec![20, 20]));
}

#[tokio::test]
async fn another_goes_on_for_a_driver_that_is_dropped() {
    // While the gets are gathered, and while the answer is waited for.
    for patience in [Duration::from_millis(1), Duration::from_millis(60)] {
        let slow = Slow::new(100);
        let db = slow.open().await.coalesced(Duration::from_millis(30));
        let first = timeout(patience, get(&db, 1));
        let rest = join_all((2..5).map(|id| get(&db, id)));
        let (first, rest) = timeout(Duration::from_secs(10), async { tokio::join!(first, rest) }).await.unwrap();
        assert!(first.is_err());
        assert_eq!(rest.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [found(2), found(3), found(4)]);
        let keys = if patience < Duration::from_millis(30) { 3 } else { 4 };
        assert_eq!(slow.asked(), (0, vec![keys]), "who has left by then is not asked for");
    }
}

#[tokio::test]
async fn another_goes_on_for_a_driver_that_is_not_polled() {
    let slow = Slow::new(30);
    let db = slow.open().await.coalesced(WINDOW);
    let mut first = pin!(get(&db, 1));
    assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let mut second = pin!(get(&db, 2));
    assert!(second.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let third = timeout(Duration::from_secs(5), get(&db, 3)).await.expect("it does not depend on the others");
    assert_eq!(third.unwrap(), found(3));
    assert_eq!((second.await.unwrap(), first.await.unwrap()), (found(2), found(1)));
    assert_eq!(slow.asked(), (0, vec![3]));
}

#[tokio::test]
async fn nothing_is_left_of_gets_that_were_all_dropped() {
    let slow = Slow::new(1);
    let db = slow.open().await.coalesced(Duration::from_millis(30));
    assert!(timeout(WINDOW, join_all((0..10).map(|id| get(&db, id)))).await.is_err());
    assert_eq!(get(&db, 11).await.unwrap(), found(11));
    assert_eq!(slow.asked(), (1, vec![]));
}

#[tokio::test]
async fn an_error_of_the_request_is_that_of_each_and_any_other_is_found_alone() {
    for (kind, alone) in [(ErrorKind::Unavailable, 0), (ErrorKind::Throttled, 0), (ErrorKind::Codec, 3)] {
        let slow = Slow { failure: Some(kind), ..Slow::new(1) };
        let db = slow.open().await.coalesced(WINDOW);
        for (id, result) in join_all((0..3).map(|id| get(&db, id))).await.into_iter().enumerate() {
            match alone {
                0 => assert_eq!(result.unwrap_err().to_string(), format!("parcels: get: {kind}: as it may be")),
                _ => assert_eq!(result.unwrap(), found(id as u64)),
            }
        }
        assert_eq!(slow.asked(), (alone, vec![3]));
    }
}

#[tokio::test]
async fn a_panic_of_the_backend_is_that_of_one_caller_only() {
    let slow = Slow { panics: true, ..Slow::new(1) };
    let db = slow.open().await.coalesced(WINDOW);
    let tasks: Vec<_> = (0..3)
        .map(|id| {
            tokio::spawn({
                let db = db.clone();
                async move { get(&db, id).await }
            })
        })
        .collect();
    let mut panicked = 0;
    for (id, task) in tasks.into_iter().enumerate() {
        match timeout(Duration::from_secs(5), task).await.expect("none hangs") {
            Ok(result) => assert_eq!(result.unwrap(), found(id as u64)),
            Err(_) => panicked += 1,
        }
    }
    assert_eq!((panicked, slow.asked()), (1, (2, vec![3])));
}

/// Gives a get less time.
#[derive(Debug)]
struct Hurried {
    inner: Arc<dyn Backend>,
    time: Duration,
}

impl Layer for Duration {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        Arc::new(Hurried { inner, time: self })
    }
}

impl Forward for Hurried {
    fn inner(&self) -> &dyn Backend {
        &*self.inner
    }

    fn enter(&self, mut call: Call) -> Call {
        call.deadline = std::time::Instant::now() + self.time;
        call
    }
}

#[tokio::test]
async fn each_keeps_its_own_deadline() {
    let slow = Slow::new(400);
    let db = slow.open().await.coalesced(WINDOW);
    let hurried = db.layer(Duration::from_millis(60));
    let began = Instant::now();
    let late = async { (get(&hurried, 1).await, began.elapsed()) };
    let ((late, after), other) = tokio::join!(late, get(&db, 2));
    let late = late.unwrap_err();
    assert_eq!(late.to_string(), "parcels: get: timeout: no answer to the get came in time");
    assert!(after >= Duration::from_millis(60) && after < Duration::from_millis(300), "{after:?}");
    assert_eq!(other.unwrap(), found(2));
    assert_eq!(slow.asked(), (0, vec![2]));
    let hurried = db.layer(WINDOW);
    assert_eq!(get(&hurried, 1).await.unwrap(), found(1));
    assert_eq!(slow.asked(), (1, vec![2]), "one that has no time to wait is sent at once");
}

#[derive(Debug, Default)]
struct Heard(Mutex<Vec<String>>);

impl Watch for Heard {
    fn attempt(&self, call: &Call, attempt: &Attempt<'_>) {
        self.0.lock().unwrap().push(format!("{} {}", call.operation, attempt.request));
    }
}

#[derive(Debug)]
struct Watching {
    inner: Arc<dyn Backend>,
    heard: Arc<Heard>,
}

impl Layer for Arc<Heard> {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        Arc::new(Watching { inner, heard: self })
    }
}

impl Forward for Watching {
    fn inner(&self) -> &dyn Backend {
        &*self.inner
    }

    fn enter(&self, call: Call) -> Call {
        call.watched_by(self.heard.clone())
    }
}

#[tokio::test]
async fn one_request_is_one_attempt() {
    let (slow, heard) = (Slow::new(1), Arc::new(Heard::default()));
    let db = slow.open().await.coalesced(WINDOW).layer(heard.clone());
    join_all((0..3).map(|id| get(&db, id))).await;
    get(&db, 1).await.unwrap();
    assert_eq!(*heard.0.lock().unwrap(), ["get get_many", "get get"]);
}

#[test]
fn a_runtime_that_ends_takes_no_get_of_another_with_it() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (one, other) = (runtime(), runtime());
    let slow = Slow::new(30);
    let db = one.block_on(slow.open()).coalesced(Duration::from_millis(30));
    let mut first = Box::pin(get(&db, 1));
    one.block_on(async { assert!(timeout(WINDOW, first.as_mut()).await.is_err()) });
    let mut second = Box::pin(get(&db, 2));
    other.block_on(async { assert!(timeout(WINDOW, second.as_mut()).await.is_err()) });
    drop(one);
    assert_eq!(other.block_on(second).unwrap(), found(2));
    drop(first);
}

#[test]
fn without_a_runtime_a_get_is_sent_as_it_is() {
    let slow = Slow::new(0);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let db = runtime.block_on(slow.open()).coalesced(WINDOW);
    let Poll::Ready(got) = pin!(get(&db, 1)).poll(&mut Context::from_waker(Waker::noop())) else { panic!("it waits") };
    assert_eq!(got.unwrap(), found(1));
    assert_eq!(slow.asked(), (1, vec![]));
}

#[tokio::test]
async fn what_is_embedded_is_left_as_it_is() {
    let db = Database::open("memory:").await.unwrap();
    assert!(std::ptr::eq(db.coalesced(WINDOW).backend(), db.backend()));
    let slow = Slow::new(1).open().await.coalesced(WINDOW);
    assert_eq!(slow.backend_name(), "memory");
    assert!(slow.raw::<Memory>().is_some());
}
