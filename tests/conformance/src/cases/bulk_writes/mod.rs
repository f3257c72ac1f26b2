//! Deletes and updates of all that a query or scan finds.

mod meanwhile;

use std::sync::{Arc, Mutex};

use reposit::{Condition, Cursor, Error, ErrorKind, Progress, Repository, operation};
use serde::{Deserialize, Serialize};

use crate::models::{Account, Event, Note, Token, User, account, event, note, token, user};
use crate::test::{START, Test, kind};
use meanwhile::{Throttling, meddled};

cases!(
    all_that_a_query_finds_is_deleted,
    all_that_a_scan_finds_is_deleted,
    all_that_is_found_is_updated_once,
    unique_values_are_given_up_and_moved,
    what_was_changed_meanwhile_is_left_alone,
    what_left_the_index_meanwhile_is_left_alone,
    an_update_may_take_records_out_of_the_index,
    an_update_that_moves_records_within_the_index_is_refused,
    an_update_without_changes_counts,
    an_error_says_what_failed_and_where_to_go_on,
    what_is_refused_for_a_time_is_sent_again,
    nothing_is_lost_if_nothing_gets_through,
    a_limit_and_a_cursor_are_kept,
    what_cannot_be_resumed_is_refused,
    it_is_watched_page_by_page,
    expired_records_are_neither_found_nor_counted,
    an_index_ordered_by_bytes_is_written_too,
);

async fn all_that_a_query_finds_is_deleted(t: Test) {
    let db = t.with::<Event>().await;
    let events: Vec<_> = (0..1_250).map(|seq| event("s", seq, i32::try_from(seq % 5).unwrap())).collect();
    Event::put_many(&events).exec(db).await.unwrap();
    Event::put_many(&[event("t", 1, 0), event("t", 2, 1)]).exec(db).await.unwrap();
    // Through the filter, over more than one page.
    assert_eq!(Event::query("s").range(100..).filter(Event::SEVERITY.ne(2)).delete_all(db).await.unwrap(), 920);
    let left = Event::query("s").all(db).await.unwrap();
    assert_eq!(left.len(), 330);
    assert!(left.iter().all(|event| event.seq < 100 || event.severity == 2));
    // Over an index, and without any condition.
    assert_eq!(Event::find_by_severity("s",).range(2..=2).delete_all(db).await.unwrap(), 250);
    assert_eq!(Event::query("s").delete_all(db).await.unwrap(), 80);
    assert_eq!(Event::query("s").delete_all(db).await.unwrap(), 0);
    assert_eq!(Event::scan().count(db).await.unwrap(), 2);
}

async fn all_that_a_scan_finds_is_deleted(t: Test) {
    let db = t.with::<Note>().await;
    let notes: Vec<_> = (0..1_100).map(|n| Note { count: n % 10, ..note(&n.to_string()) }).collect();
    Note::put_many(&notes).exec(db).await.unwrap();
    assert_eq!(Note::scan().filter(Note::COUNT.lt(3)).delete_all(db).await.unwrap(), 330);
    assert_eq!(Note::scan().filter(Note::COUNT.lt(3)).count(db).await.unwrap(), 0);
    assert_eq!(Note::scan().consistent().delete_all(db).await.unwrap(), 770);
    assert_eq!(Note::scan().count(db).await.unwrap(), 0);
}

async fn all_that_is_found_is_updated_once(t: Test) {
    let db = t.with::<User>().await;
    let users: Vec<_> = (0..40).map(|n| user(&format!("u{n:02}"), if n < 30 { "core" } else { "docs" }, n)).collect();
    User::create_many(&users).exec(db).await.unwrap();
    let update = User::find_by_team("core").range(10..).update_all(db, |user| {
        user.add(User::AGE, 1).append(User::TAGS, ["seen"]).set(User::NICKNAME, "n").only_if(User::ID.ne("u12"))
    });
    assert_eq!(update.await.unwrap(), 19);
    for mut user in users {
        user.revision = 1;
        if (10..30).contains(&user.joined_at) && user.id != "u12" {
            (user.age, user.revision, user.nickname) = (37, 2, Some("n".into()));
            user.tags.push("seen".into());
        }
        assert_eq!(User::get(&user.id).consistent().exec(db).await.unwrap(), Some(user));
    }
    // Over the whole repository, and over more than a page.
    let db = t.with::<Note>().await;
    let notes: Vec<_> = (0..1_010).map(|n| note(&n.to_string())).collect();
    Note::put_many(&notes).exec(db).await.unwrap();
    assert_eq!(Note::scan().update_all(db, |note| note.add(Note::COUNT, 1)).await.unwrap(), 1_010);
    assert!(Note::scan().all(db).await.unwrap().iter().all(|note| note.count == 1));
}

async fn unique_values_are_given_up_and_moved(t: Test) {
    let db = t.with::<Account>().await;
    let accounts: Vec<_> = ["a", "b", "c"].map(|id| Account { phone: Some(id.into()), ..account(id) }).into();
    Account::create_many(&accounts).exec(db).await.unwrap();
    assert_eq!(Account::scan().update_all(db, |account| account.remove(Account::PHONE)).await.unwrap(), 3);
    Account::create(&Account { phone: Some("a".into()), ..account("d") }).exec(db).await.unwrap();
    assert_eq!(Account::scan().filter(Account::ID.is_in(["a", "b"])).delete_all(db).await.unwrap(), 2);
    Account::create(&account("a")).exec(db).await.unwrap();
    // Only one can have a value.
    let error = Account::scan().update_all(db, |account| account.set(Account::LOGIN, "one")).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, None));
    assert_eq!(error.failures().len(), 2);
    for failure in error.failures() {
        assert_eq!((failure.error.kind(), failure.error.index()), (ErrorKind::UniqueViolation, Some("by_login")));
        let key = failure.error.key().unwrap().clone();
        let update = operation::Update::<Account>::new(Ok(key)).set(Account::BALANCE, 7).exec(db);
        assert_ne!(update.await.unwrap().login, "one");
    }
    t.is_sound::<Account>().await;
}

async fn what_was_changed_meanwhile_is_left_alone(t: Test) {
    let db = t.with::<Note>().await;
    let notes: Vec<_> = ["a", "b", "c", "d"].map(|id| Note { count: 1, ..note(id) }).into();
    Note::put_many(&notes).exec(db).await.unwrap();
    let busy = meddled(db, |db| async move {
        Note::update("b").set(Note::COUNT, 2).exec(&db).await.unwrap();
        Note::delete("c").exec(&db).await.unwrap();
    });
    let updated = Note::scan().filter(Note::COUNT.eq(1)).update_all(&busy, |note| note.set(Note::TITLE, "seen"));
    assert_eq!(updated.await.unwrap(), 2);
    let titles = Note::get_many(["a", "b", "c", "d"]).consistent().exec(db).await.unwrap();
    let titles: Vec<_> = titles.iter().map(|note| note.as_ref().map(|note| note.title.as_str())).collect();
    assert_eq!(titles, [Some("seen"), Some("note b"), None, Some("seen")]);

    let busy = meddled(db, |db| async move {
        Note::update("a").set(Note::TITLE, "kept").exec(&db).await.unwrap();
    });
    assert_eq!(Note::scan().filter(Note::TITLE.eq("seen")).delete_all(&busy).await.unwrap(), 1);
    assert_eq!(Note::get("a").consistent().exec(db).await.unwrap().unwrap().title, "kept");
    assert_eq!(Note::get("d").consistent().exec(db).await.unwrap(), None);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "parcels", index(name = "by_tenant_and_state", hash = ["tenant", "state"], range = ["city", "weight"]))]
struct Parcel {
    #[hash_key]
    id: String,
    tenant: String,
    state: String,
    city: String,
    weight: u32,
    checked: u32,
}

fn parcel(id: &str, city: &str, weight: u32) -> Parcel {
    Parcel { id: id.into(), tenant: "t".into(), state: "open".into(), city: city.into(), weight, checked: 0 }
}

async fn what_left_the_index_meanwhile_is_left_alone(t: Test) {
    let db = t.with::<Parcel>().await;
    let parcels = ["a", "b", "c", "d", "e"].map(|id| parcel(id, "Fresno", 10));
    Parcel::put_many(&parcels).exec(db).await.unwrap();
    let busy = meddled(db, |db| async move {
        Parcel::update("a").set(Parcel::TENANT, "u").exec(&db).await.unwrap();
        Parcel::update("b").set(Parcel::STATE, "sent").exec(&db).await.unwrap();
        Parcel::update("c").set(Parcel::CITY, "Oakland").exec(&db).await.unwrap();
        Parcel::update("d").set(Parcel::WEIGHT, 20).exec(&db).await.unwrap();
    });
    let found = Parcel::find_by_tenant_and_state("t", "open").then("Fresno").range(5..15);
    let checked = found.clone().update_all(&busy, |parcel| parcel.add(Parcel::CHECKED, 1)).await.unwrap();
    assert_eq!(checked, 1);
    let checked = Parcel::scan().filter(Parcel::CHECKED.gt(0)).all(db).await.unwrap();
    assert_eq!(checked.iter().map(|parcel| parcel.id.as_str()).collect::<Vec<_>>(), ["e"]);

    Parcel::put_many(&parcels).exec(db).await.unwrap();
    let busy = meddled(db, |db| async move {
        Parcel::update("a").set(Parcel::CITY, "Oakland").exec(&db).await.unwrap();
    });
    let found = Parcel::find_by_tenant_and_state("t", "open").begins_with("Fr");
    assert_eq!(found.delete_all(&busy).await.unwrap(), 4);
    assert_eq!(Parcel::scan().all(db).await.unwrap(), [Parcel { city: "Oakland".into(), ..parcel("a", "", 10) }]);
}

async fn an_update_may_take_records_out_of_the_index(t: Test) {
    let db = t.with::<Parcel>().await;
    let parcels: Vec<_> = (0..30).map(|n| parcel(&n.to_string(), "Fresno", n)).collect();
    Parcel::put_many(&parcels).exec(db).await.unwrap();
    let open = || Parcel::find_by_tenant_and_state("t", "open");
    // By another hash value, and by a range value beyond the bounds.
    let sent = open().then("Fresno").range(20..).update_all(db, |parcel| parcel.set(Parcel::STATE, "sent"));
    assert_eq!(sent.await.unwrap(), 10);
    let moved = open().range(.."G").limit(5).update_all(db, |parcel| parcel.set(Parcel::CITY, "Oakland"));
    assert_eq!(moved.await.unwrap(), 5);
    assert_eq!(open().count(db).await.unwrap(), 20);
    assert_eq!(open().then("Oakland").count(db).await.unwrap(), 5);
    // The same value moves nothing.
    let same = open().then("Oakland").update_all(db, |p| p.set(Parcel::CITY, "Oakland").add(Parcel::CHECKED, 1));
    assert_eq!(same.await.unwrap(), 5);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "drafts")]
struct Draft {
    #[hash_key]
    id: String,
    #[index(range = "changed_at")]
    author: String,
    #[updated_at]
    changed_at: i64,
    words: u32,
}

async fn an_update_that_moves_records_within_the_index_is_refused(t: Test) {
    let db = t.with::<Parcel>().await;
    Parcel::put_many(&[parcel("a", "Fresno", 1), parcel("b", "Fresno", 2)]).exec(db).await.unwrap();
    let open = || Parcel::find_by_tenant_and_state("t", "open");
    let refused = open().update_all(db, |parcel| parcel.add(Parcel::WEIGHT, 1)).await.unwrap_err();
    assert_eq!((refused.kind(), refused.index()), (ErrorKind::InvalidInput, Some("by_tenant_and_state")));
    assert!(refused.message().contains("weight"), "{refused}");
    assert_eq!(refused.operation(), Some("update_all"));
    let refused = open().range("A"..).update_all(db, |parcel| parcel.set(Parcel::CITY, "Oakland"));
    assert_eq!(kind(refused.await), ErrorKind::InvalidInput);
    let kept = open().all(db).await.unwrap();
    assert_eq!(kept, [parcel("a", "Fresno", 1), parcel("b", "Fresno", 2)]);
    // A scan is in the order of keys, which stay.
    let moved = Parcel::scan().filter(Parcel::STATE.eq("open")).update_all(db, |p| p.add(Parcel::WEIGHT, 1));
    assert_eq!(moved.await.unwrap(), 2);

    // The time of the update is a change as well.
    let db = t.with::<Draft>().await;
    let draft = Draft { id: "d".into(), author: "ada".into(), changed_at: 0, words: 1 };
    Draft::create(&draft).exec(db).await.unwrap();
    t.advance(10);
    let of_ada = || Draft::find_by_author("ada");
    assert_eq!(kind(of_ada().update_all(db, |draft| draft.set(Draft::WORDS, 2)).await), ErrorKind::InvalidInput);
    let old = of_ada().range(..START + 10).update_all(db, |draft| draft.set(Draft::WORDS, 2));
    assert_eq!(old.await.unwrap(), 1);
    assert_eq!(of_ada().first(db).await.unwrap(), Some(Draft { changed_at: START + 10, words: 2, ..draft }));
}

async fn an_update_without_changes_counts(t: Test) {
    let db = t.with::<User>().await;
    User::create_many(&[user("a", "core", 1), user("b", "core", 2)]).exec(db).await.unwrap();
    let all = User::find_by_team("core").update_all(db, |user| user.set_if_some(User::AGE, None));
    assert_eq!(all.await.unwrap(), 2);
    let some = User::find_by_team("core").update_all(db, |user| user.only_if(User::ID.eq("a")).version(1));
    assert_eq!(some.await.unwrap(), 1);
    assert_eq!(User::scan().filter(User::REVISION.eq(1)).count(db).await.unwrap(), 2, "nothing was written");
}

/// Position and kind of each failure.
fn failures(error: &Error) -> Vec<(usize, ErrorKind)> {
    error.failures().iter().map(|failure| (failure.position, failure.error.kind())).collect()
}

async fn an_error_says_what_failed_and_where_to_go_on(t: Test) {
    let db = t.with::<Event>().await;
    let events: Vec<_> = (0..1_020)
        .map(|seq| if seq == 7 || seq == 1_004 { event("s", seq, i32::MAX) } else { event("s", seq, 0) })
        .collect();
    Event::put_many(&events).exec(db).await.unwrap();
    let all = Event::query("s");
    // A field of the index that is not the one read.
    let mut failed = Vec::new();
    let (mut cursor, mut ends): (Option<Cursor>, _) = (None, 0);
    let progress = Progress::new();
    loop {
        let update = all.clone().after(&cursor).update_all(db, |event| event.add(Event::SEVERITY, 1));
        let Err(error) = update.progress(&progress).await else { break };
        assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidInput, Some("update_all")));
        for failure in error.failures() {
            failed.push(failure.error.key().and_then(|key| key.range()).unwrap().clone());
        }
        assert_eq!(error.cursor(), progress.cursor().as_ref());
        assert_eq!((progress.failed(), progress.open()), (1, vec![]));
        cursor = error.cursor().cloned();
        assert!(cursor.is_some());
        ends += 1;
    }
    assert_eq!((ends, failed), (2, vec![7_u64.into(), 1_004_u64.into()]));
    // Each of the others was done once.
    let stored = all.all(db).await.unwrap();
    assert!(stored.iter().all(|event| event.severity == if [7, 1_004].contains(&event.seq) { i32::MAX } else { 1 }));
    let error = Event::query("s").limit(8).update_all(db, |event| event.add(Event::SEVERITY, i64::from(i32::MAX)));
    let error = error.await.unwrap_err();
    assert_eq!(failures(&error).len(), 8);
    assert_eq!(failures(&error)[7], (7, ErrorKind::InvalidInput));
}

async fn what_is_refused_for_a_time_is_sent_again(t: Test) {
    let db = t.with::<Event>().await;
    let events: Vec<_> = (0..21).map(|seq| event("s", seq, 0)).collect();
    Event::put_many(&events).exec(db).await.unwrap();
    let throttled = db.layer(Throttling { all: false });
    let progress = Progress::new();
    let update = Event::query("s").update_all(&throttled, |event| event.add(Event::SEVERITY, 1));
    assert_eq!(update.progress(&progress).await.unwrap(), 21);
    assert_eq!((progress.done(), progress.failed(), progress.total()), (21, 0, 21));
    assert!(Event::query("s").all(db).await.unwrap().iter().all(|event| event.severity == 1));
}

async fn nothing_is_lost_if_nothing_gets_through(t: Test) {
    let db = t.with::<Event>().await;
    let events: Vec<_> = (0..5).map(|seq| event("s", seq, 0)).collect();
    Event::put_many(&events).exec(db).await.unwrap();
    let throttled = db.layer(Throttling { all: true });
    let page = Event::query("s").limit(2).exec(db).await.unwrap();
    for cursor in [None, page.next] {
        let update = Event::query("s").after(&cursor).update_all(&throttled, |e| e.add(Event::SEVERITY, 1));
        let error = update.await.unwrap_err();
        assert_eq!((error.kind(), error.repository()), (ErrorKind::Throttled, Some("events")));
        // It is as if it had not begun: all of it is still to be done, so nothing is listed.
        assert_eq!((error.cursor(), error.failures().len()), (cursor.as_ref(), 0));
    }
    assert!(Event::query("s").all(db).await.unwrap().iter().all(|event| event.severity == 0));
}

async fn a_limit_and_a_cursor_are_kept(t: Test) {
    let db = t.with::<Event>().await;
    let events: Vec<_> = (0..10).map(|seq| event("s", seq, 0)).collect();
    Event::put_many(&events).exec(db).await.unwrap();
    assert_eq!(Event::query("s").descending().limit(2).delete_all(db).await.unwrap(), 2);
    let page = Event::query("s").limit(3).exec(db).await.unwrap();
    assert_eq!(Event::query("s").after(page.next).limit(3).delete_all(db).await.unwrap(), 3);
    let left = Event::query("s").erased();
    let seqs = left.clone().all(db).await.unwrap().iter().map(|event| event.seq).collect::<Vec<_>>();
    assert_eq!(seqs, [0, 1, 2, 6, 7]);
    assert_eq!(left.filter(Condition::any([Event::SEQ.lt(1), Event::SEQ.gt(6)])).delete_all(db).await.unwrap(), 2);
    assert_eq!(Event::scan().limit(2).delete_all(db).await.unwrap(), 2);
    assert_eq!(Event::scan().count(db).await.unwrap(), 1);
}

async fn what_cannot_be_resumed_is_refused(t: Test) {
    let db = t.with::<Event>().await;
    let events: Vec<_> = (0..4).map(|seq| event("s", seq, 0)).collect();
    Event::put_many(&events).exec(db).await.unwrap();
    let page = Event::query("s").limit(2).exec(db).await.unwrap();
    let page = Event::query("s").after(page.next).exec(db).await.unwrap();
    let before = Event::query("s").before(page.previous).delete_all(db).await;
    assert_eq!(kind(before), ErrorKind::InvalidInput);
    assert_eq!(kind(Event::scan().segments(4).delete_all(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Event::query("s").limit(0).delete_all(db).await), ErrorKind::InvalidInput);
    let other = Event::query("t").after(Event::query("s").limit(1).exec(db).await.unwrap().next);
    assert_eq!(kind(other.delete_all(db).await), ErrorKind::InvalidInput);
    let long = Event::query("s").update_all(db, |event| event.set(Event::TEXT, &"x".repeat(17 * 1024 * 1024))).await;
    if t.limits().record > 18 * 1024 * 1024 {
        assert_eq!(long.unwrap(), 4);
    } else {
        assert_eq!(kind(long), ErrorKind::InvalidInput);
    }
    assert_eq!(Event::scan().count(db).await.unwrap(), 4);
    // Nothing is sent before it is awaited.
    drop(Event::query("s").delete_all(db));
    assert_eq!(Event::scan().count(db).await.unwrap(), 4);
}

async fn it_is_watched_page_by_page(t: Test) {
    let db = t.with::<Note>().await;
    let notes: Vec<_> = (0..1_005).map(|n| Note { count: n, ..note(&n.to_string()) }).collect();
    Note::put_many(&notes).exec(db).await.unwrap();
    let busy = meddled(db, |db| async move {
        let notes = Note::scan().limit(3).all(&db).await.unwrap();
        for note in notes {
            Note::update(&note.id).set(Note::COUNT, -1).exec(&db).await.unwrap();
        }
    });
    let heard = Arc::new(Mutex::new(0));
    let progress = Progress::with_listener({
        let heard = heard.clone();
        move |_, _| *heard.lock().unwrap() += 1
    });
    let deleted = Note::scan().filter(Note::COUNT.ge(0)).delete_all(&busy).progress(&progress).await.unwrap();
    assert_eq!(deleted, 1_002);
    assert_eq!((progress.total(), progress.done(), progress.failed()), (1_005, 1_002, 0));
    assert_eq!((progress.completed().len(), progress.open()), (1_002, vec![]));
    assert_eq!(*heard.lock().unwrap(), 1_005);
    assert!(progress.cursor().is_some());
    // A batch that is watched after it has no cursor.
    Note::delete_many(["x"]).progress(&progress).exec(db).await.unwrap();
    assert_eq!((progress.total(), progress.cursor()), (1, None));
}

async fn expired_records_are_neither_found_nor_counted(t: Test) {
    let db = t.with::<Token>().await;
    for (id, at) in [("a", START), ("b", START + 1_000), ("c", START + 1_000)] {
        Token::put(&token(id, at)).exec(db).await.unwrap();
    }
    t.advance(86_401);
    let update = Token::scan().update_all(db, |token| token.set(Token::USER_ID, "u2"));
    assert_eq!(update.await.unwrap(), 2);
    // An update of the field that says when it expires goes with it.
    let late = Token::scan().filter(Token::TOKEN.eq("b"));
    assert_eq!(late.update_all(db, |token| token.set(Token::CREATED_AT, START + 90_000)).await.unwrap(), 1);
    t.advance(2_000);
    assert_eq!(Token::scan().delete_all(db).await.unwrap(), 1);
    assert_eq!(Token::scan().count(db).await.unwrap(), 0);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "blobs")]
struct Blob {
    #[hash_key]
    id: u64,
    #[index(range = "digest")]
    bucket: String,
    digest: Vec<u8>,
}

async fn an_index_ordered_by_bytes_is_written_too(t: Test) {
    let db = t.with::<Blob>().await;
    let digests: [&[u8]; 4] = [&[1], &[2, 0, 0], &[2, 1], &[200]];
    let blob = |(id, digest): (u64, &[u8])| Blob { id, bucket: "b".into(), digest: digest.to_vec() };
    let blobs: Vec<_> = (0..).zip(digests).map(blob).collect();
    Blob::put_many(&blobs).exec(db).await.unwrap();
    let busy = meddled(db, |db| async move {
        Blob::update(1).set(Blob::DIGEST, &[9]).exec(&db).await.unwrap();
    });
    assert_eq!(Blob::find_by_bucket("b").range(&[2_u8][..]..&[3][..]).delete_all(&busy).await.unwrap(), 1);
    let left = Blob::find_by_bucket("b").all(db).await.unwrap();
    assert_eq!(left.iter().map(|blob| blob.id).collect::<Vec<_>>(), [0, 1, 3]);
}
