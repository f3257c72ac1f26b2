//! Conditions on sets.

use std::collections::{BTreeSet, HashSet};

use reposit::{Condition, Database, ErrorKind, Op, Repository as _, Value};

use super::{Badge, Guest, Inner, Level, at, empty, full, texts};
use crate::test::{Test, kind};

cases!(
    sets_are_found_by_their_members,
    sets_are_equal_in_any_order,
    an_empty_set_is_one_that_is_missing,
    sizes_of_sets,
    sets_in_conditions_of_writes,
    sets_within_others_are_found,
    a_set_is_compared_by_name,
);

/// Whether a condition is true of the one record, by a filter and by what a write is refused for.
async fn holds(db: &Database, condition: Condition<Guest>) -> bool {
    let found = Guest::scan().filter(condition.clone()).count(db).await.unwrap() == 1;
    let not = Guest::scan().filter(condition.clone().not()).count(db).await.unwrap() == 0;
    assert_eq!(found, not, "{condition:?}");
    let written = Guest::update("a").add(Guest::COUNT, 1).only_if(condition.clone()).exec(db).await;
    assert_eq!(written.map_err(|e| e.kind()).err(), (!found).then_some(ErrorKind::ConditionFailed), "{condition:?}");
    let refused = Guest::update("a").add(Guest::COUNT, 1).only_if(condition.clone().not()).exec(db).await;
    assert_eq!(refused.map_err(|e| e.kind()).err(), found.then_some(ErrorKind::ConditionFailed), "not {condition:?}");
    found
}

async fn sets_are_found_by_their_members(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&full("a")).exec(db).await.unwrap();
    for (condition, expected) in [
        (Guest::ROLES.contains("a"), true),
        (Guest::ROLES.contains(""), true),
        (Guest::ROLES.contains("a "), false),
        (Guest::NUMBERS.contains(-1), true),
        (Guest::NUMBERS.contains(1), false),
        (Guest::LARGE.contains(u64::MAX), true),
        (Guest::LARGE.contains(u64::MAX - 1), false),
        (Guest::SMALL.contains(255), true),
        (Guest::DATA.contains(&[0, 255]), true),
        (Guest::DATA.contains(&[255]), false),
        (Guest::PAIRS.contains(&[255, 1]), true),
        (Guest::SEEN.contains(at(1)), true),
        (Guest::SEEN.contains(at(2)), false),
        (Guest::LEVELS.contains(&Level::High), true),
        (Guest::BADGES.contains(&Badge("x".into())), true),
        (Guest::IDS.contains(uuid::Uuid::max()), true),
        (Guest::MAYBE.contains("m"), true),
        (Guest::INNER.at(Inner::TAGS).contains("s"), true),
        (Guest::OTHER.at(Inner::MARKS).contains(1), false),
        (Guest::LISTED.nth(0).contains(2), true),
        (Guest::LISTED.nth(7).contains(2), false),
        (Guest::NAMED.entry("x.$").contains("n"), true),
        (Guest::NAMED.entry("none").contains("n"), false),
    ] {
        assert_eq!(holds(db, condition.clone()).await, expected, "{condition:?}");
    }
}

async fn sets_are_equal_in_any_order(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&full("a")).exec(db).await.unwrap();
    // Members that came one by one.
    let more =
        Guest::update("a").insert(Guest::ROLES, ["z", "0"]).discard(Guest::ROLES, [""; 0]).exec(db).await.unwrap();
    let numbers: HashSet<i64> = full("a").numbers.into_iter().rev_sorted();
    let fewer = Guest { roles: texts(&["z"]), ..full("a") };
    for (condition, expected) in [
        (Guest::ROLES.eq(&more.roles), true),
        (Guest::ROLES.ne(&more.roles), false),
        (Guest::ROLES.eq(&fewer.roles), false),
        (Guest::ROLES.ne(&fewer.roles), true),
        (Guest::NUMBERS.eq(&numbers), true),
        (Guest::DATA.eq(&full("a").data), true),
        (Guest::PAIRS.eq(&full("a").pairs), true),
        (Guest::SEEN.eq(&full("a").seen), true),
        (Guest::SEEN.eq(&BTreeSet::from([at(0)])), false),
        (Guest::LEVELS.eq(&BTreeSet::from([Level::High, Level::Low])), true),
        (Guest::IDS.eq(&full("a").ids), true),
        (Guest::MAYBE.eq(&texts(&["m"])), true),
        (Guest::MAYBE.is_in([&texts(&["x"]), &texts(&["m"])]), true),
        (Guest::MAYBE.is_in([&texts(&["x"]), &BTreeSet::new()]), false),
        (Guest::ROLES.eq(&more.roles) & Guest::MAYBE.ne(&texts(&["n"])), true),
    ] {
        assert_eq!(holds(db, condition.clone()).await, expected, "{condition:?}");
    }
}

/// The same members put in another order.
trait RevSorted: Iterator<Item = i64> + Sized {
    fn rev_sorted(self) -> HashSet<i64> {
        let mut all: Vec<_> = self.collect();
        all.sort_unstable();
        all.into_iter().rev().collect()
    }
}

impl<I: Iterator<Item = i64>> RevSorted for I {}

async fn an_empty_set_is_one_that_is_missing(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&empty("a")).exec(db).await.unwrap();
    let (none, some) = (BTreeSet::new(), texts::<BTreeSet<_>>(&["x"]));
    for (condition, expected) in [
        (Guest::ROLES.eq(&none), true),
        (Guest::ROLES.ne(&none), false),
        (Guest::ROLES.eq(&some), false),
        (Guest::ROLES.ne(&some), true),
        (Guest::ROLES.is_in([&none]), true),
        (Guest::ROLES.is_in([&some]), false),
        (Guest::ROLES.missing(), true),
        (Guest::ROLES.exists(), false),
        (Guest::ROLES.contains("x"), false),
        (Guest::MAYBE.eq(&none), true),
        (Guest::INNER.at(Inner::TAGS).eq(&none), true),
        (Guest::INNER.at(Inner::TAGS).missing(), true),
        (Guest::NUMBERS.ne(&HashSet::from([1])), true),
    ] {
        assert_eq!(holds(db, condition.clone()).await, expected, "{condition:?}");
    }
    Guest::update("a").insert(Guest::ROLES, ["x"]).exec(db).await.unwrap();
    assert!(holds(db, Guest::ROLES.ne(&none) & Guest::ROLES.exists() & Guest::ROLES.eq(&some)).await);
}

async fn sizes_of_sets(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&Guest { roles: texts(&["a", "b"]), numbers: HashSet::from([1]), ..empty("a") })
        .exec(db)
        .await
        .unwrap();
    for (condition, expected) in [
        (Guest::ROLES.size().eq(2), true),
        (Guest::ROLES.size().ne(2), false),
        (Guest::ROLES.size().lt(2), false),
        (Guest::ROLES.size().le(2), true),
        (Guest::ROLES.size().gt(1), true),
        (Guest::ROLES.size().ge(3), false),
        (Guest::NUMBERS.size().eq(1), true),
        (Guest::NUMBERS.size().ne(0), true),
        // A set of which nothing is stored has no members.
        (Guest::LARGE.size().eq(0), true),
        (Guest::LARGE.size().ne(0), false),
        (Guest::LARGE.size().lt(1), true),
        (Guest::LARGE.size().le(0), true),
        (Guest::LARGE.size().gt(0), false),
        (Guest::LARGE.size().ge(0), true),
        (Guest::LARGE.size().ge(1), false),
        (Guest::LARGE.size().ne(5), true),
        (Guest::INNER.at(Inner::MARKS).size().eq(0), true),
    ] {
        assert_eq!(holds(db, condition.clone()).await, expected, "{condition:?}");
    }
}

async fn sets_in_conditions_of_writes(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&full("a")).exec(db).await.unwrap();
    let wrong = Guest::delete("a").only_if(Guest::ROLES.eq(&texts(&["a"]))).exec(db).await;
    assert_eq!(kind(wrong), ErrorKind::ConditionFailed);
    let check = |roles: &BTreeSet<String>| Guest::check("a").only_if(Guest::ROLES.eq(roles));
    let b = empty("b");
    db.transaction().add(check(&full("a").roles)).add(Guest::create(&b)).commit().await.unwrap();
    let error = db.transaction().add(Guest::put(&b)).add(check(&b.roles)).commit().await.unwrap_err();
    assert_eq!((error.kind(), error.position()), (ErrorKind::ConditionFailed, Some(1)));
    assert!(Guest::delete("a").only_if(Guest::ROLES.eq(&full("a").roles)).exec(db).await.unwrap());
}

async fn sets_within_others_are_found(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&full("a")).exec(db).await.unwrap();
    let guest = Guest::update("a").insert(Guest::INNER.at(Inner::TAGS), ["0", "zz"]).exec(db).await.unwrap();
    let other = Inner { tags: texts(&["t"]), ..guest.inner.clone() };
    for (condition, expected) in [
        (Guest::INNER.eq(&guest.inner), true),
        (Guest::INNER.ne(&guest.inner), false),
        (Guest::INNER.eq(&other), false),
        (Guest::INNER.is_in([&other, &guest.inner]), true),
        (Guest::LISTED.eq(&guest.listed), true),
        (Guest::LISTED.contains(&BTreeSet::from([1, 2])), true),
        (Guest::LISTED.contains(&BTreeSet::new()), true),
        (Guest::LISTED.contains(&BTreeSet::from([1])), false),
        (Guest::LISTED.nth(1).eq(&BTreeSet::new()), true),
        (Guest::LISTED.nth(0).eq(&BTreeSet::from([2, 1])), true),
        (Guest::NAMED.eq(&guest.named), true),
        (Guest::NAMED.entry("x.$").eq(&texts(&["m", "n"])), true),
        (Guest::NAMED.size().eq(2), true),
    ] {
        assert_eq!(holds(db, condition.clone()).await, expected, "{condition:?}");
    }
}

async fn a_set_is_compared_by_name(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&Guest { roles: texts(&["a", "b"]), seen: BTreeSet::from([at(5)]), ..empty("a") })
        .exec(db)
        .await
        .unwrap();
    let list = |values: &[&str]| Value::List(values.iter().map(|value| Value::from(*value)).collect());
    for (name, op, value, expected) in [
        ("roles", Op::Eq, list(&["b", "a"]), true),
        ("roles", Op::Ne, list(&["a", "b", "a"]), false),
        ("roles", Op::Eq, list(&["a"]), false),
        ("large", Op::Eq, Value::List(Vec::new()), true),
        ("seen", Op::Eq, Value::List(vec![Value::Instant(5)]), true),
        ("inner.tags", Op::Eq, list(&[]), true),
    ] {
        let condition = Guest::condition(name, op, value).unwrap();
        assert_eq!(holds(db, condition.clone()).await, expected, "{condition:?}");
    }
    for (name, op, value) in
        [("roles", Op::Lt, list(&["a"])), ("roles", Op::Eq, Value::from("a")), ("numbers", Op::Eq, list(&["a"]))]
    {
        assert_eq!(Guest::condition(name, op, value).unwrap_err().kind(), ErrorKind::InvalidInput, "{name}");
    }
}
