//! A value of JSON, stored as what it is: a text, a number, a list, a map.

use serde_json::Value as Json;

use super::encode;
use super::traits::{Element, FieldType};
use crate::error::Result;
use crate::value::Value;

impl FieldType for Json {
    type Arg<'a> = &'a Self;

    fn encode(value: &Self) -> Result<Value> {
        encode(value)
    }

    fn with_value<R>(value: &Self, f: impl FnOnce(&Self) -> R) -> R {
        f(value)
    }
}

impl Element for Json {}
