//! When records of models without stamps expire: by a field of the model's own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::test::{START, Test, kind};

cases!(
    the_models_own_field_says_when_it_expires: UnstampedSeconds,
    an_instant_of_the_model_says_when_it_expires: UnstampedInstants,
);

/// What expires in whole seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "visits", stamp = false, index(hash = "place", projection = "keys_only"))]
pub struct Visit {
    #[hash_key]
    pub id: String,
    pub place: String,
    #[ttl]
    pub until: Option<i64>,
}

pub fn visit(id: &str, until: Option<i64>) -> Visit {
    Visit { id: id.into(), place: "p".into(), until }
}

/// What expires at an instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "stays", stamp = false)]
pub struct Stay {
    #[hash_key]
    pub id: String,
    #[ttl(seconds = 60)]
    pub since: SystemTime,
}

pub fn stay(id: &str, since: i64) -> Stay {
    Stay { id: id.into(), since: UNIX_EPOCH + Duration::from_secs(since.unsigned_abs()) }
}

async fn the_models_own_field_says_when_it_expires(t: Test) {
    let db = t.with::<Visit>().await;
    for (id, until) in [("a", Some(START + 10)), ("b", Some(START + 20)), ("c", None)] {
        Visit::create(&visit(id, until)).exec(db).await.unwrap();
    }
    Visit::update("b").add(Visit::UNTIL, 10).exec(db).await.unwrap();
    Visit::upsert("c").set(Visit::PLACE, "p").default(Visit::UNTIL, START + 15).exec(db).await.unwrap();
    Visit::put_many(&[visit("d", Some(START + 5))]).exec(db).await.unwrap();
    let seen = async || {
        let mut ids: Vec<_> = Visit::scan().all(db).await.unwrap().into_iter().map(|visit| visit.id).collect();
        ids.sort();
        assert_eq!(Visit::scan().count(db).await.unwrap(), ids.len() as u64);
        assert_eq!(Visit::find_by_place("p").count(db).await.unwrap(), ids.len() as u64);
        assert_eq!(Visit::find_by_place("p").all(db).await.unwrap().len(), ids.len());
        let keys = Visit::find_by_place("p").select::<VisitKey>().all(db).await.unwrap();
        assert_eq!(keys.len(), ids.len(), "an index that does not hold the field");
        ids.concat()
    };
    assert_eq!(seen().await, "abcd");
    t.advance(5);
    assert_eq!(seen().await, "abc");
    t.advance(5);
    assert_eq!(seen().await, "bc");
    assert_eq!(kind(Visit::update("a").set(Visit::PLACE, "q").exec(db).await), ErrorKind::NotFound);
    Visit::create(&visit("a", Some(START + 100))).exec(db).await.unwrap();
    t.advance(5);
    assert_eq!(seen().await, "ab");
    Visit::update("b").remove(Visit::UNTIL).exec(db).await.unwrap();
    t.advance(50);
    assert_eq!(seen().await, "ab");
}

#[derive(Debug, PartialEq, Serialize, Deserialize, reposit::Projection)]
#[projection(of = Visit)]
struct VisitKey {
    id: String,
}

async fn an_instant_of_the_model_says_when_it_expires(t: Test) {
    let db = t.with::<Stay>().await;
    Stay::create(&stay("a", START - 50)).exec(db).await.unwrap();
    Stay::put(&stay("b", START)).exec(db).await.unwrap();
    assert_eq!(Stay::scan().count(db).await.unwrap(), 2);
    t.advance(11);
    assert_eq!(Stay::get("a").exec(db).await.unwrap(), None);
    assert_eq!(Stay::scan().all(db).await.unwrap(), [stay("b", START)]);
    Stay::update("b").set(Stay::SINCE, stay("b", START + 11).since).exec(db).await.unwrap();
    t.advance(55);
    assert!(Stay::get("b").exec(db).await.unwrap().is_some());
    t.advance(10);
    assert_eq!(Stay::scan().count(db).await.unwrap(), 0);
}
