use std::borrow::Cow;
use std::net::Ipv4Addr;
use std::num::{NonZeroI64, NonZeroU64};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, FixedOffset, Local, NaiveDate, NaiveDateTime, Utc};
use jiff::{Timestamp, civil};
use reposit::definition::KeyKind;
use reposit::field::Ordered;
use reposit::{FieldType, Key, Repository, Result, Value};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::test::Test;

cases!(
    strings,
    signed,
    narrow_signed,
    unsigned,
    narrow_unsigned,
    bytes,
    fixed_bytes,
    uuids,
    system_times,
    chrono_instants,
    chrono_offset_instants,
    time_instants,
    jiff_instants,
    chrono_local_instants,
    chrono_days,
    chrono_local_times,
    time_days,
    jiff_days,
    jiff_local_times,
    nonzero_signed,
    nonzero_unsigned,
    boxed_texts,
    shared_texts,
    borrowed_texts,
    newtypes,
    newtypes_over_instants,
    newtypes_over_days,
    by_hand,
    enums,
    kinds_mixed_in_an_index,
);

/// A key type in every place that a key can have.
#[doc(hidden)]
#[macro_export]
macro_rules! key_everywhere {
    ($($case:ident $model:ident $ty:ty, $values:expr;)*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
        #[repository(index(name = "by_pair", hash = "hash", range = ["second", "range"]))]
        #[repository(index(name = "by_number", hash = "other", range = "number", unique))]
        struct $model {
            #[hash_key]
            hash: $ty,
            #[range_key]
            range: $ty,
            #[index]
            group: $ty,
            #[index(range = "second")]
            sparse: Option<$ty>,
            second: $ty,
            #[index(local)]
            local: Option<$ty>,
            other: Option<$ty>,
            number: $ty,
        }

        async fn $case(t: Test) {
            let db = t.with::<$model>().await;
            // From the least to the greatest.
            let values: Vec<$ty> = $values;
            let hash = &values[0];
            for (at, value) in values.iter().enumerate() {
                let back = &values[values.len() - 1 - at];
                let record = $model {
                    hash: hash.clone(),
                    range: value.clone(),
                    group: hash.clone(),
                    sparse: (at > 0).then(|| hash.clone()),
                    second: back.clone(),
                    local: (at != 1).then(|| back.clone()),
                    other: Some(hash.clone()),
                    number: value.clone(),
                };
                $model::create(&record).exec(db).await.unwrap();
                assert_eq!($model::get(Key::arg(hash), Key::arg(value)).exec(db).await.unwrap(), Some(record.clone()));
                let unique = $model::find_by_number(Key::arg(hash), Key::arg(value)).consistent();
                assert_eq!(unique.exec(db).await.unwrap(), Some(record));
            }
            let count = values.len();
            let ranges = |found: reposit::Result<Vec<$model>>| -> Vec<$ty> {
                found.unwrap().into_iter().map(|record| record.range).collect()
            };
            let reversed = |from: usize| -> Vec<$ty> { values[from..].iter().rev().cloned().collect() };
            let hash = Key::arg(hash);
            assert_eq!(ranges($model::query(hash).all(db).await), values);
            assert_eq!(ranges($model::query(hash).range(Key::arg(&values[1])..).all(db).await), values[1..]);
            assert_eq!(ranges($model::query(hash).range(..Key::arg(&values[1])).all(db).await), values[..1]);
            let found = $model::query(hash).range(Key::arg(&values[1])..=Key::arg(&values[2])).descending().all(db).await;
            assert_eq!(ranges(found), [values[2].clone(), values[1].clone()]);
            assert_eq!(ranges($model::find_by_pair(hash).all(db).await), reversed(0));
            assert_eq!(ranges($model::find_by_sparse(hash).all(db).await), reversed(1));
            let least = Key::arg(&values[0]);
            assert_eq!(ranges($model::find_by_sparse(hash).range(..=least).all(db).await), values[count - 1..]);
            let local = $model::find_by_local(hash).consistent().all(db).await;
            assert_eq!(ranges(local), reversed(0).into_iter().filter(|v| *v != values[1]).collect::<Vec<_>>());
            assert_eq!($model::find_by_group(hash).count(db).await.unwrap(), count as u64);
            let mut pages = $model::query(hash).limit(1);
            let mut paged = Vec::new();
            loop {
                let page = pages.exec(db).await.unwrap();
                paged.extend(page.items.into_iter().map(|record| record.range));
                let Some(next) = page.next else { break };
                pages = $model::query(hash).limit(1).after(next);
            }
            assert_eq!(paged, values);
            let filter = $model::SPARSE.exists() & $model::RANGE.ne(Key::arg(&values[1])) & $model::OTHER.eq(hash);
            assert_eq!(ranges($model::query(hash).filter(filter).all(db).await), values[2..]);
            // What leaves an index field leaves the index, and comes back.
            let one = Key::arg(&values[1]);
            $model::update(hash, one).remove($model::SPARSE).set($model::LOCAL, one).exec(db).await.unwrap();
            assert_eq!(ranges($model::find_by_sparse(hash).all(db).await), reversed(2));
            assert_eq!($model::find_by_local(hash).count(db).await.unwrap(), count as u64);
            let keys = values.iter().map(|value| (values[0].clone(), value.clone()));
            assert_eq!($model::get_many(keys.clone()).exec(db).await.unwrap().iter().flatten().count(), count);
            $model::delete_many(keys).exec(db).await.unwrap();
            assert_eq!($model::scan().count(db).await.unwrap(), 0);
        }
    )*};
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Key)]
struct Name(String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Key)]
#[serde(transparent)]
struct Moment {
    at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Key)]
#[serde(rename_all = "kebab-case")]
enum Level {
    VeryLow,
    #[serde(rename = "ärg")]
    Bad,
    #[serde(rename = "A\0")]
    First,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Key)]
struct Birthday(NaiveDate);

/// A newtype over what is no key with an order, with all that it takes, and no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "u32", from = "u32")]
struct Host(Ipv4Addr);

impl From<u32> for Host {
    fn from(bits: u32) -> Self {
        Self(bits.into())
    }
}

impl From<Host> for u32 {
    fn from(host: Host) -> Self {
        host.0.to_bits()
    }
}

impl FieldType for Host {
    type Arg<'a> = &'a Self;

    fn encode(host: &Self) -> Result<Value> {
        u32::encode(host.0.to_bits())
    }

    fn with_value<R>(host: &Self, f: impl FnOnce(&Self) -> R) -> R {
        f(host)
    }
}

impl Key for Host {
    const KIND: KeyKind = KeyKind::Integer;

    fn arg(&self) -> &Self {
        self
    }
}

impl Ordered for Host {}

/// From the first day that is kept to the last, with those between which text could sort wrongly.
const DAYS: [&str; 8] =
    ["0000-01-01", "0001-12-31", "0999-12-31", "1969-12-31", "2024-02-29", "2024-03-01", "2024-10-09", "9999-12-31"];

const LOCAL_TIMES: [&str; 9] = [
    "0000-01-01T00:00:00",
    "1969-12-31T23:59:59.999999999",
    "2024-02-29T09:59:59",
    "2024-02-29T10:00:05",
    "2024-02-29T10:00:05.000001",
    "2024-02-29T10:00:05.450",
    "2024-02-29T10:00:05.500",
    "2024-02-29T10:00:06",
    "9999-12-31T23:59:59.999999999",
];

/// What texts are read as.
fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(texts: &[&str]) -> Vec<T> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn time_days_of(days: &[&str]) -> Vec<time::Date> {
    let day = |text: &&str| {
        let mut parts = text.split('-').map(|part| part.parse::<u16>().unwrap());
        let mut next = || parts.next().unwrap();
        let (year, month, day) = (next(), next(), next());
        let month = time::Month::try_from(month as u8).unwrap();
        time::Date::from_calendar_date(year.into(), month, day as u8).unwrap()
    };
    days.iter().map(day).collect()
}

fn millis() -> [i64; 5] {
    [-62_135_596_800_000, -1, 0, 1, 253_402_300_799_999]
}

key_everywhere! {
    strings OfString String, ["\0", "a", "a\0", "a|b", "ä", "\u{ffff}", "😀"].map(String::from).to_vec();
    signed OfI64 i64, vec![i64::MIN, -(1 << 53) - 1, -10, -9, 0, 9, 10, i64::MAX];
    narrow_signed OfIsize isize, vec![isize::MIN, -1, 0, isize::MAX];
    unsigned OfU64 u64, vec![0, 9, 10, (1 << 53) + 1, i64::MAX as u64, 1 << 63, u64::MAX - 1, u64::MAX];
    narrow_unsigned OfUsize usize, vec![0, 9, 10, usize::MAX];
    bytes OfBytes Vec<u8>, vec![vec![0], vec![0, 0], vec![1], vec![1, 255, 3], vec![2], vec![254, 255, 255], vec![255]];
    fixed_bytes OfFixed [u8; 3], vec![[0; 3], [0, 0, 1], [1, 0, 0], [255; 3]];
    uuids OfUuid Uuid, [0, 1, 1 << 64, u128::MAX].map(Uuid::from_u128).to_vec();
    system_times OfSystemTime SystemTime, [0, 1, 999, 1_000, 253_402_300_799_999].map(|n| SystemTime::UNIX_EPOCH + Duration::from_millis(n)).to_vec();
    chrono_instants OfChrono DateTime<Utc>, millis().map(|n| DateTime::from_timestamp_millis(n).unwrap()).to_vec();
    chrono_offset_instants OfOffset DateTime<FixedOffset>, millis().map(|n| DateTime::from_timestamp_millis(n).unwrap().fixed_offset()).to_vec();
    time_instants OfTime OffsetDateTime, millis().map(|n| OffsetDateTime::from_unix_timestamp_nanos(i128::from(n) * 1_000_000).unwrap()).to_vec();
    jiff_instants OfJiff Timestamp, [-377_705_023_201_000, -1, 0, 1, 253_402_207_200_000].map(|n| Timestamp::from_millisecond(n).unwrap()).to_vec();
    chrono_local_instants OfLocal DateTime<Local>, millis().map(|n| DateTime::from_timestamp_millis(n).unwrap().into()).to_vec();
    chrono_days OfNaiveDate NaiveDate, parsed(&DAYS);
    chrono_local_times OfNaiveDateTime NaiveDateTime, parsed(&LOCAL_TIMES);
    time_days OfTimeDate time::Date, time_days_of(&DAYS);
    jiff_days OfCivilDate civil::Date, parsed(&DAYS);
    jiff_local_times OfCivilDateTime civil::DateTime, parsed(&LOCAL_TIMES);
    nonzero_signed OfNonZeroI64 NonZeroI64, [i64::MIN, -10, -9, 1, 9, 10, i64::MAX].map(|n| n.try_into().unwrap()).to_vec();
    nonzero_unsigned OfNonZeroU64 NonZeroU64, [1, 9, 10, 1 << 63, u64::MAX].map(|n| n.try_into().unwrap()).to_vec();
    boxed_texts OfBox Box<str>, ["A", "a", "a\0", "ä"].map(Box::from).to_vec();
    shared_texts OfArc Arc<str>, ["A", "a", "a\0", "ä"].map(Arc::from).to_vec();
    borrowed_texts OfCow Cow<'static, str>, ["A", "a", "a\0", "ä"].map(Cow::from).to_vec();
    newtypes_over_days OfBirthday Birthday, parsed(&DAYS).into_iter().map(Birthday).collect();
    by_hand OfHost Host, ["0.0.0.9", "0.0.0.10", "9.0.0.0", "10.0.0.1", "255.0.0.1"].map(|text| Host(text.parse().unwrap())).to_vec();
    newtypes OfName Name, ["A", "a", "b"].map(|text| Name(text.into())).to_vec();
    newtypes_over_instants OfMoment Moment, millis().map(|n| Moment { at: DateTime::from_timestamp_millis(n).unwrap() }).to_vec();
    enums OfLevel Level, vec![Level::First, Level::VeryLow, Level::Bad];
}

/// Parts of different kinds in one key and one index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(index(name = "by_four", hash = "kind", range = ["level", "raw", "number", "at"]))]
struct Mixed {
    #[hash_key]
    id: Uuid,
    #[range_key]
    at: SystemTime,
    kind: u8,
    level: Level,
    raw: Vec<u8>,
    number: i16,
}

async fn kinds_mixed_in_an_index(t: Test) {
    let db = t.with::<Mixed>().await;
    let mixed = |n: u64, level: Level, raw: &[u8], number| Mixed {
        id: Uuid::nil(),
        at: SystemTime::UNIX_EPOCH + Duration::from_millis(n),
        kind: 7,
        level,
        raw: raw.to_vec(),
        number,
    };
    let sorted = [
        mixed(9, Level::First, &[255], 5),
        mixed(1, Level::VeryLow, &[1], -300),
        mixed(8, Level::VeryLow, &[1], 2),
        mixed(10, Level::VeryLow, &[1], 2),
        mixed(3, Level::VeryLow, &[1, 0], -400),
        mixed(2, Level::VeryLow, &[2], 1),
        mixed(4, Level::Bad, &[0], 0),
    ];
    for at in [3, 0, 6, 1, 5, 2, 4] {
        Mixed::create(&sorted[at]).exec(db).await.unwrap();
    }
    assert_eq!(Mixed::find_by_four(7).all(db).await.unwrap(), sorted);
    let level = &Level::VeryLow;
    assert_eq!(Mixed::find_by_four(7).range(level..=level).all(db).await.unwrap(), sorted[1..6]);
    let (mut found, mut after) = (Vec::new(), None::<reposit::Cursor>);
    loop {
        let query = Mixed::find_by_four(7).descending().limit(2);
        let page = match after.take() {
            Some(cursor) => query.after(cursor),
            None => query,
        };
        let page = page.exec(db).await.unwrap();
        found.extend(page.items);
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    found.reverse();
    assert_eq!(found, sorted);
}
