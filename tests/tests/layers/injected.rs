//! What the faults of a seed are: the same in each run, none where none are asked for, and seen by nobody else.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reposit::layer::{Fault, Faults};
use reposit::{Database, ErrorKind, Repository, Result};
use reposit_tests::models::{Account, Event, Note, account, event, note};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

async fn memory(faults: &Faults) -> Database {
    let db = Database::open("memory:").await.unwrap().layer(faults.clone());
    db.define::<(Note, Account, Event)>().await.unwrap();
    db
}

fn word<T>(result: Result<T>) -> String {
    result.map_or_else(|error| error.kind().as_str().to_owned(), |_| "ok".to_owned())
}

fn some_of_each(seed: u64) -> Faults {
    Faults::seeded(seed).lose_answers(0.2).drop_requests(0.2).throttle(0.2).conflict(0.2)
}

/// What becomes of a run of operations on one record.
async fn run(db: &Database, id: &str) -> Vec<String> {
    let mut words = vec![word(Note::create(&note(id)).exec(db).await)];
    for _ in 0..10 {
        words.push(word(Note::update(id).add(Note::COUNT, 1).exec(db).await));
        words.push(word(Note::get(id).exec(db).await));
        words.push(word(Note::put_many(&[note(id), note(&format!("{id}-2"))]).exec(db).await));
        words.push(word(db.transaction().add(Note::delete(id)).add(Note::put(&note("x"))).commit().await));
    }
    words
}

#[tokio::test]
async fn a_run_repeats_by_its_seed() {
    let mut runs = Vec::new();
    for seed in [1, 1, 2] {
        let faults = some_of_each(seed);
        let db = memory(&faults).await;
        runs.push((run(&db, "n").await, faults.injected()));
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0].0, runs[2].0);
    assert!(runs[0].1.total() > 0 && runs[0].1.unknown > 0);
}

/// Each record's operations meet the same, in whatever order those of all come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_does_not_depend_on_what_others_do_meanwhile() {
    let ids: Vec<String> = (0..8).map(|n| format!("n{n}")).collect();
    let mut runs = Vec::<BTreeMap<String, Vec<String>>>::new();
    for side_by_side in [false, true, true] {
        let db = memory(&some_of_each(5)).await;
        let mut words = BTreeMap::new();
        let mut tasks = Vec::new();
        for id in &ids {
            let (db, own) = (db.clone(), id.clone());
            let task = tokio::spawn(async move { run(&db, &own).await });
            if side_by_side { tasks.push((id, task)) } else { drop(words.insert(id.clone(), task.await.unwrap())) }
        }
        for (id, task) in tasks {
            words.insert(id.clone(), task.await.unwrap());
        }
        // A record may be there or not, as the order has it; what the network does is the same.
        let network = |word: &String| ["throttled", "timeout", "unavailable"].contains(&word.as_str());
        words.values_mut().for_each(|words| words.iter_mut().filter(|word| !network(word)).for_each(String::clear));
        runs.push(words);
    }
    assert_eq!(runs[0], runs[1]);
    assert_eq!(runs[1], runs[2]);
}

#[derive(Debug, Serialize, Deserialize, Repository)]
struct Ticket {
    #[hash_key]
    id: Uuid,
}

#[tokio::test]
async fn a_run_with_keys_made_up_anew_repeats_too() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let db = memory(&some_of_each(11)).await;
        db.define::<Ticket>().await.unwrap();
        let mut words = Vec::new();
        for _ in 0..40 {
            words.push(word(Ticket::put(&Ticket { id: Uuid::new_v4() }).exec(&db).await));
        }
        runs.push(words);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn nothing_happens_where_nothing_is_asked_for() {
    let faults = Faults::seeded(3).lose_answers(1.0).drop_requests(1.0);
    let db = memory(&faults).await;
    faults.pause();
    assert!(run(&db, "n").await.iter().all(|word| word == "ok" || word == "not found"));
    faults.resume();
    assert_eq!(word(Note::put(&note("n")).exec(&db).await), "outcome unknown");
    assert_eq!(faults.injected().total(), 1, "{faults}");

    let faults = Faults::seeded(3).drop_requests(1.0).only("accounts");
    let db = memory(&faults).await;
    assert_eq!(Account::definition().name(), "accounts");
    assert_eq!(word(Note::put(&note("n")).exec(&db).await), "ok");
    assert_eq!(word(Account::get("a").exec(&db).await), "unavailable");
    let (note, account) = (note("m"), account("a"));
    let both = db.transaction().add(Note::put(&note)).add(Account::create(&account));
    assert_eq!(word(both.commit().await), "outcome unknown");
    assert_eq!(word(db.ping().await), "ok");
}

#[tokio::test]
async fn one_fault_can_be_asked_for() {
    let faults = Faults::seeded(3);
    let db = memory(&faults).await;
    faults.next(Fault::DroppedRequest);
    faults.next(Fault::LostAnswer);
    assert_eq!(word(Note::get("n").exec(&db).await), "ok", "it is for a write");
    assert_eq!(word(Note::create(&note("n")).exec(&db).await), "outcome unknown");
    assert_eq!(Note::get("n").exec(&db).await.unwrap(), None);
    assert_eq!(word(Note::create(&note("n")).exec(&db).await), "outcome unknown");
    assert_eq!(word(Note::create(&note("n")).exec(&db).await), "already exists");
    faults.next_of("get", Fault::Throttled);
    let error = Note::get("n").exec(&db).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.repository(), error.operation()),
        (ErrorKind::Throttled, Some("note"), Some("get"))
    );
    assert!(error.message().ends_with("(injected by layer::Faults, seed 3, operation 5)"), "{error}");
    assert_eq!(faults.to_string(), "layer::Faults, seed 3: 1 lost answer, 1 dropped request, 3 throttled requests");
    assert!(format!("{faults:?}").starts_with("Faults { seed: 3"), "{faults:?}");
}

#[derive(Debug, Serialize, Deserialize, Repository)]
#[repository(stamp = false)]
struct Bare {
    #[hash_key]
    id: String,
    #[version]
    revision: u64,
}

/// No stamp shows that it was applied.
#[tokio::test]
async fn a_model_without_stamps_is_told_less() {
    for (name, rate) in [("create", 1.0), ("create_many", 1.0), ("save", 0.6)] {
        let faults = Faults::seeded(4).lose_answers(rate);
        let db = memory(&faults).await;
        db.define::<Bare>().await.unwrap();
        for n in 0..20 {
            faults.pause();
            let mut bare = Bare { id: n.to_string(), revision: 0 };
            Bare::save(&mut bare).exec(&db).await.unwrap();
            faults.resume();
            let (other, before) = (Bare { id: format!("{n} too"), revision: 0 }, faults.injected());
            let told = match name {
                "create" => word(Bare::create(&other).exec(&db).await),
                "create_many" => word(Bare::create_many(&[other]).exec(&db).await),
                _ => word(Bare::save(&mut bare).exec(&db).await),
            };
            let is_lost = faults.injected() != before;
            assert_eq!(told, if is_lost { "outcome unknown" } else { "ok" }, "{name}, {faults}");
        }
    }
}

/// Of a batch, each item has its own error, and each request of the batch its own fate.
#[tokio::test]
async fn a_batch_fails_by_item() {
    let faults = Faults::seeded(8).drop_requests(0.4).lose_answers(0.2);
    let db = memory(&faults).await;
    let events: Vec<_> = (0..250).map(|seq| event("s", seq, 0)).collect();
    let error = Event::put_many(&events).exec(&db).await.unwrap_err();
    let failed: Vec<usize> = error.failures().iter().map(|failure| failure.position).collect();
    assert!(failed.len().is_multiple_of(25) && failed.len() < 250, "{} of 250", failed.len());
    assert!(error.failures().iter().all(|failure| failure.error.kind() == ErrorKind::OutcomeUnknown));
    assert_eq!(faults.injected().unknown, failed.len() as u64);
    faults.pause();
    for (at, event) in events.iter().enumerate() {
        let stored = Event::get("s", event.seq).exec(&db).await.unwrap();
        assert!(stored.is_some() || failed.contains(&at), "{at} was told to be done");
    }
    faults.resume();
    faults.next(Fault::Throttled);
    let error = Note::create_many(&[note("a"), note("b")]).exec(&db).await.unwrap_err();
    let kinds: Vec<_> = error.failures().iter().map(|failure| failure.error.kind()).collect();
    assert_eq!(kinds, [ErrorKind::Throttled; 2]);
}

#[tokio::test]
async fn an_index_lags_behind_and_catches_up() {
    let faults = Faults::seeded(2).lag_indexes(Duration::from_millis(300));
    let db = Database::builder().backend(memory_backend()).table_prefix("staging-").layer(faults.clone());
    let db = db.open().await.unwrap();
    db.define::<Account>().await.unwrap();
    Account::create(&account("a")).exec(&db).await.unwrap();
    Account::update("a").set(Account::LOGIN, "new").exec(&db).await.unwrap();
    let mut seen = [0, 0];
    for _ in 0..40 {
        let found = Account::find_by_login("new").exec(&db).await.unwrap();
        seen[usize::from(found.is_some())] += 1;
        assert!(Account::find_by_login("new").consistent().exec(&db).await.unwrap().is_some());
        assert_eq!(Account::get("a").exec(&db).await.unwrap().unwrap().login, "new");
        assert_eq!(Account::scan().all(&db).await.unwrap().len(), 1);
        let error = Account::create(&Account { login: "new".into(), number: 99, ..account("b") }).exec(&db).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::UniqueViolation, "a write sees what is stored");
    }
    assert!(seen.iter().all(|count| *count > 5), "{seen:?}");
    assert!(faults.injected().lagging_reads > 5);
    tokio::time::sleep(Duration::from_millis(310)).await;
    for _ in 0..20 {
        assert!(Account::find_by_login("new").exec(&db).await.unwrap().is_some());
    }
}

fn memory_backend() -> reposit::backend::memory::Memory {
    reposit::backend::memory::Memory::new(&reposit::config::MemorySettings::default())
}

/// A request takes its time, and no longer than there is time for.
#[tokio::test]
async fn delays_end_at_the_deadline() {
    let at = Duration::from_millis;
    let faults = Faults::seeded(2).delay(at(20)..=at(30));
    let db = memory(&faults).await;
    let before = Instant::now();
    Note::put(&note("n")).exec(&db).await.unwrap();
    assert!(before.elapsed() >= at(20));
    assert_eq!(faults.injected().delays, 1);

    // A write that takes longer than there is time for may have happened; a read has not.
    let faults = Faults::seeded(2).delay(at(25)..at(35));
    let db = Database::builder().backend(memory_backend()).timeout(at(20)).layer(faults.clone()).open().await;
    let db = db.unwrap();
    db.define::<Note>().await.unwrap();
    let mut stored = Vec::new();
    for n in 0..20 {
        let id = n.to_string();
        assert_eq!(word(Note::put(&note(&id)).exec(&db).await), "outcome unknown");
        assert_eq!(word(Note::get(&id).exec(&db).await), "timeout");
        faults.pause();
        stored.push(Note::get(&id).exec(&db).await.unwrap().is_some());
        faults.resume();
    }
    assert!(stored.contains(&true) && stored.contains(&false), "{stored:?}");
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Repository)]
struct Report {
    #[hash_key]
    name: String,
    by: String,
    fence: u64,
}

/// A holder of a lock that stands still for longer than its lease is overtaken, and its token keeps it from harm.
#[tokio::test]
async fn a_holder_that_stands_still_is_refused_by_its_token() {
    let other = Database::open("memory:").await.unwrap();
    // The heartbeats stand still too, though they are of another repository.
    let faults = Faults::seeded(2).only(Report::definition().name());
    let db = other.layer(faults.clone());
    db.define::<Report>().await.unwrap();
    Report::create(&Report { name: "r".into(), by: String::new(), fence: 0 }).exec(&db).await.unwrap();
    let write = |by: &'static str, token: u64| {
        let write = Report::update("r").set(Report::BY, by).set(Report::FENCE, token);
        write.only_if(Report::FENCE.le(token))
    };
    let lease = Duration::from_millis(150);
    let first = db.lock("r").lease(lease).acquire().await.unwrap();
    assert!(first.is_held());
    faults.next(Fault::Stall(Duration::from_millis(600)));
    let token = first.token();
    let late = async { write("first", token).exec(&db).await };
    let takes_over = async {
        let second = other.lock("r").lease(lease).acquire().await.unwrap();
        write("second", second.token()).exec(&other).await.unwrap();
        second
    };
    let (late, second) = tokio::join!(late, takes_over);
    assert_eq!(late.unwrap_err().kind(), ErrorKind::ConditionFailed);
    assert!(second.token() > token && second.is_held());
    first.lost().await;
    assert!(!first.is_held());
    assert_eq!(Report::get("r").exec(&other).await.unwrap().unwrap().by, "second");
    assert_eq!(faults.injected().stalls, 1);
    assert!(second.release().await.unwrap());
}
