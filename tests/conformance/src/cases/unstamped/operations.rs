//! What a model without stamps does: all that another does.

use std::collections::BTreeSet;

use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::test::{Test, kind};

cases!(
    records_are_written_and_read,
    changes_are_made,
    conditions_and_versions_hold,
    unique_values_hold,
    many_and_all_are_written,
    transactions_are_whole,
    a_record_of_a_model_with_stamps_is_seen_to_change,
);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "people", stamp = false)]
struct Person {
    #[hash_key]
    id: String,
    #[index(unique)]
    email: Option<String>,
    #[index]
    team: String,
    count: i64,
    score: f64,
    tags: Vec<String>,
    roles: BTreeSet<String>,
}

fn person(id: &str) -> Person {
    Person {
        id: id.into(),
        email: Some(format!("{id}@example.com")),
        team: "t".into(),
        count: 10,
        score: 1.5,
        tags: vec!["a".into()],
        roles: BTreeSet::from(["r".into()]),
    }
}

/// The same records, under a model that leaves stamps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "people")]
struct Stamped {
    #[hash_key]
    id: String,
    #[index(unique)]
    email: Option<String>,
    #[index]
    team: String,
    count: i64,
    score: f64,
    tags: Vec<String>,
    roles: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "pages", stamp = false)]
struct Page {
    #[hash_key]
    id: String,
    text: String,
    #[version]
    revision: u64,
}

fn page(id: &str) -> Page {
    Page { id: id.into(), text: "first".into(), revision: 0 }
}

async fn records_are_written_and_read(t: Test) {
    let db = t.with::<Person>().await;
    Person::create(&person("a")).exec(db).await.unwrap();
    assert_eq!(kind(Person::create(&person("a")).exec(db).await), ErrorKind::AlreadyExists);
    assert_eq!(Person::get("a").consistent().exec(db).await.unwrap(), Some(person("a")));
    let other = Person { count: 11, ..person("a") };
    Person::put(&other).exec(db).await.unwrap();
    Person::put(&person("b")).exec(db).await.unwrap();
    assert_eq!(Person::find_by_email("a@example.com").consistent().exec(db).await.unwrap(), Some(other));
    Person::replace(&person("a")).exec(db).await.unwrap();
    assert_eq!(kind(Person::replace(&person("none")).exec(db).await), ErrorKind::NotFound);
    assert_eq!(Person::find_by_team("t").count(db).await.unwrap(), 2);
    assert_eq!(Person::scan().filter(Person::COUNT.eq(10)).count(db).await.unwrap(), 2);
    assert_eq!(Person::delete("a").exec_returning(db).await.unwrap(), Some(person("a")));
    assert!(Person::delete("b").exec(db).await.unwrap());
    assert!(!Person::delete("b").exec(db).await.unwrap());
    t.is_sound::<Person>().await;
}

async fn changes_are_made(t: Test) {
    let db = t.with::<Person>().await;
    Person::create(&person("a")).exec(db).await.unwrap();
    let changed = Person::update("a").add(Person::COUNT, 5).add(Person::SCORE, 0.25).append(Person::TAGS, ["b"]);
    let changed = changed.insert(Person::ROLES, ["s"]).exec(db).await.unwrap();
    assert_eq!((changed.count, changed.score, changed.tags.len(), changed.roles.len()), (15, 1.75, 2, 2));
    let before = Person::update("a").discard(Person::ROLES, ["r", "s"]).remove(Person::EMAIL).exec_previous(db).await;
    assert_eq!(before.unwrap(), changed);
    Person::update("a").remove_at(Person::TAGS, 0).exec_unit(db).await.unwrap();
    let left = Person::get("a").consistent().exec(db).await.unwrap().unwrap();
    assert_eq!((left.email, left.tags, left.roles), (None, vec!["b".to_owned()], BTreeSet::new()));
    assert_eq!(kind(Person::update("none").set(Person::COUNT, 1).exec(db).await), ErrorKind::NotFound);
    let upsert = |id: &'static str| {
        let upsert = Person::upsert(id).set(Person::TEAM, "u").add(Person::COUNT, 1).default(Person::SCORE, 0.5);
        upsert.append(Person::TAGS, ["c"]).insert(Person::ROLES, ["x"])
    };
    assert_eq!(upsert("a").exec(db).await.unwrap().count, 16);
    let new = upsert("b").exec(db).await.unwrap();
    assert_eq!((new.count, new.score, new.email), (1, 0.5, None));
    let all = Person::scan().update_all(db, |found| found.add(Person::COUNT, 1)).await.unwrap();
    assert_eq!(all, 2);
    t.is_sound::<Person>().await;
}

async fn conditions_and_versions_hold(t: Test) {
    let db = t.with::<Page>().await;
    let mut own = page("a");
    Page::save(&mut own).exec(db).await.unwrap();
    let mut stale = own.clone();
    own.text = "second".into();
    Page::save(&mut own).exec(db).await.unwrap();
    assert_eq!(own.revision, 2);
    assert_eq!(kind(Page::save(&mut stale).exec(db).await), ErrorKind::VersionConflict);
    assert_eq!(Page::update("a").set(Page::TEXT, "third").version(2).exec(db).await.unwrap().revision, 3);
    let refused = Page::update("a").set(Page::TEXT, "fourth").only_if(Page::TEXT.eq("second")).exec(db).await;
    assert_eq!(kind(refused), ErrorKind::ConditionFailed);
    assert_eq!(kind(Page::delete("a").version(2_u64).exec(db).await), ErrorKind::VersionConflict);
    assert!(Page::delete("a").version(3_u64).exec(db).await.unwrap());
}

async fn unique_values_hold(t: Test) {
    let db = t.with::<Person>().await;
    Person::create(&person("a")).exec(db).await.unwrap();
    Person::create(&person("b")).exec(db).await.unwrap();
    let taken = Person { email: Some("a@example.com".into()), ..person("c") };
    assert_eq!(kind(Person::create(&taken).exec(db).await), ErrorKind::UniqueViolation);
    assert_eq!(kind(Person::put(&taken).exec(db).await), ErrorKind::UniqueViolation);
    let moved = Person::update("b").set(Person::EMAIL, "a@example.com").exec(db).await;
    assert_eq!(kind(moved), ErrorKind::UniqueViolation);
    Person::update("a").set(Person::EMAIL, "z@example.com").exec(db).await.unwrap();
    Person::update("b").set(Person::EMAIL, "a@example.com").exec(db).await.unwrap();
    Person::put(&Person { email: None, ..person("a") }).exec(db).await.unwrap();
    let found = Person::find_by_email("a@example.com").consistent().exec(db).await.unwrap();
    assert_eq!(found.map(|found| found.id), Some("b".to_owned()));
    Person::delete("b").exec(db).await.unwrap();
    Person::create(&taken).exec(db).await.unwrap();
    t.is_sound::<Person>().await;
}

async fn many_and_all_are_written(t: Test) {
    let db = t.with::<Person>().await;
    let (a, b, c) = (person("a"), person("b"), person("c"));
    Person::put_many(&[a.clone(), b.clone()]).exec(db).await.unwrap();
    let error = Person::create_many(&[b.clone(), c.clone()]).exec(db).await.unwrap_err();
    assert_eq!(error.failures().iter().map(|failure| failure.position).collect::<Vec<_>>(), [0]);
    let all = Person::get_many(["a", "b", "c"]).consistent().exec(db).await.unwrap();
    assert_eq!(all, [Some(a), Some(b), Some(c)]);
    Person::delete_many(["a", "b"]).exec(db).await.unwrap();
    assert_eq!(Person::scan().delete_all(db).await.unwrap(), 1);
    let db = t.with::<Page>().await;
    let mut pages = [page("a"), page("b")];
    Page::save_many(&mut pages).exec(db).await.unwrap();
    Page::save_many(&mut pages).exec(db).await.unwrap();
    assert_eq!(pages.map(|page| page.revision), [2, 2]);
    Page::delete_many(["a", "b"]).any_version().exec(db).await.unwrap();
    assert_eq!(Page::scan().count(db).await.unwrap(), 0);
}

async fn transactions_are_whole(t: Test) {
    let db = t.with::<Person>().await;
    db.define::<Page>().await.unwrap();
    Person::create(&person("a")).exec(db).await.unwrap();
    let (page, other) = (page("p"), person("b"));
    let both = |less: i64| {
        let change = Person::update("a").add(Person::COUNT, -less).only_if(Person::COUNT.ge(less));
        db.transaction().add(change).add(Page::create(&page)).add(Person::put(&other))
    };
    assert_eq!(kind(both(11).commit().await), ErrorKind::ConditionFailed);
    assert_eq!(Page::scan().count(db).await.unwrap(), 0);
    both(10).commit().await.unwrap();
    assert_eq!(Person::get("a").consistent().exec(db).await.unwrap().map(|a| a.count), Some(0));
    let mut told = db.transaction();
    let gone = told.add_returning(Person::delete("b"));
    let changed = told.add_returning(Person::update("a").set(Person::EMAIL, "b@example.com"));
    let told = told.commit().await.unwrap();
    assert!(told.get(gone).unwrap());
    assert_eq!(told.get(changed).unwrap().email.as_deref(), Some("b@example.com"));
    t.is_sound::<Person>().await;
}

/// Both models are at work on the same records.
async fn a_record_of_a_model_with_stamps_is_seen_to_change(t: Test) {
    let db = t.with::<Stamped>().await;
    let old = |email: &str| Stamped {
        id: "a".into(),
        email: Some(email.into()),
        team: "t".into(),
        count: 1,
        score: 0.5,
        tags: vec![],
        roles: BTreeSet::new(),
    };
    Stamped::create(&old("x@example.com")).exec(db).await.unwrap();
    for round in 0..20 {
        let (own, theirs) = (format!("own{round}@example.com"), format!("theirs{round}@example.com"));
        let stamped = Stamped::update("a").set(Stamped::EMAIL, &own).add(Stamped::COUNT, 1).exec(db);
        let unstamped = Person::update("a").set(Person::EMAIL, &theirs).add(Person::COUNT, 1).exec(db);
        let (stamped, unstamped) = futures_util::join!(stamped, unstamped);
        stamped.unwrap();
        unstamped.unwrap();
    }
    let left = Person::get("a").consistent().exec(db).await.unwrap().unwrap();
    assert_eq!(left.count, 41);
    t.is_sound::<Person>().await;
    Person::put(&person("a")).exec(db).await.unwrap();
    assert_eq!(Stamped::update("a").add(Stamped::COUNT, 1).exec(db).await.unwrap().count, 11);
    t.is_sound::<Stamped>().await;
}
