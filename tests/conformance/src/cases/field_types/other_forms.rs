//! What another program stored in a form in which no filter would find it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{NaiveDate, NaiveDateTime};
use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::test::Test;

cases!(what_is_stored_in_another_form_is_not_read);

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn time_day(ordinal: u16) -> time::Date {
    time::Date::from_ordinal_date(2024, ordinal).unwrap()
}

/// What another program stored, and a model that reads it.
macro_rules! disputed {
    ($($model:ident $ty:ty;)*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
        #[repository(name = "disputed")]
        struct $model {
            #[hash_key]
            id: u64,
            value: $ty,
        }
    )*};
}

disputed! {
    OfText String;
    OfJson serde_json::Value;
    OfDay NaiveDate;
    OfLocal NaiveDateTime;
    OfTimeDay time::Date;
    OfCivil jiff::civil::Date;
    OfCivilTime jiff::civil::DateTime;
    OfIp IpAddr;
    OfDuration Duration;
    OfNonZero NonZeroU32;
    OfNumbers BTreeMap<i64, u8>;
    OfArray [u16; 2];
    OfDays BTreeSet<NaiveDate>;
    OfTimeDays BTreeSet<time::Date>;
    OfIps BTreeSet<IpAddr>;
}

async fn what_is_stored_in_another_form_is_not_read(t: Test) {
    let db = t.with::<OfJson>().await;
    macro_rules! refused {
        ($model:ident, $message:literal, $($value:expr),*) => {
            $(
                OfJson::put(&OfJson { id: 1, value: json!($value) }).exec(db).await.unwrap();
                let error = $model::get(1).exec(db).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Codec, "{}", $value);
                assert!(error.message().contains($message), "{}: {error}", $value);
            )*
        };
    }
    refused!(OfDay, "value is stored as text that is no day", "2024-1-5", "+12024-01-05", " 2024-01-05", "20240105");
    refused!(OfTimeDay, "value is stored as text that is no day", "2024-1-5", "2023-02-29", "2024-13-01");
    refused!(OfCivil, "value is stored as text that is no day", "20240105", "2024-01-05T00:00:00");
    refused!(OfLocal, "is no local time", "2024-01-05T10:00:00.5", "2024-01-05T10:00:00.000", "2024-01-05 10:00:00");
    refused!(OfCivilTime, "is no local time", "2024-01-05T10:00:00.50", "2024-01-05T10", "2024-01-05 10:00:00");
    refused!(OfIp, "value is stored as text that is no IP address", "::0:1", "0::1", "::FFFF");
    refused!(OfDuration, "a second or more", json!({"secs": 1, "nanos": 1_000_000_000}));
    refused!(OfNonZero, "value", 0, -1, "1");
    refused!(OfNumbers, "map key", json!({"007": 1}), json!({"+7": 1}), json!({"-0": 1}));
    refused!(OfArray, "value", json!([1]), json!([1, 2, 3]), json!([1, 70_000]));
    refused!(OfDays, "is stored as text that is no day", json!(["2024-01-05", "2024-1-6"]));
    refused!(OfDays, "value", json!(["2024-01-05", 20_240_106]), "2024-01-05");
    refused!(OfTimeDays, "is stored as text that is no day", json!(["2024-01-05", "2024-13-01"]));
    refused!(OfIps, "is stored as text that is no IP address", json!(["::1", "::FFFF"]));
    refused!(OfDay, "value is stored as an integer", 20_240_105);
    refused!(OfTimeDay, "value is stored as a list, not as text", json!([2024, 5]));

    OfText::put(&OfText { id: 1, value: "2024-01-05".into() }).exec(db).await.unwrap();
    assert_eq!(OfDay::get(1).exec(db).await.unwrap().unwrap().value, day("2024-01-05"));
    assert_eq!(OfTimeDay::get(1).exec(db).await.unwrap().unwrap().value, time_day(5));
    OfJson::put(&OfJson { id: 1, value: json!(["2024-01-06", "2024-01-05", "2024-01-06"]) }).exec(db).await.unwrap();
    let days = OfDays::get(1).exec(db).await.unwrap().unwrap().value;
    assert_eq!(days, BTreeSet::from([day("2024-01-05"), day("2024-01-06")]), "a list of another's is read as a set");
    OfNumbers::put(&OfNumbers { id: 1, value: BTreeMap::from([(0, 1), (-7, 2)]) }).exec(db).await.unwrap();
    assert_eq!(OfJson::get(1).exec(db).await.unwrap().unwrap().value, json!({"-7": 2, "0": 1}));
}
