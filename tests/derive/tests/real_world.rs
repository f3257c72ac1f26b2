//! A model with every kind of field, and what is done with it.
#![allow(missing_docs)]

use std::time::{Duration, SystemTime};

use reposit::{Embedded, FieldType, Key, Repository};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Key)]
struct Account(String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Key)]
#[serde(rename_all = "UPPERCASE")]
enum Level {
    Low,
    High,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Key)]
struct Moment(SystemTime);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Place {
    #[serde(rename = "town")]
    city: String,
    since: SystemTime,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Extra {
    note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
#[serde(tag = "kind")]
enum Shape {
    Round { radius: u32 },
    Flat,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[serde(rename_all = "camelCase")]
#[repository(name = "lived", index(name = "by_level_and_at", hash = "level", range = ["moment", "plus"]))]
struct Event {
    #[hash_key]
    account: Account,
    #[range_key]
    at: SystemTime,
    level: Level,
    moment: Moment,
    #[index(range = "plus")]
    team: Option<String>,
    plus: u64,
    #[index(unique)]
    number: u64,
    #[serde(with = "plus_one")]
    shifted: u64,
    #[index(local)]
    size: Option<u32>,
    place: Option<Place>,
    #[serde(flatten)]
    extra: Extra,
    shape: Shape,
    #[serde(skip)]
    cache: u32,
}

mod plus_one {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &u64, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u64(value + 1)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
        Ok(u64::deserialize(d)?.saturating_sub(1))
    }
}

/// Every kind of field goes in and comes out, and is found by what it is.
#[tokio::test]
async fn a_model_of_everything() -> reposit::Result<()> {
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let event = |n: u64| Event {
        account: Account("ada".to_owned()),
        at: at(n),
        level: if n.is_multiple_of(2) { Level::Low } else { Level::High },
        moment: Moment(at(100 - n)),
        team: (n > 1).then(|| "core".to_owned()),
        plus: 10 * n,
        number: n,
        shifted: n,
        size: (n < 3).then_some(n as u32),
        place: Some(Place { city: format!("c{n}"), since: at(n) }),
        extra: Extra { note: Some(format!("n{n}")) },
        shape: if n == 0 { Shape::Flat } else { Shape::Round { radius: n as u32 } },
        cache: 0,
    };
    let db = reposit::Database::open("memory:").await?;
    db.define::<Event>().await?;
    for n in 0..5 {
        Event::create(&event(n)).exec(&db).await?;
    }
    let ada = Account("ada".to_owned());
    assert_eq!(Event::get(&ada, at(3)).exec(&db).await?, Some(event(3)));
    let many = Event::get_many([event(4).key(), event(1).key()]).exec(&db).await?;
    assert_eq!(many, [Some(event(4)), Some(event(1))]);
    assert_eq!(Event::find_by_number(2).exec(&db).await?, Some(event(2)));

    let numbers = |events: Vec<Event>| events.iter().map(|event| event.number).collect::<Vec<_>>();
    let found = Event::query(&ada).range(at(1)..at(3)).descending().all(&db).await?;
    assert_eq!(numbers(found), [2, 1]);
    let found = Event::find_by_team("core").range(20..=30).all(&db).await?;
    assert_eq!(numbers(found), [2, 3]);
    let found = Event::find_by_level_and_at(&Level::Low).range(&Moment(at(98))..).all(&db).await?;
    assert_eq!(numbers(found), [2, 0]);
    let found = Event::find_by_size(&ada).range(1..).consistent().all(&db).await?;
    assert_eq!(numbers(found), [1, 2]);

    let found = Event::query(&ada).filter(Event::PLACE.at(Place::SINCE).ge(at(3))).all(&db).await?;
    assert_eq!(numbers(found), [3, 4]);
    let found = Event::query(&ada).filter(Event::EXTRA.at(Extra::NOTE).eq("n4")).all(&db).await?;
    assert_eq!(numbers(found), [4]);
    let found = Event::query(&ada).filter(Event::SHAPE.eq(&Shape::Round { radius: 1 })).all(&db).await?;
    assert_eq!(numbers(found), [1]);
    let found = Event::query(&ada).filter(Event::PLUS.eq(20) & Event::SHIFTED.eq(2)).all(&db).await?;
    assert_eq!(numbers(found), [2]);

    let changed = Event::update(&ada, at(1))
        .set(Event::PLUS, 7)
        .set(Event::SHIFTED, 8)
        .set(Event::PLACE.at(Place::CITY), "Paris")
        .set(Event::LEVEL, &Level::Low)
        .remove(Event::SIZE)
        .only_if(Event::NUMBER.eq(1).and(Event::LEVEL.eq(&Level::High)))
        .exec(&db)
        .await?;
    assert_eq!((changed.plus, changed.shifted, changed.level, changed.size), (7, 8, Level::Low, None));
    assert_eq!(changed.place.map(|place| (place.city, place.since)), Some(("Paris".to_owned(), at(1))));
    assert!(Event::delete(&ada, at(1)).exec(&db).await?);
    Ok(())
}
