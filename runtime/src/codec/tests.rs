//! Random types and values through the codec, and random bytes as records.

use super::random::{Codec, Data, Read, Type, Typed, stored_fields};
use super::{decode, encode, from_value, to_value};
use crate::definition::{Definition, KeyDef, KeyKind, Spec};
use crate::fuzz::{Dice, in_proportion, on_random_bytes};
use crate::value::{Record, Value, ValueRef, Writer};

/// A value is the same through serde_json and through this codec.
fn check_value(ty: &'static Type, data: &Data) {
    let typed = Typed(ty, data);
    let text = serde_json::to_string(&typed).unwrap();
    let json = Read::through(Codec::Other, ty, || serde_json::from_str(&text)).unwrap();
    assert_eq!(Type::sorted(json), Type::sorted(data.clone()), "serde_json: {ty:?}");
    let value = to_value(&typed).unwrap_or_else(|e| panic!("{e}\n{ty:?}\n{data:?}"));
    let read = Read::through(Codec::Own, ty, || from_value(value.view()));
    let read = read.unwrap_or_else(|e| panic!("{e}\n{ty:?}\n{data:?}"));
    assert_eq!(Type::sorted(read), Type::sorted(data.clone()), "{ty:?}");
    assert_eq!(flat_and_back(&value), value);
}

fn flat_and_back(value: &Value) -> Value {
    let mut record = Record::new();
    record.insert("value", value.clone());
    let record = Record::from_bytes(record.as_bytes().to_vec()).unwrap();
    let read = record.stored("value").unwrap().to_value();
    assert_eq!(format!("{:?}", record.stored("value").unwrap()), format!("{value:?}"));
    let mut again = Writer::default();
    again.name("value");
    again.value(read.view());
    assert_eq!(again.finish().as_bytes(), record.as_bytes());
    read
}

#[test]
fn whatever_is_written_is_read_as_it_was() {
    for seed in 0..4000 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let bytes: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(1000).collect();
        let mut dice = Dice::new(&bytes);
        let ty = Type::random_kept(&mut dice, 4);
        for _ in 0..5 {
            check_value(ty, &ty.value(&mut dice));
        }
    }
}

#[test]
fn fuzz_values_of_any_type() {
    on_random_bytes(300, |bytes| {
        let mut dice = Dice::new(bytes);
        let ty = Type::random_kept(&mut dice, 4);
        check_value(ty, &ty.value(&mut dice));
    });
}

/// A random model of at most four fields, each in its stored form.
fn random_model(dice: &mut Dice<'_>) -> Option<(&'static Type, &'static Definition)> {
    let Type::Struct(mut fields) = Type::random(dice, 4) else { return None };
    fields.truncate(4);
    let spec = Spec::new("Model", "models", stored_fields(&fields), KeyDef::new(0, KeyKind::String));
    Some((Box::leak(Box::new(Type::Struct(fields))), Box::leak(Box::new(spec.build()))))
}

#[test]
fn fuzz_models_in_their_stored_form() {
    on_random_bytes(300, |bytes| {
        let mut dice = Dice::new(bytes);
        // The first byte is that of a struct, so that there is a model each time.
        let with_struct = [&[14][..], bytes].concat();
        let mut of_struct = Dice::new(&with_struct);
        let Some((ty, definition)) = random_model(&mut of_struct) else { return };
        let data = ty.value(&mut dice);
        let record = encode(&Typed(ty, &data), definition).unwrap_or_else(|e| panic!("{e}\n{ty:?}\n{data:?}"));
        let record = Record::from_bytes(record.as_bytes().to_vec()).unwrap();
        let read = Read::through(Codec::Own, ty, || decode(record, definition));
        let read = read.unwrap_or_else(|e| panic!("{e}\n{ty:?}\n{data:?}"));
        assert_eq!(Type::sorted(read), Type::sorted(data), "{ty:?}");
    });
}

/// Looks at all that can be seen of a record, as one type and as another.
fn look_through(record: &Record, ty: &'static Type, definition: &'static Definition) {
    let size = record.as_bytes().len();
    let copy: Record =
        in_proportion(size, 400, || record.iter().map(|(name, value)| (name.to_owned(), value.to_value())).collect());
    in_proportion(size, 400, || drop(format!("{record:?}{copy:?}")));
    for (name, value) in record.iter() {
        assert!(record.stored(name).is_some());
        let again = value;
        let _ = (value == again, value.foreign(), value.brief(), value.compare(ValueRef::Int(1)));
        let _ = in_proportion(size, 400, || Read::through(Codec::Own, ty, || from_value(value)));
    }
    let _ = in_proportion(size, 400, || Read::through(Codec::Own, ty, || decode(record.clone(), definition)));
}

#[test]
fn fuzz_bytes_as_records() {
    on_random_bytes(300, |bytes| {
        let mut dice = Dice::new(bytes);
        let with_struct = [&[14][..], bytes].concat();
        let mut of_struct = Dice::new(&with_struct);
        let Some((ty, definition)) = random_model(&mut of_struct) else { return };
        let mut written = match encode(&Typed(ty, &ty.value(&mut dice)), definition) {
            Ok(record) => record.as_bytes().to_vec(),
            Err(_) => bytes.to_vec(),
        };
        dice.damage(&mut written);
        for bytes in [written, bytes.to_vec()] {
            let record = in_proportion(bytes.len(), 2, || Record::from_bytes(bytes.clone()));
            match record {
                Ok(record) => look_through(&record, ty, definition),
                Err(error) => assert_eq!(error.kind(), crate::ErrorKind::Codec),
            }
        }
    });
}
