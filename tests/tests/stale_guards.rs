//! A unique value that nobody holds is free, however its guard in DynamoDB stands: the server deletes an expired
//! record and its guard at two moments of its own, and other programs delete and write records without their guards.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue as A;
use futures_util::{StreamExt as _, stream};
use reposit::clock::ManualClock;
use reposit::{Config, Database, ErrorKind, Repository, Result};
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "passes")]
struct Pass {
    #[hash_key]
    id: String,
    #[index(unique)]
    number: String,
    #[ttl]
    until: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "badges")]
struct Badge {
    #[hash_key]
    id: String,
    #[index(unique)]
    number: String,
}

/// Well ahead of the server's own clock, which so deletes nothing before this test does.
const START: i64 = 4_000_000_000;
const ROUNDS: usize = 100;

async fn open(target: Target) -> (Database, Client, Arc<ManualClock>, String) {
    let (url, label) = target.fresh().await;
    let clock = Arc::new(ManualClock::at_millis(START * 1000));
    let config = Config::from_url(&url).expect("the server's own URL is a configuration");
    let config = config.connect_timeout(Duration::from_secs(60)).timeout(Duration::from_secs(60));
    let db = config.clock(clock.clone()).open().await.expect("the server answers");
    db.define::<(Pass, Badge)>().await.expect("an empty database takes any model");
    let client = db.raw::<Client>().expect("DynamoDB's client").clone();
    (db, client, clock, label)
}

type Key = HashMap<String, A>;

/// The keys of the guards, by the record that each is of.
async fn guards(client: &Client, table: &str) -> HashMap<String, Key> {
    let mut guards = HashMap::new();
    let mut pages = client.scan().table_name(table).consistent_read(true).into_paginator().items().send();
    while let Some(item) = pages.next().await {
        let item = item.expect("a scan");
        if let (Some(A::S(owner)), Some(key)) = (item.get("h"), item.get("k")) {
            guards.insert(owner.clone(), HashMap::from([("k".to_owned(), key.clone())]));
        }
    }
    guards
}

async fn take_away(client: &Client, table: &str, key: Key) {
    client.delete_item().table_name(table).set_key(Some(key)).send().await.expect("a delete");
}

/// Deletes an expired record, its guard, or both, as the server does, a moment from now.
async fn delete_in_a_moment(client: &Client, id: &str, guard: Key, round: usize) {
    tokio::time::sleep(Duration::from_micros(fastrand::u64(..6000))).await;
    let record = Key::from([("id".to_owned(), A::S(id.to_owned()))]);
    let (record_too, guard_too) = ([true, false, true][round % 3], [false, true, true][round % 3]);
    if record_too {
        take_away(client, "passes", record).await;
        tokio::time::sleep(Duration::from_micros(fastrand::u64(..2000))).await;
    }
    if guard_too {
        take_away(client, "passes.unique", guard).await;
    }
}

/// Takes the value of an expired holder: in one of all ways that there are, for another record or for the holder's.
async fn take(db: &Database, way: usize, taker: &str, number: &str) -> Result<()> {
    let pass = Pass { id: taker.into(), number: number.into(), until: START + 1_000_000 };
    match way {
        0 => Pass::create(&pass).exec(db).await,
        1 => Pass::put(&pass).exec(db).await,
        2 => Pass::update(taker).set(Pass::NUMBER, number).exec(db).await.map(drop),
        3 => Pass::upsert(taker).set(Pass::NUMBER, number).set(Pass::UNTIL, pass.until).exec(db).await.map(drop),
        4 => Pass::put_many(std::slice::from_ref(&pass)).exec(db).await,
        _ => db.transaction().add(Pass::create(&pass)).commit().await.map(drop),
    }
}

async fn an_expired_holder_that_goes_meanwhile_holds_nothing(target: Target) {
    let (db, client, clock, label) = open(target).await;
    for way in 0..6 {
        let names: Vec<_> = (0..ROUNDS).map(|n| (n, format!("holder-{way}-{n}"), format!("taker-{way}-{n}"))).collect();
        let until = clock_seconds(&clock) + 10;
        let holders =
            names.iter().map(|(n, holder, _)| Pass { id: holder.clone(), number: format!("{way}/{n}"), until });
        Pass::put_many(&holders.collect::<Vec<_>>()).exec(&db).await.expect("the holders");
        if way == 2 {
            // An update needs its record; an upsert makes one.
            let of = |(n, _, taker): &(usize, String, String)| Pass {
                id: taker.clone(),
                number: format!("own/{n}"),
                until: START + 1_000_000,
            };
            Pass::put_many(&names.iter().map(of).collect::<Vec<_>>()).exec(&db).await.expect("the takers");
        }
        let guards = guards(&client, "passes.unique").await;
        clock.advance(Duration::from_secs(11));
        let (db, client, guards) = (&db, &client, &guards);
        let race = |(n, holder, taker): (usize, String, String)| async move {
            // Every fourth is the holder itself, come back; an update would be of what has expired.
            let taker = if n % 4 == 3 && way != 2 { holder.clone() } else { taker };
            let number = format!("{way}/{n}");
            let guard = guards[&holder].clone();
            // Where the holder comes back, a deletion would be of what lives.
            let goes = async {
                if taker != holder {
                    delete_in_a_moment(client, &holder, guard, n).await
                }
            };
            let (taken, ()) = tokio::join!(
                async {
                    tokio::time::sleep(Duration::from_micros(fastrand::u64(..3000))).await;
                    take(db, way, &taker, &number).await
                },
                goes
            );
            (way, n, taken)
        };
        let races: Vec<_> = stream::iter(names).map(race).buffer_unordered(8).collect().await;
        let refused: Vec<_> = races.iter().filter(|(.., taken)| taken.is_err()).collect();
        assert!(refused.is_empty(), "{} of {ROUNDS}: {refused:?}", refused.len());
    }
    report::ran("stale_guards::an_expired_holder_that_goes_meanwhile_holds_nothing", &label);
}

fn clock_seconds(clock: &ManualClock) -> i64 {
    reposit::clock::Clock::now_millis(clock) / 1000
}

/// A guard that says nothing true any more hinders nobody: its record is gone, or has another value by now.
async fn a_guard_of_no_holder_hinders_nobody(target: Target) {
    let (db, client, clock, label) = open(target).await;
    let badge = |id: &str, number: &str| Badge { id: id.into(), number: number.into() };
    let gone = async |id: &str| {
        take_away(&client, "badges", Key::from([("id".to_owned(), A::S(id.to_owned()))])).await;
    };
    let by_hand = async |id: &str, number: &str| {
        let put = client.put_item().table_name("badges").item("id", A::S(id.into()));
        put.item("number", A::S(number.into())).send().await.expect("a put");
    };
    for (way, n) in ["create", "put", "update", "upsert", "many", "tx"].into_iter().zip(0..) {
        let (dead, moved) = (format!("dead-{way}"), format!("moved-{way}"));
        Badge::create_all(&db, &[badge(&dead, &format!("d{n}")), badge(&moved, &format!("m{n}"))]).await;
        gone(&dead).await;
        by_hand(&moved, &format!("elsewhere-{n}")).await;
        for number in [format!("d{n}"), format!("m{n}")] {
            let id = format!("{way}-{number}");
            let new = badge(&id, &number);
            let taken = match n {
                0 => Badge::create(&new).exec(&db).await,
                1 => Badge::put(&new).exec(&db).await,
                2 => {
                    Badge::create(&badge(&id, &format!("own-{number}"))).exec(&db).await.expect("a create");
                    Badge::update(&id).set(Badge::NUMBER, &number).exec(&db).await.map(drop)
                }
                3 => Badge::upsert(&id).set(Badge::NUMBER, &number).exec(&db).await.map(drop),
                4 => Badge::put_many(std::slice::from_ref(&new)).exec(&db).await,
                _ => db.transaction().add(Badge::create(&new)).commit().await.map(drop),
            };
            taken.unwrap_or_else(|error| panic!("{way}: {error}"));
            let clash = Badge::create(&badge("late", &number)).exec(&db).await.expect_err("it is held now");
            assert_eq!((clash.kind(), clash.index()), (ErrorKind::UniqueViolation, Some("by_number")));
            let found = Badge::find_by_number(&number).consistent().exec(&db).await.expect("a find");
            assert_eq!(found, Some(new));
        }
    }
    // A record that another program let expire earlier than its guard says.
    let until = clock_seconds(&clock) + 1000;
    Pass::create(&Pass { id: "early".into(), number: "1".into(), until }).exec(&db).await.expect("a create");
    let update = client.update_item().table_name("passes").key("id", A::S("early".into()));
    let update = update.update_expression("SET #e = :e").expression_attribute_names("#e", "until");
    update.expression_attribute_values(":e", A::N((START - 1).to_string())).send().await.expect("an update");
    let pass = Pass { id: "next".into(), number: "1".into(), until };
    Pass::create(&pass).exec(&db).await.expect("the value of what has expired is free");
    report::ran("stale_guards::a_guard_of_no_holder_hinders_nobody", &label);
}

impl Badge {
    async fn create_all(db: &Database, badges: &[Self]) {
        for badge in badges {
            Self::create(badge).exec(db).await.expect("a create");
        }
    }
}

reposit_tests::on_backends!(
    dynamodb #[tokio::test]
    an_expired_holder_that_goes_meanwhile_holds_nothing: super::an_expired_holder_that_goes_meanwhile_holds_nothing,
    a_guard_of_no_holder_hinders_nobody: super::a_guard_of_no_holder_hinders_nobody,
);
