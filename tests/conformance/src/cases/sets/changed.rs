//! Members that are inserted and discarded.

use std::collections::{BTreeSet, HashSet};

use futures_util::future::join_all;
use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Badge, Guest, Inner, Level, at, empty, full, texts};
use crate::models::{Note, note};
use crate::test::{Test, kind};

cases!(
    members_come_and_go,
    members_of_every_type,
    sets_within_others_change,
    a_set_that_loses_its_last_member_is_gone,
    no_members_change_nothing,
    changes_of_sets_that_overlap_are_refused,
    an_upsert_inserts_and_discards,
    what_many_insert_is_all_there,
    a_refused_change_of_a_set_changes_nothing,
    sets_change_in_transactions_and_under_versions,
);

async fn members_come_and_go(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&empty("a")).exec(db).await.unwrap();
    let roles = |names: &[&str]| Guest { roles: texts(names), ..empty("a") };
    let inserted = Guest::update("a").insert(Guest::ROLES, ["b", "a", "b"]).exec(db).await.unwrap();
    assert_eq!(inserted, roles(&["a", "b"]));
    let more = vec!["c".to_owned(), "a".to_owned()];
    assert_eq!(Guest::update("a").insert(Guest::ROLES, &more).exec(db).await.unwrap(), roles(&["a", "b", "c"]));
    let less = Guest::update("a").discard(Guest::ROLES, ["b".to_owned(), "z".to_owned()]).exec(db).await.unwrap();
    assert_eq!(less, roles(&["a", "c"]));
    assert_eq!(Guest::update("a").discard(Guest::ROLES, ["z"]).exec(db).await.unwrap(), roles(&["a", "c"]));
    assert_eq!(Guest::get("a").exec(db).await.unwrap(), Some(roles(&["a", "c"])));
    let both = Guest::update("a")
        .insert(Guest::ROLES, &more)
        .discard(Guest::NUMBERS, [1])
        .insert(Guest::MAYBE, ["m"])
        .add(Guest::COUNT, 4)
        .exec(db)
        .await
        .unwrap();
    assert_eq!(both, Guest { maybe: Some(texts(&["m"])), count: 4, ..roles(&["a", "c"]) });
    assert_eq!(kind(Guest::update("b").insert(Guest::ROLES, ["x"]).exec(db).await), ErrorKind::NotFound);
    assert_eq!(Guest::get("b").exec(db).await.unwrap(), None);
}

async fn members_of_every_type(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&full("a")).exec(db).await.unwrap();
    let mut guest = full("a");
    let badge = Badge("z".into());
    let changed = Guest::update("a")
        .insert(Guest::NUMBERS, [4, -5])
        .insert(Guest::LARGE, [u64::MAX, u64::MAX - 1])
        .discard(Guest::SMALL, [7_u8])
        .insert(Guest::DATA, [&[9_u8][..], &[1]])
        .discard(Guest::PAIRS, [&[0, 0]])
        .insert(Guest::SEEN, [at(1), at(77)])
        .discard(Guest::LEVELS, [&Level::High])
        .insert(Guest::BADGES, [&badge])
        .insert(Guest::IDS, [Uuid::from_u128(7)])
        .exec(db)
        .await
        .unwrap();
    guest.numbers.extend([4, -5]);
    guest.large.insert(u64::MAX - 1);
    guest.small.remove(&7);
    guest.data.insert(vec![9]);
    guest.pairs.remove(&[0, 0]);
    guest.seen.insert(at(77));
    guest.levels.remove(&Level::High);
    guest.badges.insert(badge);
    guest.ids.insert(Uuid::from_u128(7));
    assert_eq!(changed, guest);
    assert_eq!(Guest::get("a").exec(db).await.unwrap(), Some(guest));
}

async fn sets_within_others_change(t: Test) {
    let db = t.with::<Guest>().await;
    let mut guest = full("a");
    Guest::create(&guest).exec(db).await.unwrap();
    let changed = Guest::update("a")
        .insert(Guest::INNER.at(Inner::TAGS), ["u"])
        .discard(Guest::INNER.at(Inner::MARKS), [5])
        .add(Guest::INNER.at(Inner::COUNT), 1)
        .discard(Guest::OTHER.at(Inner::TAGS), ["o"])
        .insert(Guest::OTHER.at(Inner::MARKS), [8])
        .insert(Guest::LISTED.nth(1), [9])
        .discard(Guest::LISTED.nth(2), [3])
        .insert(Guest::NAMED.entry("new"), ["n"])
        .discard(Guest::NAMED.entry("x.$"), ["m", "n"])
        .insert(Guest::ROLES, ["top"])
        .exec(db)
        .await
        .unwrap();
    guest.inner.tags.insert("u".into());
    guest.inner.marks = Some(HashSet::from([u64::MAX]));
    guest.inner.count = 3;
    guest.other = Some(Inner { tags: BTreeSet::new(), marks: Some(HashSet::from([8])), count: 3 });
    guest.listed = vec![BTreeSet::from([2, 1]), BTreeSet::from([9]), BTreeSet::new()];
    guest.named.remove("x.$");
    guest.named.insert("new".into(), texts(&["n"]));
    guest.roles.insert("top".into());
    assert_eq!(changed, guest);
    assert_eq!(Guest::get("a").exec(db).await.unwrap(), Some(guest));
    // As everywhere, there has to be a way to the set.
    Guest::create(&empty("b")).exec(db).await.unwrap();
    for update in [
        Guest::update("b").insert(Guest::OTHER.at(Inner::TAGS), ["x"]),
        Guest::update("b").discard(Guest::OTHER.at(Inner::TAGS), ["x"]),
        Guest::update("b").insert(Guest::LISTED.nth(0), [1]),
    ] {
        assert_eq!(kind(update.exec(db).await), ErrorKind::InvalidInput);
    }
    assert_eq!(Guest::get("b").exec(db).await.unwrap(), Some(empty("b")));
}

async fn a_set_that_loses_its_last_member_is_gone(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&Guest { roles: texts(&["a", "b"]), maybe: Some(texts(&["m"])), ..empty("a") })
        .exec(db)
        .await
        .unwrap();
    let left = Guest::update("a").discard(Guest::ROLES, ["a", "b", "c"]).discard(Guest::MAYBE, ["m"]).exec(db).await;
    assert_eq!(left.unwrap(), empty("a"));
    assert_eq!(Guest::get("a").exec(db).await.unwrap(), Some(empty("a")));
    let missing = Guest::ROLES.missing() & Guest::MAYBE.missing();
    assert_eq!(Guest::scan().filter(missing).count(db).await.unwrap(), 1);
    assert_eq!(Guest::update("a").discard(Guest::ROLES, ["a"]).exec(db).await.unwrap(), empty("a"));
    assert_eq!(Guest::update("a").insert(Guest::ROLES, ["x"]).exec(db).await.unwrap().roles, texts(&["x"]));
}

async fn no_members_change_nothing(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&full("a")).exec(db).await.unwrap();
    let none = || Guest::update("a").insert(Guest::ROLES, [""; 0]).discard(Guest::NUMBERS, [0; 0]);
    assert_eq!(none().exec(db).await.unwrap(), full("a"));
    assert_eq!(none().add(Guest::COUNT, 1).exec(db).await.unwrap(), Guest { count: 2, ..full("a") });
    assert_eq!(kind(none().only_if(Guest::COUNT.eq(9)).exec(db).await), ErrorKind::ConditionFailed);
}

async fn changes_of_sets_that_overlap_are_refused(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&full("a")).exec(db).await.unwrap();
    let insert = || Guest::update("a").insert(Guest::ROLES, ["x"]);
    for overlapping in [
        insert().insert(Guest::ROLES, ["y"]),
        insert().discard(Guest::ROLES, ["y"]),
        insert().set(Guest::ROLES, &BTreeSet::new()),
        Guest::update("a").insert(Guest::INNER.at(Inner::TAGS), ["x"]).set(Guest::INNER, &Inner::default()),
    ] {
        assert_eq!(kind(overlapping.exec(db).await), ErrorKind::InvalidInput);
    }
    assert_eq!(Guest::get("a").exec(db).await.unwrap(), Some(full("a")));
}

async fn an_upsert_inserts_and_discards(t: Test) {
    let db = t.with::<Guest>().await;
    let upsert = || {
        Guest::upsert("a")
            .insert(Guest::ROLES, ["a", "b"])
            .discard(Guest::NUMBERS, [1, 2])
            .default(Guest::INNER, &Inner::default())
            .default(Guest::LARGE, &BTreeSet::from([7]))
            .default(Guest::IDS, &BTreeSet::new())
            .set(Guest::LISTED, &[])
            .set(Guest::NAMED, &Default::default())
            .add(Guest::COUNT, 1)
    };
    let mut expected = Guest { roles: texts(&["a", "b"]), large: BTreeSet::from([7]), count: 1, ..empty("a") };
    assert_eq!(upsert().exec(db).await.unwrap(), expected, "a set that nobody told of is empty");
    let changed = Guest::update("a").insert(Guest::NUMBERS, [1, 2, 3]).discard(Guest::LARGE, [7]).exec(db).await;
    expected.numbers.extend([1, 2, 3]);
    expected.large.clear();
    assert_eq!(changed.unwrap(), expected);
    expected.numbers = HashSet::from([3]);
    expected.large.insert(7);
    expected.count = 2;
    assert_eq!(upsert().exec(db).await.unwrap(), expected);
    let last = Guest::update("a").discard(Guest::NUMBERS, [3]).insert(Guest::NUMBERS, [0; 0]).exec(db).await.unwrap();
    assert_eq!(last.numbers, HashSet::new());
    Guest::update("a").insert(Guest::NUMBERS, [1]).exec(db).await.unwrap();
    let emptied = upsert().exec(db).await.unwrap();
    assert_eq!(emptied.numbers, HashSet::new(), "the last member is discarded");
    assert_eq!(Guest::get("a").exec(db).await.unwrap(), Some(emptied));
}

async fn what_many_insert_is_all_there(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&Guest { numbers: (100..110).collect(), ..empty("a") }).exec(db).await.unwrap();
    let insert = |n: i64| Guest::update("a").insert(Guest::NUMBERS, [n]).exec(db);
    let discard = |n: i64| Guest::update("a").discard(Guest::NUMBERS, [100 + n]).exec(db);
    let inserted = join_all((0..10).map(insert));
    let (inserted, discarded) = futures_util::join!(inserted, join_all((0..10).map(discard)));
    assert!(inserted.iter().chain(&discarded).all(Result::is_ok));
    assert_eq!(Guest::get("a").consistent().exec(db).await.unwrap().unwrap().numbers, (0..10).collect());
}

async fn a_refused_change_of_a_set_changes_nothing(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&full("a")).exec(db).await.unwrap();
    let once = || {
        Guest::update("a").insert(Guest::ROLES, ["once"]).add(Guest::COUNT, 1).only_if(!Guest::ROLES.contains("once"))
    };
    let changed = once().exec(db).await.unwrap();
    assert_eq!((changed.roles.len(), changed.count), (6, 2));
    assert_eq!(kind(once().exec(db).await), ErrorKind::ConditionFailed);
    assert_eq!(Guest::get("a").exec(db).await.unwrap(), Some(changed));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Team {
    #[hash_key]
    id: String,
    #[index(unique)]
    name: String,
    members: BTreeSet<String>,
    #[version]
    revision: u64,
}

async fn sets_change_in_transactions_and_under_versions(t: Test) {
    let db = t.with::<Team>().await;
    db.define::<Note>().await.unwrap();
    let mut team = Team { id: "t".into(), name: "core".into(), members: texts(&["a"]), revision: 0 };
    Team::save(&mut team).exec(db).await.unwrap();
    let n = note("n");
    let join = || Team::update("t").insert(Team::MEMBERS, ["b"]).only_if(Team::MEMBERS.size().lt(2));
    db.transaction().add(join()).add(Note::create(&n)).commit().await.unwrap();
    let error = db.transaction().add(Note::put(&n)).add(join()).commit().await.unwrap_err();
    assert_eq!((error.kind(), error.position()), (ErrorKind::ConditionFailed, Some(1)));
    let stored = Team::get("t").exec(db).await.unwrap().unwrap();
    assert_eq!(stored, Team { members: texts(&["a", "b"]), revision: 2, ..team.clone() });
    // Unique values move in the same write.
    let moved = Team::update("t").set(Team::NAME, "ops").discard(Team::MEMBERS, ["a", "b"]).exec(db).await.unwrap();
    assert_eq!(moved, Team { name: "ops".into(), members: BTreeSet::new(), revision: 3, ..team.clone() });
    assert_eq!(Team::find_by_name("ops").consistent().exec(db).await.unwrap(), Some(moved));
    t.is_sound::<Team>().await;
    team.revision = 3;
    team.members = texts(&["z"]);
    Team::save(&mut team).exec(db).await.unwrap();
    assert_eq!(Team::get("t").exec(db).await.unwrap(), Some(team));
}
