//! Conditions put together of others, on keys, and of any size.

use reposit::{Condition, ErrorKind};

use super::assert_all;
use crate::models::{Event, Note, User, event, note, user};
use crate::test::{Test, kind};

cases!(
    precedence,
    a_condition_on_the_key,
    key_fields_in_the_filter_of_a_query,
    conditions_of_any_shape,
    a_condition_that_is_too_large_is_refused,
);

async fn precedence(t: Test) {
    let yes = || Note::DONE.eq(true);
    let no = || Note::DONE.eq(false);
    let conditions = vec![
        (yes() | no() & no(), true),
        ((yes() | no()) & no(), false),
        (yes().or(no()).and(no()), false),
        (no().and(no()).or(yes()), true),
        (!no() & yes(), true),
        (!(no() | yes()), false),
        (yes().and(yes()).and(no()).not(), true),
    ];
    assert_all(&t, conditions).await;
}

async fn a_condition_on_the_key(t: Test) {
    assert_all(
        &t,
        vec![
            (Note::ID.eq("n"), true),
            (Note::ID.ne("n"), false),
            (Note::ID.begins_with("n"), true),
            (Note::ID.exists(), true),
        ],
    )
    .await;
}

async fn key_fields_in_the_filter_of_a_query(t: Test) {
    let db = t.with::<Event>().await;
    for seq in 0..6 {
        Event::create(&event("s", seq, (seq % 3) as i32)).exec(db).await.unwrap();
    }
    let seqs = |found: Vec<Event>| found.into_iter().map(|event| event.seq).collect::<Vec<_>>();
    let found = Event::query("s").filter(Event::SEQ.gt(2) & Event::STREAM.eq("s")).all(db).await.unwrap();
    assert_eq!(seqs(found), [3, 4, 5]);
    let found = Event::query("s").range(1..).filter(!Event::SEQ.is_in([2, 4])).limit(2).exec(db).await.unwrap();
    assert_eq!(seqs(found.items), [1, 3]);
    let found = Event::find_by_severity("s").range(1..).filter(Event::SEVERITY.ne(2) & Event::SEQ.lt(4));
    assert_eq!(seqs(found.all(db).await.unwrap()), [1]);
    let found = Event::scan().filter(Event::SEQ.between(1, 2) | Event::STREAM.contains("x")).all(db).await.unwrap();
    assert_eq!(found.len(), 2);
    let db = t.with::<User>().await;
    for (id, at) in [("a", 1), ("b", 2), ("c", 3)] {
        User::create(&user(id, "core", at)).exec(db).await.unwrap();
    }
    let found = User::find_by_team("core")
        .filter(User::TEAM.begins_with("co") & User::JOINED_AT.gt(1) & User::ID.ne("b"))
        .all(db)
        .await
        .unwrap();
    assert_eq!(found.into_iter().map(|user| user.id).collect::<Vec<_>>(), ["c"]);
}

/// A condition nested so deep that `and` and `or` change places at every level, and what it is of the sample.
fn nested(levels: i64) -> (Condition<Note>, bool) {
    (0..levels).fold((Note::DONE.eq(true), true), |(condition, truth), level| match level % 3 {
        0 => (condition & Note::COUNT.lt(level - 40), truth && -7 < level - 40),
        1 => (condition | Note::COUNT.gt(level - 40), truth || -7 > level - 40),
        _ => (!condition, !truth),
    })
}

async fn conditions_of_any_shape(t: Test) {
    let wide = |n: i64| (0..n).fold(Note::DONE.eq(true), |all, n| all & Note::COUNT.ne(n));
    let either = |n: i64| (0..n).fold(Note::DONE.eq(false), |any, n| any | Note::COUNT.eq(n));
    let mut conditions = vec![
        (wide(90), true),
        (wide(90) & Note::COUNT.ne(-7), false),
        (either(130), false),
        (either(130) | Note::COUNT.eq(-7), true),
    ];
    conditions.extend([1, 2, 3, 30, 31, 32].map(nested));
    assert_all(&t, conditions).await;
}

async fn a_condition_that_is_too_large_is_refused(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    let wide = |n: i64| (0..n).fold(Note::DONE.eq(true), |all, n| all & Note::COUNT.ne(n));
    for n in [200, 1_000] {
        let error = Note::scan().filter(wide(n)).all(db).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains("300"), "{error}");
        let update = Note::update("n").set(Note::COUNT, 1).only_if(wide(n)).exec(db).await;
        assert_eq!(kind(update), ErrorKind::InvalidInput);
        assert_eq!(kind(Note::delete("n").only_if(wide(n)).exec(db).await), ErrorKind::InvalidInput);
    }
    // However it was built: no depth is a danger to the stack.
    let deep = (0..100_000).fold(Note::DONE.eq(true), |condition, n| !(condition & Note::COUNT.eq(n)));
    assert_eq!(kind(Note::scan().filter(deep).all(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Note::scan().filter(nested(33).0).all(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Note::scan().filter(Note::COUNT.is_in(0..1_000)).all(db).await), ErrorKind::InvalidInput);
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(note("n")));
}
