//! Days, local times, addresses and UUIDs in conditions that are made of data, and sets of them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chrono::{NaiveDate, NaiveDateTime};
use reposit::{Condition, ErrorKind, Key, Op, Repository, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::test::Test;

use super::found;

cases!(another_spelling_is_the_same_value, text_that_is_no_value_is_refused, sets_of_them_are_sets);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Key)]
pub struct Birthday(NaiveDate);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "spellings")]
pub struct Spelled {
    #[hash_key]
    id: u64,
    day: NaiveDate,
    birthday: Option<Birthday>,
    local: NaiveDateTime,
    time_day: time::Date,
    civil: jiff::civil::Date,
    civil_time: jiff::civil::DateTime,
    address: IpAddr,
    v4: Ipv4Addr,
    v6: Option<Ipv6Addr>,
    uuid: Uuid,
    days: BTreeSet<NaiveDate>,
    times: BTreeSet<NaiveDateTime>,
    time_days: HashSet<time::Date>,
    civils: BTreeSet<jiff::civil::Date>,
    civil_times: HashSet<jiff::civil::DateTime>,
    addresses: BTreeSet<IpAddr>,
    v4s: HashSet<Ipv4Addr>,
    v6s: BTreeSet<Ipv6Addr>,
    hops: Vec<IpAddr>,
    by_name: BTreeMap<String, NaiveDate>,
}

/// The first day that is stored.
fn date_of_year_0() -> NaiveDate {
    NaiveDate::from_ymd_opt(0, 1, 1).unwrap()
}

/// The third is the greatest in each field that has an order.
pub fn spelled(id: u64) -> Spelled {
    let day = format!("2024-02-2{id}");
    let (v4, v6) = (Ipv4Addr::new(10, 0, 0, id as u8), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, id as u16));
    let date: NaiveDate = day.parse().unwrap();
    let time_day = time::Date::from_calendar_date(2024, time::Month::February, 20 + id as u8).unwrap();
    let civil: jiff::civil::Date = day.parse().unwrap();
    let local: NaiveDateTime = format!("{day}T10:00:00.500").parse().unwrap();
    let civil_time: jiff::civil::DateTime = format!("{day}T10:00:00.5").parse().unwrap();
    Spelled {
        id,
        day: date,
        birthday: (id != 2).then_some(Birthday(date)),
        local,
        time_day,
        civil,
        civil_time,
        address: if id == 2 { v4.into() } else { v6.into() },
        v4,
        v6: Some(v6),
        uuid: Uuid::from_u128(0xabc0 + u128::from(id)),
        days: BTreeSet::from([date, date_of_year_0(), date]),
        times: BTreeSet::from([local]),
        time_days: HashSet::from([time_day]),
        civils: BTreeSet::from([civil, civil.tomorrow().unwrap()]),
        civil_times: HashSet::from([civil_time]),
        addresses: BTreeSet::from([v4.into(), v6.into()]),
        v4s: HashSet::from([v4]),
        v6s: BTreeSet::from([v6, Ipv6Addr::LOCALHOST]),
        hops: vec![v4.into(), v6.into()],
        by_name: BTreeMap::from([("first".to_owned(), date)]),
    }
}

fn c(name: &str, op: Op, value: impl Into<Value>) -> reposit::Result<Condition<Spelled>> {
    Spelled::condition(name, op, value)
}

fn list(values: &[&str]) -> Value {
    Value::List(values.iter().map(|value| Value::from(*value)).collect())
}

async fn another_spelling_is_the_same_value(t: Test) {
    let db = t.with::<Spelled>().await;
    Spelled::put_many(&[1, 2, 3].map(spelled)).exec(db).await.unwrap();
    let typed = spelled(2);
    let same = |name: &str, value: &str, typed: Condition<Spelled>| (c(name, Op::Eq, value).unwrap(), typed);
    let uuid = typed.uuid.hyphenated().to_string();
    for (by_name, typed) in [
        same("day", "2024-02-22", Spelled::DAY.eq(typed.day)),
        same("local", "2024-02-22T10:00:00.5", Spelled::LOCAL.eq(typed.local)),
        same("local", "2024-02-22T10:00:00.500000000", Spelled::LOCAL.eq(typed.local)),
        same("time_day", "2024-02-22", Spelled::TIME_DAY.eq(typed.time_day)),
        same("civil", "2024-02-22", Spelled::CIVIL.eq(typed.civil)),
        same("civil_time", "2024-02-22T10:00:00.500", Spelled::CIVIL_TIME.eq(typed.civil_time)),
        same("v4", "10.0.0.2", Spelled::V4.eq(typed.v4)),
        same("v6", "2001:0DB8:0:0::2", Spelled::V6.eq(typed.v6.unwrap())),
        same("v6", "2001:db8::0.0.0.2", Spelled::V6.eq(typed.v6.unwrap())),
        same("address", "10.0.0.2", Spelled::ADDRESS.eq(typed.address)),
        same("uuid", &uuid.to_uppercase(), Spelled::UUID.eq(typed.uuid)),
        same("uuid", &format!("{{{uuid}}}"), Spelled::UUID.eq(typed.uuid)),
        same("uuid", &uuid.replace('-', ""), Spelled::UUID.eq(typed.uuid)),
        same("hops.1", "2001:DB8::0:2", Spelled::HOPS.nth(1).eq(typed.v6.unwrap().into())),
        same("by_name.first", "2024-02-22", Spelled::BY_NAME.entry("first").eq(typed.day)),
    ] {
        assert_eq!(format!("{by_name:?}"), format!("{typed:?}"));
        assert_eq!(found(db, by_name).await, [2], "{typed:?}");
    }
    for (name, value, ids) in [
        ("day", "2024-02-22", [3]),
        ("local", "2024-02-22T10:00:00.5001", [3]),
        ("birthday", "2024-02-22", [3]),
        ("time_day", "2024-02-22", [3]),
        ("civil", "2024-02-22", [3]),
        ("civil_time", "2024-02-22T10:00:00.500", [3]),
        ("uuid", &*uuid.to_uppercase(), [3]),
    ] {
        assert_eq!(found(db, c(name, Op::Gt, value).unwrap()).await, ids, "{name}");
    }
    assert_eq!(found(db, c("birthday", Op::Eq, "2024-02-21").unwrap()).await, [1]);
    let hops = list(&["10.0.0.3", "2001:0db8::3"]);
    assert_eq!(found(db, c("hops", Op::Eq, hops).unwrap()).await, [3]);
    // Two spellings of one member.
    let addresses = list(&["2001:db8::3", "10.0.0.3", "2001:DB8::3"]);
    assert_eq!(found(db, c("addresses", Op::Eq, addresses).unwrap()).await, [3]);
    let changed = Spelled::update(3).set(Spelled::DAY, typed.day).only_if(c("v6", Op::Eq, "2001:DB8::3").unwrap());
    assert_eq!(changed.exec(db).await.unwrap().day, typed.day);
}

async fn text_that_is_no_value_is_refused(_: Test) {
    for (name, noun, texts) in [
        ("day", "a day", &["2024-2-2", "2024-02-30", "+12024-01-05", "20240222", "2024-02-22T10:00:00", "x", ""][..]),
        ("birthday", "a day", &["2023-02-29", " 2024-02-22"]),
        ("time_day", "a day", &["2024-2-2", "2023-02-29", "2024-13-01", "10000-01-01", ""]),
        ("civil", "a day", &["20240222", "2024-02-22T10:00:00", "-000001-01-01", "2023-02-29"]),
        ("local", "a local time", &["2024-02-22", "2024-02-22 10:00:00", "2024-02-22T10:00", "2024-02-22T10:00:00Z"]),
        ("local", "a local time", &["2024-02-30T10:00:00", "2024-02-22T10:00:00.", "2024-02-22T10:00:00.1234567891"]),
        (
            "civil_time",
            "a local time",
            &["2024-02-22", "2024-02-22T10:00:00-05:00", "2024-02-22T10:00:00[Europe/Vienna]"],
        ),
        ("address", "an IP address", &["localhost", "10.0.0", "010.0.0.1", "10.0.0.1:80", "::1%eth0", "10.0.0.0/8"]),
        ("v4", "an IP address", &["::1", "256.0.0.1"]),
        ("v6", "an IP address", &["10.0.0.1", "[::1]"]),
        ("uuid", "a UUID", &["abc", "67e55044-10b1-426f-9247-bb680e5fe0c"]),
        ("hops.0", "an IP address", &["::ffff:1.2.3"]),
        ("by_name.first", "a day", &["2024-2-2"]),
    ] {
        for text in texts {
            let error = c(name, Op::Eq, *text).map(|condition| format!("{condition:?}")).unwrap_err();
            assert_eq!(
                (error.kind(), error.repository()),
                (ErrorKind::InvalidInput, Some("spellings")),
                "{name} {text}"
            );
            let told = format!("{name} is {noun}, and is not compared with other text: write it as in `");
            assert!(error.message().starts_with(&told), "{error}");
        }
    }
    for (condition, message) in [
        (
            c("days", Op::Eq, list(&["2024-02-22", "2024-2-2"])),
            "an item of days is a day, and is not compared with other",
        ),
        (c("addresses", Op::Eq, list(&["localhost"])), "an item of addresses is an IP address"),
        (c("day", Op::Eq, 20_240_222), "day is a day, and is not compared with an integer"),
        (c("v4", Op::Eq, Value::Bytes(vec![10, 0, 0, 1])), "v4 is an IP address, and is not compared with bytes"),
        (c("address", Op::Lt, "10.0.0.1"), "address is an IP address, which is not compared with `<`"),
        (c("uuid.x", Op::Eq, "x"), "uuid is a UUID, in which there is no `x`"),
    ] {
        let error = condition.map(|condition| format!("{condition:?}")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains(message), "{error}");
    }
}

async fn sets_of_them_are_sets(t: Test) {
    let db = t.with::<Spelled>().await;
    let two = spelled(2);
    Spelled::create(&two).exec(db).await.unwrap();
    assert_eq!(Spelled::get(2).exec(db).await.unwrap().as_ref(), Some(&two));
    let filter = Spelled::DAYS.contains(two.day)
        & Spelled::TIMES.contains(two.local)
        & Spelled::TIME_DAYS.contains(two.time_day)
        & Spelled::CIVILS.contains(two.civil)
        & Spelled::CIVIL_TIMES.contains(two.civil_time)
        & Spelled::ADDRESSES.contains(two.v4.into())
        & Spelled::V4S.contains(two.v4)
        & Spelled::V6S.contains(Ipv6Addr::LOCALHOST)
        & Spelled::DAYS.eq(&two.days)
        & Spelled::ADDRESSES.size().eq(2);
    assert_eq!(found(db, filter.clone()).await, [2]);
    let other: IpAddr = "::1".parse().unwrap();
    let changed = Spelled::update(2)
        .insert(Spelled::DAYS, [two.day, two.day.succ_opt().unwrap()])
        .discard(Spelled::TIME_DAYS, [two.time_day])
        .insert(Spelled::ADDRESSES, [other, two.v4.into()])
        .discard(Spelled::V6S, [Ipv6Addr::LOCALHOST, Ipv6Addr::UNSPECIFIED])
        .insert(Spelled::CIVIL_TIMES, [two.civil_time])
        .only_if(filter);
    let mut wanted = two.clone();
    wanted.days.insert(two.day.succ_opt().unwrap());
    wanted.time_days.clear();
    wanted.addresses.insert(other);
    wanted.v6s.remove(&Ipv6Addr::LOCALHOST);
    assert_eq!(changed.exec(db).await.unwrap(), wanted);
    assert_eq!(Spelled::get(2).consistent().exec(db).await.unwrap(), Some(wanted));
    assert_eq!(found(db, Spelled::TIME_DAYS.missing()).await, [2], "nothing is stored of an empty one");
}
