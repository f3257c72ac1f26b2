use std::time::Duration;

use reposit::{Database, Repository};
use serde::{Deserialize, Serialize};

use crate::fixture::{Fixture, START, naming, there, word};
use crate::page::Section;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "tokens")]
struct Lasting {
    #[hash_key]
    id: String,
    #[index]
    team: String,
    #[index(unique)]
    secret: String,
    n: i64,
    at: i64,
    until: i64,
}

macro_rules! expiring {
    ($name:ident, $at:meta, $until:meta) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
        #[repository(name = "tokens")]
        struct $name {
            #[hash_key]
            id: String,
            #[index]
            team: String,
            #[index(unique)]
            secret: String,
            n: i64,
            #[$at]
            at: i64,
            #[$until]
            until: i64,
        }

        impl $name {
            fn made(id: &str) -> Self {
                Self::at(id, START)
            }

            fn at(id: &str, at: i64) -> Self {
                Self { id: id.into(), team: "t".into(), secret: id.into(), n: 1, at, until: START + 1000 }
            }
        }
    };
}

expiring!(Minute, ttl(seconds = 60), serde(default));
expiring!(Hour, ttl(seconds = 3600), serde(default));
expiring!(Until, serde(default), ttl);

impl Lasting {
    fn made(id: &str) -> Self {
        Self::at(id, START)
    }

    fn at(id: &str, at: i64) -> Self {
        Self { id: id.into(), team: "t".into(), secret: id.into(), n: 1, at, until: START + 1000 }
    }
}

async fn put(db: &Database, record: Lasting) {
    Lasting::put(&record).exec(db).await.expect("a put of the old release");
}

/// What every call says of a record that has expired, or has not: the same, or this panics.
async fn is_there(db: &Database, id: &str) -> bool {
    let got = Minute::get(id).exec(db).await.expect("a get").is_some();
    let ways = [
        Minute::get_many([id]).exec(db).await.expect("a get of many")[0].is_some(),
        Minute::find_by_secret(id).exec(db).await.expect("a find").is_some(),
        Minute::find_by_secret(id).consistent().exec(db).await.expect("a consistent find").is_some(),
        Minute::find_by_team("t").filter(Minute::SECRET.eq(id)).count(db).await.expect("a count") == 1,
        Minute::find_by_team("t").all(db).await.expect("a query").iter().any(|found| found.id == id),
        Minute::scan().filter(Minute::SECRET.eq(id)).count(db).await.expect("a count of a scan") == 1,
        db.transaction().add(Minute::check(id)).commit().await.is_ok(),
        Minute::update(id).set(Minute::N, 5).exec(db).await.is_ok(),
    ];
    assert!(ways.iter().all(|way| *way == got), "{id}: get {got}, others {ways:?}");
    got
}

pub(crate) async fn a_ttl_is_added(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Lasting>().await.expect("the old release");
    for id in ["past", "over", "taken", "upserted"] {
        put(db, Lasting::at(id, START - 60)).await;
    }
    put(db, Lasting::made("soon")).await;
    let plan = db.plan::<Minute>().await.expect("a plan").remove(0);
    assert!(
        plan.creations()
            .iter()
            .any(|line| line.to_string() == "time to live by at, also of the records that are there"),
        "{plan}"
    );
    told.tell(
        "`plan` by the new release",
        "says that it turns the time to live on, also for the records that are there",
    );
    told.tell("`define` by the new release", word(db.define::<Minute>().await));
    assert!(db.plan::<Minute>().await.expect("a plan").remove(0).is_empty());
    told.tell("a record that was there, past its time", there(is_there(db, "past").await));
    told.tell("a record that was there, before its time", there(is_there(db, "soon").await));
    assert_eq!(seen!(db, Minute), 1);
    told.tell("the old release sees what is past", "until the store deletes it");
    assert!(seen!(db, Lasting) >= 1);
    told.tell("`create` over one that is past", word(Minute::create(&Minute::made("over")).exec(db).await));
    let taken = Minute { secret: "taken".into(), ..Minute::made("taker") };
    told.tell("`create` with the unique value of one that is past", word(Minute::create(&taken).exec(db).await));
    let upsert = |id: &'static str| {
        let upsert = Minute::upsert(id).set(Minute::TEAM, "t").set(Minute::SECRET, id).set(Minute::UNTIL, START);
        upsert.default(Minute::AT, START).add(Minute::N, 1)
    };
    told.tell("`upsert` over one that is past: a new one", word(upsert("upserted").exec(db).await.map(|new| new.n)));

    // What the old release goes on writing bears no mark.
    put(db, Lasting::at("late", START - 60)).await;
    put(db, Lasting::at("held", START - 60)).await;
    put(db, Lasting::at("kept", START - 60)).await;
    told.tell("written by the old release since, past its time", there(is_there(db, "late").await));
    told.tell("`create` over it", word(Minute::create(&Minute::made("late")).exec(db).await));
    let held = Minute { secret: "held".into(), ..Minute::made("holder") };
    told.tell("`create` with its unique value", word(Minute::create(&held).exec(db).await));
    told.tell("`delete` of it", word(Minute::delete("kept").exec(db).await));
    put(db, Lasting::at("moved", START - 30)).await;
    told.tell("one before its time", there(is_there(db, "moved").await));
    Minute::update("moved").add(Minute::AT, 30).exec(db).await.expect("an update of the field");
    put(db, Lasting::at("default", START - 30)).await;
    upsert("default").exec(db).await.expect("an upsert");
    fixture.clock.advance(Duration::from_secs(40));
    told.tell("the field moved on by `.add`, past the time it had", there(is_there(db, "moved").await));
    told.tell("upserted with a `.default` for the field, past its time", there(is_there(db, "default").await));
    fixture.clock.advance(Duration::from_secs(20));
    told.tell("past the time it was moved to", there(is_there(db, "moved").await));
    told.tell("the record that was there, past its time now", there(is_there(db, "soon").await));
    let (old, new) = (|id: &str| Lasting::at(id, START + 60), |id: &str| Minute::at(id, START + 60));
    // What has expired is the old release's to see: it goes, so that both see the same.
    for record in Lasting::scan().all(db).await.expect("a scan") {
        Lasting::delete(&record.id).exec(db).await.expect("a delete");
    }
    told.tell("both at work", beside!(db, put Lasting: old, put Minute: new));
    told
}

pub(crate) async fn a_ttl_is_removed(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Lasting>().await.expect("a release before");
    db.define::<Minute>().await.expect("the old release");
    Minute::put(&Minute::made("a")).exec(db).await.expect("a record");
    told.tell("`define` by the new release", naming(db.define::<Lasting>().await, "ttl"));
    fixture.clock.advance(Duration::from_secs(60));
    told.tell(
        "the new release all the same, where the store has not deleted it yet: an expired record",
        word(Lasting::get("a").exec(db).await.map(|a| a.map(|_| "there")))
            .replace("Some(there)", "is there, for every call"),
    );
    assert_eq!(seen!(db, Lasting), 1);
    told.tell("`create` over it", word(Lasting::create(&Lasting::made("a")).exec(db).await));
    told.tell("`update` of it", word(Lasting::update("a").add(Lasting::N, 1).exec(db).await.map(|a| a.n)));
    Lasting::delete("a").exec(db).await.expect("a delete");
    let (old, new) = (|id: &str| Minute::at(id, START + 60), |id: &str| Lasting::at(id, START + 60));
    told.tell("both at work", beside!(db, put Minute: old, put Lasting: new));
    told
}

pub(crate) async fn a_ttl_gets_other_seconds(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Minute>().await.expect("the old release");
    Minute::put(&Minute::made("a")).exec(db).await.expect("a record");
    Minute::put(&Minute::made("b")).exec(db).await.expect("a record");
    told.tell("`define` by the new release, of 3,600 seconds for 60", word(db.define::<Hour>().await));
    Hour::update("b").set(Hour::AT, START).exec(db).await.expect("an update of the field");
    Hour::put(&Hour::made("c")).exec(db).await.expect("a record");
    fixture.clock.advance(Duration::from_secs(60));
    let is = |found: reposit::Result<Option<Hour>>| there(found.expect("a get").is_some());
    told.tell("a record that was there, after 60 seconds", is(Hour::get("a").exec(db).await));
    told.tell("one whose field the new release has set since", is(Hour::get("b").exec(db).await));
    told.tell("one that the new release wrote", is(Hour::get("c").exec(db).await));
    told.tell("the same to the old release", there(Minute::get("c").exec(db).await.expect("a get").is_some()));
    let (old, new) = (|id: &str| Minute::at(id, START + 60), |id: &str| Hour::at(id, START + 60));
    told.tell("both at work", beside!(db, put Minute: old, put Hour: new));
    told
}

pub(crate) async fn a_ttl_moves_to_another_field(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Minute>().await.expect("the old release");
    Minute::put(&Minute::made("a")).exec(db).await.expect("a record");
    told.tell("`define` by the new release", word(db.define::<Until>().await));
    Until::put(&Until::made("b")).exec(db).await.expect("a record");
    fixture.clock.advance(Duration::from_secs(60));
    let is = |found: reposit::Result<Option<Until>>| there(found.expect("a get").is_some());
    let a = is(Until::get("a").exec(db).await);
    // DynamoDB's server goes by the new field, and so does the library there.
    assert_eq!(a, there(db.backend_name() == "dynamodb"));
    told.tell(
        "a record that was there, past the time of the field it had",
        "is gone, for every call; on DynamoDB it expires by the new field",
    );
    told.tell("one that the new release wrote", is(Until::get("b").exec(db).await));
    fixture.clock.advance(Duration::from_secs(940));
    told.tell("the same, past the time of the new field", is(Until::get("b").exec(db).await));
    // On DynamoDB the new release leaves no mark and heeds none: each goes by its own field there, whoever wrote it.
    let (until, at) = match db.backend_name() {
        "dynamodb" => (START + 2000, START + 1000),
        _ => (START + 1000, START),
    };
    let old = move |id: &str| Minute { until, ..Minute::at(id, START + 1000) };
    let new = move |id: &str| Until { until: START + 2000, ..Until::at(id, at) };
    told.tell("both at work", beside!(db, put Minute: old, put Until: new));
    told
}
