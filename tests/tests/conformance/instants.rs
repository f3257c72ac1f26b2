//! Dates that another program has stored.

use std::collections::HashMap;

use ::mongodb::bson::{self, Bson, doc};
use aws_sdk_dynamodb::types::AttributeValue;
use reposit::Database;
use reposit_conformance::Test;
use reposit_conformance::cases::instants::{Moment, Visit, at, system, visit};

reposit_conformance::cases!(dates_of_other_programs_are_found_on_every_path);

type Item = HashMap<String, AttributeValue>;

/// Stores a visit as another program on this server would: dates on MongoDB, milliseconds on DynamoDB.
/// In memory there is no other program.
async fn store_by_hand(db: &Database, visit: &Visit) {
    let millis = visit.at.timestamp_millis();
    if let Some(database) = db.raw::<::mongodb::Database>() {
        let date = |millis| bson::DateTime::from_millis(millis);
        let document = doc! {
            "_id": { "h": &visit.who, "r": date(millis) }, "room": &visit.room, "left": date(millis + 1),
            "badge": date(millis.abs()), "stay": { "pauses": [date(millis)], "from": date(millis.abs()) },
            "log": [date(millis), date(0)], "by_day": { "mon": date(millis) },
        };
        database.collection("visits").insert_one(document).await.unwrap();
    } else if let Some(client) = db.raw::<aws_sdk_dynamodb::Client>() {
        let n = |millis: i64| AttributeValue::N(millis.to_string());
        let map = |entries: Vec<(&str, AttributeValue)>| {
            AttributeValue::M(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        };
        let item = Item::from_iter([
            ("who".to_owned(), AttributeValue::S(visit.who.clone())),
            ("at".to_owned(), n(millis)),
            ("room".to_owned(), AttributeValue::S(visit.room.clone())),
            ("left".to_owned(), n(millis + 1)),
            ("badge".to_owned(), n(millis.abs())),
            ("stay".to_owned(), map(vec![("from", n(millis.abs())), ("pauses", AttributeValue::L(vec![n(millis)]))])),
            ("log".to_owned(), AttributeValue::L(vec![n(millis), n(0)])),
            ("by_day".to_owned(), map(vec![("mon", n(millis))])),
        ]);
        client.put_item().table_name("visits").set_item(Some(item)).send().await.unwrap();
    } else {
        Visit::create(visit).exec(db).await.unwrap();
    }
}

async fn dates_of_other_programs_are_found_on_every_path(t: Test) {
    let db = t.with::<Visit>().await;
    let (own, theirs) = (visit("ada", 5), visit("ada", -1_000));
    Visit::create(&own).exec(db).await.unwrap();
    store_by_hand(db, &theirs).await;
    // What the library writes is what the other program does.
    if let Some(database) = db.raw::<::mongodb::Database>() {
        let visits = database.collection::<bson::Document>("visits");
        let stored = visits.find_one(doc! { "_id.r": bson::DateTime::from_millis(5) }).await.unwrap().unwrap();
        assert_eq!(stored.get("left"), Some(&Bson::DateTime(bson::DateTime::from_millis(6))));
        assert_eq!(stored.get_array("log").unwrap()[0], Bson::DateTime(bson::DateTime::from_millis(5)));
    }
    let both = [theirs.clone(), own.clone()];
    assert_eq!(Visit::get("ada", theirs.at).exec(db).await.unwrap().as_ref(), Some(&theirs));
    let together = db.snapshot((Visit::get("ada", theirs.at), Visit::get("ada", own.at))).await.unwrap();
    assert_eq!(together, (Some(theirs.clone()), Some(own.clone())));
    assert_eq!(Visit::query("ada").all(db).await.unwrap(), both);
    let page = Visit::query("ada").limit(1).exec(db).await.unwrap();
    assert_eq!(page.items, std::slice::from_ref(&theirs));
    let page = Visit::query("ada").limit(1).after(page.next.unwrap()).exec(db).await.unwrap();
    assert_eq!((page.items, page.next), (vec![own.clone()], None));
    assert_eq!(
        Visit::find_by_room("lab").range(..&Moment(at(0))).all(db).await.unwrap(),
        std::slice::from_ref(&theirs)
    );
    assert_eq!(Visit::find_by_badge(system(1_000)).exec(db).await.unwrap().as_ref(), Some(&theirs));
    let same = Visit::AT.eq(theirs.at) & Visit::LOG.eq(&theirs.log) & Visit::STAY.eq(&theirs.stay);
    assert_eq!(Visit::scan().filter(same.clone()).all(db).await.unwrap(), std::slice::from_ref(&theirs));
    let changed = Visit::update("ada", theirs.at).set(Visit::ROOM, "yard").only_if(same).exec(db).await.unwrap();
    assert_eq!(changed, Visit { room: "yard".into(), ..theirs.clone() });
    let tx = db.transaction().add(Visit::delete("ada", theirs.at).only_if(Visit::LEFT.lt(&Moment(at(0)))));
    tx.add(Visit::check("ada", own.at).only_if(Visit::BADGE.eq(system(5)))).commit().await.unwrap();
    assert_eq!(Visit::scan().all(db).await.unwrap(), [own]);
}
