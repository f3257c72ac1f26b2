//! Conditions on puts, replacements and upserts, and updates of one version.

use futures_util::future::join_all;
use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::models::{Account, Note, Seat, Token, User, account, note, seat, token, user};
use crate::test::{START, Test, kind};

cases!(
    a_put_under_a_condition,
    a_put_under_a_condition_over_what_has_expired,
    a_put_under_a_condition_moves_unique_values,
    a_put_under_any_condition,
    the_latest_of_several_puts_stays,
    a_replacement_needs_a_record,
    a_replacement_under_a_condition,
    a_replacement_moves_unique_values,
    a_replacement_is_filled_in,
    an_upsert_under_a_condition,
    an_upsert_under_a_condition_over_what_has_expired,
    an_upsert_under_a_condition_moves_unique_values,
    of_many_upserts_as_many_succeed_as_may,
    an_update_of_one_version,
    an_update_of_one_version_moves_unique_values,
    a_record_without_a_version_is_at_the_first,
    of_several_updates_of_one_version_one_is_done,
    conditions_in_a_transaction,
    refusals_in_a_transaction,
);

async fn a_put_under_a_condition(t: Test) {
    let db = t.with::<Note>().await;
    let first = Note { count: 1, nickname: Some("x".into()), ..note("n") };
    Note::put(&first).only_if(Note::COUNT.lt(0)).exec(db).await.unwrap();
    let second = Note { count: 2, ..note("n") };
    let error = Note::put(&second).only_if(Note::COUNT.gt(1)).exec(db).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.repository(), error.operation()),
        (ErrorKind::ConditionFailed, Some("note"), Some("put"))
    );
    let both = Note::put(&second).only_if(Note::COUNT.eq(1)).only_if(Note::NICKNAME.missing());
    assert_eq!(kind(both.exec(db).await), ErrorKind::ConditionFailed);
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(first));
    Note::put(&second).only_if(Note::COUNT.eq(1)).only_if(Note::NICKNAME.exists()).exec(db).await.unwrap();
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(second.clone()), "nothing is left of what was replaced");
    let stored = Note::put(&first_of(&second)).only_if(Note::COUNT.eq(2)).exec_returning(db).await.unwrap();
    assert_eq!(stored, first_of(&second));
    assert!(Note::delete("n").exec(db).await.unwrap());
    Note::put(&second).only_if(Note::COUNT.eq(7)).exec(db).await.unwrap();
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(second));
}

fn first_of(note: &Note) -> Note {
    Note { count: 1, tags: vec!["a".into()], ..note.clone() }
}

async fn a_put_under_a_condition_over_what_has_expired(t: Test) {
    let db = t.with::<Token>().await;
    Token::create(&token("t", START)).exec(db).await.unwrap();
    let other = Token { user_id: "u2".into(), ..token("t", START + 86400) };
    let put = || Token::put(&other).only_if(Token::USER_ID.eq("nobody"));
    assert_eq!(kind(put().exec(db).await), ErrorKind::ConditionFailed);
    t.advance(86400);
    put().exec(db).await.unwrap();
    assert_eq!(Token::get("t").exec(db).await.unwrap(), Some(other.clone()));
    assert_eq!(kind(put().exec(db).await), ErrorKind::ConditionFailed);
}

async fn a_put_under_a_condition_moves_unique_values(t: Test) {
    let db = t.with::<Account>().await;
    Account::create(&account("a")).exec(db).await.unwrap();
    Account::create(&account("b")).exec(db).await.unwrap();
    let moved = account("a").clone_with_login("moved");
    let refused = Account::put(&moved).only_if(Account::BALANCE.lt(100)).exec(db).await;
    assert_eq!(kind(refused), ErrorKind::ConditionFailed);
    let taken = account("a").clone_with_login("login-b");
    let error = Account::put(&taken).only_if(Account::BALANCE.eq(100)).exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("by_login")));
    // Of both reasons the record's own comes first.
    assert_eq!(kind(Account::put(&taken).only_if(Account::BALANCE.eq(1)).exec(db).await), ErrorKind::ConditionFailed);
    Account::put(&moved).only_if(Account::BALANCE.eq(100)).exec(db).await.unwrap();
    assert_eq!(Account::find_by_login("moved").consistent().exec(db).await.unwrap(), Some(moved));
    assert_eq!(Account::find_by_login("login-a").consistent().exec(db).await.unwrap(), None);
    let new = account("c").clone_with_login("login-a");
    Account::put(&new).only_if(Account::BALANCE.lt(0)).exec(db).await.unwrap();
    t.is_sound::<Account>().await;
}

async fn a_put_under_any_condition(t: Test) {
    let db = t.with::<Note>().await;
    let stored = Note { title: "title".into(), ratio: 0.5, tags: vec!["a".into()], ..note("n") };
    let conditions = || {
        [
            (Note::TITLE.begins_with("ti"), true),
            (Note::TITLE.contains("x"), false),
            (Note::TAGS.contains("a"), true),
            (Note::TAGS.size().gt(1), false),
            (Note::RATIO.eq(0.5), true),
            (Note::RATIO.is_in([0.25, 0.5]), true),
            (Note::RATIO.is_in([0.25]), false),
            (Note::SCORE.missing(), true),
            (Note::SCORE.eq(1), false),
            (Note::ID.eq("n"), true),
            (!Note::DONE.eq(false), false),
            (Note::COUNT.gt(5) | Note::BIG.eq(0), true),
        ]
    };
    for (n, (condition, is_true)) in conditions().into_iter().enumerate() {
        Note::put(&stored).exec(db).await.unwrap();
        let put = Note::put(&note("n")).only_if(condition).exec(db).await;
        match is_true {
            true => put.unwrap(),
            false => assert_eq!(kind(put), ErrorKind::ConditionFailed, "condition {n}"),
        }
        let now = if is_true { note("n") } else { stored.clone() };
        assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(now), "condition {n}");
    }
    for (condition, _) in conditions() {
        Note::delete("n").exec(db).await.unwrap();
        Note::put(&stored).only_if(condition).exec(db).await.unwrap();
    }
}

async fn the_latest_of_several_puts_stays(t: Test) {
    let db = t.with::<Note>().await;
    let notes: Vec<_> = (0..12).map(|n| Note { count: (n * 5) % 12, ..note("n") }).collect();
    let puts = notes.iter().map(|note| Note::put(note).only_if(Note::COUNT.lt(note.count)).exec(db));
    for put in join_all(puts).await {
        assert!(put.as_ref().map_or_else(|error| error.kind() == ErrorKind::ConditionFailed, |()| true), "{put:?}");
    }
    assert_eq!(Note::get("n").consistent().exec(db).await.unwrap().map(|note| note.count), Some(11));
}

async fn a_replacement_needs_a_record(t: Test) {
    t.with::<Token>().await;
    let db = t.with::<Note>().await;
    let error = Note::replace(&note("n")).exec(db).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.repository(), error.operation()),
        (ErrorKind::NotFound, Some("note"), Some("replace"))
    );
    assert_eq!(Note::get("n").exec(db).await.unwrap(), None);
    Note::create(&Note { nickname: Some("x".into()), score: Some(1), ..note("n") }).exec(db).await.unwrap();
    Note::replace(&note("n")).exec(db).await.unwrap();
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(note("n")), "nothing is left of what was replaced");
    assert_eq!(kind(Note::replace(&note("")).exec(db).await), ErrorKind::InvalidInput);
    Token::create(&token("t", START)).exec(db).await.unwrap();
    t.advance(86400);
    assert_eq!(kind(Token::replace(&token("t", START + 86400)).exec(db).await), ErrorKind::NotFound);
    assert_eq!(Token::get("t").exec(db).await.unwrap(), None);
}

async fn a_replacement_under_a_condition(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&Note { count: 5, ..note("n") }).exec(db).await.unwrap();
    let new = Note { count: 6, ..note("n") };
    assert_eq!(kind(Note::replace(&new).only_if(Note::COUNT.gt(5)).exec(db).await), ErrorKind::ConditionFailed);
    let ratio = Note::replace(&new).only_if(Note::RATIO.is_in([0.5]));
    assert_eq!(kind(ratio.exec(db).await), ErrorKind::ConditionFailed);
    Note::replace(&new).only_if(Note::COUNT.eq(5)).exec(db).await.unwrap();
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(new.clone()));
    Note::delete("n").exec(db).await.unwrap();
    assert_eq!(kind(Note::replace(&new).only_if(Note::COUNT.eq(5)).exec(db).await), ErrorKind::NotFound);
}

async fn a_replacement_moves_unique_values(t: Test) {
    t.with::<Seat>().await;
    let db = t.with::<Account>().await;
    Account::create(&account("a")).exec(db).await.unwrap();
    Account::create(&account("b")).exec(db).await.unwrap();
    let taken = account("a").clone_with_login("login-b");
    let error = Account::replace(&taken).exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("by_login")));
    let moved = account("a").clone_with_login("moved");
    assert_eq!(Account::replace(&moved).exec_returning(db).await.unwrap(), moved);
    Account::create(&account("c").clone_with_login("login-a")).exec(db).await.unwrap();
    assert_eq!(kind(Account::replace(&account("d")).exec(db).await), ErrorKind::NotFound);
    Account::create(&account("d")).exec(db).await.unwrap();
    t.is_sound::<Account>().await;
    Seat::create(&seat(1, "1A", START + 10)).exec(db).await.unwrap();
    Seat::replace(&seat(1, "1B", START + 20)).exec(db).await.unwrap();
    t.advance(10);
    assert_eq!(Seat::find_by_place("1B").exec(db).await.unwrap(), Some(seat(1, "1B", START + 20)));
    t.is_sound::<Seat>().await;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Dated {
    #[hash_key]
    id: String,
    #[created_at]
    made: i64,
    #[updated_at]
    touched: i64,
}

async fn a_replacement_is_filled_in(t: Test) {
    let db = t.with::<Dated>().await;
    let made = Dated::create(&Dated { id: "d".into(), made: 0, touched: 0 }).exec_returning(db).await.unwrap();
    assert_eq!((made.made, made.touched), (START, START));
    t.advance(5);
    let replaced = Dated::replace(&made).exec_returning(db).await.unwrap();
    assert_eq!((replaced.made, replaced.touched), (START, START + 5));
    assert_eq!(Dated::get("d").exec(db).await.unwrap(), Some(replaced));
}

async fn an_upsert_under_a_condition(t: Test) {
    t.with::<Narrow>().await;
    let db = t.with::<Note>().await;
    let whole = note("n");
    let upsert = || {
        Note::upsert("n")
            .add(Note::COUNT, 1)
            .set(Note::TITLE, &whole.title)
            .set(Note::BIG, 0)
            .set(Note::SMALL, 0)
            .set(Note::RATIO, 0.0)
            .set(Note::DONE, false)
            .set(Note::TAGS, &[])
            .set(Note::DATA, &[])
            .set(Note::LABELS, &whole.labels)
    };
    assert_eq!(upsert().only_if(Note::COUNT.gt(7)).exec(db).await.unwrap().count, 1, "there was none");
    let error = upsert().only_if(Note::COUNT.gt(7)).exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::ConditionFailed, Some("upsert")));
    assert_eq!(upsert().only_if(Note::COUNT.eq(1)).exec(db).await.unwrap().count, 2);
    upsert().only_if(Note::COUNT.eq(2)).only_if(Note::NICKNAME.missing()).exec_unit(db).await.unwrap();
    assert_eq!(kind(upsert().only_if(Note::COUNT.eq(2)).exec_unit(db).await), ErrorKind::ConditionFailed);
    let ratio = upsert().only_if(Note::RATIO.is_in([0.5, 0.25]));
    assert_eq!(kind(ratio.exec(db).await), ErrorKind::ConditionFailed);
    assert_eq!(Note::get("n").exec(db).await.unwrap().map(|note| note.count), Some(3));
    // Without changes the record stays as it is, and must be as the condition says all the same.
    let none = || Narrow::upsert("m");
    assert_eq!(none().only_if(Narrow::LEVEL.exists()).exec(db).await.unwrap().revision, 1);
    assert_eq!(none().only_if(Narrow::LEVEL.missing()).exec(db).await.unwrap().revision, 1);
    assert_eq!(kind(none().only_if(Narrow::LEVEL.exists()).exec(db).await), ErrorKind::ConditionFailed);
    let set = Narrow::upsert("m").set(Narrow::LEVEL, 3).only_if(Narrow::REVISION.eq(1)).exec(db).await.unwrap();
    assert_eq!((set.level, set.revision), (Some(3), 2));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Narrow {
    #[hash_key]
    id: String,
    level: Option<u8>,
    #[version]
    revision: u8,
}

async fn an_upsert_under_a_condition_over_what_has_expired(t: Test) {
    let db = t.with::<Token>().await;
    Token::create(&token("t", START)).exec(db).await.unwrap();
    let upsert = || Token::upsert("t").set(Token::USER_ID, "u2").set(Token::CREATED_AT, START + 86400);
    assert_eq!(kind(upsert().only_if(Token::USER_ID.eq("u2")).exec(db).await), ErrorKind::ConditionFailed);
    t.advance(86400);
    let new = upsert().only_if(Token::USER_ID.eq("u3")).exec(db).await.unwrap();
    assert_eq!(new, Token { user_id: "u2".into(), ..token("t", START + 86400) });
    assert_eq!(kind(upsert().only_if(Token::USER_ID.eq("u3")).exec(db).await), ErrorKind::ConditionFailed);
}

async fn an_upsert_under_a_condition_moves_unique_values(t: Test) {
    let db = t.with::<Seat>().await;
    let upsert = |place: &str| Seat::upsert(1).set(Seat::PLACE, place).set(Seat::UNTIL, START + 10);
    upsert("1A").only_if(Seat::PLACE.eq("none")).exec(db).await.unwrap();
    assert_eq!(kind(upsert("1B").only_if(Seat::PLACE.eq("none")).exec(db).await), ErrorKind::ConditionFailed);
    upsert("1B").only_if(Seat::PLACE.eq("1A")).exec(db).await.unwrap();
    Seat::create(&seat(2, "1A", START + 10)).exec(db).await.unwrap();
    let error = upsert("1A").only_if(Seat::PLACE.eq("1B")).exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("by_place")));
    t.is_sound::<Seat>().await;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Calls {
    #[hash_key]
    caller: String,
    count: u32,
}

async fn of_many_upserts_as_many_succeed_as_may(t: Test) {
    let db = t.with::<Calls>().await;
    let call = || Calls::upsert("ada").add(Calls::COUNT, 1).only_if(Calls::COUNT.lt(4));
    let calls = join_all((0..10).map(|_| call().exec(db))).await;
    let (done, refused): (Vec<_>, Vec<_>) = calls.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 4);
    assert!(refused.into_iter().all(|refused| kind(refused) == ErrorKind::ConditionFailed));
    assert_eq!(Calls::get("ada").exec(db).await.unwrap(), Some(Calls { caller: "ada".into(), count: 4 }));
}

async fn an_update_of_one_version(t: Test) {
    let db = t.with::<User>().await;
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    let older = || User::update("u1").add(User::AGE, 1).version(1);
    assert_eq!(older().exec(db).await.unwrap().revision, 2);
    let error = older().exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::VersionConflict, Some("update")));
    assert_eq!((error.expected_version(), error.stored_version()), (Some(1), Some(2)));
    assert_eq!(error.message(), "expected version 1, the stored version is 2");
    // The version is judged before the condition.
    let both = User::update("u1").add(User::AGE, 1).version(3).only_if(User::AGE.gt(99));
    assert_eq!(kind(both.exec(db).await), ErrorKind::VersionConflict);
    let condition = User::update("u1").add(User::AGE, 1).version(2).only_if(User::AGE.gt(99));
    assert_eq!(kind(condition.exec(db).await), ErrorKind::ConditionFailed);
    assert_eq!(kind(User::update("u2").add(User::AGE, 1).version(1).exec(db).await), ErrorKind::NotFound);
    let before = User::update("u1").add(User::AGE, 1).version(2).exec_previous(db).await.unwrap();
    assert_eq!((before.age, before.revision), (37, 2));
    User::update("u1").add(User::AGE, 1).version(3).exec_unit(db).await.unwrap();
    // Without changes it is a look at the version.
    assert_eq!(User::update("u1").version(4).exec(db).await.unwrap().revision, 4);
    let error = User::update("u1").version(3).exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.stored_version()), (ErrorKind::VersionConflict, Some(4)));
    // Others that name a version tell the numbers, too.
    let error = User::delete("u1").version(9).exec(db).await.unwrap_err();
    assert_eq!((error.expected_version(), error.stored_version()), (Some(9), Some(4)));
    let error = User::save(&mut User { revision: 2, ..user("u1", "core", 1) }).exec(db).await.unwrap_err();
    assert_eq!((error.expected_version(), error.stored_version()), (Some(2), Some(4)));
}

async fn an_update_of_one_version_moves_unique_values(t: Test) {
    let db = t.with::<User>().await;
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    let moved = |version: u64| User::update("u1").set(User::EMAIL, "new@example.com").version(version);
    let error = moved(2).exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.stored_version()), (ErrorKind::VersionConflict, Some(1)));
    assert_eq!(User::find_by_email("new@example.com").consistent().exec(db).await.unwrap(), None);
    assert_eq!(moved(1).exec(db).await.unwrap().revision, 2);
    User::create(&User { id: "u2".into(), ..user("u1", "core", 1) }).exec(db).await.unwrap();
    t.is_sound::<User>().await;
}

/// [`Narrow`] before it had a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "narrow")]
struct Unversioned {
    #[hash_key]
    id: String,
    level: Option<u8>,
}

async fn a_record_without_a_version_is_at_the_first(t: Test) {
    let db = t.with::<Narrow>().await;
    Unversioned::create(&Unversioned { id: "n".into(), level: None }).exec(db).await.unwrap();
    let error = Narrow::update("n").set(Narrow::LEVEL, 1).version(2).exec(db).await.unwrap_err();
    assert_eq!((error.expected_version(), error.stored_version()), (Some(2), Some(1)));
    let updated = Narrow::update("n").set(Narrow::LEVEL, 1).version(1).exec(db).await.unwrap();
    assert_eq!((updated.level, updated.revision), (Some(1), 2));
}

async fn of_several_updates_of_one_version_one_is_done(t: Test) {
    let db = t.with::<User>().await;
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    let updates = join_all((0..8).map(|_| User::update("u1").add(User::AGE, 1).version(1).exec(db))).await;
    let (done, refused): (Vec<_>, Vec<_>) = updates.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 1);
    assert!(refused.into_iter().all(|refused| kind(refused) == ErrorKind::VersionConflict));
    assert_eq!(User::get("u1").exec(db).await.unwrap().map(|user| (user.age, user.revision)), Some((37, 2)));
}

async fn conditions_in_a_transaction(t: Test) {
    t.with::<User>().await;
    t.with::<Seat>().await;
    let db = t.with::<Note>().await;
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    Note::create(&note("a")).exec(db).await.unwrap();
    Seat::create(&seat(1, "1A", START + 10)).exec(db).await.unwrap();
    let (a, b) = (Note { count: 1, ..note("a") }, Note { count: 2, ..note("b") });
    let moved = seat(1, "1B", START + 20);
    db.transaction()
        .add(Note::put(&b).only_if(Note::COUNT.eq(9)))
        .add(Note::replace(&a).only_if(Note::COUNT.eq(0)))
        .add(Seat::put(&moved).only_if(Seat::PLACE.eq("1A")))
        .add(Seat::upsert(2).set(Seat::PLACE, "1A").set(Seat::UNTIL, START + 10).only_if(Seat::PLACE.eq("none")))
        .add(User::update("u1").add(User::AGE, 1).version(1))
        .commit()
        .await
        .unwrap();
    assert_eq!(Note::get_many(["a", "b"]).exec(db).await.unwrap(), [Some(a), Some(b)]);
    assert_eq!(Seat::get_many([1, 2]).exec(db).await.unwrap(), [Some(moved), Some(seat(2, "1A", START + 10))]);
    assert_eq!(User::get("u1").exec(db).await.unwrap().map(|user| user.revision), Some(2));
    t.is_sound::<Seat>().await;
}

async fn refusals_in_a_transaction(t: Test) {
    t.with::<User>().await;
    t.with::<Token>().await;
    let db = t.with::<Note>().await;
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    Note::create(&note("a")).exec(db).await.unwrap();
    Token::create(&token("t", START)).exec(db).await.unwrap();
    let (new, a, missing) = (note("new"), note("a"), note("missing"));
    let start = || db.transaction().add(Note::create(&new));
    let other = token("t", START);
    let cases = [
        (start().add(Note::put(&a).only_if(Note::COUNT.gt(0))), ErrorKind::ConditionFailed),
        (start().add(Note::replace(&a).only_if(Note::COUNT.gt(0))), ErrorKind::ConditionFailed),
        (start().add(Note::replace(&missing)), ErrorKind::NotFound),
        (start().add(Token::put(&other).only_if(Token::USER_ID.eq("x"))), ErrorKind::ConditionFailed),
        (
            start().add(
                Token::upsert("t")
                    .set(Token::USER_ID, "y")
                    .set(Token::CREATED_AT, START)
                    .only_if(Token::USER_ID.eq("x")),
            ),
            ErrorKind::ConditionFailed,
        ),
        (start().add(User::update("u1").add(User::AGE, 1).version(2)), ErrorKind::VersionConflict),
        (start().add(User::update("u1").version(2)), ErrorKind::VersionConflict),
    ];
    for (n, (transaction, expected)) in cases.into_iter().enumerate() {
        let error = transaction.commit().await.unwrap_err();
        assert_eq!((error.kind(), error.position()), (expected, Some(1)), "case {n}: {error:?}");
        if expected == ErrorKind::VersionConflict {
            assert_eq!((error.expected_version(), error.stored_version()), (Some(2), Some(1)));
        }
    }
    assert_eq!(Note::get("new").exec(db).await.unwrap(), None);
    assert_eq!(Token::get("t").exec(db).await.unwrap(), Some(token("t", START)));
}
