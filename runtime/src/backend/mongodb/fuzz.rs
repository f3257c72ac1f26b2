//! Random values as BSON, read and written by the driver's own serde as well, and random bytes as documents.

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{RawDocument, deserialize_from_slice, serialize_to_vec};
use serde::{Deserialize, Serialize};

use super::document::to_document;
use super::stored::from_document;
use super::test_definition::test_definition;
use crate::codec;
use crate::codec::random::{Codec, Data, Model, Read, Type, Typed};
use crate::error::Result;
use crate::fuzz::{Dice, in_proportion, on_random_bytes};
use crate::request::RecordKey;
use crate::value::{Record, Value};

/// The document of a record.
fn write(record: &Record) -> Result<Vec<u8>> {
    let mut whole = record.clone();
    whole.set("id", Value::from("a"));
    whole.set("part", Value::Bytes(vec![1]));
    let key = RecordKey::from_record(test_definition(), &whole)?;
    Ok(to_document(test_definition(), &key, &whole, ObjectId::new())?.into_bytes())
}

/// The record of a document.
fn read(document: &[u8]) -> Result<Record> {
    from_document(test_definition(), RawDocument::from_bytes(document).map_err(super::value::broken)?)
}

#[derive(Serialize, Deserialize)]
struct Holder<T> {
    value: T,
}

/// Whether the driver's serde takes a type: it has no integers of 128 bits, and no map keys but text, and reads
/// addresses from bytes. Of what is given as JSON, no one number is looked at.
fn is_taken(ty: &Type) -> bool {
    !ty.has(&|ty| match ty {
        Type::Signed(128) | Type::Unsigned(128) | Type::Leaf(_) => true,
        Type::Map(key, _) => !matches!(**key, Type::Text),
        _ => false,
    })
}

/// Whether a number is in it that the driver's serde refuses; the library keeps it as a Decimal128.
fn has_large(data: &Data) -> bool {
    match data {
        Data::Int(n) => i64::try_from(*n).is_err(),
        Data::Some(inner) | Data::Variant(_, inner) => has_large(inner),
        Data::Many(items) => items.iter().any(has_large),
        Data::Entries(entries) => entries.iter().any(|(_, value)| has_large(value)),
        _ => false,
    }
}

fn check_value(ty: &'static Type, data: &Data) {
    let same = |read: Data| assert_eq!(Type::sorted(read), Type::sorted(data.clone()), "{ty:?}");
    let record = Record::from_iter([("value".to_owned(), codec::to_value(&Typed(ty, data)).unwrap())]);
    let document = write(&record).unwrap();
    let again = read(&document).unwrap();
    same(Read::through(Codec::Own, ty, || codec::from_value(again.stored("value").unwrap())).unwrap());
    if !is_taken(ty) || has_large(data) || !ty.is_stored_alike(data) {
        return;
    }
    let read_by_driver = || deserialize_from_slice::<Holder<Read>>(&document).map(|holder| holder.value);
    same(Read::through(Codec::Other, ty, read_by_driver).unwrap_or_else(|e| panic!("{e}\n{ty:?}\n{data:?}")));
    let mut written = read(&serialize_to_vec(&Holder { value: Typed(ty, data) }).unwrap()).unwrap();
    let value = written.remove("value").unwrap();
    same(
        Read::through(Codec::Own, ty, || codec::from_value(value.view()))
            .unwrap_or_else(|e| panic!("{e}\n{ty:?}\n{data:?}")),
    );
}

#[test]
fn fuzz_values_against_the_driver() {
    on_random_bytes(200, |bytes| {
        let mut dice = Dice::new(bytes);
        let ty = Type::random_kept(&mut dice, 3);
        check_value(ty, &ty.value(&mut dice));
    });
}

/// A model in its stored form, each field as its type says.
#[test]
fn fuzz_models_as_documents() {
    on_random_bytes(300, |bytes| {
        let mut dice = Dice::new(bytes);
        let model = Model::random(&mut dice);
        let data = model.value(&mut dice);
        let record = codec::encode(&Typed(model.ty, &data), model.definition).unwrap();
        let key = RecordKey::from_record(model.definition, &record).unwrap();
        let document = to_document(model.definition, &key, &record, ObjectId::new()).unwrap().into_bytes();
        let raw = RawDocument::from_bytes(&document).unwrap();
        let again = from_document(model.definition, raw).unwrap_or_else(|e| panic!("{e}\n{record:?}"));
        let read = Read::through(Codec::Own, model.ty, || codec::decode(again, model.definition));
        let read = read.unwrap_or_else(|e| panic!("{e}\n{record:?}\n{:?}", model.ty));
        assert_eq!(Type::sorted(read), Type::sorted(data), "{:?}", model.ty);
    });
}

#[test]
fn fuzz_bytes_as_documents() {
    on_random_bytes(200, |bytes| {
        let mut dice = Dice::new(bytes);
        let ty = Type::random(&mut dice, 3);
        let data = ty.value(&mut dice);
        let record = Record::from_iter([("value".to_owned(), codec::to_value(&Typed(&ty, &data)).unwrap())]);
        let mut document = write(&record).unwrap();
        dice.damage(&mut document);
        // The length at the front, as it is: else hardly any document is looked into.
        let length = u32::try_from(document.len()).unwrap().to_le_bytes();
        document.iter_mut().zip(length).for_each(|(to, from)| *to = from);
        match in_proportion(document.len(), 400, || read(&document)) {
            Ok(record) => assert!(Record::from_bytes(record.as_bytes().to_vec()).is_ok()),
            Err(error) => assert_eq!(error.kind(), crate::ErrorKind::Codec),
        }
    });
}
