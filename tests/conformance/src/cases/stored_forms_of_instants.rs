//! Instants that are stored as seconds, milliseconds or text: `#[stored(as = "...")]`.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use reposit::{Condition, Embedded, ErrorKind, Op, Repository, Value};
use serde::{Deserialize, Serialize};

use crate::test::{START, Test, kind};

cases!(
    they_are_kept_in_their_form,
    they_are_asked_for_and_ordered,
    they_are_changed,
    they_are_compared_by_name,
    they_are_filled_in,
    records_expire_by_them,
    another_form_is_refused,
    they_can_be_keys,
);

type At = DateTime<Utc>;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Step {
    name: String,
    #[stored(as = "rfc3339")]
    done: Option<At>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "jobs", index(name = "by_queue_and_text", hash = "queue", range = "text"))]
struct Job {
    #[hash_key]
    id: String,
    #[index(range = "seconds")]
    queue: String,
    #[stored(as = "seconds")]
    seconds: At,
    #[stored(as = "milliseconds")]
    #[index(unique)]
    millis: Option<SystemTime>,
    #[stored(as = "rfc3339")]
    text: jiff::Timestamp,
    #[stored(as = "rfc3339")]
    #[serde(default, rename = "lastText")]
    last: Option<At>,
    steps: Vec<Step>,
}

/// What is stored of a job, by its own types.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "jobs", index(name = "by_queue_and_text", hash = "queue", range = "text"))]
struct Stored {
    #[hash_key]
    id: String,
    #[index(range = "seconds")]
    queue: String,
    seconds: i64,
    #[index(unique)]
    millis: Option<i64>,
    text: String,
    #[serde(default, rename = "lastText")]
    last: Option<String>,
    steps: Vec<StoredStep>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct StoredStep {
    name: String,
    done: Option<String>,
}

fn at(millis: i64) -> At {
    DateTime::from_timestamp_millis(millis).unwrap()
}

fn job(n: i64) -> Job {
    let millis = 1_709_208_000_000 + n * 1000;
    Job {
        id: format!("j{n}"),
        queue: "q".into(),
        seconds: at(millis),
        millis: Some(SystemTime::UNIX_EPOCH + Duration::from_millis(millis as u64 + 7)),
        text: jiff::Timestamp::from_millisecond(millis + 450).unwrap(),
        last: None,
        steps: vec![Step { name: "a".into(), done: Some(at(millis)) }, Step { name: "b".into(), done: None }],
    }
}

async fn they_are_kept_in_their_form(t: Test) {
    let db = t.with::<Job>().await;
    let bare = Job { millis: None, last: Some(at(-1)), steps: vec![], ..job(2) };
    Job::create(&job(1)).exec(db).await.unwrap();
    Job::put_many(std::slice::from_ref(&bare)).exec(db).await.unwrap();
    assert_eq!(Job::get_many(["j1", "j2"]).exec(db).await.unwrap(), [Some(job(1)), Some(bare)]);
    let stored = Stored {
        id: "j1".into(),
        queue: "q".into(),
        seconds: 1_709_208_001,
        millis: Some(1_709_208_001_007),
        text: "2024-02-29T12:00:01.450Z".into(),
        last: None,
        steps: vec![
            StoredStep { name: "a".into(), done: Some("2024-02-29T12:00:01.000Z".into()) },
            StoredStep { name: "b".into(), done: None },
        ],
    };
    db.define::<Stored>().await.expect("the same table");
    assert_eq!(Stored::get("j1").exec(db).await.unwrap().as_ref(), Some(&stored));
    assert_eq!(Stored::get("j2").exec(db).await.unwrap().unwrap().last.as_deref(), Some("1969-12-31T23:59:59.999Z"));
    // What is finer than the form is cut off, also before the epoch.
    Job::put(&Job { seconds: at(-1), ..job(1) }).exec(db).await.unwrap();
    assert_eq!(Job::get("j1").exec(db).await.unwrap().unwrap().seconds, at(-1000));
}

async fn they_are_asked_for_and_ordered(t: Test) {
    let db = t.with::<Job>().await;
    let jobs: Vec<_> = [-1_709_208_000, -1, 0, 1, 2].map(job).to_vec();
    Job::put_many(&jobs).exec(db).await.unwrap();
    let second = job(1);
    let ids = |condition: Condition<Job>| async move {
        let mut ids: Vec<_> = Job::scan().filter(condition).all(db).await.unwrap().into_iter().map(|j| j.id).collect();
        ids.sort();
        ids
    };
    for (condition, expected) in [
        (Job::SECONDS.eq(second.seconds), vec!["j1"]),
        (Job::SECONDS.gt(second.seconds), vec!["j2"]),
        (Job::MILLIS.ge(second.millis.unwrap()), vec!["j1", "j2"]),
        (Job::MILLIS.is_in([second.millis.unwrap()]), vec!["j1"]),
        (Job::TEXT.between(second.text, job(2).text), vec!["j1", "j2"]),
        (Job::TEXT.ne(second.text), vec!["j-1", "j-1709208000", "j0", "j2"]),
        (Job::LAST.missing() & Job::TEXT.lt(job(-1).text), vec!["j-1709208000"]),
        (Job::STEPS.nth(0).at(Step::DONE).eq(at(1_709_208_001_000)), vec!["j1"]),
        (Job::STEPS.nth(0).at(Step::DONE).le(at(1_709_208_000_000)), vec!["j-1", "j-1709208000", "j0"]),
        (Job::STEPS.contains(&second.steps[0]), vec!["j1"]),
    ] {
        assert_eq!(ids(condition.clone()).await, expected, "{condition:?}");
    }
    assert_eq!(Job::find_by_queue("q").all(db).await.unwrap(), jobs);
    assert_eq!(
        Job::find_by_queue("q").range(job(0).seconds..).descending().limit(2).all(db).await.unwrap(),
        [job(2), job(1)]
    );
    assert_eq!(Job::find_by_queue_and_text("q").all(db).await.unwrap(), jobs);
    assert_eq!(Job::find_by_queue_and_text("q").range(..job(0).text).all(db).await.unwrap(), jobs[..2]);
    assert_eq!(Job::find_by_millis(second.millis.unwrap()).exec(db).await.unwrap(), Some(job(1)));
    let (found, missing) = (job(2).millis.unwrap(), SystemTime::UNIX_EPOCH);
    assert_eq!(Job::find_many_by_millis([found, missing]).exec(db).await.unwrap(), [Some(job(2)), None]);
    let page = Job::find_by_queue_and_text("q").limit(2).exec(db).await.unwrap();
    let next = Job::find_by_queue_and_text("q").limit(9).after(page.next.unwrap()).exec(db).await.unwrap();
    assert_eq!(next.items, jobs[2..]);
    let taken = Job { millis: job(1).millis, ..job(9) };
    assert_eq!(kind(Job::create(&taken).exec(db).await), ErrorKind::UniqueViolation);
}

async fn they_are_changed(t: Test) {
    let db = t.with::<Job>().await;
    Job::create(&job(1)).exec(db).await.unwrap();
    let two = job(2);
    Job::update("j1")
        .set(Job::SECONDS, two.seconds)
        .set(Job::MILLIS, two.millis.unwrap())
        .set(Job::TEXT, two.text)
        .set(Job::LAST, at(5))
        .set(Job::STEPS.nth(1).at(Step::DONE), at(1))
        .only_if(Job::TEXT.eq(job(1).text) & Job::LAST.missing())
        .exec(db)
        .await
        .unwrap();
    let changed = Job::update("j1").append(Job::STEPS, [&two.steps[0]]).exec(db).await.unwrap();
    let mut expected = Job { id: "j1".into(), last: Some(at(5)), steps: job(1).steps, ..two.clone() };
    expected.steps[1].done = Some(at(1));
    expected.steps.push(two.steps[0].clone());
    assert_eq!(changed, expected);
    assert_eq!(Job::find_by_millis(two.millis.unwrap()).consistent().exec(db).await.unwrap(), Some(changed));
    let changed = Job::update("j1").remove(Job::LAST).remove(Job::MILLIS).exec(db).await.unwrap();
    assert_eq!((changed.last, changed.millis), (None, None));
    let refused = Job::update("j1").set(Job::LAST, at(1)).only_if(Job::SECONDS.lt(two.seconds)).exec(db).await;
    assert_eq!(kind(refused), ErrorKind::ConditionFailed);
    t.is_sound::<Job>().await;
}

async fn they_are_compared_by_name(t: Test) {
    let db = t.with::<Job>().await;
    Job::put_many(&[job(1), job(2)]).exec(db).await.unwrap();
    for (name, value) in [
        ("seconds", Value::from(1_709_208_001_i64)),
        ("seconds", Value::Instant(1_709_208_001_000)),
        ("seconds", Value::from("2024-02-29T12:00:01Z")),
        ("millis", Value::from(1_709_208_001_007_i64)),
        ("millis", Value::Instant(1_709_208_001_007)),
        ("text", Value::from("2024-02-29T12:00:01.450Z")),
        ("text", Value::from("2024-02-29T13:00:01.45+01:00")),
        ("text", Value::Instant(1_709_208_001_450)),
    ] {
        let condition = Job::condition(name, Op::Eq, value.clone()).unwrap();
        assert_eq!(Job::scan().filter(condition).all(db).await.unwrap(), [job(1)], "{name} {value:?}");
    }
    for (name, value) in
        [("seconds", Value::Bool(true)), ("text", Value::from("today")), ("millis", Value::Bytes(vec![1]))]
    {
        let error = Job::condition(name, Op::Eq, value).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains(&format!("{name} is an instant")), "{error}");
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Filled {
    #[hash_key]
    id: String,
    #[created_at]
    #[stored(as = "rfc3339")]
    created: At,
    #[updated_at]
    #[stored(as = "milliseconds")]
    updated: Option<At>,
}

async fn they_are_filled_in(t: Test) {
    let db = t.with::<Filled>().await;
    let draft = Filled { id: "a".into(), created: at(0), updated: None };
    let made = Filled::create(&draft).exec_returning(db).await.unwrap();
    assert_eq!(made, Filled { created: at(START * 1000), updated: Some(at(START * 1000)), ..draft });
    t.advance(2);
    let own = at(77);
    let made = Filled::put(&Filled { id: "b".into(), created: own, updated: None }).exec_returning(db).await.unwrap();
    assert_eq!((made.created, made.updated), (own, Some(at((START + 2) * 1000))));
    t.advance(1);
    let made = Filled::upsert("c").exec(db).await.unwrap();
    assert_eq!((made.created, made.updated), (at((START + 3) * 1000), Some(at((START + 3) * 1000))));
    assert_eq!(Filled::get("c").exec(db).await.unwrap(), Some(made));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Session {
    #[hash_key]
    id: String,
    #[ttl(seconds = 10)]
    #[stored(as = "milliseconds")]
    begun: At,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Ticket {
    #[hash_key]
    id: String,
    #[ttl]
    #[stored(as = "seconds")]
    until: Option<At>,
}

/// The same tables by models without an expiry, which mark no record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "session")]
struct PlainSession {
    #[hash_key]
    id: String,
    begun: i64,
}

async fn records_expire_by_them(t: Test) {
    t.with::<PlainSession>().await;
    let (late, early) = ((START - 9) * 1000 + 1, (START - 10) * 1000);
    for (id, begun) in [("old", early), ("older", late)] {
        PlainSession::create(&PlainSession { id: id.into(), begun }).exec(&t.db).await.unwrap();
    }
    let db = t.with::<Session>().await;
    let session = |id: &str, millis| Session { id: id.into(), begun: at(millis) };
    Session::create(&session("new", START * 1000)).exec(db).await.unwrap();
    let ids = || async {
        let mut ids: Vec<_> = Session::scan().all(db).await.unwrap().into_iter().map(|s| s.id).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids().await, ["new", "older"], "what another model stored expires by its field");
    assert_eq!(Session::get("old").exec(db).await.unwrap(), None);
    t.advance(1);
    assert_eq!(Session::get("older").exec(db).await.unwrap(), Some(session("older", late)), "rounded up");
    t.advance(1);
    assert_eq!(ids().await, ["new"]);
    Session::update("new").set(Session::BEGUN, at((START + 60) * 1000)).exec(db).await.unwrap();
    t.advance(30);
    assert_eq!(ids().await, ["new"]);
    t.advance(60);
    assert!(ids().await.is_empty());

    let db = t.with::<Ticket>().await;
    let now = START + 92;
    Ticket::create(&Ticket { id: "a".into(), until: Some(at((now + 1) * 1000)) }).exec(db).await.unwrap();
    Ticket::create(&Ticket { id: "b".into(), until: None }).exec(db).await.unwrap();
    assert_eq!(Ticket::scan().count(db).await.unwrap(), 2);
    t.advance(1);
    assert_eq!(Ticket::scan().count(db).await.unwrap(), 1);
    Ticket::create(&Ticket { id: "a".into(), until: None }).exec(db).await.expect("the expired one is none");
}

/// What another program, or another release of the model, stored in another form.
async fn another_form_is_refused(t: Test) {
    let db = t.with::<Stored>().await;
    db.define::<Job>().await.unwrap();
    let whole = Stored {
        id: "x".into(),
        queue: "q".into(),
        seconds: 1,
        millis: Some(1),
        text: "2024-02-29T12:00:01.450Z".into(),
        last: None,
        steps: vec![],
    };
    Stored::put(&whole).exec(db).await.unwrap();
    assert_eq!(Job::get("x").exec(db).await.unwrap().unwrap().seconds, at(1000));
    let text = |text: &str| Stored { text: text.into(), ..whole.clone() };
    let says = "is stored as text, not as text such as 2024-02-29T12:00:00.000Z";
    let step = StoredStep { name: "a".into(), done: Some("2024-02-29".into()) };
    for (stored, says) in [
        (text("2024-02-29T12:00:01Z"), format!("text {says}")),
        (text("2024-02-29T13:00:01.450+01:00"), format!("text {says}")),
        (text("soon"), format!("text {says}")),
        (Stored { last: Some("".into()), ..whole.clone() }, format!("lastText {says}")),
        (Stored { steps: vec![step], ..whole.clone() }, format!("steps[0].done {says}")),
    ] {
        Stored::put(&stored).exec(db).await.unwrap();
        for error in [
            Job::get("x").exec(db).await.err(),
            Job::get_many(["x"]).exec(db).await.err(),
            Job::scan().all(db).await.err(),
            Job::find_by_queue("q").all(db).await.err(),
            Job::update("x").set(Job::SECONDS, at(2000)).exec(db).await.err(),
        ] {
            let error = error.expect("no filter finds it");
            assert_eq!(error.kind(), ErrorKind::Codec, "{error}");
            assert!(error.message().contains(&says), "{error}");
        }
    }
    // An instant that the form has no place for is refused when it is written.
    let outside = Job { text: jiff::Timestamp::from_millisecond(-62_167_219_200_001).unwrap(), ..job(1) };
    assert_eq!(kind(Job::create(&outside).exec(db).await), ErrorKind::InvalidInput);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "readings")]
struct Reading {
    #[hash_key]
    #[stored(as = "seconds")]
    day: At,
    #[range_key]
    #[stored(as = "rfc3339")]
    at: At,
    value: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "readings")]
struct StoredReading {
    #[hash_key]
    day: i64,
    #[range_key]
    at: String,
    value: i64,
}

async fn they_can_be_keys(t: Test) {
    let db = t.with::<Reading>().await;
    let reading = |n: i64| Reading { day: at(86_400_000), at: at(86_400_000 + n), value: n };
    let readings: Vec<_> = [1, 20, 300].map(reading).to_vec();
    Reading::put_many(&readings).exec(db).await.unwrap();
    assert_eq!(Reading::query(at(86_400_000)).all(db).await.unwrap(), readings);
    assert_eq!(
        Reading::query(at(86_400_000)).range(at(86_400_002)..at(86_400_300)).all(db).await.unwrap(),
        readings[1..2]
    );
    let key = (at(86_400_000), at(86_400_020));
    assert_eq!(Reading::get(key.0, key.1).exec(db).await.unwrap().as_ref(), Some(&readings[1]));
    assert_eq!(Reading::get_many([key]).exec(db).await.unwrap(), [Some(readings[1].clone())]);
    assert_eq!(Reading::update(key.0, key.1).add(Reading::VALUE, 1).exec(db).await.unwrap().value, 21);
    db.define::<StoredReading>().await.expect("the same table");
    let stored = StoredReading::get(86_400, "1970-01-02T00:00:00.300Z").exec(db).await.unwrap();
    assert_eq!(stored.map(|stored| stored.value), Some(300));
    assert!(Reading::delete(key.0, key.1).exec(db).await.unwrap());
    assert_eq!(kind(Reading::create(&readings[0]).exec(db).await), ErrorKind::AlreadyExists);
}
