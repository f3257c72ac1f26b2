//! Names that others store beside a model's fields.

use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::test::{START, Test, kind};

cases!(
    an_update_keeps_unknown_names,
    whole_writes_keep_them_where_the_model_says_so,
    whole_writes_take_away_what_the_model_leaves_out,
    versions_conditions_and_unique_values_hold_all_the_same,
    many_and_transactions_keep_them,
    a_renamed_field_is_no_unknown_one,
    a_new_record_and_an_expired_one_have_nothing_to_keep,
);

/// A record as another program has it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, Repository)]
#[repository(name = "people")]
struct Theirs {
    #[hash_key]
    id: String,
    #[index(unique)]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    age: Option<u32>,
    revision: Option<u64>,
    shoe: Option<u32>,
    notes: Option<Vec<String>>,
}

/// The part of it that this program knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "people", keep_unknown)]
struct Person {
    #[hash_key]
    id: String,
    #[index(unique)]
    email: Option<String>,
    age: Option<u32>,
}

/// The same with a version, and with a field that had another name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "people", keep_unknown)]
struct Versioned {
    #[hash_key]
    id: String,
    #[index(unique)]
    email: Option<String>,
    #[serde(alias = "name")]
    title: Option<String>,
    #[version]
    revision: u64,
}

/// The same, without a word about what is unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "people")]
struct Plain {
    #[hash_key]
    id: String,
    #[index(unique)]
    email: Option<String>,
    age: Option<u32>,
}

fn theirs(id: &str) -> Theirs {
    Theirs {
        id: id.into(),
        email: Some(format!("{id}@example.com")),
        name: Some("Ada".into()),
        age: Some(36),
        shoe: Some(40),
        notes: Some(vec!["x".into()]),
        ..Theirs::default()
    }
}

fn person(id: &str, age: Option<u32>) -> Person {
    Person { id: id.into(), email: Some(format!("{id}@example.com")), age }
}

async fn stored(t: &Test, id: &str) -> Theirs {
    Theirs::get(id).consistent().exec(&t.db).await.unwrap().unwrap()
}

async fn an_update_keeps_unknown_names(t: Test) {
    let db = t.with::<Theirs>().await;
    Theirs::create(&theirs("a")).exec(db).await.unwrap();
    let updated = Plain::update("a").set(Plain::AGE, 37).exec(db).await.unwrap();
    assert_eq!(updated.age, Some(37));
    assert_eq!(stored(&t, "a").await, Theirs { age: Some(37), ..theirs("a") });
    // Whole writes of a model that says nothing replace all.
    Plain::put(&updated).exec(db).await.unwrap();
    assert_eq!(
        stored(&t, "a").await,
        Theirs { id: "a".into(), email: updated.email, age: Some(37), ..Theirs::default() }
    );
}

async fn whole_writes_keep_them_where_the_model_says_so(t: Test) {
    let db = t.with::<Theirs>().await;
    Theirs::create(&theirs("a")).exec(db).await.unwrap();
    Person::put(&person("a", Some(1))).exec(db).await.unwrap();
    assert_eq!(stored(&t, "a").await, Theirs { age: Some(1), ..theirs("a") });
    Person::replace(&person("a", Some(2))).exec(db).await.unwrap();
    assert_eq!(stored(&t, "a").await, Theirs { age: Some(2), ..theirs("a") });
    assert_eq!(kind(Person::replace(&person("none", None)).exec(db).await), ErrorKind::NotFound);
    assert_eq!(Person::get("a").consistent().exec(db).await.unwrap(), Some(person("a", Some(2))));
}

async fn whole_writes_take_away_what_the_model_leaves_out(t: Test) {
    let db = t.with::<Theirs>().await;
    Theirs::create(&theirs("a")).exec(db).await.unwrap();
    Person::put(&person("a", None)).exec(db).await.unwrap();
    assert_eq!(stored(&t, "a").await, Theirs { age: None, ..theirs("a") });
    Person::put(&Person { email: None, ..person("a", None) }).exec(db).await.unwrap();
    assert_eq!(stored(&t, "a").await, Theirs { age: None, email: None, ..theirs("a") });
    // Its unique value is free again.
    Person::create(&Person { email: Some("a@example.com".into()), ..person("b", None) }).exec(db).await.unwrap();
}

async fn versions_conditions_and_unique_values_hold_all_the_same(t: Test) {
    let db = t.with::<Theirs>().await;
    Theirs::create(&Theirs { revision: Some(1), ..theirs("a") }).exec(db).await.unwrap();
    let mut known = Versioned::get("a").consistent().exec(db).await.unwrap().unwrap();
    let mut stale = known.clone();
    known.title = Some("Countess".into());
    Versioned::save(&mut known).exec(db).await.unwrap();
    assert_eq!(known.revision, 2);
    let error = Versioned::save(&mut stale).exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.stored_version(), stale.revision), (ErrorKind::VersionConflict, Some(2), 1));
    let left = stored(&t, "a").await;
    assert_eq!((left.revision, left.shoe, left.notes), (Some(2), Some(40), Some(vec!["x".into()])));

    let refused = Person::put(&person("a", Some(9))).only_if(Person::AGE.eq(1)).exec(db).await;
    assert_eq!(kind(refused), ErrorKind::ConditionFailed);
    Person::put(&person("a", Some(9))).only_if(Person::AGE.eq(36)).exec(db).await.unwrap();
    Person::create(&person("b", None)).exec(db).await.unwrap();
    let taken = Person::put(&Person { email: Some("b@example.com".into()), ..person("a", None) }).exec(db).await;
    assert_eq!(kind(taken), ErrorKind::UniqueViolation);
    let moved = Person { email: Some("new@example.com".into()), ..person("a", Some(10)) };
    Person::put(&moved).exec(db).await.unwrap();
    assert_eq!(Person::find_by_email("new@example.com").consistent().exec(db).await.unwrap(), Some(moved));
    assert_eq!(Person::find_by_email("a@example.com").consistent().exec(db).await.unwrap(), None);
    assert_eq!(stored(&t, "a").await.shoe, Some(40));
    t.is_sound::<Person>().await;
}

async fn many_and_transactions_keep_them(t: Test) {
    let db = t.with::<Theirs>().await;
    let ids = ["a", "b", "c", "d"];
    for id in ids {
        Theirs::create(&Theirs { revision: Some(1), ..theirs(id) }).exec(db).await.unwrap();
    }
    Person::put_many(&ids.map(|id| person(id, Some(5)))).exec(db).await.unwrap();
    let saved = ids.map(|id| Versioned { id: id.into(), email: None, title: None, revision: 1 });
    let mut saved = saved.to_vec();
    saved[3].revision = 7;
    let error = Versioned::save_many(&mut saved).exec(db).await.unwrap_err();
    assert_eq!(error.failures().iter().map(|failure| failure.position).collect::<Vec<_>>(), [3]);
    assert_eq!(saved.iter().map(|record| record.revision).collect::<Vec<_>>(), [2, 2, 2, 7]);
    let put = person("a", Some(6));
    let mut record = saved[1].clone();
    let mut together = db.transaction();
    let handle = together.add_returning(Person::put(&put));
    together = together.add(Versioned::save(&mut record));
    let results = together.commit().await.unwrap();
    assert_eq!(results.get(handle).unwrap(), put);
    assert_eq!(record.revision, 3);
    for id in ids {
        let left = stored(&t, id).await;
        assert_eq!((left.shoe, left.notes), (Some(40), Some(vec!["x".into()])), "{id}");
        assert_eq!(left.age, Some(if id == "a" { 6 } else { 5 }));
    }
}

async fn a_renamed_field_is_no_unknown_one(t: Test) {
    let db = t.with::<Theirs>().await;
    Theirs::create(&Theirs { revision: Some(1), ..theirs("a") }).exec(db).await.unwrap();
    let mut known = Versioned::get("a").consistent().exec(db).await.unwrap().unwrap();
    assert_eq!(known.title.as_deref(), Some("Ada"));
    known.title = Some("Lady".into());
    Versioned::save(&mut known).exec(db).await.unwrap();
    let left = stored(&t, "a").await;
    assert_eq!((left.name, left.shoe), (None, Some(40)), "what is stored under the old name would be in the way");
    assert_eq!(Versioned::get("a").consistent().exec(db).await.unwrap(), Some(known));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "visits", keep_unknown)]
struct Visit {
    #[hash_key]
    id: String,
    #[ttl(seconds = 100)]
    at: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "visits")]
struct TheirVisit {
    #[hash_key]
    id: String,
    #[ttl(seconds = 100)]
    at: i64,
    place: Option<String>,
}

async fn a_new_record_and_an_expired_one_have_nothing_to_keep(t: Test) {
    let db = t.with::<TheirVisit>().await;
    Visit::put(&Visit { id: "new".into(), at: START }).exec(db).await.unwrap();
    let place = Some("x".to_owned());
    TheirVisit::put(&TheirVisit { id: "old".into(), at: START, place: place.clone() }).exec(db).await.unwrap();
    t.advance(50);
    Visit::put(&Visit { id: "old".into(), at: START + 50 }).exec(db).await.unwrap();
    t.advance(60);
    assert_eq!(TheirVisit::get("new").exec(db).await.unwrap(), None);
    let kept = TheirVisit::get("old").consistent().exec(db).await.unwrap();
    assert_eq!(kept, Some(TheirVisit { id: "old".into(), at: START + 50, place }), "the expiry goes with its field");
    t.advance(100);
    Visit::put(&Visit { id: "old".into(), at: START + 210 }).exec(db).await.unwrap();
    let fresh = TheirVisit::get("old").consistent().exec(db).await.unwrap();
    assert_eq!(fresh, Some(TheirVisit { id: "old".into(), at: START + 210, place: None }));
}
