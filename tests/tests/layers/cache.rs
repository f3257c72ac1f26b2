//! What a cache gives, and what it must not give any more.

use std::time::Duration;

use reposit::layer::{Cache, Meter};
use reposit::{Database, DropForGood, ErrorKind, Progress, Result};
use reposit_tests::harness::{START, Test};
use reposit_tests::models::{Account, Event, Note, Seat, account, event, note, seat};
use reposit_tests::report;
use reposit_tests::servers::Target;

use crate::gate::Gate;

/// A handle with a cache, and a meter of what the cache asks for.
fn cached(db: &Database, cache: Cache) -> (Database, Meter) {
    let meter = Meter::new();
    (db.layer(meter.clone()).layer(cache), meter)
}

fn asked(meter: &Meter) -> u64 {
    meter.total().operations
}

/// What was read is given again, by key and by unique index, and that there is nothing as well.
pub(crate) async fn what_was_read_is_given_again(target: Target) {
    let (test, label) = Test::on(target).await;
    let bare = test.with::<Account>().await;
    bare.define::<Event>().await.unwrap();
    let (db, meter) = cached(bare, Cache::new());
    let ada = Account { phone: Some("1".into()), ..account("ada") };
    Account::create(&ada).exec(bare).await.unwrap();
    let events: Vec<_> = (0..6).map(|seq| event("s", seq, 0)).collect();
    Event::put_many(&events).exec(bare).await.unwrap();
    for _ in 0..3 {
        assert_eq!(Account::find_by_login("login-ada").exec(&db).await.unwrap(), Some(ada.clone()));
        assert_eq!(Account::get("ada").exec(&db).await.unwrap(), Some(ada.clone()));
    }
    assert_eq!(asked(&meter), 1, "the finder's record is known by its key");
    for _ in 0..3 {
        assert_eq!(Account::get("bob").exec(&db).await.unwrap(), None);
        assert_eq!(Account::find_by_phone("2").exec(&db).await.unwrap(), None);
        assert_eq!(Account::find_by_phone("1").exec(&db).await.unwrap(), Some(ada.clone()));
        let (org, number) = (ada.org.as_str(), ada.number);
        assert_eq!(Account::find_by_org_and_number(org, number).exec(&db).await.unwrap(), Some(ada.clone()));
    }
    assert_eq!(asked(&meter), 5);
    for (keys, more) in [(vec![1_u64, 9, 1], 1), (vec![2, 1, 9, 3], 1), (vec![3, 2, 1, 9], 0)] {
        let before = asked(&meter);
        let progress = Progress::new();
        let pairs: Vec<_> = keys.iter().map(|seq| ("s", *seq)).collect();
        let got = Event::get_many(pairs).progress(&progress).exec(&db).await.unwrap();
        let wanted: Vec<_> = keys.iter().map(|seq| events.iter().find(|event| event.seq == *seq).cloned()).collect();
        assert_eq!(got, wanted);
        assert_eq!(progress.done(), keys.len());
        assert_eq!(asked(&meter) - before, more, "{keys:?}");
    }
    for more in [1, 0] {
        let before = asked(&meter);
        let found = Account::find_many_by_login(["login-ada", "none", "login-ada"]).exec(&db).await.unwrap();
        assert_eq!(found, [Some(ada.clone()), None, Some(ada.clone())]);
        assert_eq!(asked(&meter) - before, more);
    }
    report::ran("layers::what_was_read_is_given_again", &label);
}

/// What others write is seen by those reads that go past the cache, and by the others when the time has passed.
pub(crate) async fn reads_go_past_it_or_wait_for_its_time(target: Target) {
    let (test, label) = Test::on(target).await;
    let bare = test.with::<Note>().await;
    bare.define::<Event>().await.unwrap();
    let cache = Cache::new().ttl(Duration::from_secs(30)).ttl_of::<Event>(Duration::ZERO);
    let (db, meter) = cached(bare, cache);
    let old = note("n");
    Note::put(&old).exec(bare).await.unwrap();
    assert_eq!(Note::get("n").exec(&db).await.unwrap(), Some(old.clone()));
    let new = Note { title: "new".into(), ..note("n") };
    Note::put(&new).exec(bare).await.unwrap();
    assert_eq!(Note::get("n").exec(&db).await.unwrap(), Some(old.clone()), "another handle's write");
    assert_eq!(Note::get("n").consistent().exec(&db).await.unwrap(), Some(new.clone()));
    let many = Note::get_many(["n"]).consistent().exec(&db).await.unwrap();
    assert_eq!(many, [Some(new.clone())]);
    assert_eq!(db.snapshot((Note::get("n"),)).await.unwrap().0, Some(new.clone()));
    assert_eq!(Note::scan().all(&db).await.unwrap(), vec![new.clone()]);
    let refused = Note::update("n").set(Note::COUNT, 1).only_if(Note::TITLE.eq("note n")).exec(&db).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConditionFailed, "a condition sees what is stored");
    assert_eq!(Note::get("n").exec(&db).await.unwrap(), Some(new.clone()), "a write that was refused, as well");
    // That one may be kept or not: another is, for its time.
    Note::put(&note("m")).exec(bare).await.unwrap();
    Note::get("m").exec(&db).await.unwrap();
    Note::delete("m").exec(bare).await.unwrap();
    test.advance(29);
    assert!(Note::get("m").exec(&db).await.unwrap().is_some());
    test.advance(1);
    assert!(Note::get("m").exec(&db).await.unwrap().is_none());
    let before = asked(&meter);
    for _ in 0..2 {
        assert_eq!(Event::get("s", 1).exec(&db).await.unwrap(), None);
    }
    assert_eq!(asked(&meter) - before, 2, "a model of which nothing is kept");
    report::ran("layers::reads_go_past_it_or_wait_for_its_time", &label);
}

/// An expired record is not given, nor is its value taken.
pub(crate) async fn expired_records_are_not_given(target: Target) {
    let (test, label) = Test::on(target).await;
    let bare = test.with::<Seat>().await;
    let (db, _) = cached(bare, Cache::new().ttl(Duration::from_secs(3600)));
    Seat::create(&seat(1, "a1", START + 10)).exec(bare).await.unwrap();
    for _ in 0..2 {
        assert!(Seat::find_by_place("a1").exec(&db).await.unwrap().is_some());
        assert!(Seat::get(1).exec(&db).await.unwrap().is_some());
    }
    test.advance(10);
    assert_eq!(Seat::find_by_place("a1").exec(&db).await.unwrap(), None);
    assert_eq!(Seat::get(1).exec(&db).await.unwrap(), None);
    assert_eq!(Seat::get_many([1]).exec(&db).await.unwrap(), [None]);
    report::ran("layers::expired_records_are_not_given", &label);
}

/// A cache holds no more than it may.
pub(crate) async fn it_is_bounded(target: Target) {
    let (test, label) = Test::on(target).await;
    let bare = test.with::<Note>().await;
    let ids: Vec<_> = (0..200).map(|n| format!("n{n:03}")).collect();
    let notes: Vec<_> = ids.iter().map(|id| note(id)).collect();
    Note::put_many(&notes).exec(bare).await.unwrap();
    for (cache, most) in [
        (Cache::new().entries(10), 10),
        (Cache::new().bytes(10_000).entries(200), 50),
        (Cache::new().entries(0), 0),
        (Cache::new().bytes(0), 0),
    ] {
        let (db, meter) = cached(bare, cache);
        for id in &ids {
            Note::get(id).exec(&db).await.unwrap();
        }
        let before = asked(&meter);
        for id in &ids {
            Note::get(id).exec(&db).await.unwrap();
        }
        let given = 200 - (asked(&meter) - before);
        assert!(given <= most, "{given} of at most {most}");
    }
    report::ran("layers::it_is_bounded", &label);
}

/// A record and its unique values, as the handle sees them and as they are.
async fn check(db: &Database, bare: &Database, after: &str) {
    for id in ["a", "b", "c"] {
        let real = Account::get(id).consistent().exec(bare).await.unwrap();
        for _ in 0..2 {
            assert_eq!(Account::get(id).exec(db).await.unwrap(), real, "{id} after {after}");
        }
    }
    for login in ["l1", "l2", "l3", "l4"] {
        let real = Account::find_by_login(login).consistent().exec(bare).await.unwrap();
        for _ in 0..2 {
            assert_eq!(Account::find_by_login(login).exec(db).await.unwrap(), real, "{login} after {after}");
        }
    }
    let real = Account::find_by_org_and_number("acme", 7).consistent().exec(bare).await.unwrap();
    assert_eq!(Account::find_by_org_and_number("acme", 7).exec(db).await.unwrap(), real, "after {after}");
}

fn with_login(id: &str, login: &str, number: u32) -> Account {
    Account { login: login.into(), number, ..account(id) }
}

/// After every kind of write of the handle, in an order that a seed gives, it reads what is stored.
pub(crate) async fn own_writes_are_seen_at_once(target: Target) {
    let (test, label) = Test::on(target).await;
    let bare = test.with::<Account>().await;
    let (db, _) = cached(bare, Cache::new());
    // A clone, and a handle with one layer more, are of the same cache.
    let (clone, further) = (db.clone(), db.layer(Meter::new()));
    let rounds = if target.protocol().is_some() { 60 } else { 600 };
    let mut random = fastrand::Rng::with_seed(20);
    for _ in 0..rounds {
        let by = [&db, &clone, &further][random.usize(..3)];
        let id = ["a", "b", "c"][random.usize(..3)];
        let other = ["a", "b", "c"][random.usize(..3)];
        let login = ["l1", "l2", "l3", "l4"][random.usize(..4)];
        let new = with_login(id, login, random.u32(6..8) + if id == "a" { 0 } else { 10 });
        let kind = random.usize(..11);
        match kind {
            0 => drop(Account::create(&new).exec(by).await),
            1 => drop(Account::put(&new).exec(by).await),
            2 => drop(Account::update(id).set(Account::LOGIN, login).exec(by).await),
            3 => drop(Account::update(id).add(Account::BALANCE, 1).exec(by).await),
            4 => drop(Account::delete(id).exec(by).await),
            5 => drop(Account::put_many(&[new.clone(), with_login(other, "l4", 99)]).exec(by).await),
            6 => drop(Account::delete_many([id, other]).exec(by).await),
            7 => drop(Account::replace(&new).exec(by).await),
            8 if id != other => {
                let transaction = by.transaction().add(Account::put(&new)).add(Account::delete(other));
                drop(transaction.commit().await);
            }
            9 => drop(Account::scan().update_all(by, |account| account.add(Account::BALANCE, 1)).await),
            10 => {
                let upsert = Account::upsert(id).set(Account::LOGIN, login).default(Account::ORG, "acme");
                drop(upsert.set(Account::NUMBER, new.number).default(Account::BALANCE, 5).exec(by).await);
            }
            _ => {}
        }
        check(&db, bare, &format!("{kind} of {id}")).await;
    }
    db.truncate::<Account>(DropForGood).await.unwrap();
    check(&db, bare, "truncate").await;
    Account::put(&with_login("a", "l1", 7)).exec(&db).await.unwrap();
    check(&db, bare, "put").await;
    db.drop_repository::<Account>(DropForGood).await.unwrap();
    db.define::<Account>().await.unwrap();
    check(&db, bare, "drop_repository").await;
    report::ran("layers::own_writes_are_seen_at_once", &label);
}

/// A read that began before a write, or while it was under way, does not put its old record in afterwards.
pub(crate) async fn a_read_under_way_keeps_nothing_old(target: Target) {
    let (test, label) = Test::on(target).await;
    let bare = test.with::<Account>().await;
    let gate = Gate::default();
    for by_index in [false, true] {
        let old = with_login("a", "l1", 7);
        Account::put(&old).exec(bare).await.unwrap();
        // An empty cache each time.
        let db = bare.layer(gate.clone()).layer(Cache::new());
        gate.hold_answers();
        let read = tokio::spawn({
            let db = db.clone();
            async move { find_ada(&db, by_index).await }
        });
        gate.wait_for_held(1).await;
        Account::update("a").set(Account::BALANCE, 7).exec(&db).await.unwrap();
        // Who comes after the write does not join the read from before it.
        gate.let_answers_go();
        let late = Account::get("a").exec(&db).await.unwrap().unwrap();
        assert_eq!(late.balance, 7, "by index: {by_index}");
        assert_eq!(read.await.unwrap().unwrap(), Some(old), "it was there when the read began");
        let now = find_ada(&db, by_index).await.unwrap().unwrap();
        assert_eq!(now.balance, 7, "by index: {by_index}");
    }
    report::ran("layers::a_read_under_way_keeps_nothing_old", &label);
}

/// The one account of a case, by its login or by its key.
async fn find_ada(db: &Database, by_index: bool) -> Result<Option<Account>> {
    match by_index {
        true => Account::find_by_login("l1").exec(db).await,
        false => Account::get("a").exec(db).await,
    }
}

/// Reads of one record at the same time are one request; those who wait do not depend on who asked.
pub(crate) async fn reads_at_the_same_time_ask_once(target: Target) {
    let (test, label) = Test::on(target).await;
    let bare = test.with::<Account>().await;
    let ada = with_login("a", "l1", 7);
    Account::put(&ada).exec(bare).await.unwrap();
    let (gate, meter) = (Gate::default(), Meter::new());
    let db = bare.layer(meter.clone()).layer(gate.clone()).layer(Cache::new());
    let spawn = |by_index: bool| {
        let db = db.clone();
        tokio::spawn(async move {
            match by_index {
                true => Account::find_by_login("l1").exec(&db).await.unwrap(),
                false => Account::get_many(["a", "a"]).exec(&db).await.unwrap().remove(1),
            }
        })
    };
    for by_index in [true, false] {
        let db = bare.layer(meter.clone()).layer(gate.clone()).layer(Cache::new());
        let before = asked(&meter);
        gate.hold_answers();
        let first = tokio::spawn({
            let db = db.clone();
            async move { find_ada(&db, by_index).await }
        });
        gate.wait_for_held(1).await;
        let others: Vec<_> = (0..10)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    match by_index {
                        true => Account::find_by_login("l1").exec(&db).await.unwrap(),
                        false => Account::get_many(["a", "a"]).exec(&db).await.unwrap().remove(1),
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(50)).await;
        // The one that asked goes away.
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        gate.let_answers_go();
        for other in others {
            assert_eq!(other.await.unwrap(), Some(ada.clone()));
        }
        assert_eq!(asked(&meter) - before, 1);
    }
    // An error is nobody else's, and is not kept.
    gate.fail_next();
    gate.hold_answers();
    let (one, other) = (spawn(false), spawn(false));
    gate.wait_for_held(1).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    gate.let_answers_go();
    let results = [one.await, other.await];
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 1, "{results:?}");
    gate.fail_next();
    assert_eq!(Account::get("b").exec(&db).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(Account::get("b").exec(&db).await.unwrap(), None);
    report::ran("layers::reads_at_the_same_time_ask_once", &label);
}

/// A write that was dropped may happen later: nothing is kept of its record meanwhile.
pub(crate) async fn a_write_that_was_given_up_may_come_late(target: Target) {
    let (test, label) = Test::on(target).await;
    let bare = test.with::<Account>().await;
    Account::put(&with_login("a", "l1", 7)).exec(bare).await.unwrap();
    let gate = Gate::default();
    let db = bare.layer(gate.clone()).layer(Cache::new());
    for new in [with_login("a", "l2", 7), with_login("b", "l3", 8)] {
        gate.hold_writes(true);
        let write = tokio::spawn({
            let (db, new) = (db.clone(), new.clone());
            async move { Account::put(&new).exec(&db).await }
        });
        gate.wait_for_held(1).await;
        write.abort();
        assert!(write.await.unwrap_err().is_cancelled());
        gate.hold_writes(false);
        check(&db, bare, "a write that was given up").await;
        // It comes.
        Account::put(&new).exec(bare).await.unwrap();
        check(&db, bare, "a write that came late").await;
    }
    report::ran("layers::a_write_that_was_given_up_may_come_late", &label);
}
