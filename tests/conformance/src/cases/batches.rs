use std::sync::Arc;
use std::time::Duration;

use reposit::{ErrorKind, Progress};
use tokio::sync::Notify;

use crate::models::{Account, Event, Note, account, event, note};
use crate::test::Test;

cases!(
    many_keys_in_the_order_asked,
    many_records_are_put_and_deleted,
    what_could_not_be_done_comes_back_by_item,
    an_empty_batch_does_nothing,
    the_last_of_one_key_wins,
    batches_keep_unique_values,
    keys_of_two_parts_in_batches,
    a_batch_is_watched_item_by_item,
    a_dropped_batch_is_accounted_for,
    of_items_that_are_too_large_only_they_fail,
    what_the_deadline_leaves_undone_is_told_item_by_item,
);

async fn many_keys_in_the_order_asked(t: Test) {
    let db = t.with::<Note>().await;
    let notes: Vec<_> = (0..130).map(|n| note(&n.to_string())).collect();
    Note::put_many(&notes).exec(db).await.unwrap();
    let keys: Vec<String> = (0..260).rev().map(|n| (n / 2 * 2).to_string()).collect();
    let got = Note::get_many(&keys).consistent().exec(db).await.unwrap();
    assert_eq!(got.len(), 260);
    for (key, got) in keys.iter().zip(got) {
        let n: usize = key.parse().unwrap();
        assert_eq!(got, (n < 130).then(|| note(key)));
    }
    assert_eq!(Note::get_many(["0", "none", "0"]).exec(db).await.unwrap(), [Some(note("0")), None, Some(note("0"))]);
}

async fn many_records_are_put_and_deleted(t: Test) {
    let db = t.with::<Note>().await;
    let notes: Vec<_> = (0..61).map(|n| note(&n.to_string())).collect();
    Note::put_many(&notes).exec(db).await.unwrap();
    assert_eq!(Note::scan().count(db).await.unwrap(), 61);
    let keys: Vec<_> = (0..60).map(|n| n.to_string()).chain(["none".to_owned()]).collect();
    Note::delete_many(&keys).exec(db).await.unwrap();
    assert_eq!(Note::scan().all(db).await.unwrap(), [note("60")]);
}

async fn what_could_not_be_done_comes_back_by_item(t: Test) {
    let db = t.with::<Note>().await;
    let notes = [note("a"), note(""), note("c"), Note { ratio: f64::NAN, ..note("d") }];
    let error = Note::put_many(&notes).exec(db).await.unwrap_err();
    let failed: Vec<_> = error.failures().iter().map(|f| (f.position, f.error.kind())).collect();
    assert_eq!(failed, [(1, ErrorKind::InvalidInput), (3, ErrorKind::InvalidInput)]);
    assert_eq!(Note::get_many(["a", "c"]).exec(db).await.unwrap(), [Some(note("a")), Some(note("c"))]);
}

async fn an_empty_batch_does_nothing(t: Test) {
    let db = t.with::<Note>().await;
    Note::put_many(&[]).exec(db).await.unwrap();
    Note::delete_many(Vec::<String>::new()).exec(db).await.unwrap();
    assert_eq!(Note::get_many(Vec::<&str>::new()).exec(db).await.unwrap(), []);
}

async fn the_last_of_one_key_wins(t: Test) {
    let db = t.with::<Note>().await;
    let notes: Vec<_> = (0..30).map(|n| Note { count: n, ..note("same") }).collect();
    Note::put_many(&notes).exec(db).await.unwrap();
    assert_eq!(Note::get("same").exec(db).await.unwrap().unwrap().count, 29);
    Note::delete_many(["same", "same"]).exec(db).await.unwrap();
    assert_eq!(Note::get("same").exec(db).await.unwrap(), None);
}

async fn batches_keep_unique_values(t: Test) {
    let db = t.with::<Account>().await;
    let accounts = [account("a"), Account { login: "login-a".into(), ..account("b") }, account("c")];
    let error = Account::put_many(&accounts).exec(db).await.unwrap_err();
    let failed: Vec<_> = error.failures().iter().map(|f| (f.error.kind(), f.error.index())).collect();
    assert_eq!(failed, [(ErrorKind::UniqueViolation, Some("by_login"))]);
    assert_eq!(Account::scan().count(db).await.unwrap(), 2, "one of the two that clash, and the third");
    Account::delete_many(["a", "b", "c"]).exec(db).await.unwrap();
    Account::create(&account("a")).exec(db).await.unwrap();
}

async fn keys_of_two_parts_in_batches(t: Test) {
    let db = t.with::<Event>().await;
    let events: Vec<_> = (0..5).map(|n| event("s", n, 0)).collect();
    Event::put_many(&events).exec(db).await.unwrap();
    let got = Event::get_many([("s", 3), ("t", 3), ("s", 0)]).exec(db).await.unwrap();
    assert_eq!(got, [Some(event("s", 3, 0)), None, Some(event("s", 0, 0))]);
    Event::delete_many([("s".to_owned(), 3), ("s".to_owned(), 4)]).exec(db).await.unwrap();
    assert_eq!(Event::query("s").count(db).await.unwrap(), 3);
}

async fn a_batch_is_watched_item_by_item(t: Test) {
    let db = t.with::<Note>().await;
    let mut notes: Vec<_> = (0..60).map(|n| note(&n.to_string())).collect();
    notes.extend([note(""), note("7")]);
    let progress = Progress::new();
    let batch = Note::put_many(&notes).progress(&progress);
    assert_eq!((progress.total(), progress.done(), progress.open().len()), (62, 0, 62));
    batch.exec(db).await.unwrap_err();
    assert_eq!((progress.done(), progress.failed(), progress.open()), (61, 1, vec![]));
    assert!(!progress.completed().contains(&60), "the refused one");

    Note::get_many(["1", "none", "1"]).progress(&progress).exec(db).await.unwrap();
    assert_eq!((progress.total(), progress.completed()), (3, vec![0, 1, 2]));
    Note::delete_many(notes.iter().map(|note| &note.id)).progress(&progress).exec(db).await.unwrap_err();
    assert_eq!((progress.done(), progress.failed()), (61, 1));
}

async fn a_dropped_batch_is_accounted_for(t: Test) {
    let db = t.with::<Note>().await;
    let notes: Vec<_> = (0..1500).map(|n| note(&n.to_string())).collect();
    let first = Arc::new(Notify::new());
    let progress = Progress::with_listener({
        let first = first.clone();
        move |_, _| first.notify_one()
    });
    tokio::select! {
        biased;
        () = first.notified() => {}
        done = Note::put_many(&notes).progress(&progress).exec(db) => done.unwrap(),
    }
    assert!(progress.done() > 0);
    assert_eq!(progress.done() + progress.open().len(), notes.len());
    let done: Vec<_> = progress.completed().into_iter().map(|at| &notes[at].id).collect();
    let stored = Note::get_many(done).consistent().exec(db).await.unwrap();
    assert!(stored.iter().all(Option::is_some), "what was told to be done is there");
}

async fn of_items_that_are_too_large_only_they_fail(t: Test) {
    let db = t.with::<Note>().await;
    let record = t.limits().record;
    let bytes = record.min(17_000_000) + 1000;
    let mut notes: Vec<_> = (0..30).map(|n| note(&n.to_string())).collect();
    notes[3].data = vec![1; bytes];
    notes[27].title = "x".repeat(bytes);
    let result = Note::put_many(&notes).exec(db).await;
    if record > bytes {
        result.unwrap();
        assert_eq!(Note::scan().count(db).await.unwrap(), 30);
        return;
    }
    let error = result.unwrap_err();
    let failed: Vec<_> = error.failures().iter().map(|f| (f.position, f.error.kind())).collect();
    assert_eq!(failed, [(3, ErrorKind::InvalidInput), (27, ErrorKind::InvalidInput)]);
    assert_eq!(Note::scan().count(db).await.unwrap(), 28);
}

async fn what_the_deadline_leaves_undone_is_told_item_by_item(t: Test) {
    let db = t.with::<Note>().await;
    let hasty = t.open(t.opening().timeout(Duration::from_millis(250))).await.unwrap();
    let notes: Vec<_> = (0..8_000).map(|n| note(&n.to_string())).collect();
    let progress = Progress::new();
    let result = Note::put_many(&notes).progress(&progress).exec(&hasty).await;
    assert!(progress.open().is_empty());
    let Err(error) = result else { return };
    assert_eq!(progress.failed(), error.failures().len());
    let stored = Note::get_many(notes.iter().map(|note| &note.id)).consistent().exec(db).await.unwrap();
    let mut failures = error.failures().iter().peekable();
    let mut kinds = std::collections::BTreeMap::new();
    for (at, stored) in stored.iter().enumerate() {
        let failure = failures.next_if(|failure| failure.position == at).map(|failure| failure.error.kind());
        *kinds.entry(format!("{failure:?}")).or_insert(0) += 1;
        match failure {
            None => assert!(stored.is_some(), "{at} was told to be done"),
            Some(ErrorKind::OutcomeUnknown) => {}
            Some(kind) => assert!(stored.is_none(), "{at} was told not to be done: {kind}"),
        }
    }
    // What was never sent is no riddle.
    let unknown = kinds.get("Some(OutcomeUnknown)").copied().unwrap_or(0);
    assert!(unknown <= 2000, "{kinds:?}");
}
