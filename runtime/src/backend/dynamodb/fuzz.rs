//! Random values as items, read and written by serde_dynamo as well, and damaged answers.

use std::collections::HashMap;
use std::time::SystemTime;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures_util::FutureExt as _;
use serde_dynamo::{AttributeValue, Item};
use serde_json::{Value as Json, json};

use super::answer::read_answer;
use super::failure::{Class, Failure};
use super::request::batch_get::{Batch, BatchGet};
use super::request::get::GetItem;
use super::request::read::ReadRequest as _;
use super::request::transact_get::{TableKey, TransactGet};
use super::sender::target::Target;
use super::wire::answer::{self, Found};
use super::wire::item;
use super::wire::read::read_item;
use crate::codec;
use crate::codec::random::{Codec, Data, Model, Read, Type, Typed};
use crate::definition::{Definition, FieldDef, KeyDef, KeyKind, Lowering, Spec};
use crate::error::{ErrorKind, Result};
use crate::field::FieldType;
use crate::fuzz::{Dice, in_proportion, on_random_bytes};
use crate::request::RecordKey;
use crate::value::{Record, Value};

/// The item of a record.
fn write(record: &Record) -> Item {
    serde_json::from_slice(item::Item::of_record(record).json()).unwrap()
}

/// The record of an item.
fn read(item: Item) -> Result<Record> {
    read_item(&serde_json::to_vec(&item).unwrap(), &[])
}

/// Whether serde_dynamo takes a type: it has no integers of 128 bits, and reads no map key as a bool or as one
/// character.
fn is_taken(ty: &Type) -> bool {
    !ty.has(&|ty| match ty {
        Type::Signed(128) | Type::Unsigned(128) => true,
        Type::Map(key, _) => matches!(**key, Type::Bool | Type::Char),
        _ => false,
    })
}

fn check_value(ty: &'static Type, data: &Data) {
    let same = |read: Data| assert_eq!(Type::sorted(read), Type::sorted(data.clone()), "{ty:?}");
    let record = Record::from_iter([("value".to_owned(), codec::to_value(&Typed(ty, data)).unwrap())]);
    let item = write(&record);
    let mut again = read(item.clone()).unwrap();
    assert_eq!(again, record);
    let value = again.remove("value").unwrap();
    same(Read::through(Codec::Own, ty, || codec::from_value(value.view())).unwrap());
    if !is_taken(ty) || !ty.is_stored_alike(data) {
        return;
    }
    let read_by_other =
        || serde_dynamo::from_attribute_value::<AttributeValue, Read>(item.get("value").cloned().unwrap());
    same(Read::through(Codec::Other, ty, read_by_other).unwrap_or_else(|e| panic!("{e}\n{ty:?}\n{data:?}")));
    let written: AttributeValue = serde_dynamo::to_attribute_value(Typed(ty, data)).unwrap();
    let mut written = read(HashMap::from([("value".to_owned(), written)]).into()).unwrap();
    let value = written.remove("value").unwrap();
    same(
        Read::through(Codec::Own, ty, || codec::from_value(value.view()))
            .unwrap_or_else(|e| panic!("{e}\n{ty:?}\n{data:?}")),
    );
}

#[test]
fn fuzz_values_against_serde_dynamo() {
    on_random_bytes(200, |bytes| {
        let mut dice = Dice::new(bytes);
        let ty = Type::random_kept(&mut dice, 3);
        check_value(ty, &ty.value(&mut dice));
    });
}

/// A model in its stored form, each field as its type says.
#[test]
fn fuzz_models_as_items() {
    on_random_bytes(300, |bytes| {
        let mut dice = Dice::new(bytes);
        let model = Model::random(&mut dice);
        let data = model.value(&mut dice);
        let record = codec::encode(&Typed(model.ty, &data), model.definition).unwrap();
        let again = read_item(item::Item::of_record(&record).json(), model.definition.fields());
        let again = again.unwrap_or_else(|e| panic!("{e}\n{record:?}"));
        assert_eq!(again, record, "{:?}", model.ty);
        let read = Read::through(Codec::Own, model.ty, || codec::decode(again, model.definition));
        let read = read.unwrap_or_else(|e| panic!("{e}\n{record:?}\n{:?}", model.ty));
        assert_eq!(Type::sorted(read), Type::sorted(data), "{:?}", model.ty);
    });
}

/// Places of instants, where integers become such.
const AT: Option<&'static Lowering> = <SystemTime as FieldType>::LOWERING;
const FIELDS: &[FieldDef] = &[
    FieldDef::new("id", "id"),
    FieldDef::new("value", "value").lowered(<Vec<SystemTime> as FieldType>::LOWERING),
    FieldDef::new("at", "at").lowered(AT).aliased(&["b.c"]),
];
static MODEL: Definition = Spec::new("Model", "models", FIELDS, KeyDef::new(0, KeyKind::String)).build();

/// Two items of one type, whatever that is.
fn random_items(dice: &mut Dice<'_>) -> (Json, Json) {
    let ty = Type::random(dice, 3);
    (random_item(dice, &ty), random_item(dice, &ty))
}

fn random_item(dice: &mut Dice<'_>, ty: &Type) -> Json {
    let data = ty.value(dice);
    let value = codec::to_value(&Typed(ty, &data)).unwrap();
    let at = if dice.flag() { Value::Int(i64::from_le_bytes(dice.word().to_le_bytes()).into()) } else { value.clone() };
    let record = Record::from_iter([("value".to_owned(), value), ("at".to_owned(), at)]);
    serde_json::from_slice(item::Item::of_record(&record).json()).unwrap()
}

/// The text of an answer, as DynamoDB or anyone else may write it, with a few changes.
fn damaged(dice: &mut Dice<'_>, answer: &Json) -> Bytes {
    let mut text = if dice.flag() { format!("{answer:#}") } else { answer.to_string() }.into_bytes();
    dice.damage(&mut text);
    text.into()
}

/// What was read is whole: its record can be read again, also from its own text, which is the JSON that it seems.
fn check_found(found: &Found) {
    let json: Json = serde_json::from_slice(found.item.json()).expect("an item is JSON");
    match &found.record {
        Ok(record) => {
            // As they are shown: what is foreign equals nothing, not even itself.
            let shown = |read: Result<Record>| format!("{:?}", read.expect("a record"));
            assert_eq!(shown(Record::from_bytes(record.as_bytes().to_vec())), format!("{record:?}"));
            assert_eq!(shown(read_item(json.to_string().as_bytes(), FIELDS)), format!("{record:?}"));
        }
        Err(error) => assert_eq!(error.kind(), ErrorKind::Codec),
    }
}

/// What was taken for an answer is JSON.
fn check_read<T>(body: &Bytes, read: std::result::Result<T, Failure>, found: impl Fn(&T) -> Vec<&Found>) {
    match read {
        Ok(read) => {
            serde_json::from_slice::<Json>(body).expect("an answer is JSON");
            found(&read).into_iter().for_each(check_found);
        }
        Err(failure) => assert_eq!(failure.class, Class::Unreadable),
    }
}

#[test]
fn fuzz_damaged_answers_of_reads() {
    let key = item::Item::of_json(Bytes::from_static(br#"{"id":{"S":"a"}}"#));
    let get = GetItem::of_record(&MODEL, &RecordKey::new(Value::from("a")), true);
    let table_key = TableKey { table: "models".to_owned(), fields: FIELDS, key };
    let together = TransactGet::new(vec![table_key; 2]).unwrap();
    let mut batch = BatchGet::default();
    batch.add("models", FIELDS, item::Item::of_json(Bytes::from_static(br#"{"id":{"S":"a"}}"#)), true, || None);
    on_random_bytes(300, |bytes| {
        let mut dice = Dice::new(bytes);
        let (one, other) = random_items(&mut dice);

        let body = damaged(&mut dice, &json!({ "Item": one }));
        let read = in_proportion(body.len(), 400, || get.read(&body));
        check_read(&body, read, |found| found.iter().collect());

        let body = damaged(&mut dice, &json!({ "Responses": [{ "Item": one }, { "Item": other }] }));
        let read = in_proportion(body.len(), 400, || together.read(&body));
        check_read(&body, read, |found| found.iter().flatten().collect());

        let left = json!({ "models": { "Keys": [other] }, "others": { "Keys": [one] } });
        let answer = json!({ "Responses": { "models": [one, other], "others": [other] }, "UnprocessedKeys": left });
        let body = damaged(&mut dice, &answer);
        let read = in_proportion(body.len(), 400, || batch.read(&body));
        read.iter().for_each(check_left);
        check_read(&body, read, |read| {
            // Of a table that was not asked for, no field is known.
            read.found.iter().filter(|(table, _)| table == "models").map(|(_, found)| found).collect()
        });

        let body = damaged(&mut dice, &json!({ "Items": [one, other], "Count": 2, "LastEvaluatedKey": other }));
        let read = in_proportion(body.len(), 400, || read_page(&body));
        check_read(&body, read, |found| found.iter().collect());
    });
}

/// What is asked for again is what was asked for, by keys that are JSON.
fn check_left(batch: &Batch) {
    assert!(batch.left.keys().all(|table| table == "models"));
    let keys = batch.left.values().flatten();
    keys.for_each(|key| drop(serde_json::from_slice::<Json>(key.json()).expect("a key is JSON")));
}

/// The items of a page.
fn read_page(body: &Bytes) -> std::result::Result<Vec<Found>, Failure> {
    let mut items = Vec::new();
    let read = answer::read_answer(body, |name, answer| {
        match name {
            "Items" => items = answer.list(|answer| answer.found(FIELDS, 3))?,
            "Count" => drop(answer.count()?),
            "LastEvaluatedKey" => drop(answer.item(2)?),
            _ => return Ok(false),
        }
        Ok(true)
    });
    read.map(|()| items).map_err(Failure::malformed)
}

/// A refusal that is damaged ends in some failure, and never in one that says more than was sent.
#[test]
fn fuzz_damaged_refusals() {
    on_random_bytes(300, |bytes| {
        let mut dice = Dice::new(bytes);
        let (item, _) = random_items(&mut dice);
        let (target, refusal) = if dice.flag() {
            let refusal = json!({ "__type": "x#ConditionalCheckFailedException", "message": "no", "Item": item });
            (Target::PutItem, refusal)
        } else {
            let reasons =
                json!([{ "Code": "None" }, { "Code": "ConditionalCheckFailed", "Message": "no", "Item": item }]);
            let refusal =
                json!({ "__type": "x#TransactionCanceledException", "Message": "no", "CancellationReasons": reasons });
            (Target::TransactWriteItems, refusal)
        };
        let body = damaged(&mut dice, &refusal);
        let response = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body.clone()));
        let whole = read_answer(response, target.name()).now_or_never().expect("it is here").unwrap();
        let failure = in_proportion(body.len(), 400, || Failure::of_answer(target, &whole));
        if matches!(failure.class, Class::Condition | Class::Cancelled) {
            let refusal: Json = serde_json::from_slice(&body).expect("a refusal is JSON");
            let same = |item: &item::Item, sent: &Json| {
                assert_eq!(serde_json::from_slice::<Json>(item.json()).ok().as_ref(), Some(sent));
            };
            failure.item.iter().for_each(|item| same(item, &refusal["Item"]));
            for (reason, sent) in
                failure.reasons.iter().zip(refusal["CancellationReasons"].as_array().into_iter().flatten())
            {
                reason.item.iter().for_each(|item| same(item, &sent["Item"]));
            }
        }
        assert!(!failure.into_error().message().is_empty());
    });
}
