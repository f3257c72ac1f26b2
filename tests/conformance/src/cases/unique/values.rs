//! Values that are hard to keep apart, and the ways by which they come to a record and leave it.

use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::models::{Account, account};
use crate::test::{Test, kind};

cases!(
    texts_that_look_alike_are_different,
    bytes_are_different_by_every_byte,
    integers_are_different_by_one,
    joined_values_do_not_run_together,
    a_value_over_several_fields_needs_all_of_them,
    of_two_taken_values_the_first_declared_is_told,
    a_value_goes_and_comes_back,
    upserts_move_values,
    an_update_that_sets_nothing_new_takes_nothing,
);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[allow(clippy::duplicated_attributes, reason = "each index has words of its own")]
#[repository(
    name = "badges",
    index(name = "by_site_and_print", hash = "site", range = "print", unique),
    index(name = "by_first_and_second", hash = "first", range = "second", unique)
)]
struct Badge {
    #[hash_key]
    id: u32,
    #[index(unique)]
    name: Option<String>,
    #[index(unique)]
    serial: Option<u64>,
    #[index(unique)]
    pin: Option<i64>,
    #[index(unique)]
    seal: Option<Vec<u8>>,
    site: Option<String>,
    print: Option<Vec<u8>>,
    first: Option<String>,
    second: Option<String>,
}

fn badge(id: u32) -> Badge {
    Badge { id, name: None, serial: None, pin: None, seal: None, site: None, print: None, first: None, second: None }
}

/// All of them can be stored beside each other, and none of them twice.
async fn are_different(t: &Test, badges: Vec<Badge>, index: &str) {
    let db = t.with::<Badge>().await;
    for badge in &badges {
        Badge::create(badge).exec(db).await.unwrap_or_else(|error| panic!("{badge:?}: {error}"));
    }
    for badge in &badges {
        let again = Badge { id: badge.id + 1000, ..badge.clone() };
        let error = Badge::create(&again).exec(db).await.unwrap_err();
        assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some(index)), "{badge:?}");
        let error = db.transaction().add(Badge::create(&again)).commit().await.unwrap_err();
        assert_eq!((error.kind(), error.index(), error.position()), (ErrorKind::UniqueViolation, Some(index), Some(0)));
        let failed = Badge::put_many(&[again]).exec(db).await.unwrap_err();
        assert_eq!(failed.failures()[0].error.index(), Some(index), "{failed:?}");
    }
    assert_eq!(Badge::scan().count(db).await.unwrap(), badges.len() as u64);
    assert_eq!(db.verify::<Badge>().await.unwrap(), Vec::<String>::new());
}

async fn texts_that_look_alike_are_different(t: Test) {
    let long = "x".repeat(1023);
    let texts = [
        "a",
        "A",
        "a ",
        " a",
        "a\0",
        "a\0\0",
        "\0",
        "é",
        "e\u{301}",
        "ß",
        "ss",
        "1",
        "01",
        "null",
        "$a",
        "a.b",
        "{}",
        "\u{10ffff}",
        "\u{ffff}",
        &long,
        &format!("{long}y"),
    ];
    let badges = (0..).zip(texts).map(|(id, text)| Badge { name: Some(text.into()), ..badge(id) }).collect();
    are_different(&t, badges, "by_name").await;
    for (id, text) in (0..).zip(texts) {
        let found = Badge::find_by_name(text).consistent().exec(&t.db).await.unwrap();
        assert_eq!(found.map(|badge| badge.id), Some(id), "{text:?}");
        let found = Badge::find_by_name(text).exec(&t.db).await.unwrap();
        assert_eq!(found.map(|badge| badge.id), Some(id), "{text:?}");
    }
}

async fn bytes_are_different_by_every_byte(t: Test) {
    let bytes: [&[u8]; 7] = [&[0], &[0, 0], &[1], &[0, 1], &[255], &[255, 0], b"a"];
    let badges = (0..).zip(bytes).map(|(id, bytes)| Badge { seal: Some(bytes.into()), ..badge(id) }).collect();
    are_different(&t, badges, "by_seal").await;
    for (id, bytes) in (0..).zip(bytes) {
        let found = Badge::find_by_seal(bytes).consistent().exec(&t.db).await.unwrap();
        assert_eq!(found.map(|badge| badge.id), Some(id), "{bytes:?}");
    }
}

async fn integers_are_different_by_one(t: Test) {
    let serials = [0, 1, (1 << 53), (1 << 53) + 1, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX - 1, u64::MAX];
    let badges = (0..).zip(serials).map(|(id, serial)| Badge { serial: Some(serial), ..badge(id) }).collect();
    are_different(&t, badges, "by_serial").await;
    for (id, serial) in (0..).zip(serials) {
        let found = Badge::find_by_serial(serial).consistent().exec(&t.db).await.unwrap();
        assert_eq!(found.map(|badge| badge.id), Some(id), "{serial}");
    }
    let pins = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
    for (id, pin) in (100..).zip(pins) {
        Badge::create(&Badge { pin: Some(pin), ..badge(id) }).exec(&t.db).await.unwrap();
    }
    for (id, pin) in (100..).zip(pins) {
        let taken = Badge::create(&Badge { pin: Some(pin), ..badge(id + 100) }).exec(&t.db).await;
        assert_eq!(kind(taken), ErrorKind::UniqueViolation, "{pin}");
        let found = Badge::find_by_pin(pin).consistent().exec(&t.db).await.unwrap();
        assert_eq!(found.map(|badge| badge.id), Some(id), "{pin}");
    }
}

async fn joined_values_do_not_run_together(t: Test) {
    let pairs = [
        ("a", "b|c"),
        ("a|b", "c"),
        ("ab", "c"),
        ("a", "bc"),
        ("a\0", "b"),
        ("a", "\0b"),
        ("a,", "b"),
        ("a", ",b"),
        ("b", "a"),
        ("A", "b|c"),
    ];
    let pairs = (0..).zip(pairs);
    let badges = pairs.map(|(id, (a, b))| Badge { first: Some(a.into()), second: Some(b.into()), ..badge(id) });
    are_different(&t, badges.collect(), "by_first_and_second").await;
    let found = Badge::find_by_first_and_second("a", "\0b").consistent().exec(&t.db).await.unwrap();
    assert_eq!(found.map(|badge| badge.id), Some(5));

    let prints: [(&str, &[u8]); 5] = [("s", &[0]), ("s", &[0, 0]), ("s\0", &[0]), ("s", &[1]), ("r", &[0])];
    let prints = (100..).zip(prints);
    for (id, (site, print)) in prints.clone() {
        let one = Badge { site: Some(site.into()), print: Some(print.into()), ..badge(id) };
        Badge::create(&one).exec(&t.db).await.unwrap();
    }
    for (id, (site, print)) in prints {
        let one = Badge { site: Some(site.into()), print: Some(print.into()), ..badge(id + 100) };
        let error = Badge::create(&one).exec(&t.db).await.unwrap_err();
        assert_eq!(error.index(), Some("by_site_and_print"), "{error:?}");
        let found = Badge::find_by_site_and_print(site, print).consistent().exec(&t.db).await.unwrap();
        assert_eq!(found.map(|badge| badge.id), Some(id), "{print:?}");
    }
}

async fn a_value_over_several_fields_needs_all_of_them(t: Test) {
    let db = t.with::<Badge>().await;
    for id in 0..3 {
        Badge::create(&Badge { first: Some("a".into()), ..badge(id) }).exec(db).await.unwrap();
        Badge::create(&Badge { second: Some("b".into()), ..badge(id + 10) }).exec(db).await.unwrap();
    }
    Badge::update(0).set(Badge::SECOND, "b").exec(db).await.unwrap();
    assert_eq!(kind(Badge::update(1).set(Badge::SECOND, "b").exec(db).await), ErrorKind::UniqueViolation);
    assert_eq!(kind(Badge::update(10).set(Badge::FIRST, "a").exec(db).await), ErrorKind::UniqueViolation);
    // Without one of its fields a record has no value, and another may have it.
    Badge::update(0).remove(Badge::FIRST).exec(db).await.unwrap();
    assert_eq!(Badge::find_by_first_and_second("a", "b").consistent().exec(db).await.unwrap(), None);
    Badge::update(10).set(Badge::FIRST, "a").exec(db).await.unwrap();
    assert_eq!(kind(Badge::update(0).set(Badge::FIRST, "a").exec(db).await), ErrorKind::UniqueViolation);
    assert_eq!(db.verify::<Badge>().await.unwrap(), Vec::<String>::new());
}

async fn of_two_taken_values_the_first_declared_is_told(t: Test) {
    let db = t.with::<Account>().await;
    let of_phone = Account { phone: Some("1".into()), ..account("a") };
    Account::create(&of_phone).exec(db).await.unwrap();
    Account::create(&account("b")).exec(db).await.unwrap();
    Account::create(&Account { number: 9, ..account("c") }).exec(db).await.unwrap();
    // Its phone is one record's, its login another's, its number a third one's.
    let clash = Account { phone: Some("1".into()), login: "login-b".into(), number: 9, ..account("d") };
    let told = |error: reposit::Error| (error.kind(), error.index().map(str::to_owned));
    let expected = (ErrorKind::UniqueViolation, Some("by_login".to_owned()));
    assert_eq!(told(Account::create(&clash).exec(db).await.unwrap_err()), expected);
    assert_eq!(told(Account::put(&clash).exec(db).await.unwrap_err()), expected);
    assert_eq!(told(db.transaction().add(Account::create(&clash)).commit().await.unwrap_err()), expected);
    let both = db.transaction().add(Account::update("b").add(Account::BALANCE, 1)).add(Account::put(&clash));
    assert_eq!(told(both.commit().await.unwrap_err()), expected);
    let error = Account::put_many(&[clash]).exec(db).await.unwrap_err();
    assert_eq!(told(error.failures()[0].error.clone()), expected);
    let update = Account::update("c").set(Account::PHONE, "1").set(Account::LOGIN, "login-b");
    assert_eq!(told(update.exec(db).await.unwrap_err()), expected);
}

async fn a_value_goes_and_comes_back(t: Test) {
    let db = t.with::<Badge>().await;
    for id in [1, 2] {
        Badge::create(&badge(id)).exec(db).await.unwrap();
    }
    for _ in 0..2 {
        Badge::update(1).set(Badge::NAME, "n").exec(db).await.unwrap();
        assert_eq!(kind(Badge::update(2).set(Badge::NAME, "n").exec(db).await), ErrorKind::UniqueViolation);
        Badge::update(1).remove(Badge::NAME).exec(db).await.unwrap();
        Badge::put(&Badge { name: Some("n".into()), ..badge(2) }).exec(db).await.unwrap();
        assert_eq!(kind(Badge::update(1).set(Badge::NAME, "n").exec(db).await), ErrorKind::UniqueViolation);
        Badge::put(&badge(2)).exec(db).await.unwrap();
        assert_eq!(Badge::find_by_name("n").consistent().exec(db).await.unwrap(), None);
    }
    assert_eq!(db.verify::<Badge>().await.unwrap(), Vec::<String>::new());
}

async fn upserts_move_values(t: Test) {
    let db = t.with::<Badge>().await;
    assert_eq!(Badge::upsert(1).set(Badge::NAME, "one").exec(db).await.unwrap().name.as_deref(), Some("one"));
    let error = Badge::upsert(2).set(Badge::NAME, "one").exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("by_name")));
    assert_eq!(Badge::get(2).exec(db).await.unwrap(), None);
    // A default takes a value only where there is none.
    Badge::upsert(1).default(Badge::NAME, "other").exec(db).await.unwrap();
    Badge::upsert(2).default(Badge::NAME, "other").exec(db).await.unwrap();
    assert_eq!(kind(Badge::upsert(3).default(Badge::NAME, "other").exec(db).await), ErrorKind::UniqueViolation);
    Badge::upsert(1).set(Badge::NAME, "new").exec(db).await.unwrap();
    Badge::upsert(3).set(Badge::NAME, "one").exec(db).await.unwrap();
    let found = Badge::find_by_name("one").consistent().exec(db).await.unwrap();
    assert_eq!(found.map(|badge| badge.id), Some(3));
    assert_eq!(db.verify::<Badge>().await.unwrap(), Vec::<String>::new());
}

async fn an_update_that_sets_nothing_new_takes_nothing(t: Test) {
    let db = t.with::<Badge>().await;
    Badge::create(&Badge { name: Some("n".into()), ..badge(1) }).exec(db).await.unwrap();
    Badge::update(1).set(Badge::NAME, "n").exec(db).await.unwrap();
    let refused = Badge::update(2).set(Badge::NAME, "free").exec(db).await;
    assert_eq!(kind(refused), ErrorKind::NotFound);
    let refused = Badge::update(1).set(Badge::NAME, "free").only_if(Badge::PIN.exists()).exec(db).await;
    assert_eq!(kind(refused), ErrorKind::ConditionFailed);
    let none = Badge::delete(1).only_if(Badge::PIN.exists()).exec(db).await;
    assert_eq!(kind(none), ErrorKind::ConditionFailed);
    Badge::create(&Badge { name: Some("free".into()), ..badge(2) }).exec(db).await.unwrap();
    assert_eq!(kind(Badge::update(2).set(Badge::NAME, "n").exec(db).await), ErrorKind::UniqueViolation);
}
