//! The definition that the derive makes of a model: names as serde stores them, indexes as they are declared.
#![allow(dead_code)]

use reposit::Repository;
use reposit::definition::{KeyKind, Projection, TimeUnit};

/// serde's names, defaults and functions.
#[derive(serde::Serialize, serde::Deserialize, Repository)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[repository(name = "stored.names-2", read_capacity = 5, write_capacity = 6)]
#[repository(index(name = "wide", hash = "team_name", range = ["made_at", "level"], projection = ["full_name", "level"]))]
#[repository(index(name = "thin", hash = "level", projection = "keys_only", read_capacity = 1, write_capacity = 2))]
#[derive(Default)]
struct Stored {
    #[hash_key]
    #[serde(rename = "_id")]
    user_id: String,
    #[index]
    team_name: Option<String>,
    #[serde(rename(serialize = "made", deserialize = "made"))]
    made_at: i64,
    #[serde(skip_serializing_if = "is_empty")]
    #[index(unique, range = "level")]
    full_name: String,
    level: u8,
    #[serde(skip)]
    not_stored: u32,
    #[ttl]
    until: Option<i64>,
    #[created_at]
    #[serde(rename = "created")]
    first: i64,
    #[updated_at]
    last: i64,
}

fn is_empty(text: &str) -> bool {
    text.is_empty()
}

#[test]
fn names_as_serde_stores_them() {
    let definition = Stored::definition();
    assert_eq!(definition.name(), "stored.names-2");
    assert_eq!(definition.model(), "Stored");
    assert_eq!((definition.read_capacity(), definition.write_capacity()), (Some(5), Some(6)));
    let written = serde_json::to_value(Stored { full_name: "Ada".to_owned(), ..Stored::default() }).unwrap();
    let mut written: Vec<_> = written.as_object().unwrap().keys().map(String::as_str).collect();
    let mut named: Vec<_> = definition.fields().iter().map(|field| field.name).collect();
    named.sort_unstable();
    written.sort_unstable();
    assert_eq!(named, written);
    assert_eq!(Stored::USER_ID.path().to_string(), "_id");
    assert_eq!(Stored::MADE_AT.path().to_string(), "made");
    assert_eq!(Stored::FULL_NAME.path().to_string(), "fullName");
}

#[test]
fn indexes_as_declared() {
    let definition = Stored::definition();
    let summary: Vec<_> = definition
        .indexes()
        .iter()
        .map(|index| {
            let parts: Vec<_> = index.parts().map(|part| definition.part_name(part)).collect();
            (index.name, parts.join(" "), index.unique, index.sparse)
        })
        .collect();
    let expected = [
        ("by_team_name", "teamName".to_owned(), false, true),
        ("by_full_name", "fullName level".to_owned(), true, true),
        ("wide", "teamName made level".to_owned(), false, true),
        ("thin", "level".to_owned(), false, false),
    ];
    assert_eq!(summary, expected);
    let index = |name| definition.index(name).unwrap();
    assert_eq!(index("wide").projection, Projection::Include(&["fullName"]));
    assert_eq!(index("thin").projection, Projection::KeysOnly);
    assert_eq!((index("thin").read_capacity, index("thin").write_capacity), (Some(1), Some(2)));
    assert_eq!(index("wide").hash().kind, KeyKind::String);
    assert_eq!(index("wide").ranges()[0].kind, KeyKind::Integer);
    let ttl = definition.ttl().unwrap();
    assert_eq!((definition.ttl_name(), ttl.seconds, ttl.unit), (Some("until"), 0, TimeUnit::Seconds));
    let _ = Stored::find_by_full_name("Ada", 3);
    let _ = Stored::find_wide("core").range(1..2);
    let _ = Stored::find_thin(3);
}

#[test]
fn indexes_of_one_hash_field_in_the_map() {
    let map: serde_json::Value = serde_json::from_str(&Stored::definition().to_microkubes_json()).unwrap();
    assert_eq!(map["GSI"]["teamName"], serde_json::json!({ "readCapacity": 5, "writeCapacity": 6 }));
    assert_eq!(map["GSI"]["level"], serde_json::json!({ "readCapacity": 1, "writeCapacity": 2 }));
    let names: Vec<_> =
        map["indexes"].as_array().unwrap().iter().map(|index| index["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["by_team_name", "by_full_name", "wide", "thin"]);
}
