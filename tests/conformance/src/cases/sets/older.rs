//! What older releases and other programs stored in place of a set: lists, in any order and with doubles, and what is no set.

use std::collections::BTreeSet;
use std::fmt::Debug;

use reposit::{Condition, Database, Embedded, ErrorKind, Repository, Result};
use serde::{Deserialize, Serialize};

use super::texts;
use crate::Capability;
use crate::test::{Test, kind};

cases!(
    a_list_is_read_and_found_as_the_set_of_its_items,
    a_list_that_is_changed_becomes_a_set,
    a_list_within_others_is_a_set_too,
    an_empty_list_is_an_empty_set,
    what_is_no_set_is_told,
    a_set_is_no_list,
);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Inner {
    tags: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "clubs")]
struct Club {
    #[hash_key]
    id: String,
    members: BTreeSet<String>,
    years: Option<BTreeSet<i64>>,
    inner: Inner,
    count: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct OldInner {
    tags: Vec<String>,
}

/// The same, of a release in which they were lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "clubs")]
struct OldClub {
    #[hash_key]
    id: String,
    members: Vec<String>,
    years: Option<Vec<i64>>,
    inner: OldInner,
    count: i64,
}

/// Ones in which something else is.
macro_rules! others {
    ($($name:ident $ty:ty;)*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
        #[repository(name = "clubs")]
        struct $name {
            #[hash_key]
            id: String,
            members: $ty,
            inner: OldInner,
            count: i64,
        }

        impl $name {
            async fn store(db: &Database, members: $ty) {
                db.define::<Self>().await.unwrap();
                let inner = OldInner { tags: Vec::new() };
                Self::put(&Self { id: "c".into(), members, inner, count: 0 }).exec(db).await.unwrap();
            }
        }
    )*};
}

/// One in which a list is where a set was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "clubs")]
struct OfTextList {
    #[hash_key]
    id: String,
    members: Vec<String>,
}

others! {
    OfText String;
    OfNumber i64;
    OfNumbers Vec<i64>;
    OfNumberSet BTreeSet<i64>;
    OfBytes Vec<u8>;
    OfTexts BTreeSet<String>;
}

async fn old(t: &Test, members: &[&str]) -> Club {
    let db = t.with::<OldClub>().await;
    let inner = OldInner { tags: texts(members) };
    let club = OldClub { id: "c".into(), members: texts(members), years: Some(vec![3, 1]), inner, count: 0 };
    OldClub::put(&club).exec(db).await.unwrap();
    db.define::<Club>().await.unwrap();
    let (years, inner) = (Some(BTreeSet::from([1, 3])), Inner { tags: texts(members) });
    Club { id: "c".into(), members: texts(members), years, inner, count: 0 }
}

/// Whether a condition is true of the record, by a filter and by a write.
async fn holds(db: &Database, condition: Condition<Club>) -> bool {
    let found = Club::scan().filter(condition.clone()).count(db).await.unwrap() == 1;
    let not = Club::scan().filter(condition.clone().not()).count(db).await.unwrap() == 0;
    assert_eq!(found, not, "{condition:?}");
    let check = || Club::check("c").only_if(condition.clone());
    assert_eq!(db.transaction().add(check()).commit().await.is_ok(), found, "{condition:?}");
    let refused = Club::update("c").add(Club::COUNT, 1).only_if(condition.clone().not()).exec(db).await;
    assert_eq!(refused.map_err(|e| e.kind()).err(), found.then_some(ErrorKind::ConditionFailed), "not {condition:?}");
    found
}

async fn a_list_is_read_and_found_as_the_set_of_its_items(t: Test) {
    for members in [&["b", "a"][..], &["a", "b"], &["b", "a", "b", "a", "a"]] {
        let club = old(&t, members).await;
        let db = &t.db;
        assert_eq!(Club::get("c").exec(db).await.unwrap().as_ref(), Some(&club));
        let other = texts::<BTreeSet<_>>(&["a", "c"]);
        for (condition, expected) in [
            (Club::MEMBERS.eq(&club.members), true),
            (Club::MEMBERS.ne(&club.members), false),
            (Club::MEMBERS.eq(&other), false),
            (Club::MEMBERS.ne(&other), true),
            (Club::MEMBERS.is_in([&other, &club.members]), true),
            (Club::MEMBERS.contains("b"), true),
            (Club::MEMBERS.contains("c"), false),
            (Club::MEMBERS.exists(), true),
            (Club::MEMBERS.eq(&BTreeSet::new()), false),
            (Club::MEMBERS.size().gt(1), true),
            (Club::YEARS.eq(&BTreeSet::from([1, 3])), true),
            (Club::YEARS.contains(3), true),
            (Club::YEARS.size().eq(2), true),
            (Club::INNER.eq(&club.inner), true),
            (Club::INNER.at(Inner::TAGS).eq(&club.members), true),
            (Club::MEMBERS.eq(&club.members) & !Club::YEARS.eq(&BTreeSet::from([1])), true),
        ] {
            assert_eq!(holds(db, condition.clone()).await, expected, "{members:?}: {condition:?}");
        }
        let update = Club::update("c").add(Club::COUNT, 5).only_if(Club::MEMBERS.eq(&club.members));
        assert!(update.exec(db).await.unwrap().count >= 5);
    }
}

async fn a_list_that_is_changed_becomes_a_set(t: Test) {
    let mut club = old(&t, &["b", "a", "b"]).await;
    let db = &t.db;
    let changed = Club::update("c").insert(Club::MEMBERS, ["c", "a"]).discard(Club::YEARS, [3]).exec(db).await.unwrap();
    club.members.insert("c".into());
    club.years = Some(BTreeSet::from([1]));
    assert_eq!(changed, club);
    let again = Club::update("c").discard(Club::MEMBERS, ["b"]).exec(db).await.unwrap();
    club.members.remove("b");
    assert_eq!(again, club);
    assert!(holds(db, Club::MEMBERS.eq(&club.members)).await);
    let mut club = old(&t, &["b", "a"]).await;
    let change = || Club::update("c").insert(Club::MEMBERS, ["d"]).only_if(Club::MEMBERS.contains("a"));
    db.transaction().add(change()).commit().await.unwrap();
    club.members.insert("d".into());
    assert_eq!(Club::get("c").exec(db).await.unwrap().as_ref(), Some(&club));
    old(&t, &["b", "a"]).await;
    let upserted = Club::upsert("c")
        .insert(Club::MEMBERS, ["e"])
        .discard(Club::YEARS, [1, 3])
        .default(Club::INNER, &Inner { tags: BTreeSet::new() })
        .default(Club::COUNT, 0)
        .exec(db)
        .await
        .unwrap();
    assert_eq!((upserted.members, upserted.years), (texts(&["a", "b", "e"]), None));
    let emptied = Club::update("c").discard(Club::MEMBERS, ["a", "b", "e"]).exec(db).await.unwrap();
    assert_eq!(emptied.members, BTreeSet::new());
    assert!(holds(db, Club::MEMBERS.missing()).await);
}

async fn a_list_within_others_is_a_set_too(t: Test) {
    let mut club = old(&t, &["b", "a"]).await;
    let db = &t.db;
    let changed = Club::update("c").insert(Club::INNER.at(Inner::TAGS), ["z", "a"]).exec(db).await.unwrap();
    club.inner.tags.insert("z".into());
    assert_eq!(changed, club);
    let emptied = Club::update("c").discard(Club::INNER.at(Inner::TAGS), &club.inner.tags).exec(db).await.unwrap();
    assert_eq!(emptied.inner.tags, BTreeSet::new());
    assert!(holds(db, Club::INNER.eq(&Inner { tags: BTreeSet::new() })).await);
}

async fn an_empty_list_is_an_empty_set(t: Test) {
    let club = old(&t, &[]).await;
    let db = &t.db;
    assert_eq!(Club::get("c").exec(db).await.unwrap(), Some(club));
    for (condition, expected) in [
        (Club::MEMBERS.eq(&BTreeSet::new()), true),
        (Club::MEMBERS.ne(&BTreeSet::new()), false),
        (Club::MEMBERS.size().eq(0), true),
        (Club::MEMBERS.size().ge(1), false),
        (Club::MEMBERS.eq(&texts(&["a"])), false),
        // Something is stored, so it is there.
        (Club::MEMBERS.exists(), true),
    ] {
        assert_eq!(holds(db, condition.clone()).await, expected, "{condition:?}");
    }
    let inserted = Club::update("c").insert(Club::MEMBERS, ["x"]).exec(db).await.unwrap();
    assert_eq!(inserted.members, texts(&["x"]));
}

/// An error that names the field and the repository.
#[track_caller]
fn is_codec<T: Debug>(result: Result<T>) {
    let error = result.expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::Codec, "{error}");
    let text = error.to_string();
    assert!(text.contains("members") && text.contains("clubs"), "{text}");
    assert!(!text.contains("ValidationException") && !text.contains("operand"), "{text}");
}

async fn is_told(db: &Database) {
    is_codec(Club::get("c").exec(db).await);
    is_codec(Club::scan().all(db).await);
    is_codec(Club::update("c").insert(Club::MEMBERS, ["x"]).exec(db).await);
    is_codec(Club::update("c").discard(Club::MEMBERS, ["x"]).add(Club::COUNT, 1).exec(db).await);
    let within = Club::update("c").insert(Club::MEMBERS, ["x"]);
    is_codec(db.transaction().add(within).commit().await);
    let eq = Club::scan().filter(Club::MEMBERS.eq(&texts(&["x"])));
    assert_eq!(eq.count(db).await.unwrap(), 0);
}

async fn what_is_no_set_is_told(t: Test) {
    let db = t.with::<Club>().await;
    OfText::store(db, "x".into()).await;
    is_told(db).await;
    assert_eq!(Club::scan().filter(Club::MEMBERS.contains("x")).count(db).await.unwrap(), 0, "text is no set");
    OfNumber::store(db, 7).await;
    is_told(db).await;
    OfNumbers::store(db, vec![1, 2]).await;
    is_told(db).await;
    OfNumberSet::store(db, BTreeSet::from([1, 2])).await;
    is_told(db).await;
    OfBytes::store(db, vec![1, 2]).await;
    is_told(db).await;
    let upsert = Club::upsert("c").insert(Club::MEMBERS, ["x"]).default(Club::COUNT, 1);
    is_codec(upsert.default(Club::INNER, &Inner { tags: BTreeSet::new() }).exec(db).await);
    let stored = OfBytes::get("c").exec(db).await.unwrap().unwrap();
    assert_eq!((stored.members, stored.count), (vec![1, 2], 0), "it is left as it was");
}

/// A backend that keeps a set as a list does not tell them apart.
async fn a_set_is_no_list(t: Test) {
    let db = t.with::<OfTexts>().await;
    OfTexts::store(db, texts(&["a"])).await;
    db.define::<OfTextList>().await.unwrap();
    match OfTextList::get("c").exec(db).await {
        Ok(read) => {
            assert!(!t.can(Capability::SetsApart));
            assert_eq!(read.unwrap().members, ["a"]);
        }
        Err(error) => {
            assert!(t.can(Capability::SetsApart), "{error}");
            assert_eq!(error.kind(), ErrorKind::Codec);
            assert!(error.message().contains("members") && error.message().contains("a set of strings"), "{error}");
            let append = OfTextList::update("c").append(OfTextList::MEMBERS, ["b"]).exec(db).await;
            assert_eq!(kind(append), ErrorKind::Codec);
        }
    }
}
