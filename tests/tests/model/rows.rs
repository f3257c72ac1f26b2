//! Rows made of the structs of the models, and structs of rows.

use chrono::{DateTime, Utc};
use reposit::Repository;
use serde::Serialize;
use serde_json::Value as Json;

use crate::models::Model;
use crate::rules::{Kind, Row};
use crate::semantics::{as_members, is_set};
use crate::typed::{held, instant};

pub fn to_row<T: Serialize>(model: &T) -> Row {
    // A set may come in any order.
    fn sorted(name: &str, value: Json) -> Json {
        match value {
            Json::Array(members) if is_set(name) => Json::Array(as_members(members)),
            other => other,
        }
    }
    fn plain(json: Json) -> Json {
        match json {
            // An ObjectId.
            Json::Object(map) if map.contains_key("$oid") => map["$oid"].clone(),
            Json::Object(map) => {
                let there = map.into_iter().filter(|(_, value)| !value.is_null());
                Json::Object(there.map(|(name, value)| (name.clone(), sorted(&name, plain(value)))).collect())
            }
            Json::Array(items) => Json::Array(items.into_iter().map(plain).collect()),
            // No text in a program looks like the one that serde writes of an instant.
            Json::String(text) => match text.parse::<DateTime<Utc>>() {
                Ok(instant) => instant.timestamp_millis().into(),
                Err(_) => Json::String(text),
            },
            other => other,
        }
    }
    match serde_json::to_value(model).map(plain) {
        Ok(Json::Object(row)) => row,
        other => panic!("a model is a JSON object, not {other:?}"),
    }
}

pub fn of_row<M: Repository>(row: &Row) -> M {
    let row = row.iter().map(|(name, value)| (name.clone(), as_serde::<M>(name, value)));
    held(&Json::Object(row.collect()))
}

/// A value of a field as serde reads it: a program tells an instant by its milliseconds.
pub fn as_serde<M: Repository>(name: &str, value: &Json) -> Json {
    match is_instant::<M>(name) && !value.is_null() {
        true => Json::from(instant(held(value)).to_rfc3339()),
        false => value.clone(),
    }
}

/// Whether a field is an instant.
pub fn is_instant<M: Repository>(name: &str) -> bool {
    let rules = Model::ALL.map(Model::rules).into_iter().find(|rules| rules.name == M::definition().name());
    let mut fields = rules.into_iter().flat_map(|rules| rules.fields);
    fields.any(|field| field.path == name && field.kind == Kind::Instant)
}
