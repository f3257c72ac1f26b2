//! MongoDB's `ObjectId` as a field and key type.

use mongodb::bson::oid::ObjectId;

use super::by_value::{by_value, keys, mark};
use super::key_uses::AutoKey;
use super::traits::{Element, FieldType, Key, Member, Ordered};
use crate::definition::{Form, KeyKind, Lowering};
use crate::error::Result;
use crate::value::Value;

// A BSON ObjectId on MongoDB, and its 24 hex digits on DynamoDB, which sort as its bytes do.
by_value!(id => Ok(Value::ObjectId(id.bytes())), {
    const LOWERING: Option<&'static Lowering> = Some(&Lowering::ObjectId);
    const FORM: Form = Form::ObjectId;
    const IS_MEMBER: bool = true;
}: ObjectId);
keys!(ObjectId [Ordered, Member, Element, AutoKey]: ObjectId);
