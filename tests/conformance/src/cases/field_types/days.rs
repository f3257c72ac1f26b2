//! Days, local times, local instants, and numbers that are not zero.

use std::num::{NonZeroI32, NonZeroU8, NonZeroU32};

use chrono::{DateTime, FixedOffset, Local, NaiveDate, NaiveDateTime, Utc};
use reposit::{Condition, ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::test::{START, Test, kind};

use super::found;

cases!(days_and_numbers_compare, what_would_not_sort_is_not_written, local_instants_are_instants);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Sorted {
    #[hash_key]
    id: u64,
    day: NaiveDate,
    local: Option<NaiveDateTime>,
    time_day: time::Date,
    civil: jiff::civil::Date,
    at: jiff::civil::DateTime,
    positive: NonZeroU32,
    signed: Option<NonZeroI32>,
    days: Vec<NaiveDate>,
    time_days: Vec<time::Date>,
    bytes: Vec<NonZeroU8>,
    when: DateTime<Local>,
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn time_day(ordinal: u16) -> time::Date {
    time::Date::from_ordinal_date(2024, ordinal).unwrap()
}

fn sorted(id: u64) -> Sorted {
    let date = |text: &str| text.parse::<NaiveDate>().unwrap();
    let days = ["2023-12-31", "2024-01-01", "2024-01-02"];
    let text = days[id as usize - 1];
    Sorted {
        id,
        day: date(text),
        local: (id > 1).then(|| format!("{text}T10:00:05.500").parse().unwrap()),
        time_day: time_day(id as u16),
        civil: text.parse().unwrap(),
        at: format!("{text}T10:00:05.5").parse().unwrap(),
        positive: NonZeroU32::new(id as u32 * 9).unwrap(),
        signed: NonZeroI32::new(id as i32 - 2),
        days: vec![date(text), date("2000-01-01")],
        time_days: vec![time_day(id as u16)],
        bytes: vec![NonZeroU8::new(id as u8).unwrap()],
        when: DateTime::from_timestamp_millis(id as i64 * 1_000).unwrap().into(),
    }
}

async fn days_and_numbers_compare(t: Test) {
    let db = t.with::<Sorted>().await;
    Sorted::put_many(&[sorted(1), sorted(2), sorted(3)]).exec(db).await.unwrap();
    let two = sorted(2);
    let filters: [(Condition<Sorted>, &[u64]); 18] = [
        (Sorted::DAY.lt(two.day), &[1]),
        (Sorted::DAY.between(two.day, day("2024-01-02")), &[2, 3]),
        (Sorted::DAY.is_in([two.day, day("1999-01-01")]), &[2]),
        (Sorted::LOCAL.ge(two.local.unwrap()), &[2, 3]),
        (Sorted::LOCAL.missing(), &[1]),
        (Sorted::TIME_DAY.eq(two.time_day), &[2]),
        (Sorted::TIME_DAY.gt(two.time_day), &[3]),
        (Sorted::CIVIL.le(two.civil), &[1, 2]),
        (Sorted::AT.ne(two.at), &[1, 3]),
        (Sorted::POSITIVE.gt(two.positive), &[3]),
        (Sorted::SIGNED.lt(NonZeroI32::new(1).unwrap()), &[1]),
        (Sorted::SIGNED.missing(), &[2]),
        (Sorted::DAYS.contains(two.day), &[2]),
        (Sorted::DAYS.nth(1).eq(day("2000-01-01")), &[1, 2, 3]),
        (Sorted::TIME_DAYS.contains(two.time_day), &[2]),
        (Sorted::TIME_DAYS.eq(&[time_day(3)]), &[3]),
        (Sorted::BYTES.contains(NonZeroU8::new(3).unwrap()), &[3]),
        (Sorted::WHEN.gt(two.when), &[3]),
    ];
    for (filter, ids) in filters {
        assert_eq!(found(db, filter.clone()).await, ids, "{filter:?}");
    }
    let changed = Sorted::update(1)
        .set(Sorted::TIME_DAY, time_day(366))
        .set(Sorted::SIGNED, NonZeroI32::MIN)
        .append(Sorted::TIME_DAYS, [time_day(5)])
        .append(Sorted::BYTES, [NonZeroU8::MAX])
        .only_if(Sorted::TIME_DAYS.nth(0).lt(time_day(2)));
    let changed = changed.exec(db).await.unwrap();
    let wanted = Sorted {
        time_day: time_day(366),
        signed: Some(NonZeroI32::MIN),
        time_days: vec![time_day(1), time_day(5)],
        bytes: vec![NonZeroU8::MIN, NonZeroU8::MAX],
        ..sorted(1)
    };
    assert_eq!(changed, wanted);
    assert_eq!(Sorted::get(1).exec(db).await.unwrap(), Some(wanted));
}

async fn what_would_not_sort_is_not_written(t: Test) {
    let db = t.with::<Sorted>().await;
    let late = NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap();
    let early = NaiveDate::from_ymd_opt(-1, 12, 31).unwrap();
    for day in [late, early] {
        let error = Sorted::create(&Sorted { day, ..sorted(1) }).exec(db).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.message(), "day is in a year outside of 0 to 9999, whose text would not sort");
        assert_eq!(kind(Sorted::scan().filter(Sorted::DAY.lt(day)).all(db).await), ErrorKind::InvalidInput);
        assert_eq!(kind(Sorted::update(1).set(Sorted::DAY, day).exec(db).await), ErrorKind::InvalidInput);
    }
    let time_day = time::Date::from_ordinal_date(-1, 1).unwrap();
    let civil = jiff::civil::date(-1, 1, 1);
    for wrong in [
        Sorted { time_day, ..sorted(1) },
        Sorted { civil, ..sorted(1) },
        Sorted { at: civil.at(1, 2, 3, 0), ..sorted(1) },
        Sorted { local: late.and_hms_opt(1, 2, 3), ..sorted(1) },
        Sorted { days: vec![late], ..sorted(1) },
        Sorted { time_days: vec![time_day], ..sorted(1) },
    ] {
        assert_eq!(kind(Sorted::create(&wrong).exec(db).await), ErrorKind::InvalidInput, "{wrong:?}");
    }
    assert_eq!(Sorted::scan().count(db).await.unwrap(), 0);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "meetings")]
struct Meeting {
    #[hash_key]
    id: u64,
    #[index]
    at: DateTime<Local>,
    written: DateTime<FixedOffset>,
    #[ttl]
    until: Option<DateTime<Local>>,
    #[created_at]
    made: DateTime<Local>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "meetings")]
struct MeetingInUtc {
    #[hash_key]
    id: u64,
    #[index]
    at: DateTime<Utc>,
    written: DateTime<Utc>,
    #[ttl]
    until: Option<DateTime<Utc>>,
    #[created_at]
    made: DateTime<Utc>,
}

async fn local_instants_are_instants(t: Test) {
    let db = t.with::<Meeting>().await;
    let utc = |millis| DateTime::<Utc>::from_timestamp_millis(millis).unwrap();
    // chrono writes offsets to the minute, so what is written with seconds is moved, once.
    let odd = FixedOffset::east_opt(19 * 60 + 32).unwrap();
    let meeting = Meeting {
        id: 1,
        at: utc(-1_500).into(),
        written: utc(500).with_timezone(&odd),
        until: Some(utc((START + 60) * 1000).into()),
        made: utc(0).into(),
    };
    Meeting::create(&meeting).exec(db).await.unwrap();
    let read = Meeting::get(1).exec(db).await.unwrap().unwrap();
    assert_eq!((read.at, read.until), (meeting.at, meeting.until));
    assert_eq!(read.made, utc(START * 1000));
    assert_eq!(found(db, Meeting::WRITTEN.eq(meeting.written)).await, [1]);
    assert_eq!(found(db, Meeting::WRITTEN.eq(read.written)).await, [1]);
    Meeting::put(&read).exec(db).await.unwrap();
    assert_eq!(Meeting::get(1).exec(db).await.unwrap().as_ref(), Some(&read));
    let in_utc = MeetingInUtc::find_by_at(utc(-1_500)).all(db).await.unwrap();
    assert_eq!(in_utc[0].written, read.written);
    assert_eq!(Meeting::find_by_at(read.at).all(db).await.unwrap(), [read]);
    t.advance(60);
    assert_eq!(Meeting::get(1).exec(db).await.unwrap(), None);
}
