//! Random values as items, read and written by serde_dynamo as well.

use std::collections::HashMap;

use serde_dynamo::{AttributeValue, Item};

use super::value::{to_item, to_record};
use crate::codec;
use crate::codec::random::{Codec, Data, Read, Type, Typed};
use crate::error::Result;
use crate::fuzz::{Dice, on_random_bytes};
use crate::value::Record;

/// The item of a record.
fn write(record: &Record) -> Item {
    to_item(record).into()
}

/// The record of an item.
fn read(item: Item) -> Result<Record> {
    to_record(item.into())
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
